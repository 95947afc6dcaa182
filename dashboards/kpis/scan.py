"""One statement a population: everything all its KPIs count, for this period and the one before, in one pass.

Counts and sums are grouped by source and by day, week or month and added up here, so that totals, sources and the line
over time come from the same rows. Medians and waits need the rows' order: more readings of the same rows, which the
database finds once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from dashboards import arithmetic
from dashboards.filters import UNKNOWN, Filters, Window, midnight
from dashboards.kpis.base import Kpi, Population, Slice, Spread
from leads import company_size

STEP = 360  # seconds
FIRST = 4  # column of what is counted, after: current, source, bucket, what the rows are split by


@dataclass(slots=True)
class Found:
    """What one KPI found: all of the period, the period before, by source, and over time in order."""

    now: Slice
    before: Slice | None = None
    sources: dict[str, Slice] = field(default_factory=dict)
    over_time: list[tuple[date, Slice]] = field(default_factory=list)


def only(population: Population, filters: Filters, owners: Sequence[int] | None) -> tuple[str, dict[str, Any]]:
    """The filter as SQL over the population's own columns, and its parameters."""
    text, params = "", {}
    if filters.source == UNKNOWN:
        text += f" AND COALESCE({population.source}, 'unknown') = 'unknown'"
    elif filters.source:
        text += f" AND {population.source} = %(source)s"
        params["source"] = filters.source
    if owners is not None:
        text += f" AND {population.owner} = ANY(%(owners)s)"
        params["owners"] = list(owners)
    if filters.segment and not population.company:
        text += " AND false"
    elif filters.segment:
        size = company_size.sql("firm.employees")
        text += (
            f" AND COALESCE((SELECT {size} FROM leads_company firm WHERE firm.id = {population.company}), "
            f"'{company_size.UNKNOWN}') = %(segment)s"
        )
        params["segment"] = filters.segment
    return text, params


def source_of(population: Population, window: Window, prefix: str, only_text: str) -> tuple[str, dict[str, Any]]:
    """The population's SQL in one window, its instants bound under names with `prefix`."""
    bound = {name: getattr(window, name) for name in ("starts", "ends", "seen")}
    bound |= population.binds(window) if population.binds else {}
    names = {name: f"%({prefix}_{name})s" for name in bound}
    params = {f"{prefix}_{name}": value for name, value in bound.items()}
    return population.select.format(only=only_text, **names), params


def buckets(filters: Filters) -> list[date]:
    """The first local day of each step of the line over time: days, weeks from Monday, or months; some forty."""
    if filters.days <= 31:
        return [filters.start + timedelta(days=n) for n in range(filters.days)]
    if filters.days <= 280:
        first = filters.start - timedelta(days=filters.start.weekday())
        return [first + timedelta(days=n) for n in range(0, (filters.end - first).days + 1, 7)]
    months = (filters.end.year - filters.start.year) * 12 + filters.end.month - filters.start.month
    return [
        date(filters.start.year + (filters.start.month - 1 + n) // 12, (filters.start.month - 1 + n) % 12 + 1, 1)
        for n in range(months + 1)
    ]


def scan(
    population: Population,
    kpis: Sequence[Kpi],
    filters: Filters,
    windows: Sequence[Window | None],
    *,
    owners: Sequence[int] | None,
    currency: str,
) -> dict[str, Found]:
    """Found by KPI key. `windows`: this period's and, or None, the one compared with."""
    counted, summed = _Columns(), _Columns()
    places: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for kpi in kpis:
        parts = {name: f"({kpi.rows}) AND ({where})" for name, where in kpi.parts.items()}
        parts[""] = kpi.rows
        parts |= {f"excluded-{name}": left_out.where for name, left_out in kpi.excluded.items()}
        places[kpi.key] = (
            {name: counted.add(where) for name, where in parts.items()},
            {name: summed.add(sql) for name, sql in kpi.sums.items()},
        )
    union, params = _union(population, filters, windows, owners=owners, currency=currency)
    over_time, by_source = any(k.over_time for k in kpis), any(k.by_source for k in kpis)
    steps = buckets(filters)
    # A binary search among the local midnights, counted once here, beats asking the zone for every row.
    when = "CASE WHEN current THEN width_bucket(at, %(steps)s::timestamptz[]) END" if over_time else "NULL::int"
    whence = "CASE WHEN current THEN source END" if by_source else "NULL::text"
    kinds = ", ".join(population.kinds)
    inner = "".join(f", sum({sql}) AS sum_{place}" for place, sql in enumerate(summed.sql))
    outer = "".join(f", sum(sum_{place})" for place in range(len(summed.sql)))
    counts = ", ".join(f"COALESCE(sum(n) FILTER (WHERE {where}), 0)" for where in counted.sql)
    # What rows decide is grouped in the same pass: a second set over the same counted groups.
    split = next((kpi.split for kpi in kpis if kpi.split), None)
    sets = "current, whence, bucket"
    sets = f"GROUPING SETS (({sets}), (current, {split.column}))" if split else sets
    one = f"CASE WHEN GROUPING({split.column}) = 0 THEN {split.column} END" if split else "NULL::bigint"
    counting = (
        f"SELECT 0 AS reading, current, whence, bucket::bigint, {one} AS one, "
        f"ARRAY[{counts}{outer}]::numeric[] AS told, NULL::float8[] AS measured "
        f"FROM (SELECT current, {whence} AS whence, {when} AS bucket, {kinds}, count(*) AS n{inner} FROM p "
        f"GROUP BY current, whence, bucket, {kinds}) g GROUP BY {sets}"
    )
    readings = _Readings(kpis)
    pieces = [counting, *readings.sql]
    # Rows that are read more than once are found once.
    kept = "MATERIALIZED" if len(pieces) > 1 else ""
    answered = _run(
        f"WITH p AS {kept} ({union}) {' UNION ALL '.join(pieces)}",
        params | {"steps": [midnight(day, filters.zone) for day in steps]},
    )
    found = [(*row[1:5], *row[5]) for row in answered if row[0] == 0]
    spreads = readings.read([row for row in answered if row[0]])
    rows = [row for row in found if row[FIRST - 1] is None]

    def slice_of(kpi: Kpi, rows: Sequence[tuple], current: bool | None, source: str | None = None) -> Slice:
        counts, sums = places[kpi.key]
        offset = FIRST + len(counted.sql)
        told = {name: int(sum(row[FIRST + place] for row in rows)) for name, place in counts.items()}
        summed_up = {name: _whole(sum(row[offset + place] or 0 for row in rows)) for name, place in sums.items()}
        for row in found if kpi.split and current is not None else ():
            if row[0] is current and row[FIRST - 1] is not None and row[FIRST + counts[""]]:
                head = f"{kpi.split.prefix}.{row[FIRST - 1]}"  # type: ignore[union-attr]
                told[head] = int(row[FIRST + counts[""]])
                told |= {f"{head}.{name}": int(row[FIRST + counts[name]]) for name in kpi.parts}
                summed_up |= {f"{head}.{name}": _whole(row[offset + place] or 0) for name, place in sums.items()}
        return Slice(
            counts=told, sums=summed_up,
            spreads=spreads.get((kpi.key, source if current is None else current), {}),
            currency=currency,
            days=filters.days,
        )

    now, before = [r for r in rows if r[0]], [r for r in rows if not r[0]]
    sources, filled = sorted({r[1] for r in now if r[1]}), sorted({r[2] for r in now if r[2]})
    return {
        kpi.key: Found(
            now=slice_of(kpi, now, True),
            before=slice_of(kpi, before, False) if windows[1] else None,
            sources={one: slice_of(kpi, [r for r in now if r[1] == one], None, one) for one in sources}
            if kpi.by_source
            else {},
            over_time=[(steps[b - 1], slice_of(kpi, [r for r in now if r[2] == b], None)) for b in filled]
            if kpi.over_time
            else [],
        )
        for kpi in kpis
    }


class _Columns:
    """Expressions of a select list, each distinct one once."""

    def __init__(self) -> None:
        self.sql: list[str] = []

    def add(self, expression: str) -> int:
        if expression not in self.sql:
            self.sql.append(expression)
        return self.sql.index(expression)


def _union(population, filters, windows, *, owners, currency) -> tuple[str, dict[str, Any]]:
    only_text, params = only(population, filters, owners)
    params["currency"] = currency
    parts = []
    for flag, prefix, window in (("true", "now", windows[0]), ("false", "before", windows[1])):
        if window is None:
            continue
        text, bound = source_of(population, window, prefix, only_text)
        params |= bound
        parts.append(f"SELECT {flag} AS current, q.* FROM ({text}) q")
    return " UNION ALL ".join(parts), params


Spreads = dict[tuple[str, bool | str | None], dict[str, Spread]]  # by KPI and: this period, the one before, a source


class _Readings:
    """What needs the rows' order: medians, those by source, and waits that may still run. Each is a piece of the one
    statement over `p`, known by its number; all give (reading, current, whence, bucket, one, told, measured)."""

    def __init__(self, kpis: Sequence[Kpi]) -> None:
        self.sql: list[str] = []
        self._readers: list[Callable[[Sequence[tuple]], Spreads]] = []
        ordered = [(kpi.key, name, *spread) for kpi in kpis for name, spread in kpi.spreads.items()]
        if ordered:
            self._add(_spread_sql(ordered, "current", "NULL::text", "p"), lambda rows: _spreads(ordered, rows, 1))
        told_by_source = [
            (kpi.key, name, *spread) for kpi in kpis if kpi.spread_sources for name, spread in kpi.spreads.items()
        ]
        if told_by_source:  # of few KPIs: the order costs a sort a source
            self._add(
                _spread_sql(told_by_source, "true", "source", "(SELECT * FROM p WHERE current) p"),
                lambda rows: _spreads(told_by_source, rows, 2),
            )
        for kpi in kpis:
            if kpi.waits:
                self._add(_wait_sql(kpi), lambda rows, kpi=kpi: _waits(kpi, rows))

    def _add(self, sql: str, reader: Callable[[Sequence[tuple]], Spreads]) -> None:
        self.sql.append(f"SELECT {len(self.sql) + 1}, {sql}")
        self._readers.append(reader)

    def read(self, rows: Sequence[tuple]) -> Spreads:
        whole: Spreads = {}
        for number, reader in enumerate(self._readers, 1):
            for key, spreads in reader([row for row in rows if row[0] == number]).items():
                whole[key] = whole.get(key, {}) | spreads
        return whole


def _spread_sql(wanted: Sequence[tuple[str, str, str, str]], current: str, whence: str, rows: str) -> str:
    columns = []
    for _, _, sql, where in wanted:
        ordered = f"(percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY ({sql})::float8) FILTER (WHERE {where}))"
        columns += [
            f"count(*) FILTER (WHERE {where})", f"{ordered}[1]", f"{ordered}[2]",
            f"avg(({sql})::float8) FILTER (WHERE ({where}) AND ({sql})::float8 < 'Infinity')",
        ]  # fmt: skip
    return (
        f"{current}, {whence}, NULL::bigint, NULL::bigint, NULL::numeric[], "
        f"ARRAY[{', '.join(columns)}]::float8[] FROM {rows} "
        "GROUP BY 2, 3"
    )


def _spreads(wanted: Sequence[tuple[str, str, str, str]], rows: Sequence[tuple], place: int) -> Spreads:
    """`place`: where a row says whose it is: 1 the period, 2 the source."""
    found: Spreads = {}
    for row in rows:
        for number, (key, name, _, _) in enumerate(wanted):
            n, median, p90, mean = row[6][number * 4 : number * 4 + 4]
            found.setdefault((key, row[place]), {})[name] = Spread(int(n), _reached(median), _reached(p90), mean)
    return found


def _wait_sql(kpi: Kpi) -> str:
    """Counted by length and whether it ended; (name, what it is split by, over, length, how many)."""
    which = " ".join(f"WHEN {where} THEN '{name}'" for name, (_, _, where) in kpi.waits.items())
    length = " ".join(f"WHEN {where} THEN {sql}" for sql, _, where in kpi.waits.values())
    ended = " ".join(f"WHEN {where} THEN {sql}" for _, sql, where in kpi.waits.values())
    one = kpi.split.column if kpi.split else "NULL"
    return (
        f"w.current, w.name, w.step, w.one, ARRAY[w.over::int, count(*)]::numeric[], NULL::float8[] FROM ("
        f"SELECT current, CASE {which} END AS name, floor((CASE {length} END) / {STEP})::bigint AS step, "
        f"{one}::bigint AS one, CASE {ended} END AS over FROM p) w "
        f"WHERE w.name IS NOT NULL GROUP BY w.current, w.name, w.step, w.one, w.over"
    )


def _waits(kpi: Kpi, rows: Sequence[tuple]) -> Spreads:
    """The percentiles of waits, in `arithmetic`. A split KPI's also by what it is split by (`stage.12`)."""
    found: Spreads = {}
    lengths: dict[tuple[str, bool], tuple[dict, dict]] = {}
    for _, current, name, step, part, (over, n), _ in rows:
        for told in (name, f"{kpi.split.prefix}.{part}") if kpi.split else (name,):
            finished, waiting = lengths.setdefault((told, current), ({}, {}))
            counted = finished if over else waiting
            counted[step * STEP] = counted.get(step * STEP, 0) + int(n)
    for (name, current), (finished, waiting) in lengths.items():
        n = sum(finished.values()) + sum(waiting.values())
        median, p90 = (arithmetic.survival_percentile(finished, waiting, share) for share in (0.5, 0.9))
        found.setdefault((kpi.key, current), {})[name] = Spread(n, median, p90)
    return found


def _whole(total: Decimal | float | int) -> int | float:
    """Money adds up to whole minor units, days do not."""
    return int(total) if total == int(total) else float(total)


def _reached(value: float | None) -> float | None:
    """Between two infinities PostgreSQL interpolates to NaN; what lies between "not yet" and "not yet" is not yet."""
    return float("inf") if value is not None and value != value else value


def _run(text: str, params: Mapping[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.fetchall()
