"""Reviews: the list, one screen after the other, and the verbs."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards.meetings import kinds, pages, verbs
from dashboards.meetings.models import Decision, Meeting
from dashboards.scoreboard.month import first_of, parse_month
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError
from teams.models import Organisation, User


class DecisionForm(forms.Form):
    topic = forms.CharField(widget=forms.HiddenInput)
    text = forms.CharField(label="What is decided", max_length=300, widget=forms.Textarea({"rows": 2}))
    owner = forms.ModelChoiceField(label="Who does it", queryset=User.objects.none())
    due_on = forms.DateField(label="By when", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, **more) -> None:
        super().__init__(*args, **more)
        self.fields["owner"].queryset = User.objects.active().exclude(role="viewer").order_by("name")  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviews(request: HttpRequest) -> HttpResponse:
    """GET the list; POST starts a review of `month` (default: the month before this one)."""
    organisation = Organisation.get()
    today = organisation.today(request.now)
    problem, status = "", 200
    if request.method == "POST":
        try:
            month = request.POST.get("month", "")
            period = parse_month(month, today) if month else first_of(today, 1)
            meeting = verbs.start(request.POST.get("kind", "sla"), period=period, by=request.user, at=request.now)
            return redirect(f"/reviews/{meeting.pk}/1/")
        except DomainError as refusal:
            problem, status = refusal.detail, refusal.status
    held = (
        Meeting.objects.select_related("started_by")
        .annotate(decided=Count("decisions"), undone=Count("decisions", filter=Q(decisions__done_at=None)))
    )[:60]  # fmt: skip
    open_decisions = (
        Decision.objects.filter(done_at=None).select_related("owner", "meeting").order_by("due_on", "id")[:100]
    )  # fmt: skip
    context = {
        "held": [(meeting, _name(meeting)) for meeting in held], "problem": problem,
        "decisions": pages.told(list(open_decisions), today), "may_start": verbs.may_start(request.user),
        "months": [(f"{m:%Y-%m}", f"{m:%B %Y}") for m in (first_of(today, n) for n in range(6))],
        "last": f"{first_of(today, 1):%Y-%m}",
    }  # fmt: skip
    return render(request, "dashboards/reviews.html", context, status=status)


@login_required
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Meeting, pk=pk)
    return redirect(f"/reviews/{pk}/1/")


@login_required
@require_safe
def screen(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting.objects.select_related("started_by"), pk=pk)
    return _screen(request, meeting, number, DecisionForm(initial=_initial(request)))


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting, pk=pk)
    form = DecisionForm(request.POST)
    number = next((s.position for s in meeting.slides.all() if s.key == request.POST.get("topic")), 1)
    if not form.is_valid():
        return _screen(request, meeting, number, form, status=400)
    try:
        given = form.cleaned_data
        verbs.decide(
            meeting, topic=given["topic"][:24], text=given["text"], owner=given["owner"], due_on=given["due_on"],
            by=request.user, at=request.now,
        )  # fmt: skip
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _screen(request, meeting, number, form, status=refusal.status)
    return redirect(f"/reviews/{pk}/{number}/")


@login_required
@require_POST
def finished(request: HttpRequest, pk: int) -> HttpResponse:
    """`done=no` takes it back."""
    decision = get_object_or_404(Decision.objects.select_related("owner"), pk=pk)
    back = request.POST.get("back", "")
    back = back if back.startswith("/reviews/") else "/reviews/"
    verb = verbs.reopen if request.POST.get("done") == "no" else verbs.finish
    try:
        verb(decision, by=request.user, at=request.now)
    except DomainError as refusal:
        return render(request, "403.html", {"exception": refusal.detail}, status=refusal.status)
    said = "is open again" if decision.done_at is None else "is done"
    return done(request, f"“{decision.text}” {said}.", to=back, reload=True)


@login_required
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting, pk=pk)
    try:
        verbs.close(meeting, by=request.user, at=request.now)
    except DomainError as refusal:
        return render(request, "403.html", {"exception": refusal.detail}, status=refusal.status)
    return done(request, f"{_name(meeting)} is closed. Its numbers and decisions stay.", to="/reviews/", reload=True)


def _screen(
    request: HttpRequest, meeting: Meeting, number: int, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    organisation = Organisation.get()
    slides = list(meeting.slides.all())
    if not 1 <= number <= len(slides):
        raise Http404("This review has no such screen.")
    today, zone = organisation.today(request.now), ZoneInfo(organisation.timezone)
    shown = pages.screens(meeting, [slides[number - 1]], now=request.now, organisation=organisation)[0]
    slide = shown["slide"]
    kept = list(meeting.decisions.select_related("owner"))
    before = pages.brought_along(meeting)
    topics = {s.key: s.title for s in slides}
    context = {
        "meeting": meeting, "name": _name(meeting), "slide": slide, "facts": shown["facts"], "slides": slides,
        "number": number, "total": len(slides), "form": form, "may_start": verbs.may_start(request.user),
        "previous": f"/reviews/{meeting.pk}/{number - 1}/" if number > 1 else "",
        "next": f"/reviews/{meeting.pk}/{number + 1}/" if number < len(slides) else "",
        "here": f"/reviews/{meeting.pk}/{number}/", "live": kinds.of(meeting.kind).live_href(meeting.period),
        "kept": pages.told(kept, today), "mine": pages.told([d for d in kept if d.topic == slide.key], today),
        "before": pages.told([d for d in before if d.topic == slide.key or d.topic not in topics], today),
        "before_all": len(before), "others": [(d, topics.get(d.topic, "")) for d in before if d.topic != slide.key],
        "frozen": f"frozen {words.moment(meeting.frozen_at, request.now, zone, 'full')} "
                  f"{meeting.frozen_at.astimezone(zone):%Z}",
        "may_decide": meeting.closed_at is None and verbs.may_decide(request.user), "today": today,
        "last": before[0].meeting if before else None,
    }  # fmt: skip
    return render(request, "dashboards/review.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, object]:
    due: date = Organisation.get().today(request.now) + timedelta(days=7)
    return {"owner": request.user.pk, "due_on": due}


def _name(meeting: Meeting) -> str:
    kind = kinds.KINDS.get(meeting.kind)
    return f"{kind.name if kind else 'Review'}, {meeting.period:%B %Y}"
