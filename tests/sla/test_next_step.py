"""What happens next, by when, by whom: a promise on a lead or a deal with a clock of its own."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deals.conversion import convert
from deals.handover import hand_over as hand_over_deals
from journal.models import Entry
from leads.models import Lead
from revops.lib.errors import Forbidden, Invalid, Refused
from sla import next_steps, step_panels
from sla.due import drain
from sla.models import Clock, NextStep
from teams.keys import create_api_key
from tests.cast import handed_over
from tests.deals.conftest import sql_lead  # noqa: F401
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
FRIDAY = NOW + timedelta(days=3)


def after(**delta):
    return NOW + timedelta(**delta)


@pytest.fixture
def sal(lead, cast):
    return lead.accept(by=cast.owner, at=NOW)


@pytest.fixture
def step(sal, cast):
    return next_steps.set_step(sal, what="Send the  terms ", by_when=FRIDAY, by=cast.owner, at=NOW)


@pytest.fixture
def deal(sql_lead, cast):  # noqa: F811
    return convert(sql_lead, name="Rollout", amount=100, currency="USD", close_on=date(2027, 1, 15),
                   by=cast.owner, at=NOW)  # fmt: skip


def test_its_clock_is_due_when_it_was_promised(step, sal):
    assert (step.what, step.owner_id, step.state) == ("Send the terms", sal.owner_id, "open")
    clock = step.clock
    assert (clock.target, clock.due_at, clock.owner_id, clock.phase) == ("next_step", FRIDAY, sal.owner_id, "running")
    assert "terms" not in str(Entry.objects.get(kind="step.set").data), "words stay in the row"


def test_done_in_time_late_and_at_due(sal, cast):
    for moment, outcome in ((FRIDAY, "met"), (FRIDAY + timedelta(microseconds=1), "met_late")):
        made = next_steps.set_step(sal, what="Call", by_when=FRIDAY, by=cast.owner, at=NOW)
        next_steps.finish(made, by=cast.owner, at=moment)
        assert Clock.objects.get(step=made).outcome == outcome


def test_done_twice_is_done_once_and_dropped_after_done_is_refused(step, cast):
    next_steps.finish(step, by=cast.owner, at=after(hours=1))
    next_steps.finish(step, by=cast.owner, at=after(hours=2))
    assert step.closed_at == after(hours=1) and Entry.objects.filter(kind="step.done").count() == 1
    with pytest.raises(Refused, match="was done before"):
        next_steps.drop(step, by=cast.owner, at=after(hours=3))


def test_a_new_one_takes_its_place_and_what_was_late_stays_late(step, sal, cast):
    next_steps.set_step(sal, what="Call", by_when=after(days=5), by=cast.owner, at=FRIDAY + timedelta(hours=1))
    step.refresh_from_db()
    assert (step.state, step.clock.outcome) == ("dropped", "breached_cancelled")
    assert next_steps.open_step([sal.pk])[sal.pk].what == "Call"
    assert NextStep.objects.filter(state="open").count() == 1


def test_other_words_keep_the_clock(step, sal, cast):
    again = next_steps.set_step(sal, what="Send new terms", by_when=FRIDAY, by=cast.owner, at=after(hours=1))
    assert (again.pk, again.clock.phase) == (step.pk, "running")
    assert NextStep.objects.get().what == "Send new terms"


@pytest.mark.parametrize(
    ("wrong", "field"), [({"what": " "}, "what"), ({"by_when": NOW}, "by_when"), ({"what": "x" * 201}, "what")]
)
def test_it_needs_words_and_a_moment_to_come(sal, cast, wrong, field):
    with pytest.raises(Invalid) as refused:
        next_steps.set_step(sal, **({"what": "Call", "by_when": FRIDAY} | wrong), by=cast.owner, at=NOW)
    assert refused.value.field == field


def test_strangers_and_viewers_promise_nothing_for_others(sal, cast):
    for who in (cast.other, cast.viewer, cast.marketer):
        with pytest.raises(Forbidden):
            next_steps.set_step(sal, what="Call", by_when=FRIDAY, by=who, at=NOW)
    with pytest.raises(Invalid, match="can't promise"):
        next_steps.set_step(sal, what="Call", by_when=FRIDAY, owner=cast.viewer, by=cast.owner, at=NOW)


def test_the_step_goes_with_its_lead_to_the_new_owner(step, sal, cast):
    sal.reassign(by=cast.manager, at=after(hours=1), to=cast.teammate)
    step.refresh_from_db()
    assert (step.owner, step.clock.owner) == (cast.teammate, cast.teammate)


def test_a_late_one_is_still_answered_for_by_whoever_promised_it(step, sal, cast):
    drain(FRIDAY + timedelta(hours=1), 100)
    sal.reassign(by=cast.manager, at=FRIDAY + timedelta(hours=2), to=cast.teammate)
    step.refresh_from_db()
    assert (step.owner, step.clock.owner) == (cast.teammate, cast.owner)


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("reject", {"reason": "no_need"}),
        ("recycle", {"reason": "timing", "track": "newsletter"}),
        ("disqualify", {"reason": "spam"}),
    ],
)
def test_what_closes_the_lead_drops_it_and_undo_brings_it_back(step, sal, cast, verb, more):
    getattr(sal, verb)(by=cast.owner, at=after(minutes=1), **more)
    step.refresh_from_db()
    assert (step.state, step.clock.outcome) == ("dropped", "cancelled")
    sal.undo(by=cast.owner, at=after(minutes=2))
    step.refresh_from_db()
    assert (step.state, step.clock.phase) == ("open", "running")


def test_closed_leads_take_no_step(sal, cast):
    sal.reject(by=cast.owner, at=after(minutes=1), reason="no_need")
    with pytest.raises(Refused, match="this lead is rejected"):
        next_steps.set_step(sal, what="Call", by_when=FRIDAY, by=cast.owner, at=after(minutes=2))


def test_on_a_deal_it_ends_with_the_deal(deal, cast):
    step = next_steps.set_step(deal, what="Call Ines", by_when=FRIDAY, by=cast.owner, at=NOW)
    assert step.clock.deal_id == deal.pk
    handed_over(deal).win(by=cast.owner, at=after(hours=1))
    step.refresh_from_db()
    assert (step.state, step.clock.outcome) == ("dropped", "cancelled")


def test_what_was_promised_on_the_lead_is_promised_on_its_deal(sql_lead, cast):  # noqa: F811
    old = next_steps.set_step(sql_lead, what="Send terms", by_when=FRIDAY, by=cast.owner, at=NOW)
    made = convert(sql_lead, name="", amount=100, currency="USD", close_on=date(2027, 1, 15), by=cast.owner,
                   at=after(hours=1))  # fmt: skip
    old.refresh_from_db()
    carried = next_steps.open_steps_of_deals([made.pk])[made.pk]
    assert old.state == "dropped" and (carried.what, carried.by_when) == ("Send terms", FRIDAY)
    assert (carried.clock.due_at, carried.clock.deal_id) == (FRIDAY, made.pk)


def test_a_deal_handed_over_takes_its_step_along(deal, cast):
    step = next_steps.set_step(deal, what="Call Ines", by_when=FRIDAY, by=cast.owner, at=NOW)
    hand_over_deals(cast.owner, by=cast.admin, at=after(hours=1), to=cast.teammate)
    step.refresh_from_db()
    assert step.owner == cast.teammate


def test_a_deal_handed_over_is_charged_to_who_has_it_unless_late_already(deal, cast):
    age = Clock.objects.get(deal=deal, target="stage_age")
    hand_over_deals(cast.owner, by=cast.admin, at=after(hours=1), to=cast.teammate)
    age.refresh_from_db()
    assert age.owner == cast.teammate
    hand_over_deals(cast.teammate, by=cast.admin, at=age.due_at + timedelta(seconds=1), to=cast.owner)
    age.refresh_from_db()
    assert age.owner == cast.teammate, "whoever had it at due answers for it"


@pytest.mark.parametrize("year", [2099, 2200, 9999])
def test_a_step_is_promised_within_five_years(sal, cast, year):
    with pytest.raises(Invalid) as refusal:
        next_steps.set_step(sal, what="Call", by_when=NOW.replace(year=year, month=12, day=31), by=cast.owner, at=NOW)
    assert (refusal.value.code, refusal.value.field) == ("too_far", "by_when")


def test_a_lead_is_held_before_its_step_and_clocks(step, cast):
    """Leads before what hangs on them, as everywhere: finishing and replacing a step at once must not wait for each
    other."""
    with CaptureQueriesContext(connection) as asked:
        next_steps.finish(step, by=cast.owner, at=after(hours=1))
    held = [q["sql"] for q in asked if " FOR " in q["sql"] and "UPDATE" in q["sql"]]
    assert "leads_lead" in held[0] and "sla_nextstep" not in held[0]


def test_leads_without_a_step_are_in_limbo(lead, cast, hand_over):
    assert not next_steps.without_step().exists(), "an MQL owes a decision, not a step"
    lead.accept(by=cast.owner, at=NOW)
    assert list(next_steps.without_step()) == [lead]
    next_steps.set_step(lead, what="Call", by_when=FRIDAY, by=cast.owner, at=NOW)
    assert not next_steps.without_step().exists()


def test_all_steps_of_a_list_in_one_query(sal, step, hand_over, django_assert_num_queries):
    ids = [sal.pk, hand_over(email="two@lumen.example").pk]
    with django_assert_num_queries(1):
        assert list(step_panels.of_leads(ids, now=NOW)) == [sal.pk]


# --- pages and REST ---------------------------------------------------------------


def test_the_lead_page_shows_it_and_asks_for_one(signed_in, cast, sal, frozen):
    client = signed_in(cast.owner)
    with frozen(NOW):
        assert "Nobody said what happens next" in client.get(f"/leads/{sal.pk}/").content.decode()
        form = client.get(f"/leads/{sal.pk}/next-step/").content.decode()
        assert "Next step for" in form and "Set step" in form
        missing = client.post(f"/leads/{sal.pk}/next-step/", {"what": "Send terms", "owner": cast.owner.pk})
        assert missing.status_code == 422
        client.post(f"/leads/{sal.pk}/next-step/",
                    {"what": "Send terms", "by_when": "2026-11-27T17:00", "owner": cast.owner.pk})  # fmt: skip
        page = client.get(f"/leads/{sal.pk}/").content.decode()
    assert "Send terms" in page and "set a next step" in page
    step = NextStep.objects.get()
    with frozen(after(hours=1)):
        client.post(f"/leads/{sal.pk}/next-step/done/")
    step.refresh_from_db()
    assert step.state == "done"
    with frozen(after(hours=1)):
        gone = client.post(f"/leads/{sal.pk}/next-step/removal/")
    assert gone.status_code == 409


def test_the_moment_typed_is_meant_in_the_readers_zone(signed_in, cast, sal, frozen):
    cast.owner.timezone = "America/Chicago"
    cast.owner.save()
    client = signed_in(cast.owner)
    with frozen(NOW):
        client.post(f"/leads/{sal.pk}/next-step/",
                    {"what": "Call", "by_when": "2026-11-27T08:00", "owner": cast.owner.pk})  # fmt: skip
        assert NextStep.objects.get().by_when.isoformat() == "2026-11-27T14:00:00+00:00"
        assert b'value="2026-11-27T08:00"' in client.get(f"/leads/{sal.pk}/next-step/").content


def test_strangers_are_told_who_may(signed_in, cast, sal):
    answer = signed_in(cast.other).post(f"/leads/{sal.pk}/next-step/", {"what": "Call"})
    assert answer.status_code == 403 and b"Only Jonah Reyes" in answer.content


def test_the_deal_page_and_the_board_show_it(signed_in, cast, deal):
    client = signed_in(cast.owner)
    deal.next_step = "as it came"
    deal.save()
    assert b"as it came" in client.get(f"/deals/{deal.pk}/").content
    next_steps.set_step(deal, what="Call Ines", by_when=FRIDAY, by=cast.owner, at=NOW)
    page = client.get(f"/deals/{deal.pk}/").content
    assert b"Call Ines" in page and b"as it came" not in page
    assert b"Call Ines" in client.get("/deals/").content


@pytest.fixture
def api(client):
    _, key = create_api_key("steps", ["read", "work"])

    def call(method, path, body=None):
        send = getattr(client, method)
        more = {} if method == "get" else {"data": body or {}, "content_type": "application/json"}
        return send(f"/api/v1{path}", headers={"Authorization": f"Api-Key {key}"}, **more)

    return call


@pytest.mark.parametrize("kind", ["lead", "deal"])
def test_over_rest_it_is_read_put_done_and_dropped(api, request, cast, kind, frozen):
    subject = request.getfixturevalue({"lead": "sal", "deal": "deal"}[kind])
    path = f"/{kind}s/{subject.pk}/next-step/"
    with frozen(NOW):
        assert api("get", path).json() == {"step": None}
        put = api("put", path, {"what": "Call", "by_when": FRIDAY.isoformat()})
        assert (put.status_code, put.json()["step"]["owner"]) == (200, cast.owner.pk)
        assert api("get", path).json()["step"]["what"] == "Call"
        assert api("get", f"/{kind}s/{subject.pk}/").status_code == 200
        assert api("post", f"{path}done/").json()["step"]["state"] == "done"
        assert api("post", f"{path}done/").json()["step"]["state"] == "done"
        assert api("delete", path).status_code == 409
        api("put", path, {"what": "Write", "by_when": FRIDAY.isoformat(), "owner": cast.teammate.pk})
        assert api("delete", path).json()["step"]["state"] == "dropped"
        assert api("put", path, {"what": "Call"}).status_code == 400
        assert api("put", path, {"what": "Call", "by_when": FRIDAY.isoformat(), "owner": 10**9}).status_code == 400


def test_the_lead_as_json_says_what_happens_next(api, step, sal, frozen):
    with frozen(NOW):
        told = api("get", f"/leads/{sal.pk}/").json()
    assert told["next_step"]["what"] == "Send the terms"
    assert told["touches"]["needed"] == 8
    assert Lead.objects.get().next_due_at is not None
