"""A visit on the timeline: the pages somebody saw without a break of 30 minutes are one line, dated when it began."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from leads.models.touch import Touch
from leads.touch_words import page_name
from leads.visits.sessions import IDLE
from revops.lib.words import duration

LONGEST, MOST_PAGES, NAMED = timedelta(hours=12), 2_000, 4


def only_first_pages() -> Q:
    """Of touches: all but the pages that follow another one of the same visit. One look into an index for each."""
    before = Touch.objects.filter(
        Q(occurred_at__lt=OuterRef("occurred_at")) | Q(occurred_at=OuterRef("occurred_at"), id__lt=OuterRef("id")),
        person_id=OuterRef("person_id"), kind="page_view", occurred_at__gt=OuterRef("occurred_at") - IDLE,
    )  # fmt: skip
    return ~Q(kind="page_view") | ~Exists(before)


def pages(first_pages: Iterable[Touch]) -> dict[int, list[Touch]]:
    """{first page's id: all pages of its visit, in order} of one person; one query, none without pages."""
    firsts = {touch.pk: touch for touch in first_pages if touch.kind == "page_view"}
    if not firsts:
        return {}
    moments = [touch.occurred_at for touch in firsts.values()]
    person = next(iter(firsts.values())).person_id
    found: dict[int, list[Touch]] = {}
    visit: list[Touch] = []
    seen = Touch.objects.filter(
        person_id=person, kind="page_view", occurred_at__range=(min(moments), max(moments) + LONGEST)
    )
    for touch in seen.order_by("occurred_at", "id")[:MOST_PAGES]:
        if not visit or touch.occurred_at - visit[-1].occurred_at >= IDLE:
            visit = found.setdefault(touch.pk, [])
        visit.append(touch)
    return {pk: visit for pk, visit in found.items() if pk in firsts}


def sentence(visit: list[Touch]) -> tuple[str, str]:
    """(`Visited 5 pages: pricing, docs and 2 more`, how long it took)."""
    names = list(dict.fromkeys(touch.asset or page_name(touch.url) or "front page" for touch in visit))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    took = (visit[-1].occurred_at - visit[0].occurred_at).total_seconds()
    return f"Visited {len(visit)} pages: {', '.join(names[:NAMED])}{more}", duration(took) if took >= 60 else ""
