"""Consent on pages: the library of words, a withdrawal on the lead's page, and the link in a mail."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from leads.consent import giving, links, saying, texts
from leads.models import ConsentState, ConsentText, Person
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams import access

MOST = 200


@login_required
@require_http_methods(["GET", "POST"])
def texts_page(request: HttpRequest) -> HttpResponse:
    """Every wording with its versions; another wording of the same purpose and channel is the next version."""
    problem = ""
    if request.method == "POST":
        said = {name: request.POST.get(name, "") for name in ("purpose", "channel", "text")}
        try:
            access.require(request.user, "import")
            made = texts.add(**said, by=request.user, at=request.now)
            return done(request, f"Kept as version {made.version}.", to="/rights/texts/")
        except DomainError as refusal:
            problem = refusal.detail
    rows = ConsentText.objects.select_related("by")
    context = {"rows": rows, "problem": problem, "may": access.may(request.user, "import"), "said": request.POST}
    return render(request, "leads/rights/texts.html", context, status=422 if problem else 200)


@login_required
@require_http_methods(["GET", "POST"])
def of_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Every yes and no with its words, newest first; what still holds can be withdrawn. Four queries."""
    person = get_object_or_404(Person, pk=pk, erased_at=None)
    here = f"/people/{pk}/consent/"
    if request.method == "POST":
        try:
            access.require(request.user, "edit_person")
        except DomainError as refusal:
            return render(request, "leads/refused.html", {"problem": refusal.detail}, status=refusal.status)
        purpose, _, channel = request.POST.get("consent", "").partition(".")
        if request.POST.get("consent", "") in person.consent:
            saying.say(
                person, purpose[:40], channel[:20], ConsentState.WITHDRAWN, by=request.user, at=request.now, how="page"
            )
        return done(request, "Withdrawn.", to=here)
    lead = person.leads.order_by("-cycle").first()
    holds = [name for name, value in person.consent.items() if not giving.is_no(value)]
    context = {
        "subject": person,
        "lead": lead,
        "back": f"/leads/{lead.pk}/" if lead else "/leads/",
        "holds": [(name, *name.partition(".")[::2]) for name in holds],
        "events": person.consent_events.select_related("text", "by").order_by("-at", "-id")[:MOST],
        "may": access.may(request.user, "edit_person"),
    }
    return render(request, "leads/rights/consent.html", context)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A mail program posts without asking; a person sees one button, so that a link checker withdraws nothing."""
    known = links.read(token)
    person = Person.objects.filter(pk=known[0]).first() if known else None
    while person is not None and person.merged_into_id:
        person = person.merged_into  # a mail outlives the record it was sent to
    if person is not None and person.erased_at is not None:
        person = None
    if known and person and request.method == "POST":
        _, purpose, channel = known
        saying.say(person, purpose, channel, ConsentState.WITHDRAWN, by=None, at=request.now, how="link")
    context = {"said": request.method == "POST", "known": known is not None}
    return render(request, "leads/rights/unsubscribe.html", context, status=200 if known else 404)
