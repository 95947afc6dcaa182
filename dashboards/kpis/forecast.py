"""What is still to come: the weighted forecast, and whether the open pipeline covers the quarter's goal."""

from datetime import date
from fractions import Fraction
from typing import Any

from django.db import connection

from dashboards import arithmetic
from dashboards.agreed.models import Goal
from dashboards.filters import Window, midnight
from dashboards.kpis import say
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice
from dashboards.kpis.deal_stages import STAGE
from dashboards.kpis.populations import AMOUNT, DEAL_SOURCE, FOREIGN, PRICED
from revops.lib import words
from teams.models import Organisation

LEAST = 20  # decided deals of a stage before its own rate is believed
_THEN_OPEN = "d.created_at <= {seen} AND (d.closed_at IS NULL OR d.closed_at > {seen}) AND d.kind <> 'renewal'"

# How likely a win is from a stage: what became of the deals that entered it in twelve months and are decided. The stage
# a deal stood in at the as-of, by its stints.
OPEN_DEALS = Population(
    name="open deals", subject="deal", source="d.source_id", owner="d.owner_id", span="open",
    kinds=("stage_id", "measured", "priced", "foreign_money", "placed"),
    select=f"""
      SELECT q.*, (q.amount * q.probability)::numeric AS weighted
        FROM (SELECT d.id, d.id AS key, d.created_at AS at, {DEAL_SOURCE}, {AMOUNT}, {FOREIGN}, {PRICED},
                     COALESCE(t.id, 0) AS stage_id, t.id IS NOT NULL AS placed, COALESCE(t.name, '') AS stage_name,
                     COALESCE(r.decided >= {LEAST}, false) AS measured,
                     CASE WHEN r.decided >= {LEAST} THEN r.won::numeric / r.decided
                          ELSE t.probability / 100.0 END AS probability
                FROM deals_deal d
                LEFT JOIN LATERAL (SELECT s.stage_id FROM deals_stint s WHERE s.deal_id = d.id AND NOT s.skipped
                                      AND s.entered_at <= {{seen}}
                                    ORDER BY s.entered_at DESC, s.id DESC LIMIT 1) h ON true
                LEFT JOIN deals_pipelinestage t ON t.id = COALESCE(h.stage_id, d.pipeline_stage_id)
                LEFT JOIN (SELECT e.stage_id, count(*) AS decided, count(*) FILTER (WHERE x.stage = 'won') AS won
                             FROM (SELECT DISTINCT s.deal_id, s.stage_id FROM deals_stint s
                                    WHERE s.entered_at > {{seen}} - INTERVAL '365 days' AND s.entered_at <= {{seen}}) e
                             JOIN deals_deal x ON x.id = e.deal_id
                            WHERE x.stage <> 'open' AND x.closed_at <= {{seen}} AND NOT x.undated
                              AND x.kind <> 'renewal'
                            GROUP BY 1) r ON r.stage_id = t.id
               WHERE {_THEN_OPEN} {{only}}) q""",
)  # fmt: skip


def goal_of(window: Window) -> tuple[Goal | None, date, date, str]:
    """The agreed goal on won amount that holds at the as-of, its days, and the zone they are of; without a goal, the
    calendar quarter."""
    organisation = Organisation.get()
    today = organisation.today(window.seen)
    goal = (
        Goal.objects.filter(
            kpi="won-amount", ended_at=None, starts_on__lte=today, ends_on__gte=today,
            marketing_at__isnull=False, sales_at__isnull=False,
        ).order_by("-starts_on").first()
    )  # fmt: skip
    first = date(today.year, today.month - (today.month - 1) % 3, 1)
    last = date(first.year + (first.month == 10), first.month % 12 + 3 if first.month < 10 else 1, 1)
    last = date.fromordinal(last.toordinal() - 1)
    if goal:
        first, last = goal.starts_on, goal.ends_on
    return goal, first, last, organisation.timezone


def _binds(window: Window) -> dict[str, Any]:
    _, first, last, zone = goal_of(window)
    begins, over = midnight(first, zone), midnight(date.fromordinal(last.toordinal() + 1), zone)
    return {"first": first, "last": last, "begins": begins, "over": over}


COVERAGE = Population(
    name="coverage", subject="deal", source="d.source_id", owner="d.owner_id", span="open", binds=_binds,
    kinds=("state", "priced", "foreign_money"),
    select=f"""
      SELECT d.id, d.id AS key, COALESCE(d.closed_at, d.created_at) AS at, {DEAL_SOURCE}, {AMOUNT}, {FOREIGN}, {PRICED},
             CASE WHEN d.stage = 'won' AND d.closed_at <= {{seen}} THEN 'won'
                  WHEN d.close_on BETWEEN {{first}}::date AND {{last}}::date THEN 'closing'
                  WHEN d.close_on IS NULL THEN 'undecided' ELSE 'other' END AS state
        FROM deals_deal d
       WHERE ({_THEN_OPEN} OR (d.stage = 'won' AND d.kind <> 'renewal' AND NOT d.undated AND d.closed_at <= {{seen}}
              AND d.closed_at >= {{begins}} AND d.closed_at < {{over}})) {{only}}""",
)  # fmt: skip

# Of twelve months: how often deals were won, and how much of what was won had been opened in the same quarter.
_RATES = """
    SELECT count(*) FILTER (WHERE d.stage = 'won'),
           count(*) FILTER (WHERE d.stage = 'won' OR d.reason <> 'no_decision'),
           COALESCE(sum(d.amount) FILTER (WHERE d.stage = 'won' AND d.currency = %(currency)s), 0),
           COALESCE(sum(d.amount) FILTER (WHERE d.stage = 'won' AND d.currency = %(currency)s
             AND date_trunc('quarter', d.created_at AT TIME ZONE %(zone)s)
               = date_trunc('quarter', d.closed_at AT TIME ZONE %(zone)s)), 0)
      FROM deals_deal d
     WHERE d.stage <> 'open' AND d.closed_at > %(seen)s::timestamptz - INTERVAL '365 days' AND d.closed_at <= %(seen)s
       AND NOT d.undated AND d.kind <> 'renewal'"""


def _givens(sheet: Any, window: Window) -> dict[str, Any]:
    goal, first, last, zone = goal_of(window)
    if sheet.filters.source or sheet.filters.segment or sheet.owners is not None:
        return {"narrow": True}
    with connection.cursor() as cursor:
        cursor.execute(_RATES, {"currency": sheet.currency, "zone": zone, "seen": window.seen})
        won, decided, amount, quick = cursor.fetchone()
    return {
        "target": Fraction(goal.target) if goal else None, "period": words.period(first, last),
        "win_rate": arithmetic.ratio(won, decided), "quick": arithmetic.ratio(int(quick), int(amount)),
    }  # fmt: skip


def needed(win_rate: Fraction | None, quick: Fraction | None = None) -> Fraction | None:
    """Coverage a goal needs: 1 ÷ win rate, or (1 − share opened and won in the same quarter) ÷ win rate."""
    return (1 - (quick or Fraction(0))) / win_rate if win_rate else None


def coverage(s: Slice) -> Figure:
    target, won, closing = s.givens.get("target"), s.sum("won"), s.sum("closing")
    period = s.givens.get("period", "")
    if s.givens.get("narrow"):
        return Figure(None, na="the goal is everybody's: ask without a source, an owner, a team or a size")
    if target is None:
        return Figure(None, na=f"no goal for won revenue is agreed for {period}")
    left = target - won
    rate, quick = s.givens.get("win_rate"), s.givens.get("quick")
    none = "0 won or lost in the last 12 months"
    beside = (
        Beside("needed at the win rate", needed(rate), "ratio", na=none),
        Beside("needed with what opens and is won in the quarter", needed(rate, quick), "ratio", na=none),
        Beside("closing in the period", s.n("closing"), "count", part="closing"),
        Beside("won in it", s.n("won"), "count", part="won"),
        Beside("still to win", max(left, Fraction(0)), "money"),
    )
    if left <= 0:
        return Figure(None, na=f"the goal for {period} is reached", beside=beside)
    return Figure(
        closing / left,
        formula=f"{say.money(closing, s.currency)} closing {period} ÷ ({say.money(target, s.currency)} {words.MINUS} "
        f"{say.money(won, s.currency)} won)",
        beside=beside,
    )


def forecast(s: Slice) -> Figure:
    open_, measured = s.n(""), s.n("measured")
    notes: tuple[str, ...] = ()
    if open_ - measured:
        notes = (
            f"{words.number(open_ - measured)} of {words.number(open_)} stand in stages of which fewer than {LEAST} "
            "deals are decided: the stage's set probability is used.",
        )
    return Figure(
        s.sum("weighted"),
        formula=f"{words.plural(open_, 'open deal')}, {say.money(s.sum('amount'), s.currency)}, each × how often deals "
        "of its stage were won",
        beside=(Beside("unweighted", s.sum("amount"), "money"),
                Beside("by measured rates", measured, "count", part="measured")),
        notes=notes,
    )  # fmt: skip


_WEIGHED = "priced AND placed"

KPIS = [
    Kpi(
        id="K28", key="coverage", name="Pipeline coverage", unit="ratio", badge="profit",
        grain="one open deal that closes in the goal's period, or was won in it", population=COVERAGE,
        definition="Open pipeline that closes in the period of the agreed goal on won revenue ÷ what is still to be "
        "won. Needed: 1 ÷ win rate of twelve months; or less, by the share that is opened and won in one quarter.",
        rows="priced AND state IN ('closing', 'won')",
        parts={"closing": "state = 'closing'", "won": "state = 'won'"},
        part_names={"closing": "Closing in it", "won": "Won in it"},
        sums={"closing": "CASE WHEN state = 'closing' THEN amount END",
              "won": "CASE WHEN state = 'won' THEN amount END"},
        excluded={"later": Excluded("state = 'other'", "closing outside the period"),
                  "undecided": Excluded("state = 'undecided'", "without a closing date"),
                  "currency": Excluded("state IN ('closing', 'won') AND foreign_money", "in another currency"),
                  "amount": Excluded("state IN ('closing', 'won') AND NOT foreign_money AND NOT priced",
                                     "without an amount")},
        measure=coverage, givens=_givens,
    ),
    Kpi(
        id="K29", key="weighted-forecast", name="Weighted forecast", unit="money", badge="diagnostic",
        grain="one deal open at the as-of", population=OPEN_DEALS,
        definition="Amounts of the open deals, each × the share of deals that were won from its stage: of those that "
        f"entered it in twelve months and are decided, if there are {LEAST}; else the stage's set probability. "
        "Renewals are left out.",
        rows=_WEIGHED,
        parts={"measured": "measured", "assumed": "NOT measured"},
        part_names={"measured": "By a measured rate", "assumed": "By the set probability"},
        sums={"weighted": f"CASE WHEN {_WEIGHED} THEN weighted END", "amount": f"CASE WHEN {_WEIGHED} THEN amount END"},
        excluded={"currency": Excluded("foreign_money", "in another currency"),
                  "amount": Excluded("NOT foreign_money AND NOT priced", "without an amount"),
                  "placed": Excluded("priced AND NOT placed", "in no stage of a pipeline")},
        columns=(("stage_name", "Stage", "text"), ("probability", "Won from here", "share"),
                 ("weighted", "Weighted", "money")),
        split=STAGE, measure=forecast,
    ),
]  # fmt: skip
