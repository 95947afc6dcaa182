"""One statement a population: everything all its KPIs count, for this period and the one before, in one pass.

Counts and sums are grouped by source and by day, week or month and added up here, so that totals, sources and the line
over time come from the same rows. Medians need an order, so they are a second statement over the same population.
"""

from collections.abc import Mapping, Sequence
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
    found = _run(
        f"SELECT current, whence, bucket, {one}, {counts}{outer} "
        f"FROM (SELECT current, {whence} AS whence, {when} AS bucket, {kinds}, count(*) AS n{inner} FROM ({union}) p "
        f"GROUP BY current, whence, bucket, {kinds}) g "
        f"GROUP BY {sets}",
        params | {"steps": [midnight(day, filters.zone) for day in steps]},
    )
    spreads = _merged(*(read(kpis, union, params) for read in (_spreads, _waits, _spreads_by_source)))
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


def _merged(*found: Spreads) -> Spreads:
    whole: Spreads = {}
    for some in found:
        for key, spreads in some.items():
            whole[key] = whole.get(key, {}) | spreads
    return whole


def _spreads_by_source(kpis: Sequence[Kpi], union: str, params: Mapping[str, Any]) -> Spreads:
    """Of the few KPIs whose medians are told by source: the order costs a sort a source."""
    wanted = [kpi for kpi in kpis if kpi.spread_sources]
    return _spreads(wanted, f"SELECT * FROM ({union}) s WHERE current", params, by="source")


def _spreads(kpis: Sequence[Kpi], union: str, params: Mapping[str, Any], by: str = "current") -> Spreads:
    wanted = [(kpi.key, name, sql, where) for kpi in kpis for name, (sql, where) in kpi.spreads.items()]
    if not wanted:
        return {}
    columns = ", ".join(
        f"count(*) FILTER (WHERE {where}), "
        f"percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY ({sql})::float8) FILTER (WHERE {where}), "
        f"avg(({sql})::float8) FILTER (WHERE ({where}) AND ({sql})::float8 < 'Infinity')"
        for _, _, sql, where in wanted
    )
    found: Spreads = {}
    for current, *values in _run(f"SELECT {by}, {columns} FROM ({union}) p GROUP BY 1", params):
        for number, (key, name, _, _) in enumerate(wanted):
            n, percentiles, mean = values[number * 3 : number * 3 + 3]
            median, p90 = [_reached(v) for v in percentiles] if percentiles else (None, None)
            found.setdefault((key, current), {})[name] = Spread(n, median, p90, mean)
    return found


def _whole(total: Decimal | float | int) -> int | float:
    """Money adds up to whole minor units, days do not."""
    return int(total) if total == int(total) else float(total)


def _waits(kpis: Sequence[Kpi], union: str, params: Mapping[str, Any]) -> Spreads:
    """Spreads of waits that may still run: counted by length here, their percentiles in `arithmetic`. A split KPI's
    also by what it is split by (`stage.12`)."""
    found: Spreads = {}
    for kpi in kpis:
        if not kpi.waits:
            continue
        which = " ".join(f"WHEN {where} THEN '{name}'" for name, (_, _, where) in kpi.waits.items())
        length = " ".join(f"WHEN {where} THEN {sql}" for sql, _, where in kpi.waits.values())
        ended = " ".join(f"WHEN {where} THEN {sql}" for _, sql, where in kpi.waits.values())
        one = kpi.split.column if kpi.split else "NULL"
        lengths: dict[tuple[str, bool], tuple[dict, dict]] = {}
        for name, part, current, over, step, n in _run(
            f"SELECT CASE {which} END AS name, {one}, current, CASE {ended} END AS over, "
            f"floor((CASE {length} END) / {STEP})::bigint AS step, count(*) FROM ({union}) p "
            f"WHERE CASE {which} END IS NOT NULL GROUP BY 1, 2, 3, 4, 5",
            params,
        ):
            for told in (name, f"{kpi.split.prefix}.{part}") if kpi.split else (name,):
                finished, waiting = lengths.setdefault((told, current), ({}, {}))
                counted = finished if over else waiting
                counted[step * STEP] = counted.get(step * STEP, 0) + n
        for (name, current), (finished, waiting) in lengths.items():
            n = sum(finished.values()) + sum(waiting.values())
            median, p90 = (arithmetic.survival_percentile(finished, waiting, share) for share in (0.5, 0.9))
            found.setdefault((kpi.key, current), {})[name] = Spread(n, median, p90)
    return found


def _reached(value: float) -> float:
    """Between two infinities PostgreSQL interpolates to NaN; what lies between "not yet" and "not yet" is not yet."""
    return float("inf") if value != value else value


def _run(text: str, params: Mapping[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.fetchall()
