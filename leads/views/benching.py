"""Take somebody out of rotation and put them back: their team's manager or an administrator."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from leads import benching
from leads.views.doors import afterwards, said_no
from revops.lib.answers import done
from revops.lib.errors import Forbidden
from teams.models import User


@login_required
@require_http_methods(["GET", "POST"])
def bench(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, saying what it means; POST benches, or brings back who is on the bench."""
    user = get_object_or_404(User.objects.select_related("team"), pk=pk, is_service=False, is_active=True)
    back = afterwards(request, "/floor/")
    if not benching.may(request.user, user):
        refusal = Forbidden(f"Only the manager of {user}’s team or an administrator may do this.", code="not_yours")
        return said_no(request, refusal, back=back)
    benched = user.benched_at is not None
    if request.method == "POST":
        if benched:
            benching.unbench(user, by=request.user, at=request.now)
            return done(request, f"{user} gets new leads again.", to=back, reload=True)
        benching.bench(user, by=request.user, at=request.now)
        return done(request, f"{user} gets no new leads until you say so.", to=back, reload=True)
    note = (
        "From now on they take turns again; turns missed meanwhile are not made up for."
        if benched
        else "New leads go to others. What they have stays theirs and its clocks run on."
    )
    context = {
        "title": f"New leads for {user}" if benched else f"No new leads for {user}",
        "words": "Back in rotation" if benched else "Take out of rotation",
        "note": note, "form": [], "verb_tone": "primary", "action": request.get_full_path(), "back": back,
    }  # fmt: skip
    return render(request, "leads/verb.html", context)
