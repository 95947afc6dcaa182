"""Who hears a rung of the ladder, found when it fires: whoever left, is away or was told already is passed over (F51)."""

from datetime import timedelta

import pytest

from deals.models import Deal
from journal.models import Entry
from notify.models import Notice
from sla import clocks, policies
from sla.due import drain
from sla.models import Clock, Effect, Hop, Policy, Step
from teams.models import Calendar, CalendarVersion, Leave, Organisation, User
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


def told(user):
    rung = Notice.objects.filter(user=user, kind__startswith="clock.").order_by("id")
    return list(rung.values_list("kind", "data__level"))


def away(user):
    Leave.objects.create(user=user, starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=5))


def gone(user):
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.fixture
def monitor(cast):
    cast.marketer.watches_handoffs = True
    cast.marketer.save()
    return cast.marketer


@pytest.fixture
def executive(cast):
    Organisation.objects.update_or_create(id=1, defaults={"executive": cast.other})
    return cast.other


def breach(lead):
    drain(after(minutes=5, seconds=1))


def test_ninety_percent_of_a_hot_lead_reach_owner_and_manager_by_push_and_slack(lead, cast):
    drain(after(seconds=271))
    assert (told(cast.owner), told(cast.manager)) == ([("clock.warned", 90)], [("clock.escalated", 90)])
    notice = Notice.objects.get(user=cast.manager)
    assert sorted(notice.how) == ["browser", "slack"]
    own = lead.clocks.get(target="first_response", scope="owner")
    assert notice.key == f"clock:{own.pk}:90"
    assert notice.data == {"clock": own.pk, "target": "first_response", "tier": "hot", "scope": "owner", "level": 90,
                           "owner": cast.owner.pk, "due": after(minutes=5).isoformat(), "late": False}  # fmt: skip


def test_five_open_minutes_after_a_breach_the_monitor_hears(lead, cast, monitor):
    drain(after(minutes=5, seconds=1))
    drain(after(minutes=10, seconds=1))
    assert told(monitor) == [("clock.escalated", 101)]
    assert list(Effect.objects.filter(event="chain").values_list("level", "effective_at").distinct()) == [
        (101, after(minutes=10))
    ]


def test_found_late_each_person_has_one_notice_of_a_clock_that_says_it_is_late(lead, cast, monitor):
    drain(after(hours=2))
    assert told(cast.owner) == [("clock.breached", 101)]
    assert told(cast.manager) == [("clock.escalated", 101)]
    assert told(monitor) == [("clock.escalated", 101)]
    assert set(Notice.objects.filter(kind__startswith="clock.").values_list("data__late", flat=True)) == {True}
    assert set(Effect.objects.values_list("level", flat=True)) == {100, 101}, "breach and chain, no stale warnings"
    assert set(Entry.objects.filter(kind="clock.breached").values_list("at", flat=True)) == {after(minutes=5)}


def test_an_owner_on_leave_is_stood_in_for_by_the_manager_and_the_manager_by_the_monitor(lead, cast, monitor):
    away(cast.owner)
    breach(lead)
    assert (told(cast.owner), told(cast.manager), told(monitor)) == (
        [], [("clock.escalated", 100)], [("clock.escalated", 100)],
    )  # fmt: skip


@pytest.mark.parametrize("missing", [gone, away], ids=["left", "on leave"])
def test_whoever_is_missing_is_passed_over_step_by_step(lead, cast, monitor, executive, missing):
    for person, next_one in ((cast.manager, monitor), (monitor, executive), (executive, cast.admin)):
        missing(person)
        Notice.objects.all().delete()
        Effect.objects.all().delete()
        Clock.objects.filter(target="first_response").update(next_at=after(minutes=5), next_level=100)
        breach(lead)
        assert told(next_one) == [("clock.escalated", 100)], person


def test_leave_that_begins_later_or_is_over_counts_for_nothing(lead, cast):
    Leave.objects.create(user=cast.manager, starts_at=after(hours=1), ends_at=after(hours=2))
    Leave.objects.create(user=cast.manager, starts_at=after(hours=-2), ends_at=after(hours=-1))
    breach(lead)
    assert told(cast.manager) == [("clock.escalated", 100)]


def test_where_nobody_is_left_it_is_a_fact_and_an_alarm_and_the_breach_stands(lead, cast, caplog):
    User.objects.update(is_active=False)
    breach(lead)
    own = lead.clocks.get(target="first_response", scope="owner")
    unheard = Entry.objects.get(kind="clock.unheard")
    assert (unheard.data["clock"], unheard.data["who"]) == (own.pk, ["manager", "owner"])
    assert own.breached_at == after(minutes=5)
    assert "nobody to hear" in caplog.text


def test_the_lead_clock_keeps_silent_only_beside_an_owner_clock_of_the_same_due(lead, cast, monitor):
    breach(lead)
    assert Notice.objects.filter(kind__startswith="clock.", data__scope="lead").count() == 0
    lead.reassign(by=cast.manager, at=after(minutes=5, seconds=2), to=cast.teammate)
    drain(after(minutes=10, seconds=1))
    said = Notice.objects.filter(user=monitor).values_list("data__scope", "data__level", "data__owner")
    assert list(said) == [("lead", 101, cast.owner.pk)], "the buyer still waits, and A answers for it"


def test_a_breach_of_an_owner_clock_asks_for_somebody_else_once(lead, cast):
    breach(lead)
    drain(after(minutes=30))
    hop = Hop.objects.get()
    assert (hop.clock.scope, hop.lead, hop.from_owner, hop.at, hop.done_at) == (
        "owner", lead, cast.owner, after(minutes=5, seconds=1), None,
    )  # fmt: skip


def test_a_promise_that_reassigns_nobody_asks_for_nobody(hand_over):
    hand_over("trial")
    drain(after(hours=25))
    assert not Hop.objects.exists()


def test_the_hours_of_the_clock_travel_with_its_notices(hand_over, cast):
    hours = Calendar.objects.create(name="Always, but named")
    version = CalendarVersion.objects.create(
        calendar=hours, number=1, tz="UTC", weekly={str(day): [["00:00", "24:00"]] for day in range(7)}
    )
    cast.midwest.calendar = hours
    cast.midwest.save()
    hand_over()
    drain(after(minutes=6))
    assert set(Notice.objects.filter(kind__startswith="clock.").values_list("hours_id", flat=True)) == {version.pk}


@pytest.fixture
def deal(cast):
    return Deal.objects.create(name="Lumen", owner=cast.owner, stage="won", created_at=NOW, closed_at=NOW)


def begin(deal, target):
    terms = policies.deal_terms([deal.pk], as_of=NOW)[deal.pk]
    line = terms.lines[target]
    clocks.start(
        [clocks.Start(None, line, terms.calendar(line), NOW, deal_id=deal.pk, owner_id=deal.owner_id)], now=NOW
    )
    return Clock.objects.get(deal=deal, target=target)


def test_a_clock_of_a_deal_tells_the_deals_owner_and_manager_about_the_deal(deal, cast):
    begun = begin(deal, "handoff_sched")
    drain(begun.due_at + timedelta(seconds=1))
    assert told(cast.owner) == [("clock.breached", 100)] and told(cast.manager) == [("clock.escalated", 100)]
    assert set(Notice.objects.values_list("subject_kind", "subject_id")) == {("deal", deal.pk)}
    assert Entry.objects.filter(kind="clock.breached", subject_kind="deal", subject_id=deal.pk).exists()
    clocks.stop([clocks.Stop(None, ("handoff_sched",), begun.due_at, fulfil=True, deal_id=deal.pk)], now=NOW)
    begun.refresh_from_db()
    assert (begun.outcome, begun.reason) == ("met", "late_evidence")
    assert Entry.objects.filter(kind="clock.met", subject_kind="deal", subject_id=deal.pk).exists()


def test_a_next_step_is_whoever_promised_its_business(lead, cast):
    terms = policies.terms([lead.pk], as_of=NOW)[lead.pk]
    line = terms.lines["next_step"]
    clocks.start([clocks.Start(lead.pk, line, None, NOW, owner_id=cast.teammate.pk, due_at=after(minutes=1))], now=NOW)
    clocks.charge({lead.pk: cast.other.pk}, now=NOW)
    drain(after(minutes=1, seconds=1))
    assert told(cast.teammate) == [("clock.breached", 100)]


def test_a_rung_without_a_person_tells_nobody(lead, cast):
    hot = Policy.objects.get(policy_set__state="published", target="first_response", tier="hot")
    Step.objects.filter(policy=hot).update(who=[])
    breach(lead)
    assert not Notice.objects.filter(kind__startswith="clock.").exists()
    assert not Entry.objects.filter(kind="clock.unheard").exists(), "nobody was asked for"


def test_a_ladder_without_a_channel_is_heard_in_the_app(lead, cast):
    Step.objects.update(how=[])
    policies.forget()
    breach(lead)
    assert Notice.objects.get(user=cast.owner, kind="clock.breached").how == []
