"""Views of the dashboard with a name: one's own, or everybody's. The days are taken anew whenever one is opened."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from dashboards.filters import parse
from leads.forms import SavedViewForm
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError, Forbidden, Invalid, Refused
from teams.models import Organisation, Role, SavedView, User

PAGE = "dashboard"
KEYS = ("days", "compare", "source", "owner", "team", "segment", "funnel")
FUNNELS = ("", "cohort", "flow", "stock")
HERE = "/dashboard/"


def mine(user: Any) -> QuerySet[SavedView]:
    return SavedView.objects.filter(Q(owner=user) | Q(owner=None), page=PAGE)


def shown(request: HttpRequest) -> list[dict[str, Any]]:
    """[{name, href, current, remove}]; one query."""
    here = {key: value for key, value in request.GET.items() if key in KEYS}
    return [
        {
            "name": view.name, "href": f"{HERE}?{view.query}", "current": QueryDict(view.query).dict() == here,
            "remove": f"{HERE}views/{view.pk}/removal/" if may_remove(request.user, view) else "",
        }
        for view in mine(request.user).order_by("position", "id")
    ]  # fmt: skip


def canonical(text: str, *, zone: str, now: Any) -> str:
    """The part of an address that a view keeps: how many days, never which. Raises Invalid when it can't be read."""
    given = QueryDict(text)
    filters = parse(given.dict(), zone=zone, now=now)
    if given.get("funnel", "cohort") not in FUNNELS:
        raise Invalid("The funnel is shown as cohort, flow or stock.", code="unknown", field="query")
    kept = filters.query(
        **{"from": None, "to": None, "as_of": None, "days": filters.days, "funnel": given.get("funnel") or None}
    )
    return "&".join(pair for pair in kept.split("&") if pair.partition("=")[0] in KEYS)


def name_of(query: str, *, by: Any, now: Any) -> str:
    """The name of the view that shows what this address shows, one's own before everybody's; "" without one."""
    try:
        here = QueryDict(canonical(query, zone=Organisation.get().timezone, now=now)).dict()
    except DomainError:
        return ""
    names = [(view.owner_id is None, view.name) for view in mine(by) if QueryDict(view.query).dict() == here]
    return min(names)[1] if names else ""


def keep(name: str, query: str, *, shared: bool, by: User, now: Any) -> SavedView:
    """Raises Invalid (name, query) and Refused when there is one of this name."""
    name = " ".join(name.split())
    if not name:
        raise Invalid("Give the view a name.", code="required", field="name")
    text = canonical(query, zone=Organisation.get().timezone, now=now)
    if shared and by.role == Role.VIEWER:
        raise Forbidden("A viewer keeps views for themselves.", code="viewer")
    last = SavedView.objects.filter(page=PAGE).count()
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                page=PAGE, name=name[:80], query=text, owner=None if shared else by, position=last
            )
    except IntegrityError:
        raise Refused("There is a view with this name already.", code="exists", field="name") from None


def drop(view: SavedView, *, by: User) -> None:
    """Raises Forbidden for a shared one, but for administrators."""
    if not may_remove(by, view):
        raise Forbidden("An administrator removes a view that everybody sees.", code="not_yours")
    view.delete()


def may_remove(user: Any, view: SavedView) -> bool:
    """One's own; a shared one only by an administrator."""
    return view.owner_id == user.pk or (view.owner_id is None and user.is_admin)


@login_required
@require_http_methods(["GET", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    form = SavedViewForm(request.POST or None, initial={"query": request.GET.urlencode()})
    if request.user.role == Role.VIEWER:
        del form.fields["shared"]
    context = {
        "form": form, "title": "Save this view", "words": "Save view", "back": HERE,
        "note": "Its filters are kept. The days are counted back from the day it is opened.",
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "dashboards/saving.html", context)
    if not form.is_valid():
        return refused(request, "dashboards/saving.html", context, status=422)
    given = form.cleaned_data
    try:
        view = keep(given["name"], given["query"], shared=given.get("shared", False), by=request.user, now=request.now)
    except DomainError as problem:
        return refused(request, "dashboards/saving.html", context, problem=problem.detail, status=problem.status)
    return done(request, f"View {view.name} saved.", to=f"{HERE}?{view.query}", reload=True)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody else's is not there."""
    view = get_object_or_404(mine(request.user), pk=pk)
    if not may_remove(request.user, view):
        raise PermissionDenied("An administrator removes a view that everybody sees.")
    view.delete()
    return done(request, f"View {view.name} removed.", to=HERE, reload=True)
