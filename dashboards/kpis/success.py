"""Whether customers do well: health, how soon they see a first value, and who is lost after the handover."""

from fractions import Fraction
from math import inf

from customers import health
from dashboards import arithmetic
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice, rate
from revops.lib import words

_SOURCE = "COALESCE(d.source_id, 'unknown') AS source"
_DEAL = "LEFT JOIN deals_deal d ON d.id = c.first_deal_id"
_GONE = "COALESCE(c.churned_at <= {seen}, false)"
GREEN, YELLOW = health.GREEN, health.YELLOW
NINETY = "INTERVAL '90 days'"

CUSTOMERS = Population(
    name="customers", subject="customer", source="d.source_id", owner="c.csm_id", firm="c.company_id", span="open",
    kinds=("colour", "flagged"),
    select=f"""
      WITH newest AS (
        SELECT DISTINCT ON (r.customer_id, r.component) r.customer_id, r.component, r.value
          FROM customers_healthreading r WHERE r.at <= {{seen}}
         ORDER BY r.customer_id, r.component, r.at DESC, r.id DESC),
      weighed AS (
        SELECT n.customer_id, sum(w.weight * n.value)::numeric / sum(w.weight) AS score, sum(w.weight) AS seen_weight
          FROM newest n JOIN customers_healthweight w ON w.component = n.component AND w.weight > 0 GROUP BY 1)
      SELECT h.*, CASE WHEN h.score IS NULL THEN 'unknown' WHEN h.score >= {GREEN} THEN 'green'
                       WHEN h.score >= {YELLOW} THEN 'yellow' ELSE 'red' END AS colour,
             h.score IS NOT NULL AND h.seen_weight < h.whole_weight AS flagged
        FROM (SELECT c.id, c.id AS key, c.since AS at, {_SOURCE}, v.score, v.seen_weight,
                     (SELECT sum(w.weight) FROM customers_healthweight w) AS whole_weight
                FROM customers_customer c {_DEAL} LEFT JOIN weighed v ON v.customer_id = c.id
               WHERE c.since <= {{seen}} AND NOT ({_GONE}) {{only}}) h""",
)  # fmt: skip

# Who left before the first value waited until then; who neither has it nor left waits until now.
VALUE = Population(
    name="value", subject="customer", source="d.source_id", owner="c.csm_id", firm="c.company_id",
    kinds=("history", "seen_value"),
    select=f"""
      SELECT c.id, c.id AS key, c.since AS at, {_SOURCE}, c.history,
             COALESCE(c.first_value_at <= {{seen}}, false) AS seen_value,
             date_part('epoch', LEAST(c.first_value_at, c.churned_at, {{seen}}) - c.since) AS seconds
        FROM customers_customer c {_DEAL}
       WHERE c.since >= {{starts}} AND c.since < {{ends}} AND c.since <= {{seen}} {{only}}""",
)  # fmt: skip

# Judged on their ninetieth day, so that everybody had the same time.
NINETIETH = Population(
    name="ninetieth", subject="customer", source="d.source_id", owner="c.csm_id", firm="c.company_id",
    kinds=("history", "dropped"),
    select=f"""
      SELECT c.id, c.id AS key, c.since + {NINETY} AS at, {_SOURCE}, c.history,
             CASE WHEN COALESCE(c.churned_at <= c.since + {NINETY}, false) THEN 'gone'
                  WHEN COALESCE(c.first_value_at <= c.since + {NINETY}, false) THEN 'no' ELSE 'valueless' END AS dropped
        FROM customers_customer c {_DEAL}
       WHERE c.since >= {{starts}} - {NINETY} AND c.since < {{ends}} - {NINETY}
         AND c.since + {NINETY} <= {{seen}} {{only}}""",
)  # fmt: skip


def health_score(s: Slice) -> Figure:
    n = s.n("")
    return Figure(
        arithmetic.ratio(Fraction(str(s.sum("score"))), n),
        formula=f"mean of {words.plural(n, 'customer')}: {words.number(s.n('green'))} green, "
        f"{words.number(s.n('yellow'))} yellow, {words.number(s.n('red'))} red",
        na="" if n else "no customer has a reading",
        n=n,
        beside=(
            Beside("green", s.n("green"), "count", part="green"),
            Beside("yellow", s.n("yellow"), "count", part="yellow"),
            Beside("red", s.n("red"), "count", part="red"),
            Beside("with a component missing, the others weigh more", s.n("flagged"), "count", part="flagged"),
        ),
    )


def time_to_value(s: Slice) -> Figure:
    wait, naive = s.spread("value"), s.spread("naive")
    known = wait.median not in (None, inf)
    na = "" if known else "not reached: fewer than half have seen a first value" if wait.n else "0 won in this period"
    return Figure(
        wait.median / 86_400 if known and wait.median is not None else None,
        formula=f"median of {words.plural(wait.n, 'customer')}, those still waiting counted as longer; "
        f"{words.number(s.n('waiting'))} wait",
        na=na,
        n=wait.n,
        beside=(
            Beside("only those who saw it", naive.median, "days", part="reached", na="0 saw it yet"),
            Beside("still waiting", s.n("waiting"), "count", part="waiting"),
        ),
    )


def drop_off(s: Slice) -> Figure:
    gone, without, n = s.n("gone"), s.n("valueless"), s.n("")
    return rate(
        gone + without, n,
        none="nobody's ninetieth day lies in this period",
        formula=f"({words.number(gone)} gone + {words.number(without)} without a first value) ÷ "
        f"{words.number(n)} at day 90",
    )  # fmt: skip


HISTORY = Excluded("history", "customers of before, whose onboarding nobody kept")

KPIS = [
    Kpi(
        id="K25", key="health-score", name="Customer health", unit="points", badge="diagnostic",
        grain="one customer at the as-of", population=CUSTOMERS,
        definition="Mean of the customers' health, 0 to 100: the newest readings of usage, support, engagement and "
        "sentiment, weighed. A missing component is left out and the others weigh more. Green from "
        f"{GREEN}, yellow from {YELLOW}.",
        rows="colour <> 'unknown'",
        parts={"green": "colour = 'green'", "yellow": "colour = 'yellow'", "red": "colour = 'red'",
               "flagged": "flagged"},
        part_names={"green": "Green", "yellow": "Yellow", "red": "Red"},
        sums={"score": "score"},
        excluded={"unread": Excluded("colour = 'unknown'", "without a reading")},
        columns=(("score", "Health", "points"),),
        measure=health_score, by_source=True,
    ),
    Kpi(
        id="K26", key="time-to-value", name="Time to first value", unit="days", better="lower", badge="profit",
        grain="one customer, by the day it was won", population=VALUE,
        definition="Days from the win to the first value the customer saw, of the customers won in the period. Who "
        "still waits counts as longer (Kaplan–Meier), so slow ones don't vanish.",
        rows="NOT history",
        parts={"reached": "seen_value", "waiting": "NOT seen_value"},
        part_names={"reached": "Saw it", "waiting": "Still waiting"},
        waits={"value": ("seconds", "seen_value", "NOT history")},
        spreads={"naive": ("seconds / 86400.0", "NOT history AND seen_value")},
        excluded={"history": HISTORY},
        columns=(("seconds", "Until then or now", "seconds"),),
        measure=time_to_value,
    ),
    Kpi(
        id="K27", key="handover-drop-off", name="Handover drop-off", unit="share", better="lower", badge="profit",
        grain="one customer, by its ninetieth day", population=NINETIETH,
        definition="Customers that were gone or had seen no first value on their ninetieth day ÷ customers whose "
        "ninetieth day lies in the period.",
        rows="NOT history",
        parts={"gone": "dropped = 'gone'", "valueless": "dropped = 'valueless'", "fine": "dropped = 'no'"},
        part_names={"gone": "Gone", "valueless": "No first value", "fine": "Fine"},
        excluded={"history": HISTORY},
        measure=drop_off, by_source=True,
    ),
]  # fmt: skip
