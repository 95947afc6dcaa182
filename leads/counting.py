"""How many match, never counting further than people read: exact to 10,000, beyond that the planner's estimate."""

import json
from collections.abc import Sequence

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from revops.lib import bulk, words

MOST = 10_000


def several(querysets: Sequence[QuerySet]) -> list[int]:
    """The sizes of many lists in one query, each counted to 10,001 at most."""
    texts, params = [], []
    for queryset in querysets:
        try:
            text, bound = queryset.order_by().values("id")[: MOST + 1].query.sql_with_params()
        except EmptyResultSet:
            text, bound = "SELECT 1 WHERE false", ()
        texts.append(f"(SELECT count(*) FROM ({text}) AS counted)")
        params += bound
    return list(bulk.query(f"SELECT {', '.join(texts)}", params)[0]) if texts else []


def said(count: int, queryset: QuerySet) -> str:
    """1,544, or "about 61,000" (one more query, that reads no rows)."""
    if count <= MOST:
        return words.number(count)
    estimate = json.loads(queryset.order_by().values("id").explain(format="json"))[0]["Plan"]["Plan Rows"]
    if estimate <= MOST:
        return f"over {words.number(MOST)}"
    unit = 10 ** (len(str(estimate)) - 2)
    return f"about {words.number(round(estimate / unit) * unit)}"
