"""Who would get this lead, and why: one that is kept, or one that is only typed; live and draft side by side."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from leads import finding
from leads.attributes import asked_once
from leads.forms import blame
from leads.incoming import Incoming, parse
from leads.models import Lead, RoutingPlan
from leads.routing import drafts, dry, page_forms
from leads.routing.views_frame import tabs
from marketing.models import Channel
from revops.lib.errors import DomainError, Invalid
from teams import access

FOUND = 8


@login_required
@require_GET
@asked_once()
def page(request: HttpRequest) -> HttpResponse:
    """The address holds what was asked: `lead`, `q` (search), or the fields of an enquiry."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:200]
    lead = _lead(request.GET.get("lead", ""))
    typed = not lead and any(name in request.GET for name in page_forms.EnquiryForm.base_fields)
    sources = list(Channel.objects.values_list("code", "name"))
    form = page_forms.EnquiryForm(request.GET if typed else None, sources=sources)
    context: dict[str, Any] = {"form": form, "q": text, "lead": lead, "typed": typed, "tabs": tabs("dry", request.user)}
    if lead is not None:
        context["answers"] = _answers(request, lead=lead)
    elif typed and form.is_valid():
        try:
            item = parse(form.shape(), now=request.now)
            context["answers"] = _answers(request, item=item)
        except Invalid as wrong:
            blame(form, wrong, lambda name: page_forms.FIRM_FIELDS.get(name, name))
    elif text:
        hits = finding.people(text, limit=FOUND)
        context["hits"] = [(hit, hit.href.strip("/").rpartition("/")[2]) for hit in hits]
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "leads/routing/dry.html", context, status=status)


def _answers(
    request: HttpRequest, *, lead: Lead | None = None, item: Incoming | None = None
) -> list[dict[str, Any]]:  # fmt: skip
    """One a plan: what is live, and for administrators the draft."""
    plans: list[tuple[str, RoutingPlan]] = [("Live", drafts.live())]
    draft = drafts.the_draft() if access.may(request.user, "administer") else None
    if draft is not None:
        plans.append(("Draft", draft))
    answers: list[dict[str, Any]] = []
    for label, plan in plans:
        answer: dict[str, Any] = {"label": label, "plan": plan}
        try:
            if lead is not None:
                answer["dry"] = dry.one(lead, at=request.now, plan=plan)
            elif item is not None:
                answer["dry"] = dry.sample(item, at=request.now, plan=plan)
        except DomainError as refusal:
            answer["problem"] = refusal.detail
        answers.append(answer)
    if len(answers) == 2 and all("dry" in one for one in answers):
        owners = [one["dry"].owner for one in answers]
        answers[1]["other"] = owners[0] != owners[1]
    return answers


def _lead(text: str) -> Lead | None:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    return Lead.objects.with_names().filter(pk=int(text)).first()
