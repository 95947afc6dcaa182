"""Leads without an owner: what nobody can own now and what to do about it, and the queues that members pick from."""

from collections import Counter, defaultdict
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from leads.models import Pool
from leads.routing import page_words, picking, waiting
from leads.routing.views_frame import tabs
from leads.routing.why import SKIPPED
from leads.views.doors import find, said_no
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams import access

CLAIMS = "/routing/claims/"


@login_required
@require_GET
def held(request: HttpRequest) -> HttpResponse:
    """The hundred that have waited longest, each with what stands in the way."""
    rows = [(one, _in_the_way(one.why)) for one in waiting.held(now=request.now)]
    context = {"rows": rows, "tabs": tabs("waiting", request.user), "counts": waiting.counts(),
               "may": access.may(request.user, "administer"), "admins": page_words.administrators()}  # fmt: skip
    template = "_held" if "X-Live" in request.headers else "held"
    return render(request, f"leads/routing/{template}.html", context)


@login_required
@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """The reader's queues first, with what they may pick; the others to be read. Five queries and one for the tabs."""
    mine = {one.pool.pk: one for one in picking.queues(request.user, at=request.now)}
    pools = list(Pool.objects.filter(method=Pool.Method.CLAIM).order_by("name"))
    lying: dict[int | None, list[waiting.Held]] = defaultdict(list)
    for one in waiting.all_waiting(now=request.now, limit=300):
        if one.kind == "claim":
            lying[one.pool_id].append(one)
    queues: list[dict[str, Any]] = [
        {"pool": pool, "mine": mine.get(pool.pk), "rows": lying[pool.pk]}
        for pool in sorted(pools, key=lambda pool: (pool.pk not in mine, pool.name))
    ]
    context = {"queues": queues, "tabs": tabs("claims", request.user), "skills": _skills(request)}
    template = "_claims" if "X-Live" in request.headers else "claims"
    return render(request, f"leads/routing/{template}.html", context)


@login_required
@require_POST
def pick(request: HttpRequest, pk: int) -> HttpResponse:
    """Two who pick at once: one gets it, the other is told who."""
    lead = find(pk)
    try:
        picking.pick(lead, by=request.user, at=request.now)
    except DomainError as refusal:
        return said_no(request, refusal, back=CLAIMS)
    return done(
        request, f"{lead.person} is yours. The clock of the first answer runs.", to=f"/leads/{pk}/", reload=True
    )


@login_required
@require_POST
def pick_next(request: HttpRequest, pk: int) -> HttpResponse:
    pool = get_object_or_404(Pool, pk=pk, method=Pool.Method.CLAIM)
    try:
        lead = picking.pick_next(pool, by=request.user, at=request.now)
    except DomainError as refusal:
        return said_no(request, refusal, back=CLAIMS)
    if lead is None:
        return done(request, f"Nothing in {pool} is yours to pick now.", to=CLAIMS, reload=True)
    told = f"{lead.person} is yours. The clock of the first answer runs."
    return done(request, told, to=f"/leads/{lead.pk}/", reload=True)


def _in_the_way(why: dict[str, Any]) -> str:
    """`2 on leave, 1 taking no new leads` of those who were looked at; "" when the pool is empty."""
    counted = Counter(why.get("skipped", {}).values())
    return ", ".join(f"{n} {SKIPPED.get(reason, reason)}" for reason, n in sorted(counted.items()))


def _skills(request: HttpRequest) -> set[str]:
    rows = request.user.pools.filter(pool__method=Pool.Method.CLAIM).values_list("skills", flat=True)
    return {word for words in rows for word in words}
