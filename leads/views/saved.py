"""Views of the list that have a name: some for everybody from the start, the others saved by people."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from leads.forms import SavedViewForm
from leads.views.choosing import NOT_FILTERS, Asked, canonical
from revops.lib.answers import done
from teams.models import Role, SavedView

PAGE = "leads"
FIRST = (
    ("All open", ""),
    ("Unanswered", "answered=no"),
    ("Mine", "owner=me"),
    ("Without an owner", "stage=mql,sal,sql&owner=none"),
    ("Back soon", "stage=recycled&back=14"),
)


@dataclass(slots=True)
class Tab:
    label: str
    href: str
    current: bool
    queryset: QuerySet
    count: Any = ""
    pk: int | None = None
    mine: bool = False
    by_condition: bool = False


def tabs(request: HttpRequest, asked: Asked) -> list[Tab]:
    """The named views in their order. One query."""
    rows = [(name, text, None, False) for name, text in FIRST if text != "owner=me" or request.user.role != Role.VIEWER]
    mine = SavedView.objects.filter(Q(owner=request.user) | Q(owner=None), page=PAGE)
    rows += [(view.name, view.query, view.pk, view.owner_id == request.user.pk) for view in mine]
    found, seen = [], False
    for name, text, pk, own in rows:
        query = QueryDict(text)
        current = not seen and _same(query, asked.filters)
        seen = seen or current
        queryset = asked.queryset if current else Asked.of_known(request, query, asked.sources).queryset
        href = f"/leads/?{text}" if text else "/leads/"
        found.append(Tab(name, href, current, queryset, pk=pk, mine=own, by_condition="segment" in query))
    return found


def _same(query: QueryDict, filters: dict[str, str]) -> bool:
    return {name: query[name] for name in query if name not in NOT_FILTERS} == filters


@login_required
@require_http_methods(["GET", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    """Give the list as it is a name; for oneself, or for everybody."""
    form = SavedViewForm(request.POST or None, initial={"query": request.GET.get("query", "")})
    context = {
        "form": form, "title": "Save this view", "words": "Save view", "back": "/leads/",
        "note": "Its filters and order are kept, not the leads in it now.",
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "leads/verb.html", context)
    if not form.is_valid():
        return render(request, "leads/verb.html", context, status=422)
    query = QueryDict(form.cleaned_data["query"])
    text = canonical(query)
    text = query.urlencode(safe=",") if text is None else text
    owner = None if form.cleaned_data["shared"] and request.user.role != Role.VIEWER else request.user
    try:
        with transaction.atomic():
            last = SavedView.objects.filter(page=PAGE).count()
            SavedView.objects.create(page=PAGE, name=form.cleaned_data["name"], query=text, owner=owner, position=last)
    except IntegrityError:
        form.add_error("name", "There is a view with this name already.")
        return render(request, "leads/verb.html", context, status=422)
    return done(request, f"View {form.cleaned_data['name']} saved.", to=f"/leads/?{text}", reload=True)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own; a shared one only by an administrator. Somebody else's is not there."""
    may = Q(owner=request.user) | (Q(owner=None) if request.user.is_admin else Q(pk=0))
    view = get_object_or_404(SavedView, may, pk=pk, page=PAGE)
    view.delete()
    return done(request, f"View {view.name} removed.", to="/leads/", reload=True)
