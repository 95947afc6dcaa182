"""The leads of a segment, as a filter of any list of leads.

The condition is asked of each lead the list comes by, in the list's own order: a page needs as many rows as it takes
to fill it, however many leads there are.
"""

import re
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet

from leads import conditions
from leads.conditions import Sql
from revops.lib.errors import Invalid

NAMED = re.compile(r"%\((\w+)\)s")


class Meets(Func):
    """Whether the lead with this id meets a condition; NULL when that is unknown."""

    output_field = BooleanField()
    arity = 1

    def __init__(self, lead_id: Any, *, sql: Sql, as_of: datetime, **more: Any) -> None:
        super().__init__(lead_id, **more)
        self.sql, self.as_of = sql, as_of

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **more: Any) -> Any:
        lead_id, bound = compiler.compile(self.source_expressions[0])
        named = {**self.sql.params, "as_of": self.as_of}
        names = NAMED.findall(self.sql.text)
        # A scalar sub-select, which the planner leaves where it stands: asked row by row, in the order of the list.
        text = (
            f"(SELECT {NAMED.sub('%s', self.sql.text)} FROM leads_lead l JOIN leads_person p ON p.id = l.person_id "
            f"LEFT JOIN leads_company c ON c.id = p.company_id WHERE l.id = {lead_id})"
        )
        return text, [*(named[name] for name in names), *bound]


def members(queryset: QuerySet, condition: Any, *, now: datetime) -> QuerySet:
    """Those of `queryset` (leads) who meet it. A condition that can't be read any more has no members."""
    try:
        sql = conditions.compile(condition, prefix="seg")
    except Invalid:
        return queryset.none()
    return queryset.filter(Meets(F("pk"), sql=sql, as_of=now))
