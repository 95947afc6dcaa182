"""All KPIs as one table: what a spreadsheet wants of the dashboard."""

from collections.abc import Iterator

from dashboards import told
from dashboards.kpis import registry, say
from dashboards.sheet import Sheet
from revops.lib import words

HEAD = ["id", "name", "value", "formula", "n", "before", "small sample", "from", "to", "as of", "definition"]


def lines(sheet: Sheet) -> Iterator[list]:
    for kpi in registry.ALL:
        answer = sheet.answer(kpi)
        figure, before = answer.figure, answer.before
        text = f"n/a: {figure.na}" if figure.value is None else told.value(answer, sheet.currency)
        was = say.value(before.value, kpi.unit, sheet.currency) if before and before.value is not None else ""
        yield [
            kpi.id, kpi.name, text, figure.formula, figure.n or "", was, "yes" if figure.small else "",
            sheet.filters.start, sheet.filters.end, words.utc(sheet.as_of), kpi.definition,
        ]  # fmt: skip
