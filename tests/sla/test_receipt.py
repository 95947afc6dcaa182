"""Every deadline says which hours counted, what was skipped, and what would have been without each."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla import clocks, deadline_card, policies, receipt
from sla.clocks import Start
from sla.models import Clock, Pause, Policy
from teams.calendars import add_calendar

pytestmark = pytest.mark.django_db
DENVER = ZoneInfo("America/Denver")
SET_UP = datetime(2026, 11, 1, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=DENVER)


@pytest.fixture
def denver(cast):
    weekly = {str(day): [["09:00", "12:00"], ["13:00", "17:00"]] for day in range(5)}
    own = {"2026-11-27": {"name": "Inventory", "windows": []}}
    return add_calendar("Denver", tz="America/Denver", weekly=weekly, country="US", own=own, by=None, at=SET_UP)


@pytest.fixture
def begin(make_lead, denver):
    """A standing lead with one clock on Denver's hours."""

    def make(start: datetime, *, seconds: int = 4 * 3_600, calendar=denver, **more) -> Clock:
        lead = make_lead(hand_raise="", at=start.astimezone(UTC))
        line = Policy.objects.get(policy_set__state="published", target="first_response", tier="intent")
        version = calendar.versions.order_by("-number").first() if calendar else None
        begun = Start(lead.pk, line, version, start.astimezone(UTC), run=9, amount=seconds, **more)
        clocks.start([begun], now=start.astimezone(UTC))
        policies.forget()
        return Clock.objects.get(lead=lead, run=9)

    return make


def without(found: receipt.DeadlineReceipt) -> dict[str, datetime]:
    return {f"{other.what} {other.name}".strip(): other.due_at.astimezone(DENVER) for other in found.without}


def test_b12_names_the_holidays_in_the_way_and_what_each_cost(begin):
    clock = begin(at(25, 16))  # Wednesday before Thanksgiving; Friday is the company's own
    found = receipt.of(clock.pk, now=at(25, 16, 30))
    assert found.clock["due_at"] == at(30, 12)
    assert "Thanksgiving Day" in {span.reason for span in found.spans} and "Inventory" in {s.reason for s in found.spans}
    assert without(found) == {
        "day Thanksgiving Day": at(26, 12), "day Inventory": at(27, 12), "holidays": at(26, 12),
        "hours": at(25, 20),
    }  # fmt: skip
    assert (found.counted, found.left) == (1_800, 4 * 3_600 - 1_800)
    assert (found.calendar, found.calendar_version, found.policy_version) == ("Denver", 1, 2)


def test_the_spans_leave_no_hole_and_add_up(begin):
    clock = begin(at(25, 16))
    found = receipt.of(clock.pk, now=at(25, 16, 30))
    assert found.spans[0].start == clock.started_at and found.spans[-1].end == clock.due_at
    assert all(a.end == b.start for a, b in zip(found.spans, found.spans[1:], strict=False))
    counted = sum((s.end - s.start for s in found.spans if s.kind == "counted"), timedelta())
    assert counted.total_seconds() == clock.seconds


def test_a_break_says_what_it_cost(begin):
    found = receipt.of(begin(at(24, 11), seconds=2 * 3_600).pk, now=at(24, 11, 30))
    assert without(found) == {"breaks": at(24, 13), "hours": at(24, 13)}


def test_a_pause_is_told_with_its_reason_and_its_cost(begin, cast):
    clock = begin(at(23, 9), seconds=3_600)
    Pause.objects.create(clock=clock, reason="prospect_asked", from_at=at(23, 9, 30), to_at=at(23, 10, 30), by=cast.owner)
    Clock.objects.filter(pk=clock.pk).update(due_at=at(23, 11))
    found = receipt.of(clock.pk, now=at(23, 10, 45))
    assert [(p.label, p.by) for p in found.pauses] == [("The prospect asked for a time", str(cast.owner))]
    assert without(found)["pauses"] == at(23, 10)
    assert (found.counted, found.left) == (2_700, 900)
    shown = deadline_card.of(clock.pk, now=at(23, 10, 45), zone=DENVER)
    assert any(line["label"].startswith("Paused") and "prospect asked" in line["note"] for line in shown["lines"])


def test_a_paused_clock_says_what_is_left(begin, cast):
    clock = begin(at(23, 9), seconds=3_600)
    Pause.objects.create(clock=clock, reason="legal_hold", from_at=at(23, 9, 30), by=cast.owner)
    Clock.objects.filter(pk=clock.pk).update(phase="paused", due_at=None, next_at=None, next_level=None)
    found = receipt.of(clock.pk, now=at(23, 11))
    assert (found.counted, found.left, found.without) == (1_800, 1_800, [])
    shown = deadline_card.of(clock.pk, now=at(23, 11), zone=DENVER)
    assert shown["due"] is None and any("Left when it goes on" in line["label"] for line in shown["lines"])


def test_a_late_answer_learns_whether_it_would_have_been_kept(begin):
    clock = begin(at(25, 16), stopped_at=at(30, 15).astimezone(UTC))
    kept = {other.what: other.kept for other in receipt.of(clock.pk, now=at(30, 16)).without}
    assert kept == {"day": False, "holidays": False, "hours": False}


def test_held_to_the_promise_it_took_the_place_of(begin):
    clock = begin(at(24, 9), seconds=3_600, no_later=at(24, 9, 5).astimezone(UTC))
    assert clock.due_at == at(24, 9, 5)
    assert without(receipt.of(clock.pk, now=at(24, 9, 1))) == {"earlier": at(24, 10)}


def test_round_the_clock_has_nothing_to_take_away(begin):
    found = receipt.of(begin(at(25, 16), calendar=None).pk, now=at(25, 17))
    assert (found.without, [span.kind for span in found.spans]) == ([], ["counted"])


def test_a_year_of_holidays_is_taken_away_together(begin):
    names = [other.what for other in receipt.of(begin(at(25, 16), seconds=60 * 7 * 3_600).pk, now=at(25, 17)).without]
    assert names == ["holidays", "breaks", "hours"]


def test_the_receipt_costs_the_same_whatever_the_pauses(begin, cast, django_assert_num_queries):
    clock = begin(at(23, 9), seconds=3_600)
    for minute in range(0, 20, 4):
        Pause.objects.create(
            clock=clock, reason="legal_hold", from_at=at(23, 9, minute), to_at=at(23, 9, minute + 2), by=cast.owner
        )
    with django_assert_num_queries(3):
        receipt.of(clock.pk, now=at(23, 10))
