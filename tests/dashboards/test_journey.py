"""The way from first interest to first value: who speaks in which phase, and where both teams go silent."""

from datetime import timedelta

import pytest

from dashboards import sheet
from dashboards.journey import limits
from leads.models import Touch
from revops.lib.errors import Forbidden, Invalid
from tests.dashboards.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def touch():
    def log(lead, at, side="marketing", kind="email_click", **fields):
        return Touch.objects.create(
            person=lead.person, lead=lead, kind=kind, side=side, occurred_at=at, received_at=at, **fields
        )

    return log


def gap_of(ask, lead):
    from dashboards import rows
    from dashboards.kpis import registry

    found, _ = rows.page(ask(), registry.find("dead-zones"))
    return next((row.part, round(row.values["gap"], 2)) for row in found if row.id == lead.pk)


@pytest.mark.parametrize(("sales_day", "flagged"), [(26, 0), (27, 1)])
def test_D06_from_the_last_nurture_step_to_the_first_sales_touch(ask, make_lead, touch, ago, sales_day, flagged):
    """Nurture ends on day 12: a sales touch on day 26 is 14 days later and no dead zone, one on day 27 is."""
    day_0 = ago(60)
    lead = make_lead(day_0, mql_at=day_0 + timedelta(days=1), sal_at=day_0 + timedelta(days=28),
                     rejected_at=day_0 + timedelta(days=30))  # fmt: skip
    touch(lead, day_0 + timedelta(days=5), kind="email", direction="out")
    touch(lead, day_0 + timedelta(days=12), kind="email", direction="out")
    touch(lead, day_0 + timedelta(days=sales_day), side="sales", kind="call", automatic=False)
    piece = ask().answer("dead-zones").found.now
    assert (piece.n("silent"), piece.n("handed"), piece.n("")) == (flagged, flagged, 1)
    assert gap_of(ask, lead)[1] == sales_day - 12


def test_a_silence_is_told_with_the_stages_it_lies_between(ask, make_lead, touch, ago, cast):
    waiting = make_lead(ago(40), mql_at=ago(39), owner=cast.owner)  # nobody spoke since
    worked = make_lead(ago(80), mql_at=ago(79), sal_at=ago(60), sql_at=ago(40), opportunity_at=ago(30))
    for day in (70, 41, 35):
        touch(worked, ago(day), side="sales", kind="call")
    touch(worked, ago(50), kind="email_open")  # an opened mail is no touch
    fine = make_lead(ago(10), mql_at=ago(9))
    touch(fine, ago(200), side="sales", kind="call")  # of an earlier time
    answer = ask().answer("dead-zones")
    assert (answer.figure.hits, answer.figure.n) == (2, 3)
    assert gap_of(ask, waiting) == ("pair.mql.now", 39.0)
    assert gap_of(ask, worked) == ("pair.mql.sal", 29.0)
    assert gap_of(ask, fine)[1] == 9.0
    assert answer.found.now.n("still") == 1
    assert answer.found.now.spread("gap").median == pytest.approx(34.0)


def test_the_limit_is_set_by_stage_by_managers_and_written_down(ask, make_lead, ago, cast):
    from journal.models import Entry

    make_lead(ago(40), mql_at=ago(39))
    with pytest.raises(Forbidden):
        limits.set_limits({"mql": 40}, by=cast.viewer, at=NOW)
    with pytest.raises(Invalid):
        limits.set_limits({"mql": 0}, by=cast.manager, at=NOW)
    for _ in range(2):
        assert limits.set_limits({"mql": 40}, by=cast.manager, at=NOW) == {"mql": 40, "sal": 14, "sql": 14}
    [fact] = Entry.objects.filter(kind="silence.set")
    assert fact.data == {"was": {"mql": 14}, "now": {"mql": 40}}
    sheet.forget()
    assert ask().answer("dead-zones").figure.hits == 0


def test_phases_count_leads_their_days_and_who_touched_them(ask, make_lead, touch, ago):
    lead = make_lead(ago(50), mql_at=ago(40), sal_at=ago(38), opportunity_at=ago(30), won_at=ago(5))
    make_lead(ago(20))
    touch(lead, ago(60), kind="page_view", asset="pricing")  # before there was a lead: awareness
    touch(lead, ago(39), side="sales", kind="call")
    touch(lead, ago(20), side="sales", kind="meeting")
    touch(lead, ago(2), side="product", kind="feature_use")
    phases = ask().answer("phases").found.now
    assert [phases.n(p) for p in ("awareness", "education", "evaluation", "decision", "onboarding")] == [2, 1, 1, 1, 1]
    assert (phases.n("awareness.in"), phases.n("onboarding.in")) == (1, 1)
    assert phases.spread("decision").median == 25 * 86_400
    contacts = ask().answer("contacts").found.now
    counted = {name: n for name, n in contacts.counts.items() if n}
    assert counted == {"": 4, "awareness.marketing": 1, "awareness.content": 1, "content": 1, "education.sales": 1,
                       "decision.sales": 1, "onboarding.product": 1}  # fmt: skip


def test_each_touch_counts_once_with_the_cycle_it_fell_into(ask, make_lead, touch, ago):
    from leads.models import Lead

    first = make_lead(ago(80), mql_at=ago(79), recycled_at=ago(60))
    Lead.objects.create(person=first.person, company=first.company, cycle=2, created_at=ago(20), stage_at=ago(19),
                        stage="mql", mql_at=ago(19))  # fmt: skip
    for day in (85, 70, 30, 10):
        touch(first, ago(day))
    assert ask().answer("contacts").figure.value == 4
    assert ask().answer("contacts").found.now.n("education.marketing") == 3
