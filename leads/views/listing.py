"""The list: which leads are …?"""

from contextlib import nullcontext
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from leads import clock_words, counting, filters, live_count, paging, upward, why_now
from leads.models import AttributeDefinition, Lead, Stage
from leads.views import saved
from leads.views.choosing import Asked, canonical
from revops.lib import words
from revops.lib.errors import Invalid
from teams import access
from teams.models import Team, User

FEW = 1000
PATIENCE = 4.0  # seconds for a page of a list whose condition is asked of one lead after the other
RANGES = (
    ("entered", "Entered stage", filters.WITHIN),
    ("created", "Opened", filters.WITHIN),
    ("due", "Due", filters.DUE),
    ("answered", "Answered", filters.ANSWERED),
    ("back", "Comes back", filters.BACK),
)


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    tidy = canonical(request.GET)
    if tidy is not None:
        return redirect(f"/leads/?{tidy}" if tidy else "/leads/")
    asked = Asked.of(request, request.GET)
    tabs = saved.tabs(request, asked)
    total, total_words = _counts(asked, tabs)
    matching = asked.queryset
    if total <= FEW:
        # In order of due or age the planner would walk a million rows to find the few; found first, they are sorted.
        matching = Lead.objects.filter(pk__in=list(matching.values_list("pk", flat=True)))
    try:
        with live_count.limited(PATIENCE) if asked.by_condition else nullcontext():
            found = paging.page(matching, sort=asked.sort, cursor=request.GET.get("cursor", ""))
    except Invalid:
        # An old link: the list at its beginning is what was meant.
        return redirect(f"/leads/?{asked.text()}")
    except live_count.TooLong:
        found = paging.Page()
        asked.problem = (
            "The segment has so few leads that looking for them among all takes too long. Narrow the list by an owner, "
            "a source or a stage."
        )
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "asked": asked,
        "rows": rows(found.ids, request),
        "total": total,
        "total_words": total_words,
        "tabs": tabs,
        "saved_here": any(tab.current for tab in tabs),
        "removable": next(
            (tab for tab in tabs if tab.current and tab.pk and (tab.mine or request.user.is_admin)), None
        ),
        "tokens": asked.tokens(),
        "first": found.first,
        "last": found.first + len(found.ids) - 1,
        "previous": _turned(query, found.previous),
        "next": _turned(query, found.next),
        "sorts": paging.SORT_NAMES,
        "list_text": asked.text(),
        "may_create": access.may(request.user, "create_lead"),
        "culprit": _culprit(asked) if not (found.ids or asked.problem or asked.by_condition) else None,
    }
    return render(request, "leads/list.html", context)


@login_required
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """The filters to choose from, with those of the address chosen: a dialog, or a page without scripts."""
    asked = Asked.of(request, request.GET)
    return render(request, "leads/filters.html", {"asked": asked, "back": f"/leads/?{asked.text()}", **_choices(asked)})


def rows(ids: list[int], request: HttpRequest) -> list[dict[str, Any]]:
    """What the table shows of each, in the order of `ids`. Three queries."""
    if not ids:
        return []
    leads = {lead.pk: lead for lead in Lead.objects.with_names().filter(pk__in=ids)}
    clocks = upward.panel("clocks")(ids, now=request.now)
    touched = why_now.last_touches([lead.person_id for lead in leads.values()])
    found = []
    for lead in (leads[pk] for pk in ids if pk in leads):
        next_due = clock_words.soonest([clock_words.face(c, lead, request.user) for c in clocks[lead.pk]])
        found.append({
            "lead": lead, "clock": next_due, "touch": touched.get(lead.person_id),
            "in_stage": max(0, (request.now - lead.stage_at).days),
        })  # fmt: skip
    return found


def _counts(asked: Asked, tabs: list[saved.Tab]) -> tuple[int, str]:
    """How many the list holds, and in words; the tabs get theirs. One query, unless a condition has to be asked."""
    quick = [one for one in (asked, *tabs) if not one.by_condition]
    counts = counting.several([one.queryset for one in quick])
    for one, count in zip(quick, counts, strict=True):
        if isinstance(one, saved.Tab):
            one.count = f"over {counting.MOST:,}" if count > counting.MOST else count
    if not asked.by_condition:
        return counts[0], counting.said(counts[0], asked.queryset)
    found = live_count.of_list(asked.queryset, most=counting.MOST)
    if found.n is None or (found.estimated and not found.found):
        return counting.MOST + 1, "an unknown number"
    if found.estimated:
        return max(found.n, FEW + 1), f"about {live_count.rounded(found.n)}"
    return found.n, words.number(found.n) if found.n <= counting.MOST else f"over {words.number(counting.MOST)}"


def _turned(query: QueryDict, cursor: str) -> str:
    if not cursor:
        return ""
    query = query.copy()
    query["cursor"] = cursor
    return f"?{query.urlencode(safe=',')}"


def _culprit(asked: Asked) -> dict[str, str] | None:
    """The filter without which there would be something; one query for all of them."""
    tokens = asked.tokens()
    if not tokens:
        return None
    without = []
    for token in tokens:
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in asked.filters.items() if name != token["code"]})
        without.append(Asked.of_known(asked.filter.request, query, asked.sources).queryset)
    for token, count in zip(tokens, counting.several(without), strict=True):
        if count:
            return {**token, "count": count}
    return None


def _choices(asked: Asked) -> dict[str, Any]:
    """What the filter form offers."""
    chosen = {name: value.split(",") for name, value in asked.filters.items()}
    defined = AttributeDefinition.objects.order_by("subject", "label")
    return {
        "stages": [(code, label, code in chosen.get("stage", [])) for code, label in Stage.choices],
        "any_stage": filters.ANY_STAGE in chosen.get("stage", []),
        "cells": [(code, label, code in chosen.get("cell", [])) for code, label in filters.CELLS],
        "sources": [(code, name, code in chosen.get("source", [])) for code, name in asked.sources.items()],
        "owners": [(str(pk), name) for pk, name in User.objects.sellers().order_by("name").values_list("id", "name")],
        "teams": [(str(pk), name) for pk, name in Team.objects.order_by("name").values_list("id", "name")],
        "ranges": [
            (code, name, [(value, label, [value] == chosen.get(code)) for value, label in choices])
            for code, name, choices in RANGES
        ],
        "attributes": [(f"attr.{d.subject}.{d.name}", f"{d.label} ({d.subject})") for d in defined],
    }  # fmt: skip
