"""The administrator's page about the company: its settings, its teams, and who hears when a promise breaks."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from revops.lib.answers import done, refused
from revops.lib.errors import Invalid
from teams import company
from teams.company_forms import CompanyForm, TeamForm
from teams.doors import for_roles
from teams.models import Organisation, Role, Team

only_admins = for_roles(Role.ADMIN)


@only_admins
def settings(request: HttpRequest) -> HttpResponse:
    organisation = Organisation.get()
    form = CompanyForm(request.POST if request.method == "POST" else None, company=organisation)
    if request.method == "POST" and form.is_valid():
        try:
            kept = company.change_company(by=request.user, at=request.now, **form.cleaned_data)
            return done(request, f"{kept}: its settings are kept.", to="/company/", reload=True)
        except Invalid as wrong:
            _blame(form, wrong)
    return _page(request, form, organisation)


@only_admins
def new_team(request: HttpRequest) -> HttpResponse:
    form = TeamForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "back": "/company/"}
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/team.html", context, status=_status(request))
    try:
        made = company.add_team(**form.cleaned_data, by=request.user, at=request.now)
    except Invalid as wrong:
        _blame(form, wrong)
        return refused(request, "teams/team.html", context, status=wrong.status)
    return done(request, f"Team {made} is kept. People join it on their own pages.", to="/company/", reload=True)


@only_admins
def team(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Team, pk=pk)
    form = TeamForm(request.POST if request.method == "POST" else None, team=found)
    context = {"form": form, "team": found, "called": found.name, "back": "/company/"}
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/team.html", context, status=_status(request))
    try:
        company.change_team(found, **form.cleaned_data, by=request.user, at=request.now)
    except Invalid as wrong:
        _blame(form, wrong)
        return refused(request, "teams/team.html", context, status=wrong.status)
    return done(request, f"Team {found} is kept.", to="/company/", reload=True)


def _page(request: HttpRequest, form: CompanyForm, organisation: Organisation) -> HttpResponse:
    """A fixed number of statements, whatever the number of teams and people."""
    here = Q(members__is_active=True, members__is_service=False)
    teams = list(
        Team.objects.select_related("manager", "calendar").annotate(people=Count("members", filter=here))
        .order_by("name")
    )  # fmt: skip
    hearing = company.hearing(organisation, teams)
    rows = [{"team": one, "warning": hearing.teams.get(one.pk, "")} for one in teams]
    context = {"form": form, "organisation": organisation, "rows": rows, "hearing": hearing}
    return render(request, "teams/company.html", context, status=_status(request))


def _blame(form: CompanyForm | TeamForm, wrong: Invalid) -> None:
    form.add_error(wrong.field if wrong.field in form.fields else None, wrong.detail)


def _status(request: HttpRequest) -> int:
    return 400 if request.method == "POST" else 200
