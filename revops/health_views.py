"""Health: one line for each promise of the engine, and what an administrator can do about it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from journal.models import Brake
from revops import brake
from revops.lib import vital
from revops.lib.answers import done
from sla import parking
from sla.models import Parked
from teams.doors import for_roles
from teams.models import Role

only_admins = for_roles(Role.ADMIN)
MOST = 100


@only_admins
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    lines = vital.read(request.now)
    parked = Parked.objects.select_related("clock__lead__person", "clock__deal").order_by("first_at")[:MOST]
    context: dict[str, Any] = {
        "lines": lines,
        "failing": [line for line in lines if line.fatal and not line.ok],
        "parked": parked,
        "held": Brake.objects.filter(released_at=None).first(),
    }
    return render(request, "health.html", context)


@only_admins
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    was_on = brake.release(by=request.user, at=request.now)
    told = "The brake is off. What is due is fired now." if was_on else "The brake was off already."
    return done(request, told, to="/health/", reload=True)


@only_admins
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    parked = get_object_or_404(Parked.objects.select_related("clock"), pk=pk)
    parking.retry(parked.clock, by=request.user, at=request.now)
    return done(request, "It is tried again now.", to="/health/", reload=True)
