"""My own page, where everybody lands, and the theme."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from revops.lib.answers import done
from revops.lib.errors import Invalid
from revops.lib.frame import THEMES
from teams import people
from teams.forms import LeaveForm, MeForm
from teams.models import Leave, Role

HOME = {
    Role.SALES: "/queue/",
    Role.SUCCESS: "/queue/",
    Role.MARKETING: "/scoreboard/",
    Role.ADMIN: "/dashboard/",
    Role.VIEWER: "/dashboard/",
}
A_YEAR = 365 * 86_400


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Who looks after other people's clocks begins on the floor; their own queue may well be empty. Who manages
    marketing has no clocks there: both sides' word is their page."""
    user = request.user
    on_the_floor = user.stands_on_the_floor and not user.is_admin
    return redirect("/floor/" if on_the_floor else HOME[Role(user.role)])


@login_required
def me(request: HttpRequest) -> HttpResponse:
    form = MeForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        return done(request, "Your settings are kept.", to="/me/", reload=True)
    status = 400 if request.method == "POST" else 200
    return _me(request, form, LeaveForm(zone=request.user.timezone), status)


@login_required
@require_POST
def my_leave(request: HttpRequest) -> HttpResponse:
    form = LeaveForm(request.POST, zone=request.user.timezone)
    if form.is_valid():
        starts_at, ends_at = form.interval()
        try:
            people.take_leave(
                request.user, starts_at=starts_at, ends_at=ends_at, reason=form.cleaned_data["reason"],
                by=request.user, at=request.now,
            )  # fmt: skip
            return done(request, "Your leave is kept; new leads go to others meanwhile.", to="/me/", reload=True)
        except Invalid as refusal:
            form.add_error("last", refusal.detail)
    return _me(request, MeForm(instance=request.user), form, status=400)


@login_required
@require_POST
def end_my_leave(request: HttpRequest, pk: int) -> HttpResponse:
    leave = get_object_or_404(Leave, pk=pk, user=request.user)
    people.end_leave(leave, by=request.user, at=request.now)
    return done(request, "Welcome back. You take turns again.", to="/me/", reload=True)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Kept in a cookie, so that the sign-in page knows it too."""
    chosen = request.POST.get("theme", "")
    answer = HttpResponse(status=204) if getattr(request, "htmx", False) else redirect(_back(request))
    if chosen in THEMES:
        answer.set_cookie("theme", chosen, max_age=A_YEAR, samesite="Lax", secure=request.is_secure())
    return answer


@login_required
@require_POST
def single_keys(request: HttpRequest) -> HttpResponse:
    request.user.single_keys = request.POST.get("single_keys") == "on"
    request.user.save(update_fields=["single_keys"])
    return redirect(_back(request))


def _me(request: HttpRequest, form: MeForm, leave_form: LeaveForm, status: int = 200) -> HttpResponse:
    leaves = request.user.leaves.filter(ends_at__gt=request.now).order_by("starts_at")
    panels = [import_string(path)(request) for path in settings.MY_PANELS]
    context = {"form": form, "leave_form": leave_form, "leaves": leaves, "panels": panels}
    return render(request, "teams/me.html", context, status=status)


def _back(request: HttpRequest) -> str:
    """The page the form stood on, when it is one of ours."""
    came_from = request.META.get("HTTP_REFERER", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if ours else "/"
