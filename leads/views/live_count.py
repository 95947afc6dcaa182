"""/conditions/count/: how many meet a condition, for the foot of the sentence editor."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import DataError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from leads import live_count
from revops.lib.errors import Invalid

LONGEST = 100_000


@login_required
@require_http_methods(["GET", "POST"])
def count(request: HttpRequest) -> HttpResponse:
    """`condition`: JSON. `who`: people or leads. `slim`: the number alone. Asking writes nothing, so GET may do it."""
    asked = request.POST if request.method == "POST" else request.GET
    who = asked.get("who") if asked.get("who") in live_count.EVERYBODY else "people"
    context: dict[str, Any] = {"who": who, "slim": bool(asked.get("slim"))}
    try:
        condition = read(asked.get("condition", ""))
        with transaction.atomic():
            context["counted"] = live_count.count(condition, now=request.now, who=who)
    except Invalid as wrong:
        context["problem"] = wrong.detail
    except DataError:
        context["problem"] = "This can’t be counted: a number in it is out of range."
    # htmx calls 422 a failure, but a sentence that isn't finished yet is none.
    status = 422 if "problem" in context and not request.htmx else 200
    template = "_components/condition_count.html" if request.htmx else "leads/live_count.html"
    return render(request, template, context, status=status)


def read(text: str) -> Any:
    """Raises Invalid for what is no JSON."""
    try:
        if len(text) <= LONGEST:
            return json.loads(text)
    except (ValueError, RecursionError):
        pass
    raise Invalid("This is no condition.", code="not_json", field="condition")
