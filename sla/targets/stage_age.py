"""Time in stage: a lead or a deal moves on, or goes back, within what is usual here (DOMAIN 1.3, 6)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from deals.models import Deal
from journal.record import Fact
from sla import planner, policies, stage_medians
from sla.clocks import Start, Stop
from sla.models import Policy, Target
from sla.policies import Terms
from sla.targets.news import News

AGE = Target.STAGE_AGE.value
LEFT = frozenset(["lead.sql", "lead.opportunity", "lead.won", "lead.lost", "lead.rejected", "lead.recycled"])
DEAL_LEFT = frozenset(["deal.won", "deal.lost"])
DEAL_BEGINS = ("deal.opened", "deal.reopened", "deal.moved")
BEGINS = frozenset(["lead.sal", "lead.sql", *DEAL_BEGINS])
HEARD = BEGINS | LEFT | DEAL_LEFT | {"lead.disqualified", "lead.undone"}


def stops(fact: Fact) -> Iterable[Stop]:
    """However a stage is left, it was left: only what never should have been there counts as nothing."""
    if fact.kind in LEFT:
        yield Stop(fact.subject_id, (AGE,), fact.at, fulfil=True, by=fact.by)
    elif fact.kind in DEAL_LEFT or fact.kind == "deal.moved":
        yield Stop(None, (AGE,), fact.at, fulfil=True, by=fact.by, deal_id=fact.subject_id)
    elif fact.kind == "lead.disqualified" or (fact.kind == "lead.undone" and fact.data.get("kind") == "lead.sal"):
        reason = fact.kind.removeprefix("lead.")
        yield Stop(fact.subject_id, (AGE,), fact.at, fulfil=False, reason=reason, by=fact.by)


def starts(news: News) -> list[Start]:
    begun: list[Start] = []
    gone = {f.subject_id for f in news.facts if f.subject_kind == "lead" and f.kind in LEFT - {"lead.sql"}}
    qualified = news.of("lead.sql")
    for stage, entered in (("sal", news.of("lead.sal")), ("sql", qualified)):
        for lead, fact in entered.items():
            if lead not in gone and lead in news.terms and not (stage == "sal" and lead in qualified):
                begun += news.begin(AGE, lead, fact.at, due_at=_due(news.terms[lead], stage, fact.at, news.now))
    closed = {f.subject_id for f in news.facts if f.kind in DEAL_LEFT}
    entered = {deal: fact for kind in DEAL_BEGINS for deal, fact in news.deals(kind).items() if deal not in closed}
    stand = standing(list(entered))
    for deal, fact in entered.items():
        if deal in news.deal_terms:
            stage, limit = stand.get(deal, ("", None))
            due = _due(news.deal_terms[deal], stage, fact.at, news.now, limit=limit)
            begun += news.begin_deal(AGE, deal, fact.at, due_at=due)
    return begun


def standing(deal_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """{open deal: (its stage as `stage_medians` calls it, the days that stage allows)}. One query, none for nobody."""
    if not deal_ids:
        return {}
    rows = Deal.objects.filter(pk__in=deal_ids).exclude(pipeline_stage=None)
    found = rows.values_list("pk", "pipeline_stage_id", "pipeline_stage__limit_days")
    return {deal: (str(stage), days) for deal, stage, days in found}


def _due(terms: Terms, stage: str, at: datetime, now: datetime, *, limit: int | None = None) -> datetime | None:
    """When the usual time allows longer than the line does; None: the line's own amount is the limit."""
    line = terms.lines.get(AGE)
    allowed = usual(line, stage, now=now, limit=limit) if line else None
    if line is None or allowed is None:
        return None
    least = planner.target(line.unit, line.amount, policies.hours(terms.calendar(line)), at, line.terms)
    return at + allowed if at + allowed > least else None


def usual(line: Policy, stage: str, *, now: datetime, limit: int | None = None) -> timedelta | None:
    """`factor` times the median time in that stage; with fewer than `sample` to judge by the stage's own `limit` in
    days, and None without one."""
    median = stage_medians.of(now).get(stage)
    if median is None or median.n < int(line.terms.get("sample", 10)):
        return None if limit is None else timedelta(days=limit)
    return timedelta(seconds=float(line.terms.get("factor", 1.5)) * median.seconds)
