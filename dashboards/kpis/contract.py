"""The contract's own numbers: qualified leads against the quota, what they become, quality, complete feedback."""

from math import inf

from dashboards import arithmetic
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice, rate
from dashboards.kpis.populations import LEAD_SOURCE, LIVES_ON
from revops.lib import words

UNDATED = Excluded("undated", "no dates of their own (import)")
_MARKETING = (
    "EXISTS (SELECT 1 FROM marketing_channel k WHERE k.code = l.source_id AND k.side = 'marketing') AS by_marketing"
)
_DEAL = "LEAST(l.opportunity_at, l.won_at, l.lost_at)"  # a skipped stage counts as reached
_BECAME = f"""COALESCE({_DEAL} <= LEAST({{{{seen}}}}, l.{{at}} + INTERVAL '90 days'), false) AS became,
             l.{{at}} + INTERVAL '90 days' <= {{{{seen}}}} AS ripe,
             CASE WHEN {_DEAL} <= LEAST({{{{seen}}}}, l.{{at}} + INTERVAL '90 days')
                  THEN GREATEST(date_part('epoch', {_DEAL} - l.{{at}}), 0) / 86400.0 END AS lag"""


def _cohort(name: str, at: str) -> Population:
    return Population(
        name=name, subject="lead", source="l.source_id", owner="l.owner_id",
        kinds=("undated", "by_marketing", "became", "ripe"),
        select=f"""
      SELECT l.id, l.id AS key, l.{at} AS at, {LEAD_SOURCE}, l.undated, {_MARKETING}, {_BECAME.format(at=at)}
        FROM leads_lead l
       WHERE l.{at} >= {{starts}} AND l.{at} < {{ends}} AND l.{at} <= {{seen}} {LIVES_ON} {{only}}""",
    )  # fmt: skip


QUALIFIED = _cohort("qualified", "sql_at")
ACCEPTED = _cohort("accepted", "sal_at")
CREATED = _cohort("created", "created_at")

# What the hand-over promised to carry (DOMAIN 1.3 MKT_QUALITY), as the snapshot of that moment kept it. Content: what
# they read, watched or asked; signals: the touches that led here; firmographics: the firm's size or its industry.
DELIVERED = Population(
    name="delivered",
    subject="lead",
    source="l.source_id",
    owner="l.owner_id",
    kinds=("undated", "known", "override", "source_known", "content", "signals", "firm"),
    select=f"""
      SELECT l.id, l.id AS key, l.mql_at AS at, {LEAD_SOURCE}, l.undated,
             COALESCE(s.because, 'import') <> 'import' AS known, COALESCE(s.because = 'override', false) AS override,
             COALESCE(s.source NOT IN ('', 'unknown'), false) AS source_known,
             l.message <> '' OR l.hand_raise <> '' OR EXISTS (
                SELECT 1 FROM jsonb_array_elements_text(COALESCE(s.signals, '[]')) g(id)
                  JOIN leads_touch t ON t.id = g.id::bigint WHERE t.asset <> '' OR t.url <> '') AS content,
             jsonb_array_length(COALESCE(s.signals, '[]')) > 0 AS signals,
             COALESCE(s.firm ->> 'employees', '') <> '' OR COALESCE(s.firm ->> 'industry', '') <> '' AS firm
        FROM leads_lead l LEFT JOIN leads_snapshot s ON s.lead_id = l.id
       WHERE l.mql_at >= {{starts}} AND l.mql_at < {{ends}} AND l.mql_at <= {{seen}} {LIVES_ON} {{only}}""",
)
_CONTEXT = "source_known AND content AND signals AND firm"

# One row a decision that fell due. `complete` asks what each decision must say; a first decision undone or changed
# later is judged by what stands now.
FEEDBACK = Population(
    name="feedback",
    subject="lead",
    source="l.source_id",
    owner="c.owner_id",
    kinds=("history", "state", "complete"),
    select=f"""
      SELECT l.id, c.id AS key, c.due_at AS at, {LEAD_SOURCE}, c.history,
             CASE WHEN c.stopped_at <= {{seen}} THEN c.outcome WHEN c.due_at < {{seen}} THEN 'overdue'
                  ELSE 'running' END AS state,
             CASE WHEN l.rejected_at = LEAST(l.sal_at, l.rejected_at, l.recycled_at)
                  THEN l.reason <> '' AND (l.reason NOT IN ('other', 'no_fit_product') OR l.reason_note <> '')
                  WHEN l.recycled_at = LEAST(l.sal_at, l.rejected_at, l.recycled_at)
                  THEN l.reason <> '' AND l.track <> ''
                  ELSE true END AS complete
        FROM sla_clock c JOIN leads_lead l ON l.id = c.lead_id
       WHERE c.target = 'disposition' AND c.scope = 'lead' AND c.due_at >= {{starts}} AND c.due_at < {{ends}}
         AND c.started_at <= {{seen}} {{only}}""",
)
_DUE = "state IN ('met', 'met_late', 'overdue', 'breached_cancelled')"


def delivered(s: Slice) -> Figure:
    n, others = s.n("delivered"), s.n("excluded-others")
    return Figure(
        n,
        formula=f"{words.plural(n, 'SQL')} from marketing's own sources; {words.number(others)} from sales or product",
        n=0,
        beside=(Beside("from sales or product, not in it", others, "count", part="excluded-others"),),
    )  # fmt: skip


def to_deal(s: Slice) -> Figure:
    hits, n, young = s.n("became"), s.n("cohort"), s.n("young")
    lag = s.spread("lag")
    notes = (f"{words.number(young)} of {words.number(n)} are younger than 90 days and may still become one.",)
    return rate(
        hits, n,
        none="0 entered in this period",
        formula=f"{words.number(hits)} with a deal within 90 days ÷ {words.number(n)}",
        beside=(
            Beside("of those 90 days old", arithmetic.ratio(s.n("ripe.became"), s.n("ripe")), "share", part="ripe",
                   na="none is 90 days old yet"),
            Beside("median wait", None if lag.median in (None, inf) else lag.median, "days", na="0 became a deal"),
        ),
        notes=notes if young else (),
    )  # fmt: skip


def quality(s: Slice) -> Figure:
    hits, n = s.n("kept"), s.n("")
    missing = [(word, s.n(f"without.{part}")) for part, word in MISSING]
    said = ", ".join(f"{words.number(count)} without {word}" for word, count in missing if count)
    overrides = s.n("override")
    return rate(
        hits, n,
        none="0 handed over in this period",
        formula=f"{words.number(hits)} met the definition and carried everything ÷ {words.number(n)} handed over"
        + (f"; {said}" if said else "") + (f"; {words.plural(overrides, 'override')}" if overrides else ""),
        beside=(Beside("overrides", overrides, "count", part="override"),),
    )  # fmt: skip


def feedback(s: Slice) -> Figure:
    hits, n, late = s.n("kept"), s.n(""), s.n("not_in_time")
    return rate(
        hits, n,
        none="0 decisions fell due in this period",
        formula=f"{words.number(hits)} in time with every field ÷ {words.number(n)} due; "
        f"{words.number(late)} late, {words.number(s.n('incomplete'))} without a field",
    )  # fmt: skip


MISSING = (("source", "a source"), ("content", "content"), ("signals", "signals"), ("firm", "firmographics"))
_COHORT_PARTS = {"cohort": "true", "became": "became", "ripe": "ripe", "ripe.became": "ripe AND became",
                 "young": "NOT ripe AND NOT became"}  # fmt: skip
_COHORT_NAMES = {"cohort": "Entered", "became": "A deal within 90 days", "ripe": "90 days old",
                 "young": "Younger than 90 days"}  # fmt: skip
_LAG = {"lag": ("lag", "NOT undated AND lag IS NOT NULL")}
_LAG_COLUMN = (("lag", "Days to the deal", "days"),)

KPIS = [
    Kpi(
        id="K30", key="qualified-leads", name="Qualified leads delivered", unit="count", better="higher", badge="goal",
        grain="one lead cycle, by the day it became an SQL", population=QUALIFIED,
        definition="Leads from marketing's own sources that became an SQL in the period. The scoreboard holds them "
        "against the quota: target ÷ deal size ÷ SQL-to-deal rate, rounded up, spread over the quarter's months.",
        rows="NOT undated AND by_marketing", parts={"delivered": "true"}, part_names={"delivered": "Delivered"},
        excluded={"undated": UNDATED,
                  "others": Excluded("NOT undated AND NOT by_marketing", "from sales or the product")},
        measure=delivered, by_source=True,
    ),
    Kpi(
        id="K33", key="sql-to-deal", name="SQL to deal", unit="share", badge="diagnostic",
        grain="one lead cycle, by the day it became an SQL", population=QUALIFIED,
        definition="Share of the SQLs of the period that became a deal within 90 days. Those younger than 90 days are "
        "marked: their rate may still grow.",
        rows="NOT undated", parts=_COHORT_PARTS, part_names=_COHORT_NAMES, spreads=_LAG,
        excluded={"undated": UNDATED}, columns=_LAG_COLUMN,
        measure=to_deal, by_source=True,
    ),
    Kpi(
        id="K32", key="deal-creation", name="Accepted to deal", unit="share", badge="diagnostic",
        grain="one lead cycle, by the day it was accepted", population=ACCEPTED,
        definition="Share of the leads accepted in the period that became a deal within 90 days; two leads on one deal "
        "count as two.",
        rows="NOT undated", parts=_COHORT_PARTS, part_names=_COHORT_NAMES, spreads=_LAG,
        excluded={"undated": UNDATED}, columns=_LAG_COLUMN,
        measure=to_deal, by_source=True,
    ),
    Kpi(
        id="K33L", key="lead-to-deal", name="Lead to deal", unit="share", badge="diagnostic",
        grain="one lead cycle, by the day it came in", population=CREATED,
        definition="Share of the leads that came in in the period that became a deal within 90 days. Those younger "
        "than 90 days are marked: their rate may still grow.",
        rows="NOT undated", parts=_COHORT_PARTS, part_names=_COHORT_NAMES, spreads=_LAG,
        excluded={"undated": UNDATED}, columns=_LAG_COLUMN,
        measure=to_deal, by_source=True,
    ),
    Kpi(
        id="MKT_QUALITY", key="delivered-quality", name="Meets the definition, with context", unit="share",
        badge="goal", grain="one lead cycle, by the day it was handed over", population=DELIVERED,
        definition="Leads handed over in the period that met the MQL definition of that moment and carried where they "
        "came from, what they read or asked, the signals that led here, and the firm's size or industry. A lead handed "
        "over by hand counts as missed: no exceptions.",
        rows="NOT undated AND known",
        parts={"kept": f"NOT override AND {_CONTEXT}", "missed": f"override OR NOT ({_CONTEXT})",
               "override": "override", "without.source": "NOT source_known", "without.content": "NOT content",
               "without.signals": "NOT signals", "without.firm": "NOT firm"},
        part_names={"kept": "Complete", "missed": "Missed", "override": "Override",
                    **{f"without.{part}": f"Without {word}" for part, word in MISSING}},
        excluded={"undated": UNDATED,
                  "known": Excluded("NOT undated AND NOT known", "no record of the hand-over (import)")},
        measure=quality, by_source=True,
    ),
    Kpi(
        id="K37", key="feedback", name="Complete feedback", unit="share", badge="diagnostic",
        grain="one decision, by the moment it fell due", population=FEEDBACK,
        definition="Decisions made in time with every field they need ÷ decisions that fell due in the period. A "
        "rejection needs a reason, and words where the reason is “other” or a product gap; a recycling needs a reason "
        "and a track.",
        rows=f"NOT history AND {_DUE}",
        parts={"kept": "state = 'met' AND complete", "missed": "NOT (state = 'met' AND complete)",
               "not_in_time": "state <> 'met'", "incomplete": "state = 'met' AND NOT complete"},
        part_names={"kept": "Complete", "missed": "Missed", "not_in_time": "Not in time",
                    "incomplete": "A field missing"},
        excluded={"history": Excluded("history", "computed for imported history")},
        measure=feedback, by_source=True,
    ),
]  # fmt: skip
