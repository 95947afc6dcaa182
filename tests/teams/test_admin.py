"""The admin: for RevOps admins; reference data is written, facts are only shown."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Company, Lead, Pool, PoolMember, RoutingPlan, RoutingRule
from marketing.models import Channel
from teams.admin_site import FactsAdmin
from teams.calendars import add_calendar, week
from teams.keys import create_api_key
from teams.models import Calendar, CalendarVersion
from tests.leads.routing.test_deciding import NOW, leads

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
WRITTEN = {
    "leads.AttributeDefinition", "leads.Pool", "marketing.Campaign", "marketing.Channel",
    "teams.Calendar", "teams.Leave", "teams.Organisation", "teams.SavedView", "teams.Team",
}  # fmt: skip


def address(model, page="changelist"):
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/" + ("" if page == "changelist" else page)


@pytest.fixture
def rosa(cast, signed_in):
    return signed_in(cast.admin)


def test_what_is_written_and_what_is_only_shown():
    written = {model._meta.label for model, pages in admin.site._registry.items() if not isinstance(pages, FactsAdmin)}
    assert written == WRITTEN


@pytest.mark.parametrize("who", ["owner", "manager", "marketer", "viewer"])
def test_others_do_not_come_in(cast, signed_in, who):
    client = signed_in(getattr(cast, who))
    for path in ("/admin/", address(Channel), address(Lead)):
        assert client.get(path).status_code == 302
    assert client.get("/admin/login/").headers["Location"] == "/"


def test_a_stranger_signs_in_by_the_one_door(cast, client):
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_opens_and_facts_take_no_writing(cast, rosa, model):
    leads(2)
    assert rosa.get(address(model)).status_code == 200
    assert rosa.get(address(model), {"q": "x"}).status_code == 200
    expected = 200 if model._meta.label in WRITTEN - {"teams.Organisation"} else 403
    assert rosa.get(address(model, "add/")).status_code == expected


def test_a_lead_is_shown_and_not_changed(cast, rosa):
    [pk] = leads(1)
    assert rosa.get(address(Lead, f"{pk}/change/")).status_code == 200
    assert rosa.post(address(Lead, f"{pk}/change/"), {"stage": "won"}).status_code == 403
    assert rosa.post(address(Lead, f"{pk}/delete/"), {"post": "yes"}).status_code == 403
    assert Lead.objects.get(pk=pk).stage == "mql"


def test_of_a_company_only_the_owner_is_set(cast, rosa):
    company = Company.objects.create(name="Harbor & Pine", name_key="harbor and pine")
    rosa.post(address(Company, f"{company.pk}/change/"), {"owner": cast.owner.pk, "name": "Other"})
    company.refresh_from_db()
    assert (company.owner, company.name) == (cast.owner, "Harbor & Pine")


def test_its_pages_allow_the_scripts_they_carry_and_no_others(rosa):
    policy = rosa.get("/admin/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_new_hours_are_the_next_version(cast, rosa):
    calendar = add_calendar("Office", tz="UTC", weekly=week("09:00", "17:00"), by=None, at=NOW)
    asked = {"name": "Office", "tz": "America/Chicago", "weekly": '{"0": [["08:00", "16:00"]]}', "closed": "{}"}
    assert rosa.post(address(Calendar, f"{calendar.pk}/change/"), asked).status_code == 302
    newest = CalendarVersion.objects.order_by("-number")[0]
    assert (newest.number, newest.tz, newest.created_by) == (2, "America/Chicago", cast.admin)
    wrong = rosa.post(address(Calendar, f"{calendar.pk}/change/"), {**asked, "weekly": '{"0": [["16:00", "08:00"]]}'})
    assert "is not before" in wrong.content.decode()
    assert rosa.post(address(Calendar, f"{calendar.pk}/change/"), {**asked, "weekly": "{}"}).status_code == 200
    assert CalendarVersion.objects.count() == 2
    assert rosa.post(address(Calendar, "add/"), {**asked, "name": "Late"}).status_code == 302
    assert Calendar.objects.get(name="Late").versions.get().number == 1


def test_a_routing_rule_reads_as_a_sentence(cast, rosa):
    RoutingRule.objects.create(
        plan=RoutingPlan.objects.get(state="live"), position=1, name="Large", pool=Pool.objects.get(is_fallback=True),
        condition={"attribute": "company.employees", "op": "at_least", "value": 500},
    )  # fmt: skip
    assert "500" in rosa.get(address(RoutingRule)).content.decode()


def test_members_of_a_pool_are_edited_with_it(cast, rosa):
    pool = Pool.objects.get(is_fallback=True)
    inline = {"members-TOTAL_FORMS": "1", "members-INITIAL_FORMS": "0", "members-0-user": cast.owner.pk,
              "members-0-weight": "3", "members-0-cap": "40", "members-0-position": "0"}  # fmt: skip
    assert rosa.post(address(Pool, f"{pool.pk}/change/"), {"name": "Everyone", **inline}).status_code == 302
    member = PoolMember.objects.get()
    assert (member.user, member.weight, member.cap) == (cast.owner, 3, 40)
    assert rosa.post(address(Pool, f"{pool.pk}/delete/"), {"post": "yes"}).status_code == 403
    offered = rosa.get(address(Pool, f"{pool.pk}/change/")).content.decode()
    assert "Viktor Lund" not in offered, "a viewer owns no leads"


def test_keys_are_taken_back_and_never_shown(cast, rosa):
    key, _ = create_api_key("Form")
    asked = {"action": "revoke", "_selected_action": key.pk}
    answer = rosa.post("/admin/teams/apikey/", asked, follow=True)
    key.refresh_from_db()
    assert key.revoked
    assert key.hashed_key not in answer.content.decode().replace(key.pk, "")


def test_lists_cost_the_same_with_more_rows(cast, rosa):
    counts = []
    for n in (2, 30):
        leads(n)
        with CaptureQueriesContext(connection) as caught:
            rosa.get(address(Lead))
        counts.append(len(caught))
    assert counts[0] == counts[1]
