"""What becomes of deals in each stage of their pipeline: who went on, and how long they stay. From the stints."""

from collections.abc import Mapping
from math import inf
from typing import Any

from dashboards import arithmetic
from dashboards.kpis.base import Beside, Figure, Kpi, Population, Slice, Split, rate
from dashboards.kpis.populations import DEAL_SOURCE, RENEWALS, SOLD, UNDATED
from deals.models import PipelineStage
from revops.lib import words

# A deal's first entry of each stage in the period. `furthest`: how far it came from there on, in the same pipeline;
# stages passed without stopping are stints too, zero long.
ENTRIES = Population(
    name="stage entries", subject="deal", source="d.source_id", owner="d.owner_id",
    kinds=("undated", "business", "stage_id", "outcome"),
    select=f"""
      SELECT d.id, e.id AS key, e.entered_at AS at, {DEAL_SOURCE}, d.undated, d.kind AS business, e.stage_id,
             e.name AS stage_name,
             CASE WHEN e.furthest > e.position OR (d.stage = 'won' AND d.closed_at <= {{seen}}) THEN 'on'
                  WHEN d.stage = 'lost' AND d.closed_at <= {{seen}} THEN 'lost' ELSE 'open' END AS outcome
        FROM (SELECT s.id, s.deal_id, s.stage_id, s.entered_at, t.name, t.position,
                     max(t.position) OVER (PARTITION BY s.deal_id, t.pipeline_id
                                           ORDER BY s.entered_at DESC, s.id DESC) AS furthest,
                     row_number() OVER (PARTITION BY s.deal_id, s.stage_id ORDER BY s.entered_at, s.id) AS nth
                FROM deals_stint s JOIN deals_pipelinestage t ON t.id = s.stage_id
               WHERE s.entered_at >= {{starts}} AND s.entered_at <= {{seen}}) e
        JOIN deals_deal d ON d.id = e.deal_id
       WHERE e.nth = 1 AND e.entered_at < {{ends}} {{only}}""",
)  # fmt: skip

STAYS = Population(
    name="stays", subject="deal", source="d.source_id", owner="d.owner_id",
    kinds=("undated", "business", "stage_id", "over"),
    select=f"""
      SELECT d.id, s.id AS key, s.entered_at AS at, {DEAL_SOURCE}, d.undated, d.kind AS business, s.stage_id,
             t.name AS stage_name, COALESCE(s.left_at <= {{seen}}, false) AS over,
             date_part('epoch', LEAST(s.left_at, {{seen}}) - s.entered_at) AS seconds
        FROM deals_stint s JOIN deals_deal d ON d.id = s.deal_id JOIN deals_pipelinestage t ON t.id = s.stage_id
       WHERE s.entered_at >= {{starts}} AND s.entered_at < {{ends}} AND s.entered_at <= {{seen}} AND NOT s.skipped
             {{only}}""",
)  # fmt: skip


def names() -> Mapping[int, str]:
    """In the order of the boards; with the pipeline's name where there is more than one."""
    stages = list(PipelineStage.objects.select_related("pipeline").order_by("pipeline__position", "pipeline_id",
                                                                            "position", "id"))  # fmt: skip
    several = len({stage.pipeline_id for stage in stages}) > 1
    return {stage.pk: f"{stage.pipeline}: {stage.name}" if several else stage.name for stage in stages}


STAGE = Split("stage", "stage_id", names)


def conversion(s: Slice) -> Figure:
    on, lost, n = s.n("on"), s.n("lost"), s.n("")
    return rate(
        on, n,
        none="0 deals entered a stage in this period",
        formula=f"{words.number(on)} went on ÷ {words.number(n)} entered; {words.number(lost)} lost, "
        f"{words.number(s.n('open'))} still open",
        beside=(Beside("of those decided", arithmetic.ratio(on, on + lost), "share", na="0 decided"),
                Beside("still open", arithmetic.ratio(s.n("open"), n), "share", part="open", na="0 entered")),
    )  # fmt: skip


def steps(s: Slice) -> list[dict[str, Any]]:
    """One row a stage that deals entered: {stage, part, label, entered, on, lost, open, rate, resolved}."""
    found = []
    for pk, label in names().items():
        part = f"stage.{pk}"
        entered = s.n(part)
        if entered:
            on, lost = s.n(f"{part}.on"), s.n(f"{part}.lost")
            found.append({
                "stage": pk, "part": part, "label": label, "entered": entered, "on": on, "lost": lost,
                "open": s.n(f"{part}.open"), "rate": arithmetic.ratio(on, entered),
                "resolved": arithmetic.ratio(on, on + lost),
            })  # fmt: skip
    return found


def stay(s: Slice) -> Figure:
    """The slowest stage leads; each with its volume and median beside."""
    shown = []
    for pk, label in names().items():
        part = f"stage.{pk}"
        spread = s.spread(part)
        if spread.n:
            shown.append((label, part, spread))
    beside = tuple(
        Beside(f"{label}, {words.plural(spread.n, 'deal')}",
               None if spread.median in (None, inf) else spread.median / 86_400, "days", part=part,
               na="not reached: fewer than half have left")
        for label, part, spread in shown
    )  # fmt: skip
    known = [(spread.median, label, spread.n) for label, _, spread in shown if spread.median not in (None, inf)]
    if not known:
        why = "not reached: fewer than half have left any stage" if shown else "0 deals entered a stage in this period"
        return Figure(None, na=why, n=s.n(""), beside=beside)
    median, label, n = max(known)
    return Figure(
        median / 86_400,
        formula=f"{label} is the slowest; median of {words.plural(n, 'deal')}, those still in it counted as longer",
        n=n, beside=beside,
    )  # fmt: skip


KPIS = [
    Kpi(
        id="K07D", key="deal-funnel", name="Deals going on, by stage", unit="share", badge="diagnostic",
        grain="one deal in one stage it entered in the period", population=ENTRIES,
        definition="Of the deals that entered a stage in the period, the share that later reached the next one or one "
        "further, or was won. A deal that comes back counts once; stages passed over count as reached. Those still "
        "open may yet go on; the rate of those decided leaves them out.",
        rows=SOLD,
        parts={"on": "outcome = 'on'", "lost": "outcome = 'lost'", "open": "outcome = 'open'"},
        part_names={"on": "Went on", "lost": "Lost", "open": "Still open"},
        excluded={"undated": UNDATED, "renewal": RENEWALS},
        columns=(("stage_name", "Stage", "text"),), split=STAGE,
        measure=conversion, by_source=True,
    ),
    Kpi(
        id="K31D", key="time-in-deal-stage", name="Time in deal stages", unit="days", better="lower",
        badge="diagnostic", grain="one stay of a deal in a stage, by the day it entered", population=STAYS,
        definition="Median days from entering a stage of the pipeline to leaving it, of the stays that began in the "
        "period, by stage. Deals still in the stage count as longer (Kaplan–Meier), so slow ones don't vanish.",
        rows=SOLD,
        parts={"left": "over", "waiting": "NOT over"},
        part_names={"left": "Left", "waiting": "Still in it"},
        waits={"stay": ("seconds", "over", SOLD)},
        excluded={"undated": UNDATED, "renewal": RENEWALS},
        columns=(("stage_name", "Stage", "text"), ("seconds", "In the stage", "seconds")), split=STAGE,
        measure=stay,
    ),
]  # fmt: skip
