"""The team floor: every open clock of the team by urgency, who carries how much, and the verbs of a manager."""

from datetime import UTC, datetime, timedelta

import pytest

from leads import benching, touches
from leads.models import Lead, Pool, PoolMember
from notify.models import Notice
from sla import due, floor, load, questions
from sla.models import Clock, Hop, Pause, Target
from sla.quarter_hours import drawing
from teams import calendars
from teams.models import Leave, Organisation, User

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # a Wednesday
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


def at(**ago):
    return NOW - timedelta(**ago)


def names(answer):
    return {group["key"]: [row["name"] for row in group["rows"]] for group in answer.context["groups"]}


def row_of(answer, lead):
    return next(r for g in answer.context["groups"] for r in g["rows"] if r["lead"] and r["lead"].pk == lead.pk)


def opened(signed_in, user, address="/floor/"):
    return signed_in(user).get(address)


def test_open_clocks_stand_by_urgency_and_due_first(cast, signed_in, make_lead):
    make_lead("Owen Baptiste", at=at(minutes=1))
    make_lead("Priya Raman", at=at(minutes=20))
    answer = opened(signed_in, cast.manager)
    groups = names(answer)
    assert groups["late"] == ["Priya Raman"]
    assert groups["soon"] == ["Owen Baptiste"]
    text = answer.content.decode()
    assert "15 min late" in text
    assert answer.context["oldest"] == "15 min"


def test_a_lead_shows_one_response_clock_and_each_other_promise_once(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=1))
    assert Clock.objects.filter(lead=lead, target="first_response").count() == 2
    summary = opened(signed_in, cast.manager).context["summary"]
    running = Clock.objects.filter(lead=lead, phase="running").exclude(scope="owner", target="first_response")
    assert sum(summary.groups.values()) == running.count()


def test_the_six_numbers_add_up_to_their_rows(cast, signed_in, make_lead):
    for number in range(8):
        make_lead(f"Late{number} Person", at=at(minutes=20 + number))
    make_lead("Soon Person", at=at(minutes=1))
    answer = opened(signed_in, cast.manager)
    summary = answer.context["summary"]
    assert (summary.groups["late"], summary.groups["soon"]) == (8, 1)
    assert summary.today == sum(summary.groups[key] for key in ("late", "soon", "today"))
    assert answer.context["kinds"].startswith("9 answers")
    for key, many in summary.groups.items():
        page = signed_in(cast.manager).get(f"/floor/clocks/?team=midwest&group={key}")
        assert len(page.context["rows"]) == many, key
    due = signed_in(cast.manager).get(answer.context["to"]["due"])
    assert len(due.context["rows"]) == summary.today < sum(summary.groups.values())
    assert due.context["total"] == f"{summary.today} open clocks"
    everything = signed_in(cast.manager).get("/floor/clocks/?team=midwest")
    assert len(everything.context["rows"]) == sum(summary.groups.values())


def test_todays_list_is_short_and_says_how_many_more(cast, signed_in, make_lead):
    for number in range(7):
        lead = make_lead(f"Answered{number} Person", at=at(hours=47 - number))
        touches.log([touches.HumanTouch(lead.pk, "call", at(hours=46))], by=cast.owner.pk, at=at(hours=46))
    answer = opened(signed_in, cast.manager)
    today = next(group for group in answer.context["groups"] if group["key"] == "today")
    assert len(today["rows"]) == 5 and today["note"].endswith("5 shown")
    assert f"{answer.context['more']['today']} more today" in answer.content.decode()


def test_all_open_clocks_turn_page_by_page_without_a_hole(cast, make_lead, monkeypatch):
    for number in range(5):
        make_lead(f"Person{number} Somebody", at=at(minutes=number))
    looked_at = floor.Floor((cast.owner.pk,), NOW, NOW + timedelta(hours=9))
    whole = floor.page(looked_at, size=1000).ids
    found, cursor = [], ""
    while True:
        page = floor.page(looked_at, cursor=cursor, size=3)
        found += page.ids
        if not (cursor := page.next):
            break
    assert found == whole and len(whole) == len(set(whole)) >= 10
    dues = [Clock.objects.get(pk=pk).due_at for pk in whole]
    assert dues == sorted(dues)


def test_a_paused_clock_is_counted_apart_and_stands_last(cast, signed_in, make_lead):
    make_lead("Owen Baptiste", at=at(minutes=1))
    lead = make_lead("Priya Raman", at=at(minutes=2))
    Clock.objects.filter(lead=lead, phase="running").update(phase="paused", due_at=None, next_at=None, next_level=None)
    summary = opened(signed_in, cast.manager).context["summary"]
    assert summary.groups["paused"] == Clock.objects.filter(lead=lead).exclude(
        scope="owner", target="first_response"
    ).filter(phase="paused").count()
    last = floor.page(floor.Floor((cast.owner.pk,), NOW, NOW + timedelta(hours=9))).ids[-1]
    assert Clock.objects.get(pk=last).lead_id == lead.pk


def test_an_address_of_an_old_page_starts_at_the_beginning(cast, signed_in, make_lead):
    answer = signed_in(cast.manager).get("/floor/clocks/?cursor=nonsense")
    assert answer.status_code == 302 and answer["Location"] == "/floor/clocks/?team=midwest"


# --- who may ---------------------------------------------------------------------


def test_a_manager_sees_the_own_team_and_not_another(cast, signed_in, make_lead):
    make_lead("Marcus Hale", at=at(minutes=1))
    make_lead("Nora Quist", at=at(minutes=1), owner=cast.other)
    assert names(opened(signed_in, cast.manager))["soon"] == ["Marcus Hale"]
    refused = signed_in(cast.manager).get("/floor/?team=coast")
    assert refused.status_code == 403 and "RevOps admins" in refused.content.decode()
    assert signed_in(cast.manager).get("/floor/?team=nowhere").status_code == 404


def test_the_monitor_and_admins_see_all_teams_and_may_choose_one(cast, signed_in, make_lead):
    make_lead("Marcus Hale", at=at(minutes=1))
    make_lead("Nora Quist", at=at(minutes=1), owner=cast.other)
    cast.marketer.watches_handoffs = True
    cast.marketer.save()
    for user in (cast.marketer, cast.admin):
        assert sorted(names(opened(signed_in, user))["soon"]) == ["Marcus Hale", "Nora Quist"]
        assert names(opened(signed_in, user, "/floor/?team=coast"))["soon"] == ["Nora Quist"]


@pytest.mark.parametrize("who", ["owner", "teammate", "marketer", "viewer"])
@pytest.mark.parametrize("address", ["/floor/", "/limbo/", "/breaches/", "/breaches/export.csv", "/floor/clocks/", "/floor/answers/"])  # fmt: skip
def test_others_are_told_who_may(cast, signed_in, who, address):
    answer = signed_in(getattr(cast, who)).get(address)
    assert answer.status_code == 403
    assert "managers of teams, the hand-off monitor and RevOps admins" in answer.content.decode()


def test_the_bar_names_the_floor_only_for_those_who_may(cast, signed_in):
    assert 'href="/floor/"' in signed_in(cast.manager).get("/queue/").content.decode()
    assert 'href="/floor/"' not in signed_in(cast.owner).get("/queue/").content.decode()
    type(cast.midwest).objects.create(name="Demand", kind="marketing", manager=cast.marketer)
    client = signed_in(cast.marketer)
    assert client.get("/floor/").status_code == 403
    assert 'href="/floor/"' not in client.get("/queue/").content.decode()


def test_one_promise_alone(cast, signed_in, make_lead):
    make_lead(at=at(minutes=20))
    answer = opened(signed_in, cast.manager, "/floor/?promise=disposition")
    assert answer.context["summary"].groups["late"] == 0
    assert {row["clock"]["target"] for group in answer.context["groups"] for row in group["rows"]} <= {"disposition"}
    assert signed_in(cast.manager).get("/floor/?promise=luck").status_code == 404
    assert {code for code, _ in answer.context["promises"]} == set(Target.values)


# --- what a row says ---------------------------------------------------------------


def test_whose_a_late_clock_is_now_and_from_whom_it_came(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=20))
    due.drain(at(minutes=14))
    lead.reassign(by=cast.manager, at=at(minutes=10), to=cast.teammate)
    answer = opened(signed_in, cast.manager)
    row = row_of(answer, lead)
    assert (row["owner"], row["note"]) == (cast.teammate, "from Jonah Reyes")
    assert answer.context["summary"].late_of == {cast.teammate.pk: 1}
    assert Clock.objects.get(lead=lead, target="first_response", scope="lead").owner == cast.owner


def test_a_lead_that_left_the_team_left_the_floor(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=20))
    due.drain(at(minutes=14))
    lead.reassign(by=cast.manager, at=at(minutes=10), to=cast.other)
    assert "late" not in names(opened(signed_in, cast.manager))
    assert names(opened(signed_in, cast.admin, "/floor/?team=coast"))["late"] == ["Marcus Hale"]


def test_what_was_tried_stands_beside_the_owner(cast, signed_in, make_lead):
    lead = make_lead("Tom Okafor", at=at(hours=40))
    for hours in (39, 38):
        touches.log([touches.HumanTouch(lead.pk, "call", at(hours=hours))], by=cast.owner.pk, at=at(hours=hours))
    assert row_of(opened(signed_in, cast.manager), lead)["note"] == "called twice, no answer"


@pytest.mark.parametrize(("outcome", "note"), [("limit", "two hops used: yours"), ("nobody", "nobody else could take it: yours")])  # fmt: skip
def test_when_no_rule_moves_it_on_it_is_the_managers(cast, signed_in, make_lead, outcome, note):
    lead = make_lead(at=at(minutes=20))
    own = list(Clock.objects.filter(lead=lead).order_by("id"))
    Hop.objects.filter(lead=lead).delete()
    for turn, clock in enumerate(own[:2], 1):
        Hop.objects.create(clock=clock, lead=lead, at=at(minutes=18 - turn), done_at=at(minutes=17), outcome="moved", turn=turn)  # fmt: skip
    Hop.objects.create(clock=own[2], lead=lead, at=at(minutes=15), done_at=at(minutes=15), outcome=outcome)
    row = row_of(opened(signed_in, cast.manager), lead)
    assert (row["note"], row["give"]["label"]) == (note, "Take or give…")


def test_that_the_monitor_was_told_is_said_with_the_minute(cast, signed_in, make_lead):
    cast.admin.watches_handoffs = True
    cast.admin.save()
    lead = make_lead(at=at(minutes=20))
    own = Clock.objects.get(lead=lead, target="first_response", scope="owner")
    Notice.objects.create(user=cast.admin, kind="clock.escalated", subject_kind="lead", subject_id=lead.pk,
                          key=f"clock:{own.pk}:101", at=at(minutes=10))  # fmt: skip
    assert row_of(opened(signed_in, cast.manager), lead)["note"] == "monitor told 14:50"


# --- load and shifts ---------------------------------------------------------------


def test_load_says_open_leads_of_capacity_shift_and_what_is_late(cast, signed_in, make_lead):
    make_lead(at=at(minutes=20))
    PoolMember.objects.filter(user=cast.owner).update(cap=25)
    answer = opened(signed_in, cast.manager)
    rows = {row["person"].id: row for row in answer.context["people"]}
    jonah = rows[cast.owner.pk]
    assert (jonah["person"].open, jonah["person"].cap, jonah["person"].late) == (1, 25, 1)
    assert (jonah["bar"], jonah["late_bar"]) == (3, 3)
    assert set(rows) == {cast.owner.pk, cast.teammate.pk, cast.manager.pk}


def test_shifts_say_until_when_from_when_and_how_long_away(cast):
    hours = calendars.add_calendar("Day", tz="UTC", weekly=calendars.week("08:00", "17:30"), by=cast.admin, at=NOW)
    late = calendars.add_calendar("Evening", tz="UTC", weekly=calendars.week("16:00", "22:00"), by=cast.admin, at=NOW)
    User.objects.filter(pk=cast.owner.pk).update(calendar=hours)
    User.objects.filter(pk=cast.teammate.pk).update(calendar=late)
    Leave.objects.create(user=cast.manager, starts_at=at(days=1), ends_at=NOW + timedelta(days=6))
    found = {p.id: p for p in load.people([cast.owner.pk, cast.teammate.pk, cast.manager.pk], at=NOW)}
    assert found[cast.owner.pk].until == NOW.replace(hour=17, minute=30)
    assert found[cast.teammate.pk].shift.next_start == NOW.replace(hour=16)
    assert found[cast.manager.pk].shift.reason == "leave"
    [into, out] = load.changes(list(found.values()), now=NOW, ahead=timedelta(hours=4))
    assert (into.at.hour, into.on, into.came) == (16, 2, ["Lena Fischer"])
    assert (out.at.hour, out.on, out.went) == (17, 1, ["Jonah Reyes"])
    drawn = drawing([2, 0, 1] + [0] * 13, [into, out], on=1, now=NOW, zone=UTC)
    assert [shift["text"] for shift in drawn["shifts"]][:2] == ["on shift: 1", "2 from 16:00, Lena in"]
    assert drawn["finding"] == "Deadlines per quarter of an hour for the next four hours; at most 2, at 15:00"


def test_deadlines_stand_in_their_quarter_of_an_hour(cast, make_lead):
    for minutes in (0, 1, 2):
        make_lead(f"Person{minutes} Somebody", at=at(minutes=minutes))
    touched = make_lead("Long Ago", at=at(hours=47, minutes=30))
    touches.log([touches.HumanTouch(touched.pk, "call", at(hours=47))], by=cast.owner.pk, at=at(hours=47))
    summary = floor.summary(floor.Floor((cast.owner.pk,), NOW, NOW + timedelta(hours=9)))
    assert summary.quarters[0] >= 3
    decide = Clock.objects.get(lead=touched, target="disposition")
    assert summary.quarters[int((decide.due_at - NOW).total_seconds() // 900)] >= 1
    assert summary.quarters[2] >= 1


def test_in_time_is_said_as_the_engine_counts_it(cast, signed_in, make_lead):
    month = NOW.replace(day=1, hour=0)
    for number in range(3):
        lead = make_lead(f"Person{number} Somebody", at=at(hours=2))
        when = at(hours=2) + timedelta(minutes=2 if number else 9)
        touches.log([touches.HumanTouch(lead.pk, "call", when)], by=cast.owner.pk, at=when)
    answer = opened(signed_in, cast.manager)
    kept = questions.attainment(since=month, until=NOW, now=NOW, owners=[cast.owner.pk], scope="owner")
    assert (answer.context["in_time"]["hits"], answer.context["in_time"]["n"]) == (kept.met, kept.judged) == (2, 3)
    assert "2 of 3" in answer.content.decode() and "small sample" in answer.content.decode()
    assert (answer.context["speed"].n, answer.context["speed"].median) == (3, 120)
    rows = signed_in(cast.manager).get("/floor/answers/?of=owners")
    assert len(rows.context["rows"]) == 3
    assert [row["took"] for row in signed_in(cast.manager).get("/floor/answers/").context["rows"]].count(120) == 2


def test_first_responses_are_told_in_open_time(cast, signed_in, make_lead):
    hours = calendars.add_calendar("Day", tz="UTC", weekly=calendars.week("09:00", "17:00"), by=cast.admin, at=NOW)
    cast.midwest.calendar = hours
    cast.midwest.save()
    evening = NOW.replace(day=24, hour=16, minute=58)
    lead = make_lead(at=evening)
    morning = NOW.replace(hour=9, minute=1)
    touches.log([touches.HumanTouch(lead.pk, "call", morning)], by=cast.owner.pk, at=morning)
    assert opened(signed_in, cast.manager).context["speed"].median == 180


def test_what_stood_still_is_not_waiting(cast, signed_in, make_lead):
    lead = make_lead(at=at(hours=3))
    answered = {"phase": "stopped", "outcome": "met", "stopped_at": at(minutes=5), "due_at": at(minutes=2)}
    Clock.objects.filter(lead=lead, target="first_response").update(next_at=None, calendar_version=None, **answered)
    clock = Clock.objects.get(lead=lead, target="first_response", scope="lead")
    Pause.objects.create(clock=clock, reason="asked_later", from_at=at(hours=2), to_at=at(hours=1))
    assert opened(signed_in, cast.manager).context["speed"].median == 2 * 3_600 - 300
    rows = signed_in(cast.manager).get("/floor/answers/").context["rows"]
    assert [row["took"] for row in rows] == [2 * 3_600 - 300]


def test_when_the_doors_are_closed_the_page_says_what_waits(cast, signed_in, make_lead, moment):
    hours = calendars.add_calendar("Day", tz="UTC", weekly=calendars.week("08:00", "15:00"), by=cast.admin, at=NOW)
    Organisation.objects.update_or_create(id=1, defaults={"calendar": hours})
    lead = make_lead(at=NOW + timedelta(minutes=5))
    moment.advance(minutes=10)
    answer = opened(signed_in, cast.manager)
    waits = Clock.objects.filter(lead=lead, calendar_version__isnull=False, phase="running").exclude(
        scope="owner", target="first_response"
    ).count()
    verb = "clock waits" if waits == 1 else "clocks wait"
    assert answer.context["closed"] == f"Closed until tomorrow 08:00; {waits} {verb}, first due 08:05."
    assert answer.context["closed"] in answer.content.decode()


# --- verbs -------------------------------------------------------------------------


def test_giving_shows_everybodys_load_and_shift(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=20))
    text = signed_in(cast.manager).get(f"/floor/leads/{lead.pk}/giving/?next=/floor/").content.decode()
    assert "Lena Fischer" in text and "0 open · always on" in text and "You take it" in text
    assert "Jonah Reyes" not in text.partition("<fieldset")[2]
    answer = signed_in(cast.manager).post(
        f"/floor/leads/{lead.pk}/giving/?next=/floor/", {"to": cast.teammate.pk, "note": "Jonah is ill"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert answer.status_code == 204 and f"/leads/{lead.pk}/undo/" in answer["HX-Trigger"]
    assert Lead.objects.get(pk=lead.pk).owner == cast.teammate


def test_giving_to_nobody_asks_again(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=20))
    answer = signed_in(cast.manager).post(f"/floor/leads/{lead.pk}/giving/", {"to": ""})
    assert answer.status_code == 422 and Lead.objects.get(pk=lead.pk).owner == cast.owner


def test_somebody_elses_manager_may_not_give(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=20), owner=cast.other)
    answer = signed_in(cast.manager).get(f"/floor/leads/{lead.pk}/giving/")
    assert answer.status_code == 403 and Lead.objects.get(pk=lead.pk).owner == cast.other


def test_out_of_the_rotation_and_back(cast, signed_in, make_lead):
    address = f"/floor/people/{cast.owner.pk}/"
    assert "Take out of rotation" in signed_in(cast.manager).get(address).content.decode()
    answer = signed_in(cast.manager).post(address, {"rotation": "out"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and "rotation=in" in answer["HX-Trigger"]
    assert User.objects.get(pk=cast.owner.pk).benched_at == NOW
    page = opened(signed_in, cast.manager)
    assert "out of rotation since 15:00" in page.content.decode() and "Put Jonah Reyes back" in page.content.decode()
    signed_in(cast.manager).post(f"{address}?rotation=in")
    assert User.objects.get(pk=cast.owner.pk).benched_at is None


def test_only_the_teams_manager_takes_somebody_out(cast, signed_in):
    assert signed_in(cast.teammate).post(f"/floor/people/{cast.owner.pk}/").status_code == 403
    assert signed_in(cast.manager).post(f"/floor/people/{cast.other.pk}/").status_code == 403
    assert not benching.may(cast.manager, cast.other)
    assert not User.objects.exclude(benched_at=None).exists()


# --- live, fast, empty ---------------------------------------------------------------


def test_the_live_floor_answers_304_until_something_concerns_it(cast, signed_in, make_lead):
    lead = make_lead("Priya Raman", at=at(minutes=2))
    client = signed_in(cast.manager)
    first = client.get("/floor/", headers={"X-Live": "1", "HX-Request": "true"})
    assert first.status_code == 200 and "<html" not in first.content.decode()
    again = client.get("/floor/", headers={"X-Live": "1", "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    make_lead("Nora Quist", at=at(minutes=1), owner=cast.other)
    assert client.get("/floor/", headers={"X-Live": "1", "If-None-Match": first["ETag"]}).status_code == 304
    lead.reassign(by=cast.manager, at=NOW, to=cast.teammate)
    fresh = client.get("/floor/", headers={"X-Live": "1", "If-None-Match": first["ETag"]})
    assert fresh.status_code == 200 and "Lena Fischer" in fresh.content.decode()


def test_the_queries_do_not_grow_with_the_floor(cast, signed_in, make_lead, django_assert_num_queries):
    client = signed_in(cast.manager)
    make_lead("Priya Raman", at=at(minutes=20))
    client.get("/floor/")
    with django_assert_num_queries(QUERIES):
        client.get("/floor/")
    for number in range(6):
        make_lead(f"Extra{number} Person", at=at(minutes=21))
    with django_assert_num_queries(QUERIES):
        client.get("/floor/")
    tag = client.get("/floor/", headers={"X-Live": "1"})["ETag"]
    with django_assert_num_queries(STILL):
        client.get("/floor/", headers={"X-Live": "1", "If-None-Match": tag})


QUERIES = 26
STILL = 9


def test_an_empty_floor_says_why(cast, signed_in):
    text = opened(signed_in, cast.manager).content.decode()
    assert "No clock runs here." in text and "nobody waits too long" in text and "Nobody is lost." in text
    assert Pool.objects.exists()
