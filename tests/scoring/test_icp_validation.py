"""Whether the profile still holds: by quarter and by criterion, with intervals, honest about small samples."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leads.models import AttributeFact
from scoring.icp import validation
from scoring.icp.validation import Judged, compared
from scoring.models import Icp
from tests.scoring.icp_world import firms

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def deals(n, won, matches, cycle=10.0):
    return [(matches, Judged(i < won, cycle + i, NOW, matches, [])) for i in range(n)]


@pytest.mark.parametrize(
    ("match", "other", "verdict"),
    [
        (deals(200, 90, True), deals(200, 60, False), "holds"),  # +15 points, 5.5 to 24.1
        (deals(40, 18, True), deals(40, 12, False), "open"),  # +15 points, −6.0 to 34.3
        (deals(40, 4, True), deals(40, 20, False), "fails"),
        (deals(19, 19, True), deals(400, 4, False), "small"),
        ([], [], "small"),
    ],
)
def test_D05_the_verdict_is_that_of_the_interval(match, other, verdict):
    assert compared([*match, *other]).verdict == verdict


def test_rates_and_cycles_have_their_intervals_and_the_unknown_are_counted_apart():
    found = compared([*deals(20, 6, True), *deals(30, 3, False), *deals(4, 4, None)])
    assert (found.match.won, found.match.n, found.unknown) == (6, 20, 4)
    assert [round(one, 3) for one in found.match.interval] == [0.145, 0.519]
    assert (found.match.cycle, found.match.cycle_interval) == (12.5, (10, 15))
    assert (found.other.cycle, found.other.cycle_interval, found.other.cycles) == (11, None, 3)
    assert round(found.gap, 2) == 0.2


def test_quarters_are_of_the_calendar_newest_first():
    assert validation.quarters(date(2026, 2, 10)) == [
        date(2026, 1, 1), date(2025, 10, 1), date(2025, 7, 1), date(2025, 4, 1),
    ]  # fmt: skip
    assert validation.next_quarter(date(2025, 10, 1)) == date(2026, 1, 1)
    assert validation.next_quarter(date(2026, 1, 1)) == date(2026, 4, 1)


@pytest.fixture
def profile(db):
    criteria = [
        {"attribute": "company.industry", "label": "industry", "values": ["fintech"], "texts": ["Fintech"]},
        {"attribute": "company.employees", "label": "company size", "values": ["500–999"], "texts": ["500–999"]},
    ]
    since = datetime(2026, 1, 15, tzinfo=UTC)
    return Icp.objects.create(
        version=1, state="published", criteria=criteria, created_at=since, edited_at=since, effective_at=since
    )


def test_only_deals_decided_since_it_is_in_force_can_confirm_it(profile, django_assert_num_queries):
    fits = {"industry": "Fintech", "employees": 700}
    firms(30, "won", closed=NOW - DAY, **fits)
    firms(10, "lost", closed=NOW - DAY, **fits)
    firms(25, "lost", closed=NOW - DAY, industry="Retail", employees=700)
    firms(2, "lost", closed=NOW - DAY, industry="")
    firms(7, "won", closed=datetime(2025, 11, 3, tzinfo=UTC), **fits)
    with django_assert_num_queries(3):
        trial = validation.of(profile, now=NOW)
    assert (trial.since.match.n, trial.since.match.won, trial.since.other.n) == (40, 30, 25)
    assert (trial.since.unknown, trial.since.verdict) == (2, "holds")
    industry, size = trial.criteria
    assert (industry.match.n, industry.other.n) == (40, 25)
    assert (size.match.n, size.other.n, size.verdict) == (65, 0, "small")
    running, last, *_ = trial.quarters
    assert (running.found.match.n, running.source) == (40, False)
    assert (last.found.match.won, last.source) == (7, True)


def test_a_deal_is_judged_by_what_was_known_when_it_was_opened(profile):
    """Enriched after winning, a firm would always have matched."""
    [later] = firms(1, "won", closed=NOW - DAY, industry="Fintech", employees=700)
    AttributeFact.objects.filter(subject_kind="company", subject_id=later.pk).update(at=NOW - DAY)
    [deal] = validation.judged(profile.criteria, since=NOW - 5 * DAY, until=NOW)
    assert (deal.matches, deal.holds) == (None, [None, None])


def test_a_contact_of_another_firm_changes_nothing(profile):
    [one] = firms(1, "won", closed=NOW - DAY, industry="Fintech", employees=700)
    [other] = firms(1, "lost", closed=NOW - 50 * DAY, industry="Retail")
    one.people.update(company=other)
    [deal] = validation.judged(profile.criteria, since=NOW - 5 * DAY, until=NOW)
    assert deal.matches is True
