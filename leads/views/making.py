"""A lead typed in by hand."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from leads import by_hand, identity
from leads.duplicates import finding
from leads.forms import NewLeadForm, blame
from leads.models import PersonKey
from leads.views.doors import said_no
from marketing.models import Channel
from revops.lib.answers import done
from revops.lib.errors import Forbidden, Invalid
from teams import access


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    try:
        access.require(request.user, "create_lead")
    except Forbidden as refusal:
        return said_no(request, refusal)
    form = NewLeadForm(request.POST or None, sources=list(Channel.objects.values_list("code", "name")))
    context = {
        "form": form, "title": "New lead", "words": "Make lead", "back": "/leads/",
        "note": "Scored and routed like every other; yours when no rule takes it.",
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "leads/new.html", context)
    if not form.is_valid():
        return render(request, "leads/new.html", context, status=422)
    doubles = [] if request.POST.get("somebody_else") else _doubles(form)
    if doubles:
        return render(request, "leads/new.html", {**context, "doubles": doubles, "words": "Make it anyway"}, status=409)
    try:
        outcome = by_hand.create(form.shape(), by=request.user, at=request.now)
    except Invalid as wrong:
        blame(form, wrong, field_of)
        return render(request, "leads/new.html", context, status=422)
    if outcome.lead_id is None:
        context["problem"] = "This person is known and may not have a new lead; what you typed was kept with them."
        return render(request, "leads/new.html", context, status=409)
    said = {
        "created": "Lead made.",
        "existing": "This person has an open lead already; what you typed was added to it.",
        "touched": "This person’s last lead allows no new one; what you typed was added to it.",
        "duplicate": "The same was typed in a moment ago; this is that lead.",
    }[outcome.status]
    return done(request, said, to=f"/leads/{outcome.lead_id}/", reload=True)


def _doubles(form: NewLeadForm) -> list[finding.Found]:
    """Who is known and looks like what was typed; whoever has the very address is recognised anyway."""
    typed = form.cleaned_data
    names = ("email", "phone", "first_name", "last_name", "company")
    found = finding.like(**{name: str(typed.get(name) or "") for name in names})
    key = identity.exact_key(str(typed.get("email") or ""))
    return [] if key and PersonKey.objects.filter(kind=PersonKey.Kind.EMAIL, key=key).exists() else found


def field_of(name: str) -> str:
    """company.name → company; the form has the firm's fields beside the person's."""
    whole = {"company": "company", "company.name": "company"}
    return whole.get(name, name.removeprefix("company."))
