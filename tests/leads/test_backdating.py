"""What somebody types in late counts when a manager says so; what is still to come counts when it happens (1.6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads import timeline, touches
from leads.incoming import IncomingTouch, parse
from leads.intake import capture
from leads.models import Lead, Touch
from leads.touches import HumanTouch
from revops.lib.errors import Forbidden, Refused
from sla.due import drain as fire
from sla.models import Clock
from teams.keys import create_api_key
from teams.models import Role, User

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


def clock(lead, scope="lead"):
    return Clock.objects.get(lead=lead, target="first_response", scope=scope)


@pytest.fixture
def lead(make_lead):
    return make_lead(at=NOW)


def type_in(lead, *, occurred, at, by=None, kind="call", **more):
    [pk] = touches.log([HumanTouch(lead.pk, kind, occurred, **more)], by=(by or lead.owner).pk, at=at)
    return Touch.objects.get(pk=pk)


@pytest.fixture
def late(lead):
    """A call of 15:04 told at 15:30; the lead was to be answered by 15:05."""
    fire(after(minutes=10), 100)
    return type_in(lead, occurred=after(minutes=4), at=after(minutes=30))


def test_it_waits_and_stops_nothing(late, lead):
    assert late.standing == "waits" and clock(lead).phase == "running"
    assert Lead.objects.get().first_response_at is None
    assert "waits for approval" in [item.note for item in timeline.of(lead)]


@pytest.mark.parametrize(("minutes", "standing"), [(15, ""), (15.001, "waits")])
def test_fifteen_minutes_are_still_by_heart(lead, minutes, standing):
    at = after(minutes=20)
    assert type_in(lead, occurred=at - timedelta(minutes=minutes), at=at).standing == standing


def test_approved_it_counts_from_when_it_happened_and_voids_the_breach(late, lead, cast):
    assert clock(lead).breached_at == after(minutes=5)
    touches.approve(late, by=cast.manager, at=after(hours=1))
    kept = clock(lead)
    assert (kept.outcome, kept.reason, kept.stopped_at, kept.breached_at) == (
        "met", "late_evidence", after(minutes=4), None)  # fmt: skip
    assert Lead.objects.get().first_response_at == after(minutes=4)
    told = Entry.objects.get(kind="touch.approved")
    assert told.data["touch"] == late.pk and told.data["approved_by"] == cast.manager.pk
    assert Entry.objects.filter(kind="clock.breached").exists(), "what was said stays said"


def test_approved_after_due_it_is_late_and_stays_a_miss(lead, cast):
    late = type_in(lead, occurred=after(minutes=7), at=after(minutes=30))
    touches.approve(late, by=cast.manager, at=after(hours=1))
    assert (clock(lead).outcome, clock(lead).breached_at) == ("met_late", after(minutes=5))


def test_declined_it_never_counts(late, lead, cast):
    touches.decline(late, by=cast.manager, at=after(hours=1))
    assert clock(lead).phase == "running" and Lead.objects.get().first_response_at is None
    assert "declined, doesn’t count" in [item.note for item in timeline.of(lead)]
    with pytest.raises(Refused, match="was declined"):
        touches.approve(late, by=cast.manager, at=after(hours=2))


def test_approved_twice_is_approved_once(late, cast):
    touches.approve(late, by=cast.manager, at=after(hours=1))
    touches.approve(late, by=cast.admin, at=after(hours=2))
    assert Entry.objects.filter(kind="touch.approved").count() == 1
    assert (late.judged_by, late.judged_at) == (cast.manager, after(hours=1))


def test_never_before_the_clocks_start(lead, cast):
    before = type_in(lead, occurred=after(minutes=-3), at=after(minutes=30))
    assert before.standing == "", "it says something else than an answer, so nobody is asked"
    assert clock(lead).phase == "running"
    lead.accept(by=cast.owner, at=after(minutes=40))
    touch = type_in(lead, occurred=after(minutes=31), at=after(hours=2), outcome="two_way")
    touches.approve(touch, by=cast.manager, at=after(hours=3))
    assert Clock.objects.get(target="touch_minimum").phase == "running", "they spoke before it began"
    assert clock(lead).outcome == "met_late"


@pytest.mark.parametrize("who", ["owner", "teammate", "other", "marketer", "viewer"])
def test_only_the_manager_and_administrators_decide(late, cast, who):
    with pytest.raises(Forbidden, match="manager"):
        touches.approve(late, by=getattr(cast, who), at=after(hours=1))


def test_nobody_approves_what_they_logged(lead, cast):
    own = type_in(lead, occurred=after(minutes=4), at=after(minutes=30), by=cast.manager)
    with pytest.raises(Forbidden, match="You logged this one"):
        touches.approve(own, by=cast.manager, at=after(hours=1))
    assert not touches.waiting_for(cast.manager).exists()
    assert touches.waiting_for(cast.admin).get() == own


def test_who_sees_what_waits(late, cast):
    assert list(touches.waiting_for(cast.manager)) == [late]
    assert list(touches.waiting_for(cast.admin)) == [late]
    elsewhere = User.objects.create_user("boss@cast.example", name="Bo Ss", role=Role.SALES)
    cast.coast.manager = elsewhere
    cast.coast.save()
    assert not touches.waiting_for(elsewhere).exists()
    late.lead.reject(by=cast.owner, at=after(hours=1), reason="no_need")
    assert not touches.waiting_for(cast.manager).exists(), "nothing left that it could stop"


def test_what_a_system_reports_is_trusted_however_old(lead):
    touches.log([HumanTouch(lead.pk, "call", after(minutes=4))], by=None, at=after(hours=5), trusted=True)
    assert clock(lead).outcome == "met"


def test_a_note_waits_for_nobody(lead):
    assert type_in(lead, occurred=after(minutes=4), at=after(hours=2), kind="note").standing == ""


# --- still to come ----------------------------------------------------------------


def test_a_meeting_dated_ahead_counts_when_it_happens(lead, cast):
    ahead = type_in(lead, occurred=after(minutes=4), at=after(minutes=1), kind="meeting", outcome="two_way")
    assert ahead.standing == "ahead" and clock(lead).phase == "running"
    assert not Entry.objects.filter(kind="touch.logged").exists()
    assert Lead.objects.get().last_touch_at is None
    assert touches.drain(after(minutes=3), 100) == 0
    assert touches.drain(after(minutes=4), 100) == 1
    assert (clock(lead).outcome, clock(lead).stopped_at) == ("met", after(minutes=4))
    logged = Entry.objects.get(kind="touch.logged")
    assert (logged.at, logged.by_id, logged.data["answers"]) == (after(minutes=4), cast.owner.pk, True)
    assert touches.drain(after(minutes=5), 100) == 0


def test_found_late_it_still_counts_from_its_moment(lead):
    type_in(lead, occurred=after(minutes=4), at=after(minutes=1))
    fire(after(minutes=30), 100)
    touches.drain(after(minutes=30), 100)
    assert (clock(lead).outcome, clock(lead).reason) == ("met", "late_evidence")


def test_a_lot_costs_as_many_statements_as_one(make_lead, lead, django_assert_max_num_queries):
    others = [make_lead(f"Pat Number{n}", at=NOW) for n in range(8)]
    touches.log([HumanTouch(one.pk, "call", after(minutes=4)) for one in others], by=None, at=after(minutes=1))
    with django_assert_max_num_queries(24):
        assert touches.drain(after(minutes=4), 100) == 8


# --- along with an enquiry -----------------------------------------------------------


def enquire(lead, at, **touch):
    call = {"kind": "call", "automatic": False, "direction": "out", "occurred_at": at.isoformat(), **touch}
    item = parse({"email": lead.person.email, "touches": [call]}, now=at)
    capture([item], by=None, via="api", now=at)


def test_a_call_that_came_with_an_enquiry_answers_as_one_that_came_alone(lead):
    enquire(lead, after(minutes=3))
    assert (clock(lead).outcome, clock(lead).stopped_at) == ("met", after(minutes=3))
    assert Lead.objects.get().first_response_at == after(minutes=3)
    assert Entry.objects.filter(kind="touch.logged").count() == 1


@pytest.mark.parametrize("touch", [{"direction": "in"}, {"automatic": True}, {"kind": "page_view"}])
def test_what_answers_nobody_alone_answers_nobody_with_an_enquiry(lead, touch):
    enquire(lead, after(minutes=3), **touch)
    assert clock(lead).phase == "running"


def test_a_call_of_the_first_enquiry_was_before_anything_was_owed(make_lead):
    call = {"kind": "call", "automatic": False, "direction": "out", "occurred_at": NOW.isoformat()}
    fresh = make_lead("New Person", at=NOW, touches=[call])
    assert clock(fresh).phase == "running"


# --- pages -------------------------------------------------------------------------


def test_the_manager_finds_it_in_the_bar_and_approves(signed_in, cast, late, lead, frozen):
    client = signed_in(cast.manager)
    with frozen(after(hours=1)):
        assert b"To approve" in client.get("/leads/").content
        page = client.get("/approvals/").content.decode()
        assert "Jonah Reyes called" in page and "26 min later" in page
        page = client.post(f"/approvals/{late.pk}/approval/", follow=True).content.decode()
    assert "Approved: it counts as of when it happened." in page and "Nothing waits for you" in page
    assert clock(lead).outcome == "met"
    with frozen(after(hours=1)):
        assert b"To approve" not in client.get("/leads/").content


def test_others_are_refused_and_have_no_entry(signed_in, cast, late, frozen):
    client = signed_in(cast.owner)
    with frozen(after(hours=1)):
        assert b"To approve" not in client.get("/leads/").content
        assert client.post(f"/approvals/{late.pk}/approval/").status_code == 403
        assert client.post("/approvals/999999/approval/").status_code == 404
        assert b"waits for approval" in client.get(f"/leads/{late.lead_id}/").content


def test_whoever_logs_late_is_told_that_it_waits(signed_in, cast, lead, frozen):
    cast.owner.timezone = "UTC"
    cast.owner.save()
    with frozen(after(hours=1)):
        page = signed_in(cast.owner).post(
            f"/leads/{lead.pk}/touches/",
            {"kind": "call", "outcome": "attempt", "when": "2026-11-24T15:04"},
            follow=True,
        )
    assert "counts once a manager approves it" in page.content.decode()


def test_the_list_costs_the_same_for_one_and_for_many(signed_in, cast, late, make_lead, django_assert_max_num_queries):
    client = signed_in(cast.manager)
    for n in range(5):
        other = make_lead(f"Pat Number{n}", at=NOW)
        type_in(other, occurred=after(minutes=4), at=after(minutes=30))
    with django_assert_max_num_queries(8):  # session, user, teams, the list, and the numbers in the bar
        assert client.get("/approvals/").content.count(b"Approve<") == 6


def test_one_touch_that_cannot_be_counted_holds_up_no_other(make_lead, cast, caplog):
    at = datetime(2026, 11, 24, 15, tzinfo=UTC)
    leads = [make_lead(f"Ada Byron{n}", at=at) for n in range(3)]
    ahead = at + timedelta(hours=1)
    made = [touches.log([HumanTouch(lead.pk, "call", ahead)], by=cast.owner.pk, at=at)[0] for lead in leads]
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stuck'; END $$"""
        )
        cursor.execute(
            f"CREATE TRIGGER stuck BEFORE UPDATE ON leads_lead FOR EACH ROW WHEN (OLD.id = {leads[1].pk}) EXECUTE FUNCTION stuck()"
        )
    assert touches.drain(ahead + timedelta(minutes=1), 100) == 3
    assert [Touch.objects.get(pk=pk).standing for pk in made] == ["", "waits", ""]
    assert "waits for approval" in caplog.text


def report(lead, *, by, at, occurred):
    touch = IncomingTouch("call", occurred, direction="out", automatic=False)
    touches.add([touches.ReportedTouch(touch, person_id=lead.person_id)], source="", by=by.pk, via="api", now=at)
    return Touch.objects.get(kind="call")


def test_what_a_person_reports_by_rest_is_typed_in_too(lead, cast):
    """Signed in, the interface of programs opens no way around the manager."""
    fire(after(minutes=10), 100)
    told = report(lead, by=lead.owner, at=after(minutes=30), occurred=after(minutes=4))
    assert told.standing == "waits" and clock(lead).phase == "running"
    assert Lead.objects.get().first_response_at is None
    touches.approve(told, by=cast.admin, at=after(minutes=40))
    assert (clock(lead).outcome, clock(lead).breached_at) == ("met", None)


def test_the_moments_of_a_system_are_trusted_however_old(lead):
    fire(after(minutes=10), 100)
    key, _ = create_api_key("Dialler", ["intake"])
    told = report(lead, by=key.user, at=after(minutes=30), occurred=after(minutes=4))
    assert told.standing == "" and clock(lead).outcome == "met"


def test_an_enquiry_that_a_person_enters_brings_no_old_call_along(lead):
    """The same in a lead's own touches."""
    fire(after(minutes=10), 100)
    body = {"email": lead.person.email, "touches": [{"kind": "call", "direction": "out", "automatic": False,
                                                     "occurred_at": after(minutes=4).isoformat()}]}  # fmt: skip
    capture([parse(body, now=after(minutes=30))], by=lead.owner, via="api", now=after(minutes=30))
    assert Touch.objects.get(kind="call").standing == "waits" and clock(lead).phase == "running"


def test_people_are_held_before_touches_whose_moment_has_come(lead):
    """As a merge takes them: the two must not wait for each other."""
    type_in(lead, occurred=after(hours=1), at=NOW)
    with CaptureQueriesContext(connection) as asked:
        assert touches.drain(after(hours=1), 10) == 1
    held = [q["sql"] for q in asked if "FOR NO KEY UPDATE" in q["sql"]]
    assert "leads_person" in held[0] and "leads_touch" in held[1]
