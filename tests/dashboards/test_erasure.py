"""An erasure takes words away and no number (S55): every KPI is asked before and after."""

from datetime import timedelta

import pytest

from dashboards import sheet
from dashboards.kpis import registry
from leads.models import Touch
from leads.rights import erasing
from sla.models import Clock

pytestmark = pytest.mark.django_db


def figures(asked) -> dict:
    """{KPI: all that a page says of it}."""
    found = {}
    for kpi in registry.ALL:
        answer = asked.answer(kpi)
        found[kpi.key] = (answer.figure, answer.before, answer.sources, answer.over_time, answer.excluded)
    return found


def timed(lead, target, started_at, **fields):
    due = started_at + timedelta(minutes=5)
    Clock.objects.create(lead=lead, target=target, tier="hot", scope="lead", run=1, started_at=started_at,
                         due_at=due, seconds=300, phase="stopped", **({"stopped_at": due, "outcome": "met"} | fields))  # fmt: skip


@pytest.fixture
def story(make_lead, make_deal, ago, cast):
    """Two who asked, were answered and bought or were given up; one who is still open; all with touches and clocks."""
    won = make_lead(ago(60), first_touch_at=ago(70), mql_at=ago(59), sal_at=ago(58), sql_at=ago(50), won_at=ago(9),
                    opportunity_at=ago(50), first_response_at=ago(59), owner=cast.owner, hand_raise="demo")  # fmt: skip
    make_deal(ago(50), won_at=ago(9), amount=42_000, person=won.person, lead=won, owner=cast.owner)
    given_up = make_lead(ago(40), first_touch_at=ago(41), mql_at=ago(39), rejected_at=ago(38), owner=cast.other,
                         reason="not_icp", source="webinar")  # fmt: skip
    still = make_lead(ago(20), mql_at=ago(19), sal_at=ago(18), owner=cast.owner)
    make_deal(ago(10), amount=9_000, person=still.person, lead=still, owner=cast.owner)
    for lead in (won, given_up, still):
        timed(lead, "first_response", lead.mql_at)
        timed(lead, "disposition", lead.mql_at, outcome="met_late", stopped_at=lead.mql_at + timedelta(hours=3))
        for days, kind, side in ((0, "page_view", "marketing"), (1, "call", "sales")):
            at = lead.created_at + timedelta(days=days)
            Touch.objects.create(person=lead.person, lead=lead, kind=kind, side=side, note="Of their walrus",
                                 occurred_at=at, received_at=at, by=cast.owner if days else None, automatic=not days)  # fmt: skip
    return won, given_up


def test_s55_every_kpi_is_the_same_before_and_after_an_erasure(story, ask, cast, now):
    before = figures(ask(days=90))
    assert sum(1 for figure, *_ in before.values() if figure.value) > 10, "the story is counted"
    for lead in story:
        erasing.erase(lead.person, by=cast.admin, at=now)
    assert not Touch.objects.filter(person__in=[lead.person_id for lead in story]).exclude(note="").exists()
    sheet.forget()
    after = figures(ask(days=90))
    assert {key: told for key, told in after.items() if told != before[key]} == {}
