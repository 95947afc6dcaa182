"""Leads as a CSV file: the list's filters, streamed, safe to open in a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from leads.models import Stage
from revops.lib import csv_file, words

COLUMNS = {
    "id": "Lead",
    "person__first_name": "First name",
    "person__last_name": "Last name",
    "person__email": "E-mail",
    "person__phone": "Phone",
    "person__title": "Title",
    "company__name": "Company",
    "stage": "Stage",
    "cell": "Cell",
    "fit": "Fit",
    "engagement": "Engagement",
    "owner__name": "Owner",
    "source__name": "Source",
    "campaign__code": "Campaign",
    "cycle": "Cycle",
    "created_at": "Opened",
    "mql_at": "MQL",
    "first_response_at": "First response",
    "sal_at": "SAL",
    "sql_at": "SQL",
    "stage_at": "In stage since",
    "next_due_at": "Next due",
    "reason": "Reason",
    "track": "Track",
    "revisit_on": "Back on",
}
AT_ONCE = 2000


def answer(queryset: QuerySet, *, name: str) -> StreamingHttpResponse:
    """All leads of `queryset`, oldest first, instants in UTC; memory does not grow with their number."""
    found = queryset.order_by("id").values_list(*COLUMNS)
    return csv_file.answer(name, COLUMNS.values(), _lines(found))


def _lines(found: QuerySet) -> Iterator[list[Any]]:
    at = list(COLUMNS)
    stage = at.index("stage")
    scores = [at.index("fit"), at.index("engagement")]
    for row in found.iterator(chunk_size=AT_ONCE):
        cells = [words.utc(cell) if hasattr(cell, "tzinfo") else cell for cell in row]
        cells[stage] = Stage(cells[stage]).label
        for index in scores:
            cells[index] = round(cells[index], 2)
        yield cells
