"""What became of the leads that entered a stage under each version of its definition."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

from leads.models.stage import POINTS_AT, Reason, Stage
from revops.lib import bulk, words
from revops.lib.statistics import is_small, wilson
from scoring.definitions.words import NEXT
from scoring.models import Definition

# Still undecided; a deal that is open has neither won nor lost.
OPEN = ", ".join(f"'{stage.value}'" for stage in (Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY))
STAMP = {"mql": "mql_at", "sal": "sal_at", "sql": "sql_at"}


@dataclass(frozen=True, slots=True)
class Reached:
    """`label`: became SQL. `text`: 31.6%, or “7 of 12, small sample”. `interval`: 95%, in words."""

    label: str
    n: int
    of: int

    @property
    def small(self) -> bool:
        return is_small(self.of)

    @property
    def text(self) -> str:
        if not self.of:
            return "n/a: none entered"
        return f"{words.number(self.n)} of {self.of}, small sample" if self.small else words.share(self.n / self.of)

    @property
    def fraction(self) -> str:
        return f"{words.number(self.n)} of {words.number(self.of)}"

    @property
    def interval(self) -> str:
        found = wilson(self.n, self.of)
        return f"95% interval {words.share(found[0])}–{words.share(found[1])}" if found else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Leads that entered under one version, and how many of them are still open."""

    entered: int = 0
    open: int = 0
    reached: list[Reached] = field(default_factory=list)


def periods(versions: Sequence[Definition]) -> dict[int, tuple[datetime, datetime | None]]:
    """{version: [from, until)} each was in force; until None = still. A version that a later one overtook before its
    day has from ≥ until. The first one holds for all that came before it too."""
    ordered = sorted(versions, key=lambda one: -one.version)
    ends = accumulate((one.effective_at for one in ordered), min)
    return {
        one.version: (one.effective_at, end)
        for one, end in zip(ordered, [None, *ends], strict=False)
    }  # fmt: skip


def of(stage: str, versions: Sequence[Definition]) -> dict[int, Outcome]:
    """{version: Outcome}, one query. An MQL counts by the version its snapshot keeps, handed over by hand aside; SALs
    and SQLs by when they entered. Without leads merged away and those whose dates are an import's."""
    if not versions:
        return {}
    source, params = _entered(stage, versions)
    stamps = NEXT[stage]
    columns = ", ".join(f"count(l.{stamp})" for stamp, _ in stamps)
    rows = bulk.query(
        f"SELECT version, count(*), count(*) FILTER (WHERE l.stage IN ({OPEN})), {columns} FROM {source} GROUP BY 1",
        params,
    )
    found = {
        version: Outcome(n, still, [Reached(label, hits, n) for (_, label), hits in zip(stamps, reached, strict=True)])
        for version, n, still, *reached in rows
    }
    none = Outcome(reached=[Reached(label, 0, 0) for _, label in stamps])
    return {one.version: found.get(one.version, none) for one in versions}


@dataclass(frozen=True, slots=True)
class Left:
    """How many left for a reason, by which way, and what the reason asks to be looked at."""

    reason: str
    label: str
    way: str
    points_at: str
    n: int


def reasons(stage: str, versions: Sequence[Definition], version: int) -> list[Left]:
    """Why leads that entered under a version were rejected, recycled or disqualified, most first; one query."""
    source, params = _entered(stage, versions)
    rows = bulk.query(
        f"SELECT l.reason, l.stage, count(*) FROM {source} AND l.stage IN ('rejected', 'recycled', 'disqualified') "
        "AND version = %(version)s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        {**params, "version": version},
    )
    known = set(Reason.values)
    return [
        Left(reason, Reason(reason).label if reason in known else "No reason given", Stage(way).label.lower(),
             POINTS_AT.get(Reason(reason), "review") if reason in known else "review", n)
        for reason, way, n in rows
    ]  # fmt: skip


def _entered(stage: str, versions: Sequence[Definition]) -> tuple[str, dict]:
    """FROM … WHERE … with a column `version` and the alias l."""
    if stage == "mql":
        return (
            "(SELECT s.lead_id, s.definition_version AS version FROM leads_snapshot s "
            "WHERE s.definition_version = ANY (%(versions)s) AND s.because NOT IN ('override', 'import')) e "
            "JOIN leads_lead l ON l.id = e.lead_id WHERE l.stage <> 'merged' AND NOT l.undated",
            {"versions": [one.version for one in versions]},
        )
    held = periods(versions)
    first = min(held)
    held[first] = datetime.min.replace(tzinfo=UTC), held[first][1]
    return (
        "unnest(%(versions)s::int[], %(begin)s::timestamptz[], %(end)s::timestamptz[]) AS e(version, begun, ended) "
        f"JOIN leads_lead l ON l.{STAMP[stage]} >= e.begun AND (e.ended IS NULL OR l.{STAMP[stage]} < e.ended) "
        "WHERE l.stage <> 'merged' AND NOT l.undated",
        {"versions": list(held), "begin": [begin for begin, _ in held.values()],
         "end": [end for _, end in held.values()]},
    )  # fmt: skip
