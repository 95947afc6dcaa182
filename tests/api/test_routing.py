"""REST: routing plans read, who would get a lead, what waits, and picks."""

import pytest

from leads.models import Lead, Person, Waiting
from leads.routing import drafts, pools, publishing, waiting
from leads.routing.deciding import Decision
from tests.api.conftest import fields, problem
from tests.leads.routing.test_deciding import NOW, leads, pool

pytestmark = pytest.mark.django_db


def test_plans_dry_runs_and_what_waits(api, cast):
    pool("", [cast.other], fallback=True)
    by = {"by": cast.admin, "at": NOW}
    draft = drafts.open_draft(**by)
    drafts.add(draft, fields={"name": "Everybody", "person": cast.owner}, **by)
    rows = api.get("routing/plans/").json()["results"]
    assert [(row["version"], row["state"], len(row["rules"])) for row in rows] == [(2, "draft", 1), (1, "live", 0)]
    assert rows[0]["rules"][0]["reads"] == "Always"
    assert api.get(f"routing/plans/{draft.pk}/").json() == rows[0]
    [lead] = leads(1)
    told = api.post("routing/dry-run/", {"lead": lead}).json()
    assert (told["owner"], told["cause"], told["steps"][-1]["state"]) == (cast.other.pk, "fallback", "decided")
    assert api.post("routing/dry-run/", {"lead": lead, "plan": "draft"}).json()["owner_name"] == "Jonah Reyes"
    people = Person.objects.count()
    told = api.post("routing/dry-run/", {"enquiry": {"email": "a@b.example", "hand_raise": "demo"}}).json()
    assert (told["owner"], Person.objects.count()) == (cast.other.pk, people)
    assert fields(api.post("routing/dry-run/", {})) == {"lead": "required"}
    assert set(fields(api.post("routing/dry-run/", {"enquiry": {"email": 1}}))) == {"enquiry.email"}
    publishing.publish(draft, **by)
    assert problem(api.post("routing/dry-run/", {"lead": lead, "plan": "draft"}), 409)["code"] == "no_such_plan"
    waiting.keep({lead: Decision(None, "nobody", {"cause": "nobody"})}, at=NOW)
    found = api.get("routing/waiting/").json()
    assert (found["held"], found["claim"], [row["lead"] for row in found["results"]]) == (1, 0, [lead])


def test_people_pick_and_keys_do_not(api, cast, signed_in):
    by = {"by": cast.admin, "at": NOW}
    queue = pools.add(fields={"name": "Inbound", "method": "claim"}, **by)
    pools.add_member(queue, cast.owner, **by)
    [lead] = leads(1)
    Waiting.objects.create(lead_id=lead, kind="claim", pool=queue, since=NOW, why={"cause": "claim", "pool": queue.pk, "pool_name": "Inbound"})  # fmt: skip
    assert problem(api.post(f"leads/{lead}/pick/"), 403)["code"] == "not_yours"
    answer = signed_in(cast.owner).post(f"/api/v1/leads/{lead}/pick/", "{}", content_type="application/json")
    assert answer.status_code in (200, 403)
    if answer.status_code == 403:
        pytest.fail(str(answer.content))
    assert Lead.objects.get(pk=lead).owner == cast.owner
