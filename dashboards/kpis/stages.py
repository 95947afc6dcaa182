"""The funnel three ways, and how long each step takes."""

from math import inf

from dashboards import arithmetic
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice, rate
from dashboards.kpis.populations import ARRIVALS, MOVES, STAGES, STEPS, STINTS, STOCK
from revops.lib import words

UNDATED = Excluded("undated", "no dates of their own (import)")
# (code, label of the step to the next stage); the number is the depth a lead has when it entered the step.
FUNNEL = (
    ("inquiry", "Inquiry → MQL", "mql"),
    ("mql", "MQL → SAL", "sal"),
    ("sal", "SAL → SQL", "sql"),
    ("sql", "SQL → deal", "opportunity"),
    ("opportunity", "Deal → won", "won"),
)
LABELS = {"inquiry": "Inquiry", "mql": "MQL", "sal": "SAL", "sql": "SQL", "opportunity": "Deal", "won": "Won"}
STINT_PARTS = (("left", "over"), ("waiting", "NOT over"))
AGES = (("week", "under 7 d"), ("month", "7–30 d"), ("quarter", "30–90 d"), ("older", "over 90 d"))


def conversion(s: Slice) -> Figure:
    """The whole funnel: won of all that came in; each step is in `steps`."""
    n, won = s.n("inquiry"), s.n("won")
    still = sum(s.n(f"{code}.open") for code, _, _ in FUNNEL)
    return rate(
        won, n,
        none="0 leads came in in this period",
        formula=f"{words.number(won)} won ÷ {words.number(n)} leads that came in; {words.number(still)} still open",
        beside=(Beside("still open", arithmetic.ratio(still, n), "share", part="open"),),
    )  # fmt: skip


def steps(s: Slice) -> list[dict]:
    """One row a step: entered, reached, open, left; the four add up: entered = reached + open + left."""
    found = []
    for code, label, to in FUNNEL:
        entered, reached, still = s.n(code), s.n(to), s.n(f"{code}.open")
        found.append({
            "step": code, "label": label, "to": to, "entered": entered, "reached": reached, "open": still,
            "left": entered - reached - still, "rate": arithmetic.ratio(reached, entered),
            "resolved": arithmetic.ratio(reached, entered - still),
        })  # fmt: skip
    return found


def stock(s: Slice) -> Figure:
    total = sum(s.n(code) for code, _, _ in FUNNEL)
    return Figure(total, formula=f"{words.plural(total, 'lead')} open at the as-of", n=0)


def stock_rows(s: Slice) -> list[dict]:
    """One row a stage with its age bands: {stage, label, n, ages: [{key, label, n}]}."""
    return [
        {
            "stage": code,
            "label": LABELS[code],
            "n": s.n(code),
            "ages": [{"key": key, "label": label, "n": s.n(f"{code}.{key}")} for key, label in AGES],
        }
        for code, _, _ in FUNNEL
    ]


def velocity(s: Slice) -> Figure:
    moved = sum(s.spread(key).n for key, *_ in STEPS)
    slowest = max(STEPS, key=lambda step: s.spread(step[0]).median or -1)
    median = s.spread(slowest[0]).median
    return Figure(
        median,
        formula=f"{slowest[1]} is the slowest of {len(STEPS)} steps; {words.plural(moved, 'move')} in the period",
        na="" if median is not None else "0 leads moved on in this period",
        n=s.spread(slowest[0]).n,
    )


def velocity_rows(s: Slice) -> list[dict]:
    """One row a step: {step, label, n, median, p90, mean} in days."""
    return [
        {"step": key, "label": label, "n": (f := s.spread(key)).n, "median": f.median, "p90": f.p90, "mean": f.mean}
        for key, label, *_ in STEPS
    ]


def time_in_stage(s: Slice) -> Figure:
    """The slowest stage leads, each with its own median beside; not reached where fewer than half have left."""
    medians = {code: s.spread(code) for code, *_ in STAGES}
    known = {code: m.median for code, m in medians.items() if m.median not in (None, inf)}
    entered = sum(m.n for m in medians.values())
    beside = tuple(
        Beside(
            f"{LABELS[code]}, {words.plural(m.n, 'lead')}",
            m.median / 86_400 if code in known else None, "days", part=code,
            na="not reached: fewer than half have left" if m.n else "0 entered in this period",
        )
        for code, m in medians.items()
    )  # fmt: skip
    if not known:
        why = "not reached: fewer than half have left any stage" if entered else "0 entered a stage in this period"
        return Figure(None, na=why, n=entered, beside=beside)
    slowest = max(known, key=lambda code: known[code])
    return Figure(
        known[slowest] / 86_400,
        formula=f"{LABELS[slowest]} is the slowest; median of {words.plural(medians[slowest].n, 'lead')}, "
        "those still in it counted as longer",
        n=medians[slowest].n,
        beside=beside,
    )


def _funnel_parts() -> dict[str, str]:
    parts = {"open": "deepest < 5 AND NOT ended"}
    parts |= {code: f"deepest >= {depth}" for depth, code in enumerate(LABELS)}
    for depth, (code, _, _) in enumerate(FUNNEL):
        parts[f"{code}.open"] = f"deepest = {depth} AND NOT ended"
        parts[f"{code}.left"] = f"deepest = {depth} AND ended"
    return parts


def _stock_parts() -> dict[str, str]:
    parts = {}
    for depth, (code, _, _) in enumerate(FUNNEL):
        parts[code] = f"deepest = {depth}"
        parts |= {f"{code}.{key}": f"deepest = {depth} AND band = '{key}'" for key, _ in AGES}
    return parts


def _part_names(parts: dict[str, str]) -> dict[str, str]:
    ages = dict(AGES) | {"open": "still open", "left": "left"}
    names = {}
    for part in parts:
        code, _, more = part.partition(".")
        names[part] = LABELS.get(code, "Still open") + (f", {ages[more]}" if more else "")
    return names


KPIS = [
    Kpi(
        id="K07", key="funnel", name="Funnel", unit="share", badge="diagnostic",
        grain="one lead cycle, by the day it came in", population=ARRIVALS,
        definition="Of the leads that came in in the period, how many reached each stage or a later one by the as-of. "
        "A lead still open may yet move on; the resolved rate leaves it out.",
        rows="NOT undated", parts=_funnel_parts(), part_names=_part_names(_funnel_parts()),
        excluded={"undated": UNDATED}, measure=conversion,
    ),
    Kpi(
        id="K07S", key="stock", name="Today's stock", unit="count", better="neither", badge="diagnostic",
        grain="one lead cycle open at the as-of", population=STOCK,
        definition="Leads open at the as-of, by stage and by the days they have been in it.",
        rows="true", parts=_stock_parts(), part_names=_part_names(_stock_parts()),
        columns=(("age", "Days in stage", "days"),),
        measure=stock,
    ),
    Kpi(
        id="K31F", key="stage-velocity", name="Stage velocity", unit="days", better="lower", badge="diagnostic",
        grain="one move of a lead to its next stage in the period", population=MOVES,
        definition="Days leads spent in a stage before they moved to the next one, of the moves made in the period. "
        "Leads still waiting are not in it: time in stage (K31) counts them too.",
        rows="NOT undated AND forward",
        parts={key: f"step = '{key}'" for key, *_ in STEPS}, part_names={step[0]: step[1] for step in STEPS},
        spreads={key: ("seconds / 86400.0", f"NOT undated AND forward AND step = '{key}'") for key, *_ in STEPS},
        excluded={"undated": UNDATED,
                  "order": Excluded("NOT undated AND NOT forward", "in an impossible order (import)")},
        columns=(("seconds", "In the stage", "seconds"),),
        measure=velocity,
    ),
    Kpi(
        id="K31", key="time-in-stage", name="Time in stage", unit="days", better="lower", badge="diagnostic",
        grain="one lead in one stage, by the day it entered", population=STINTS,
        definition="Median days from entering a stage to leaving it, of the leads that entered in the period. Leads "
        "still in the stage count as longer (Kaplan–Meier), so slow ones don't vanish.",
        rows="NOT undated AND forward",
        parts={code: f"stage = '{code}'" for code, *_ in STAGES}
        | {f"{code}.{word}": f"stage = '{code}' AND {where}" for code, *_ in STAGES for word, where in STINT_PARTS},
        part_names={code: LABELS[code] for code, *_ in STAGES}
        | {f"{code}.{word}": f"{LABELS[code]}, {word}" for code, *_ in STAGES for word, _ in STINT_PARTS},
        waits={code: ("seconds", "over", f"NOT undated AND forward AND stage = '{code}'") for code, *_ in STAGES},
        excluded={"undated": UNDATED,
                  "order": Excluded("NOT undated AND NOT forward", "in an impossible order (import)")},
        columns=(("seconds", "In the stage", "seconds"),),
        measure=time_in_stage,
    ),
]  # fmt: skip
