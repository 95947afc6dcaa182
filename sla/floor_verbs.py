"""What a manager does on the floor: give a lead to somebody, take somebody out of the rotation."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from leads import benching
from leads.views.verbs import Reassign
from revops.lib.answers import done
from revops.lib.errors import DomainError
from revops.lib.frame import reader_zone
from sla import floor_access, load
from sla.floor_beside import shift_words
from teams.models import User


class Give(Reassign):
    """Reassign, with everybody's load and shift in sight."""

    template = "sla/give.html"

    def title(self) -> str:
        return f"{'Reassign' if self.lead.owner_id else 'Give'} {self.lead.person}"

    def more(self) -> dict[str, Any]:
        now, zone, user = self.request.now, reader_zone(self.request), self.request.user
        may = set(User.objects.sellers().exclude(pk=self.lead.owner_id).values_list("id", flat=True))
        team = self.lead.owner.team if self.lead.owner and self.lead.owner.team_id else user.team
        found = [p for p in load.people(None, at=now) if p.id in may]
        found.sort(key=lambda p: (not p.takes_turns, not p.shift.on, p.open / p.cap if p.cap else 0, p.open, p.name))
        near = [p for p in found if team and p.team == team.name and p.id != user.pk]
        mine = [p for p in found if p.id == user.pk]
        rest = [p for p in found if p not in near and p not in mine]
        said = [{"person": p, "shift": shift_words(p, now, zone)} for p in (*near, *mine)]
        return {
            "near": said, "rest": [{"person": p, "shift": shift_words(p, now, zone)} for p in rest], "me": user.pk,
            "chosen": self.bound.data.get("to", "") if self.bound is not None else "",
        }  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's load and shift; POST takes them out of the rotation, or puts them back."""
    who = get_object_or_404(User.objects.active().select_related("team"), pk=pk)
    if not (floor_access.sees_all(request.user) or request.user.manages_team(who.team_id)):
        raise PermissionDenied(f"{who} is seen by the team's manager, the hand-off monitor and RevOps admins.")
    problem, status = "", 200
    if request.method == "POST":
        try:
            return _bench(request, who)
        except DomainError as refusal:
            problem, status = refusal.detail, refusal.status
    [found] = load.people([who.pk], at=request.now) or [None]
    context = {
        "who": who, "found": found, "problem": problem, "back": "/floor/",
        "shift": shift_words(found, request.now, reader_zone(request)) if found else "",
        "may": benching.may(request.user, who),
    }  # fmt: skip
    return render(request, "sla/floor_person.html", context, status=status)


def _bench(request: HttpRequest, who: User) -> HttpResponse:
    address = f"/floor/people/{who.pk}/"
    if request.POST.get("rotation", request.GET.get("rotation")) == "in":
        benching.unbench(who, by=request.user, at=request.now)
        return done(request, f"{who} takes turns again.", to="/floor/", undo=f"{address}?rotation=out")
    benching.bench(who, by=request.user, at=request.now)
    text = f"{who} is out of the rotation: new leads go to others, open ones stay."
    return done(request, text, to="/floor/", undo=f"{address}?rotation=in")
