"""What a KPI is made of: a population (rows, once, in SQL), what is counted in it, and how a figure follows.

The aggregate and the rows behind it are compiled from the same population and the same predicates, so a number and
its rows cannot disagree. Populations are SQL fragments of this code; everything a reader chooses is bound.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dashboards import arithmetic

Number = int | float | Fraction


@dataclass(frozen=True, slots=True)
class Population:
    """`select`: SQL giving at least id, at, source, key (unique, for paging) with `{starts}`, `{ends}`, `{seen}` as
    bound instants and `{only}` where the reader's filter goes. `subject`: what an id is, a key of
    `dashboards.named.SUBJECTS`; `mixed`: the select has a column `subject` that says it of each row.

    `kinds`: the columns of few values that predicates use; rows are first counted by them, so that a million rows
    are not held against every predicate.
    `span`: period (the filter's days), trailing (the 12 months up to the as-of), open (everything until the as-of).
    `source`, `owner`: the columns a filter narrows; `firm`: the company's, by whose size it may be narrowed too (of a
    lead or a deal it stands beside the owner). `binds(window)`: more values the SQL names, bound as instants are.
    """

    name: str
    subject: str
    select: str
    source: str
    owner: str
    kinds: tuple[str, ...]
    span: str = "period"
    binds: Callable[[Any], dict[str, Any]] | None = None
    firm: str = ""

    @property
    def company(self) -> str:
        """The company's column, or nothing where rows have none: a filter by size then finds no row."""
        return self.firm or {"l.owner_id": "l.company_id", "d.owner_id": "d.company_id"}.get(self.owner, "")


@dataclass(frozen=True, slots=True)
class Spread:
    """A measure's distribution: how many, median, 90th percentile (infinite when not reached), mean of the finite."""

    n: int = 0
    median: float | None = None
    p90: float | None = None
    mean: float | None = None


@dataclass(slots=True)
class Slice:
    """The counted facts of one slice (all, a source, a week, the period before); names as the KPI declares them."""

    counts: Mapping[str, int]
    sums: Mapping[str, int | float] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    currency: str = "USD"
    days: int = 0
    others: Mapping[str, "Slice"] = field(default_factory=dict)
    givens: Mapping[str, Any] = field(default_factory=dict)

    def of(self, key: str) -> "Slice":
        """The same slice of a KPI this one needs; nothing counted when it has none there."""
        return self.others.get(key) or Slice({}, currency=self.currency, days=self.days)

    def n(self, name: str) -> int:
        return self.counts.get(name, 0)

    def sum(self, name: str) -> int | float:
        return self.sums.get(name, 0)

    def spread(self, name: str) -> Spread:
        return self.spreads.get(name, Spread())


@dataclass(frozen=True, slots=True)
class Beside:
    """A second number that belongs to the first: broad beside narrow, p90 beside the median. `part` opens its rows."""

    name: str
    value: Number | None
    unit: str
    na: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed number. `na` says why there is none. `hits` and `n` for rates; `formula` with the values in it."""

    value: Number | None
    formula: str = ""
    na: str = ""
    hits: int | None = None
    n: int = 0
    beside: tuple[Beside, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def small(self) -> bool:
        """A rate, or a median, of fewer than 20 rows."""
        return self.value is not None and bool(self.n) and arithmetic.is_small(self.n)

    @property
    def interval(self) -> tuple[float, float] | None:
        return arithmetic.wilson(self.hits, self.n) if self.hits is not None and self.n else None


@dataclass(frozen=True, slots=True)
class Excluded:
    """Rows a KPI had to leave out: the predicate that finds them and the words that say why."""

    where: str
    words: str


@dataclass(frozen=True, slots=True)
class Split:
    """Parts that rows decide, such as each stage of a pipeline: `prefix`.id of the whole-number `column`, and within it
    each declared part (`stage.12.lost`). `names()`: {id: what it is called}, in the order they are told."""

    prefix: str
    column: str
    names: Callable[[], Mapping[int, str]]

    def predicate(self, part: str, parts: Mapping[str, str]) -> str | None:
        head, _, rest = part.partition(".")
        number, _, name = rest.partition(".")
        if head != self.prefix or not (number.isascii() and number.isdigit()) or len(number) > 18:
            return None
        if name and name not in parts:
            return None
        return f"{self.column} = {int(number)}" + (f" AND ({parts[name]})" if name else "")


@dataclass(frozen=True, slots=True)
class Kpi:
    """`rows`: predicate (over the population's kinds) of the rows behind the number; `parts`: name → predicate, each
    openable by `?part=`.

    `sums` name → SQL; `spreads` name → (SQL, predicate); `waits` name → (seconds, whether it ended, predicate): spreads
    of which some are still running (Kaplan–Meier, counted in steps of six minutes). `unit`: share, money,
    money_per_day, seconds, days, count. `better`: higher, lower or neither. `badge`: profit, goal or diagnostic (the
    KPI audit's class). `needs`: keys of KPIs whose slices `measure` reads as `s.of(key)`: of the same period, source or
    period before. `split`: parts by what rows name. `spread_sources`: medians by source too. `givens(sheet,
    window)`: what it needs besides rows (a target, a margin), as `s.givens`.
    """

    id: str
    key: str
    name: str
    definition: str
    unit: str
    grain: str
    population: Population
    measure: Callable[[Slice], Figure]
    rows: str = "true"
    parts: Mapping[str, str] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)
    spreads: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    waits: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    excluded: Mapping[str, Excluded] = field(default_factory=dict)
    part_names: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[tuple[str, str, str], ...] = ()
    better: str = "higher"
    badge: str = "diagnostic"
    by_source: bool = False
    over_time: bool = False
    needs: tuple[str, ...] = ()
    givens: Callable[[Any, Any], Mapping[str, Any]] | None = None
    split: Split | None = None
    spread_sources: bool = False

    def part_name(self, part: str) -> str:
        """In words: Won · Proposal, lost · Left out; nothing for a part without a name."""
        head = ".".join(part.split(".")[:2])
        if self.split and part.startswith(f"{self.split.prefix}."):
            number, inner = head.partition(".")[2], part[len(head) + 1 :]
            name = self.split.names().get(int(number), "") if number.isdigit() else ""
            return name + (f", {self.part_names.get(inner, inner).lower()}" if inner else "")
        return "Left out" if part.startswith("excluded-") else self.part_names.get(part, "")

    def predicate(self, part: str) -> str | None:
        """The SQL of the rows of `part` ("" is all of them, `excluded-…` those left out); None for an unknown part."""
        if not part:
            return f"({self.rows})"
        if part in self.parts:
            return f"({self.rows}) AND ({self.parts[part]})"
        if self.split and (where := self.split.predicate(part, self.parts)):
            return f"({self.rows}) AND {where}"
        left_out = self.excluded.get(part.removeprefix("excluded-")) if part.startswith("excluded-") else None
        return f"({left_out.where})" if left_out else None


def rate(hits: int, n: int, *, none: str, **more: Any) -> Figure:
    """A share with its fraction; n/a with a reason when there is nothing to divide by."""
    value = arithmetic.ratio(hits, n)
    return Figure(value, na="" if value is not None else none, hits=hits, n=n, **more)
