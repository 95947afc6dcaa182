"""The bullets of DOMAIN 1.6 that clocks themselves answer for; pauses, hops, merges, carried promises and backdated
touches have files of their own."""

from datetime import datetime, timedelta

import pytest

from journal.models import Entry
from journal.record import Fact
from leads.incoming import on_our_clock, parse
from leads.intake import capture
from leads.models import Lead, PoolMember, Touch
from leads.touches import HumanTouch, log
from marketing import vocabulary
from marketing.models import Channel
from notify.models import Notice
from revops.lib.errors import Invalid
from sla import history, panels, pausing, policies, receipt
from sla.due import drain
from sla.models import Clock, Effect, Policy, PolicySet
from sla.planner import Planner
from sla.questions import attainment
from sla.reactions import move_clocks
from teams import calendars
from teams.models import Calendar, CalendarVersion, Organisation
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
HOUR, DAY = 3_600, 86_400


def after(**delta):
    return NOW + timedelta(**delta)


def utc(text):
    return datetime.fromisoformat(text + "+00:00")


def clock(lead, target="first_response", scope="lead", run=1):
    return Clock.objects.get(lead=lead, target=target, scope=scope, run=run)


def call(lead, at, by=None):
    log([HumanTouch(lead.pk, "call", at)], by=by or lead.owner_id, at=at)


def hours(name, tz="America/New_York", opens="09:00", closes="17:00", days=range(5)):
    calendar = Calendar.objects.create(name=name)
    weekly = {str(day): [[opens, closes]] for day in days}
    version = CalendarVersion.objects.create(calendar=calendar, number=1, tz=tz, weekly=weekly)
    return calendar, version


@pytest.fixture
def new_york(cast):
    cast.midwest.calendar, version = hours("New York")
    cast.midwest.save()
    return version


@pytest.fixture
def standard(hand_over):
    return hand_over("trial")


# --- warnings -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "seconds"),
    [(300, (150, 225, 270)), (HOUR, (1_800, 2_700, 3_240)), (48 * HOUR, (86_400, 129_600, 155_520))],
    ids=["5 min", "1 h", "48 h"],
)
def test_warnings_at_half_three_quarters_and_nine_tenths(amount, seconds):
    line = policies.published()[0][0]
    marks = Planner().marks(line, None, NOW, amount=amount)
    at = dict(zip(marks.levels, marks.at, strict=True))
    assert tuple((at[level] - NOW).total_seconds() for level in (50, 75, 90)) == seconds


def test_of_several_warnings_already_past_only_the_highest_is_told(lead, cast):
    drain(after(seconds=280))
    assert set(Effect.objects.values_list("level", flat=True)) == {90}
    drain(after(seconds=281))
    assert Notice.objects.filter(user=cast.owner, kind="clock.warned").count() == 1


def test_notices_of_business_hours_wait_for_opening(hand_over, new_york, cast):
    """B26: warned at Fri 16:59:30 and on Monday morning, never at the weekend."""
    lead = hand_over(at=utc("2026-01-09T21:57:00"))
    own = clock(lead)
    assert own.due_at == utc("2026-01-12T14:02:00")
    assert own.marks[:3] == [utc("2026-01-09T21:59:30"), utc("2026-01-12T14:00:45"), utc("2026-01-12T14:01:30")]
    assert dict(zip(own.levels, own.marks, strict=True))[101] == utc("2026-01-12T14:07:00"), "offsets are open time"
    drain(utc("2026-01-09T22:30:00"))
    answers = Notice.objects.filter(kind__startswith="clock.", data__target="first_response")
    assert answers.count() == 1
    drain(utc("2026-01-11T12:00:00"))
    assert answers.count() == 1


@pytest.mark.parametrize(
    ("tier", "rungs"),
    [
        ("hot", [(50, None, "owner"), (75, None, "owner"), (90, None, "owner manager"), (100, None, "owner manager"),
                 (101, 300, "monitor")]),
        ("intent", [(50, None, "owner"), (75, None, "owner"), (90, None, "owner"), (100, None, "owner manager"),
                    (101, 1_800, "monitor")]),
        ("standard", [(75, None, "owner"), (100, None, "owner manager"), (101, 4 * HOUR, "monitor"),
                      (102, DAY, "executive")]),
    ],
)  # fmt: skip
def test_the_chains_a_company_begins_with(tier, rungs):
    line = Policy.objects.get(policy_set__state="published", target="first_response", tier=tier)
    assert [(s.level, s.after, " ".join(s.who)) for s in line.steps.all()] == rungs
    assert [s.level for s in line.steps.all() if s.then == "reassign"] == ([] if tier == "standard" else [100])


# --- a lead upgraded ------------------------------------------------------------


def test_a_demo_request_two_minutes_before_due_leaves_two_minutes(standard, hand_over):
    """Standard due Tue 10:00, demo request Tue 09:58 → due 10:00, not 10:03."""
    due = clock(standard).due_at
    hand_over("demo", at=due - timedelta(minutes=2))
    hot = clock(standard, run=2)
    assert (hot.tier, hot.due_at, clock(standard).outcome, clock(standard).reason) == (
        "hot", due, "cancelled", "superseded",
    )  # fmt: skip


def test_an_overdue_standard_clock_stays_a_miss_and_the_hot_one_has_its_own_time(standard, hand_over):
    drain(after(hours=24, minutes=1))
    hand_over("demo", at=after(hours=25))
    assert clock(standard).outcome == "breached_cancelled"
    assert clock(standard, run=2).due_at == after(hours=25, minutes=5)


def test_a_paused_clock_that_is_superseded_leaves_no_pause_open(standard, hand_over, cast):
    pausing.pause(clock(standard), by=cast.owner, at=after(hours=1), reason="prospect_asked", until=after(hours=9))
    hand_over("demo", at=after(hours=2))
    assert (clock(standard).outcome, clock(standard, run=2).due_at) == ("cancelled", after(hours=2, minutes=5))
    assert not clock(standard).pauses.filter(to_at=None).exists()
    pausing.drain(after(hours=10), 100)
    assert clock(standard).phase == "stopped"


def test_answered_and_asking_for_more_at_one_instant_starts_no_second_clock(standard, hand_over):
    call(standard, after(hours=2))
    hand_over("demo", at=after(hours=2))
    assert not standard.clocks.filter(target="first_response", run=2).exists()


def test_a_downgrade_never_lengthens_and_a_new_owner_keeps_the_promise_made_to_the_lead(lead, cast):
    Lead.objects.update(hand_raise="trial")
    lead.refresh_from_db()
    lead.reassign(by=cast.manager, at=after(minutes=2), to=cast.teammate)
    assert (clock(lead).tier, clock(lead).due_at) == ("hot", after(minutes=5))
    own = clock(lead, scope="owner", run=2)
    assert (own.tier, own.due_at) == ("hot", after(minutes=7)), "judged once, by what was true at the trigger"


# --- policy, reassignment, cycles ------------------------------------------------


def test_a_new_owner_keeps_the_version_the_lead_began_under(lead, cast):
    old = PolicySet.objects.get(state="published")
    old.state = "retired"
    old.save()
    new = PolicySet.objects.create(version=old.version + 1, state="published")
    Policy.objects.create(policy_set=new, position=1, target="first_response", tier="standard", name="Slow", amount=DAY)
    policies.forget()
    lead.reassign(by=cast.manager, at=after(minutes=1), to=cast.teammate)
    assert clock(lead, scope="owner", run=2).policy == clock(lead).policy


def test_a_new_owner_has_the_hours_of_their_own_team(lead, cast):
    calendar, version = hours("Coast", tz="America/Los_Angeles")
    cast.coast.calendar = calendar
    cast.coast.save()
    lead.reassign(by=cast.admin, at=after(minutes=1), to=cast.other)
    assert clock(lead, scope="owner", run=2).calendar_version == version
    assert clock(lead).calendar_version is None, "the lead's clock doesn't notice"


def test_the_breach_is_charged_to_the_owner_at_due_even_if_noticed_later(lead, cast):
    lead.reassign(by=cast.manager, at=after(minutes=5, seconds=2), to=cast.teammate)
    drain(after(minutes=6))
    assert clock(lead).owner == cast.owner
    assert clock(lead, scope="owner").outcome == "breached_cancelled"
    assert clock(lead, scope="owner").owner == cast.owner


def test_recycled_and_back_it_is_a_new_cycle_with_new_clocks(lead, hand_over, cast):
    lead.recycle(by=cast.owner, at=after(minutes=2), reason="timing", track="newsletter",
                 revisit_on=after(days=30).date())  # fmt: skip
    old = set(Clock.objects.values_list("id", "outcome", "due_at"))
    again = hand_over("demo", at=after(days=40))
    second = Lead.objects.order_by("-cycle").first()
    assert (second.person_id, second.cycle) == (lead.person_id, lead.cycle + 1) and again
    assert clock(second).due_at == after(days=40, minutes=5)
    assert set(Clock.objects.filter(lead=lead).values_list("id", "outcome", "due_at")) == old


def test_what_sales_found_itself_owes_no_answer(hand_over, cast, monkeypatch):
    Channel.objects.create(code="outbound", name="Outbound", side="sales", position=99)
    monkeypatch.setattr(vocabulary, "_kept", None)
    sold = hand_over("", source="outbound")
    Lead.objects.filter(pk=sold.pk).update(stage="mql", owner=cast.owner, mql_at=NOW)
    assigned = {"owner": cast.owner.pk, "from": None}
    move_clocks([Fact("lead.mql", "lead", sold.pk, NOW), Fact("lead.assigned", "lead", sold.pk, NOW, data=assigned)],
                now=NOW)  # fmt: skip
    assert not sold.clocks.filter(target="first_response").exists()
    assert sold.clocks.filter(target="disposition", phase="running").exists()
    asked = hand_over("demo", email="b@two.example", source="outbound")
    assert clock(asked).tier == "hot", "unless it raises its hand"


@pytest.mark.parametrize("touch", [
    {"kind": "email", "automatic": True}, {"kind": "chat", "automatic": True}, {"kind": "note"},
], ids=["autoresponder", "chatbot", "internal note"])  # fmt: skip
def test_what_no_human_being_did_answers_nobody(lead, hand_over, touch):
    hand_over("demo", at=after(minutes=1), touches=[{**touch, "occurred_at": after(minutes=1).isoformat()}])
    assert clock(lead).phase == "running"


# --- clock skew, imports, missing things -------------------------------------------


def test_a_senders_wrong_clock_is_taken_out():
    """Original 12:00:30, sent 12:00:40, received 11:58:45 → 11:58:35."""
    received = utc("2026-01-06T11:58:45")
    moment = on_our_clock(utc("2026-01-06T12:00:30"), sent_at=utc("2026-01-06T12:00:40"), received_at=received)
    assert moment == (utc("2026-01-06T11:58:35"), False)


@pytest.mark.parametrize(
    ("ahead", "expected"), [(300, (300, False)), (301, (0, True))], ids=["five minutes", "a second more"]
)
def test_more_than_five_minutes_ahead_is_held_to_the_moment_received(ahead, expected):
    sent = utc("2026-01-06T12:00:00")
    found, clamped = on_our_clock(sent + timedelta(seconds=ahead), sent_at=sent, received_at=NOW)
    assert ((found - NOW).total_seconds(), clamped) == expected


def test_touches_keep_when_they_were_sent_and_whether_they_were_held(hand_over):
    skewed = {"kind": "page_view", "occurred_at": "2026-11-24T16:00:30Z", "sent_at": "2026-11-24T16:00:40Z"}
    mad = {"kind": "click", "occurred_at": "2026-11-24T17:00:00Z", "sent_at": "2026-11-24T16:00:00Z"}
    hand_over("demo", touches=[skewed, mad])
    found = {
        t.kind: (t.occurred_at, t.clamped, t.sent_at) for t in Touch.objects.filter(kind__in=["page_view", "click"])
    }
    assert found == {
        "page_view": (after(seconds=-10), False, utc("2026-11-24T16:00:40")),
        "click": (NOW, True, utc("2026-11-24T16:00:00")),
    }
    with pytest.raises(Invalid, match="future"):
        parse({"email": "a@b.example", "touches": [{"kind": "click", "occurred_at": "2026-11-24T16:00:30Z"}]}, now=NOW)


def test_a_retroactive_import_is_timed_fires_nothing_and_counts_only_when_asked(lead):
    Clock.objects.all().delete()
    Notice.objects.all().delete()
    Lead.objects.update(history=True, first_response_at=after(minutes=3), sal_at=after(hours=1))
    history.keep_time([], [lead.pk], now=after(days=300))
    drain(after(days=301))
    assert not Notice.objects.exists() and not Effect.objects.exists()
    period = {"since": NOW, "until": after(days=1), "now": after(days=300)}
    assert attainment(**period).judged == 0
    assert attainment(**period, history=True).met == 1


def test_a_list_taken_live_starts_its_clocks_at_import(pool):
    list_at = after(days=3)
    body = {"email": "fair@booth.example", "hand_raise": "demo"}
    [outcome] = capture([parse(body, now=list_at)], by=None, via="import", now=list_at)
    assert clock(Lead.objects.get(pk=outcome.lead_id)).started_at == list_at


def test_without_an_owner_assignment_escalates_to_the_monitor(hand_over, cast):
    PoolMember.objects.all().delete()
    cast.marketer.watches_handoffs = True
    cast.marketer.save()
    lead = hand_over()
    drain(after(minutes=2, seconds=1))
    assert clock(lead, "assignment").breached_at == after(minutes=2)
    [notice] = Notice.objects.filter(data__target="assignment")
    assert (notice.user, notice.kind) == (cast.marketer, "clock.escalated")


def test_without_a_team_calendar_the_organisations_counts(hand_over, cast):
    calendar, version = hours("Everybody")
    Organisation.objects.update_or_create(id=1, defaults={"calendar": calendar})
    PoolMember.objects.all().delete()
    lead = hand_over(at=utc("2026-01-09T21:58:00"))
    assert (clock(lead).calendar_version, clock(lead).due_at) == (version, utc("2026-01-12T14:03:00"))


def test_without_any_calendar_every_hour_counts(lead):
    assert (clock(lead).calendar_version, clock(lead).due_at) == (None, after(minutes=5))


def test_two_cycles_never_share_a_number_and_a_start_twice_is_once(lead):
    Clock.objects.filter(lead=lead).update(phase="running", outcome="", stopped_at=None)
    before = Clock.objects.count()
    from sla import clocks

    terms = policies.terms([lead.pk], as_of=NOW)[lead.pk]
    line = terms.lines["first_response"]
    clocks.start([clocks.Start(lead.pk, line, None, after(hours=1))], now=after(hours=1))
    assert Clock.objects.count() == before and clock(lead).due_at == after(minutes=5)


def test_evidence_says_who_and_what_was_said_stays(lead, cast):
    drain(after(minutes=6))
    call(lead, after(minutes=7))
    late = clock(lead)
    log([HumanTouch(lead.pk, "email", after(minutes=4))], by=cast.owner.pk, at=after(minutes=8))
    late.refresh_from_db()
    assert late.outcome == "met_late", "a stopped clock is immutable"
    assert Entry.objects.filter(kind="clock.breached", data__clock=late.pk).count() == 1


# --- a calendar that ends ---------------------------------------------------------


@pytest.mark.parametrize("later", [0, 30], ids=["opens for too short a time", "opened for the last time"])
def test_a_calendar_that_is_never_open_again_turns_no_lead_away(pool, hand_over, cast, caplog, later):
    """Only a date in it, two minutes long: what can't be counted on it is counted round the clock, and said."""
    own = {"2026-11-25": {"name": "Fair", "windows": [["09:00", "09:02"]]}}
    fair = calendars.add_calendar("Fair", tz="UTC", weekly={}, own=own, by=cast.admin, at=NOW)
    Policy.objects.filter(policy_set__state="published", target="first_response", tier="hot").update(
        hours="calendar", calendar=fair
    )
    policies.forget()
    lead = hand_over(at=after(days=later))
    assert clock(lead).due_at == after(days=later, minutes=5)
    assert "counted round the clock" in caplog.text
    assert clock(lead).calendar_version is None
    assert receipt.of(clock(lead).pk, now=after(days=later, minutes=1)).left == 240


def test_a_page_shows_a_clock_whose_calendar_never_opens_again(lead, cast):
    fair = calendars.add_calendar("Fair", tz="UTC", weekly={}, by=cast.admin, at=NOW,
                                  own={"2026-11-25": {"name": "Fair", "windows": [["09:00", "09:02"]]}})  # fmt: skip
    Clock.objects.filter(lead=lead).update(calendar_version=fair.versions.get(), due_at=after(days=40))
    shown = panels.shown(clock(lead), now=after(days=30))
    assert (shown["state"], shown["opens"], shown["closes"]) == ("running", None, None)
