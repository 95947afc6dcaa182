"""A KPI's counts split another way than the sheet splits them: by owner, by month, by day. One statement each."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from dashboards.filters import midnight
from dashboards.kpis.base import Kpi, Slice, Spread
from dashboards.kpis.scan import only, source_of
from dashboards.sheet import Sheet


def by_owner(sheet: Sheet, kpi: Kpi) -> dict[int | None, Slice]:
    """The population must give `owner`."""
    return _split(sheet, kpi, "owner", {})


def by_month(sheet: Sheet, kpi: Kpi, months: Sequence[date]) -> dict[date, Slice]:
    """`months`: first days in order, inside the sheet's period. A month without rows is absent."""
    steps = {"steps": [midnight(day, sheet.filters.zone) for day in months]}
    found = _split(sheet, kpi, "width_bucket(at, %(steps)s::timestamptz[])", steps)
    return {months[bucket - 1]: counted for bucket, counted in found.items() if bucket}


def by_day(sheet: Sheet, kpi: Kpi) -> dict[date, Slice]:
    return _split(sheet, kpi, "(at AT TIME ZONE %(zone)s)::date", {"zone": sheet.filters.zone})


def _split(sheet: Sheet, kpi: Kpi, key: str, more: dict[str, Any]) -> dict[Any, Slice]:
    only_text, params = only(kpi.population, sheet.filters, sheet.owners)
    window, _ = sheet.windows(kpi.population)
    text, bound = source_of(kpi.population, window, "now", only_text)
    counted = {"": kpi.rows, **{name: f"({kpi.rows}) AND ({where})" for name, where in kpi.parts.items()}}
    columns = [f"count(*) FILTER (WHERE {where})" for where in counted.values()]
    columns += [
        f"percentile_cont(0.5) WITHIN GROUP (ORDER BY ({sql})::float8) FILTER (WHERE {where})"
        for sql, where in kpi.spreads.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key} AS split, {', '.join(columns)} FROM ({text}) p WHERE {kpi.rows} GROUP BY 1 ORDER BY 1",
            params | bound | more | {"currency": sheet.currency},
        )
        rows = cursor.fetchall()
    n = len(counted)
    return {
        split: Slice(
            counts=dict(zip(counted, values[:n], strict=True)),
            spreads={name: Spread(median=m) for name, m in zip(kpi.spreads, values[n:], strict=True)},
            currency=sheet.currency, days=sheet.filters.days,
        )
        for split, *values in rows
    }  # fmt: skip
