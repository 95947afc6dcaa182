"""/company/: for administrators; settings, teams, and a sentence wherever an alarm would find somebody missing."""

import html
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from revops.lib.errors import Forbidden, Invalid
from sla.vitals import deadlines
from teams import company
from teams.calendars import add_calendar, week
from teams.keys import create_api_key
from teams.models import Organisation, Team, User
from tests.cast import make_cast
from tests.teams.test_pages_in_browser import fits_and_is_accessible

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.fixture
def admin(cast, signed_in):
    return signed_in(cast.admin)


@pytest.fixture
def denver(cast):
    return add_calendar("Denver", tz="America/Denver", weekly=week("08:00", "17:00"), by=None, at=AT)


def asked(**changed):
    return {"name": "Harbor & Pine", "timezone": "America/Denver", "currency": "EUR", "calendar": "", "executive": "",
            **changed}  # fmt: skip


def text_of(answer):
    return html.unescape(answer.content.decode())


def test_only_administrators_come_in_and_the_others_read_who_may(cast, client):
    paths = ["/company/", "/company/teams/new/", f"/company/teams/{cast.coast.pk}/"]
    for path in paths:
        assert client.get(path).status_code == 302, "a stranger signs in first"
    cast.owner.watches_handoffs = True
    cast.owner.save()
    for who in (cast.owner, cast.manager, cast.marketer, cast.viewer):
        client.force_login(who)
        assert "/company/" not in client.get("/leads/").content.decode()
        for path in paths:
            for answer in (client.get(path), client.post(path, asked(kind="sales", manager=""))):
                assert answer.status_code == 403 and "This is for RevOps admin" in text_of(answer)
    assert not Organisation.objects.filter(name="Harbor & Pine").exists()
    assert set(Team.objects.values_list("name", flat=True)) == {"Midwest", "Coast"}


def test_the_verbs_ask_for_the_right_too(cast):
    key, _ = create_api_key("Form", ["intake", "read", "work"])
    for who in (cast.manager, cast.viewer, key.user, None):
        with pytest.raises(Forbidden):
            company.change_company(name="Mine", by=who, at=AT)
        with pytest.raises(Forbidden):
            company.add_team("Mine", kind="sales", by=who, at=AT)
        with pytest.raises(Forbidden):
            company.change_team(cast.coast, name="Mine", by=who, at=AT)
    assert not Team.objects.filter(name="Mine").exists() and not Organisation.objects.filter(name="Mine").exists()


def test_the_settings_are_kept(cast, admin, denver):
    answer = admin.post("/company/", asked(calendar=denver.pk, executive=cast.other.pk), follow=True)
    kept = Organisation.get()
    assert (kept.name, kept.timezone, kept.currency) == ("Harbor & Pine", "America/Denver", "EUR")
    assert (kept.calendar, kept.executive) == (denver, cast.other)
    assert "Harbor & Pine: its settings are kept." in text_of(answer)


@pytest.mark.parametrize(
    ("field", "typed"),
    [("name", "  "), ("name", "x" * 121), ("timezone", "America/Nowhere"), ("timezone", "America"), ("timezone", ""),
     ("currency", "euro"), ("currency", ""), ("calendar", "999999"), ("executive", "999999")],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_at_its_field(cast, admin, field, typed):
    before = Organisation.objects.values().first()
    answer = admin.post("/company/", asked(**{field: typed}))
    assert answer.status_code == 400 and list(answer.context["form"].errors) == [field]
    assert f'href="#id_{field}"' in text_of(answer)
    assert Organisation.objects.values().first() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("timezone", "America"), ("timezone", "../etc/passwd"), ("timezone", None), ("currency", "usd"),
     ("currency", "ÄÖÜ"), ("calendar", 7), ("executive", "Sam"), ("set_up_at", AT), ("id", 2)],
)  # fmt: skip
def test_the_verb_takes_known_fields_and_names_the_wrong_one(cast, field, value):
    before = Organisation.objects.values().first()
    with pytest.raises(Invalid) as refusal:
        company.change_company(by=cast.admin, at=AT, **{field: value})
    assert refusal.value.field == field
    assert Organisation.objects.values().first() == before


def test_what_is_kept_but_not_on_the_lists_stays_when_something_else_is_changed(cast, admin):
    Organisation.objects.update_or_create(id=1, defaults={"name": "Old", "timezone": "CET", "currency": "MXN"})
    page = text_of(admin.get("/company/"))
    assert '<option value="CET" selected>' in page and '<option value="MXN" selected>' in page
    assert admin.post("/company/", asked(name="New", timezone="CET", currency="MXN")).status_code == 302
    kept = Organisation.get()
    assert (kept.name, kept.timezone, kept.currency) == ("New", "CET", "MXN")


def test_the_bar_leads_here_and_marks_it(cast, admin):
    shown = {entry.href: entry.current for entry in admin.get("/company/").context["nav"].rest}
    assert shown["/company/"] and not shown["/people/"]
    assert list(shown).index("/company/") == list(shown).index("/people/") - 1


def test_the_list_shows_kind_manager_hours_and_people(cast, admin, denver):
    Team.objects.filter(pk=cast.midwest.pk).update(calendar=denver)
    User.objects.filter(pk=cast.teammate.pk).update(is_active=False)
    answer = admin.get("/company/")
    people = {row["team"].name: row["team"].people for row in answer.context["rows"]}
    assert people == {"Midwest": 2, "Coast": 1}, "who left is no longer counted"
    page = text_of(answer)
    assert f'href="/people/{cast.manager.pk}/"' in page and f'href="/calendars/{denver.pk}/"' in page


def test_a_team_is_added_and_changed(cast, admin, denver):
    given = {"name": " East  Coast ", "kind": "sales", "manager": cast.other.pk, "calendar": denver.pk}
    assert admin.post("/company/teams/new/", given).headers["Location"] == "/company/"
    east = Team.objects.get(name="East Coast")
    assert (east.kind, east.manager, east.calendar) == ("sales", cast.other, denver)
    dialog = text_of(admin.get(f"/company/teams/{east.pk}/", headers={"HX-Request": "true"}))
    assert "Keep team" in dialog and "<main" not in dialog
    changed = {"name": "Success", "kind": "success", "manager": "", "calendar": ""}
    assert admin.post(f"/company/teams/{east.pk}/", changed).status_code == 302
    east.refresh_from_db()
    assert (east.name, east.kind, east.manager, east.calendar) == ("Success", "success", None, None)
    assert admin.get("/company/teams/999999/").status_code == 404


@pytest.mark.parametrize("path", ["/company/teams/new/", "/company/teams/{coast}/"])
@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [("name", "Midwest", "There is a team Midwest already"), ("name", "midWEST", "already"),
     ("name", "", "required"), ("kind", "pirates", "not one of"), ("manager", "{gone}", "not one of"),
     ("manager", "{key}", "not one of"), ("calendar", "999999", "not one of")],
)  # fmt: skip
def test_a_team_that_cannot_be_kept_is_said_at_its_field(cast, admin, path, field, typed, said):
    key, _ = create_api_key("Form")
    User.objects.filter(pk=cast.teammate.pk).update(is_active=False)
    typed = typed.format(gone=cast.teammate.pk, key=key.user.pk)
    before = list(Team.objects.order_by("pk").values())
    given = {"name": "Coast 2", "kind": "sales", "manager": "", "calendar": "", field: typed}
    answer = admin.post(path.format(coast=cast.coast.pk), given)
    assert answer.status_code == 400 and list(answer.context["form"].errors) == [field]
    assert said in text_of(answer)
    assert list(Team.objects.order_by("pk").values()) == before


def test_the_verb_wants_an_active_manager_and_known_fields(cast):
    User.objects.filter(pk=cast.other.pk).update(is_active=False)
    cast.other.refresh_from_db()
    for fields, field in (({"manager": cast.other}, "manager"), ({"kind": "pirates"}, "kind"), ({"id": 9}, "id")):
        with pytest.raises(Invalid) as refusal:
            company.change_team(cast.coast, by=cast.admin, at=AT, **fields)
        assert refusal.value.field == field
    with pytest.raises(Invalid, match="must be active; Sam Ortega has left"):
        company.change_company(executive=cast.other, by=cast.admin, at=AT)


def test_of_two_teams_of_one_name_at_once_the_second_is_told_so(cast, monkeypatch):
    """The first is kept between the question and the answer: then the table itself refuses."""
    with monkeypatch.context() as unseen:
        unseen.setattr("django.db.models.QuerySet.exists", lambda self: False)
        with pytest.raises(Invalid, match="There is a team Midwest already") as refusal:
            company.change_team(cast.coast, name="Midwest", by=cast.admin, at=AT)
    assert (refusal.value.field, refusal.value.code, cast.coast.name) == ("name", "taken", "Coast")
    assert Team.objects.get(pk=cast.coast.pk).name == "Coast"


def test_whoever_is_missing_is_named_with_what_to_do(cast, admin):
    page = text_of(admin.get("/company/"))
    assert page.count("nobody in charge") == 1, "Midwest has a manager"
    assert "No manager, so an administrator hears instead. Name a manager." in page
    assert "An administrator hears of leads without an owner. Tick “Watches hand-offs”" in page
    assert "No head of revenue, so only administrators hear of a promise that nobody keeps." in page

    User.objects.filter(pk=cast.marketer.pk).update(watches_handoffs=True)
    company.change_company(executive=cast.other, by=cast.admin, at=AT)
    page = text_of(admin.get("/company/"))
    assert "No manager, so the hand-off monitor hears instead." in page
    assert f'<a class="link" href="/people/{cast.marketer.pk}/"><b>Mei Tan</b></a>' in page
    assert "no hand-off monitor" not in page and "nobody named" not in page

    company.change_team(cast.coast, manager=cast.other, by=cast.admin, at=AT)
    assert 'data-tone="warn"' not in text_of(admin.get("/company/"))


def test_who_left_hears_nothing_any_more(cast, admin):
    Organisation.objects.update_or_create(id=1, defaults={"executive": cast.other})
    User.objects.filter(pk__in=[cast.manager.pk, cast.other.pk]).update(is_active=False, watches_handoffs=True)
    page = text_of(admin.get("/company/"))
    assert "Ada Okafor has left, so an administrator hears instead." in page
    assert "Sam Ortega has left, so only administrators hear" in page
    assert "no hand-off monitor" in page


def test_a_team_that_owns_no_leads_needs_no_manager(cast, admin):
    Team.objects.filter(pk=cast.coast.pk).update(kind="marketing")
    assert "nobody in charge" not in text_of(admin.get("/company/"))


def test_the_number_of_queries_does_not_grow_with_teams_and_people(cast, admin):
    counts = []
    for n in range(2):
        with CaptureQueriesContext(connection) as caught:
            assert admin.get("/company/").status_code == 200
        counts.append([query["sql"][:90] for query in caught])
        for place in range(15):
            team = Team.objects.create(name=f"T{n} {place}", kind="sales", manager=cast.owner)
            User.objects.create_user(f"p{n}-{place}@cast.example", name="P", team=team, watches_handoffs=True)
    assert len(counts[0]) == len(counts[1]), counts
    assert len(counts[1]) <= 10, counts[1]


def test_health_sends_who_reads_of_unheard_alarms_here(cast):
    assert {vital.key: vital.href for vital in deadlines(AT)}["unheard"] == "/company/"


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_page_in_a_browser(page_as, transactional_db, width, theme):
    people = make_cast()
    page = page_as(people.admin, width=width, theme=theme)
    page.goto("/company/")
    fits_and_is_accessible(page, f"company-{width}-{theme}")
    page.get_by_role("link", name="Coast", exact=True).click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Name").fill("Midwest")
    dialog.get_by_role("button", name="Keep team").click()
    dialog.get_by_text("There is a team Midwest already").first.wait_for()
    fits_and_is_accessible(page, f"team-{width}-{theme}")
    dialog.get_by_label("Name").fill("Coast")
    dialog.get_by_label("Manager").select_option(label="Sam Ortega")
    dialog.get_by_role("button", name="Keep team").click()
    page.get_by_text("Team Coast is kept.").first.wait_for()
    assert page.get_by_text("nobody in charge").count() == 0
    page.goto("/company/teams/new/")
    fits_and_is_accessible(page, f"team-new-{width}-{theme}")
