"""Reviews: the list, one screen after the other, and the verbs."""

from datetime import date, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards.meetings import composer, deal_pages, kinds, pages, verbs
from dashboards.meetings.models import Decision, Meeting, Slide
from dashboards.scoreboard.month import first_of, parse_month
from revops.lib import words
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid
from teams.models import Organisation, User


class DecisionForm(forms.Form):
    """`@name` and `#day` in the text win over the two fields."""

    topic = forms.CharField(widget=forms.HiddenInput)
    text = forms.CharField(label="What is decided", max_length=400, widget=forms.Textarea({"rows": 2}))
    owner = forms.ModelChoiceField(label="Who does it", queryset=User.objects.none(), empty_label="choose")
    due_on = forms.DateField(label="By when", widget=forms.DateInput(attrs={"type": "date"}))
    as_step = forms.BooleanField(label="Also the deal’s next step", required=False)

    def __init__(self, *args, **more) -> None:
        super().__init__(*args, **more)
        self.fields["owner"].queryset = User.objects.active().exclude(role="viewer").order_by("name")  # type: ignore[attr-defined]

    def said(self, today: date) -> composer.Said:
        """Raises Invalid for what the line names and we don't know."""
        people = dict(self.fields["owner"].queryset.values_list("pk", "name"))  # type: ignore[attr-defined]
        return composer.read(self.cleaned_data["text"], people=people, today=today)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviews(request: HttpRequest) -> HttpResponse:
    """GET the list; POST starts a review of `kind`, of `month` or `period` (default: what one reviews today)."""
    organisation = Organisation.get()
    today = organisation.today(request.now)
    problem, status = "", 200
    if request.method == "POST":
        try:
            kind = kinds.of(request.POST.get("kind", "sla"))
            meeting = verbs.start(kind.code, period=_period(request, kind, today), by=request.user, at=request.now)
            return redirect(f"/reviews/{meeting.pk}/1/")
        except DomainError as refusal:
            problem, status = refusal.detail, refusal.status
    held = (
        Meeting.objects.select_related("started_by")
        .annotate(decided=Count("decisions"), undone=Count("decisions", filter=Q(decisions__done_at=None)))
        .order_by("-frozen_at", "-id")
    )[:60]  # fmt: skip
    open_decisions = (
        Decision.objects.filter(done_at=None).select_related("owner", "meeting", "deal").order_by("due_on", "id")[:100]
    )  # fmt: skip
    context = {
        "held": [(meeting, _name(meeting)) for meeting in held], "problem": problem,
        "decisions": pages.told(list(open_decisions), today, organisation), "may_start": verbs.may_start(request.user),
        "months": [(f"{m:%Y-%m}", f"{m:%B %Y}") for m in (first_of(today, n) for n in range(6))],
        "quarters": _quarters(today), "last": f"{first_of(today, 1):%Y-%m}", "weekly": _weekly(today),
    }  # fmt: skip
    return render(request, "dashboards/reviews.html", context, status=status)


def _period(request: HttpRequest, kind: kinds.Kind, today: date) -> date:
    if month := request.POST.get("month", ""):
        return parse_month(month, today)
    given = request.POST.get("period", "")
    try:
        return date.fromisoformat(given) if given else kind.usual(today)
    except ValueError:
        raise Invalid("A day such as 2026-11-30.", code="invalid", field="period") from None


def _quarters(today: date) -> list[tuple[str, str]]:
    """The one that is over first, then the running one, then those before."""
    kind = kinds.of("quarter")
    starts = [kind.begins(today)]
    for _ in range(4):
        starts.append(kind.begins(starts[-1] - timedelta(days=1)))
    starts[0], starts[1] = starts[1], starts[0]
    return [(start.isoformat(), kind.called(start).rpartition(", ")[2]) for start in starts]


def _weekly(today: date) -> Meeting | None:
    """This week's pipeline review, if it runs."""
    return Meeting.objects.filter(kind="pipeline", period=kinds.of("pipeline").begins(today), closed_at=None).first()


@login_required
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Meeting, pk=pk)
    return redirect(f"/reviews/{pk}/1/")


@login_required
@require_safe
def screen(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting.objects.select_related("started_by"), pk=pk)
    return _screen(request, meeting, number)


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    meeting = get_object_or_404(Meeting, pk=pk)
    form = DecisionForm(request.POST)
    number = next((s.position for s in meeting.slides.all() if s.key == request.POST.get("topic")), 1)
    if not form.is_valid():
        return _screen(request, meeting, number, form, status=400)
    try:
        given, said = form.cleaned_data, form.said(Organisation.get().today(request.now))
        owner = User.objects.get(pk=said.owner) if said.owner else given["owner"]
        verbs.decide(
            meeting, topic=given["topic"][:24], text=said.text, owner=owner, as_step=given["as_step"],
            due_on=said.due_on or given["due_on"], by=request.user, at=request.now,
        )  # fmt: skip
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return _screen(request, meeting, number, form, status=refusal.status)
    return redirect(f"/reviews/{pk}/{number}/#decided")


@login_required
@require_POST
def proposal(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Take what the screen proposes, or with `take=no` put it aside."""
    meeting = get_object_or_404(Meeting, pk=pk)
    slide = get_object_or_404(Slide, meeting=meeting, position=number)
    try:
        if request.POST.get("take") == "no":
            verbs.skip(meeting, topic=slide.key, by=request.user, at=request.now)
        else:
            verbs.take(meeting, topic=slide.key, by=request.user, at=request.now)
    except DomainError as refusal:
        return render(request, "403.html", {"exception": refusal.detail}, status=refusal.status)
    return redirect(f"/reviews/{pk}/{number}/#decided")


@login_required
@require_safe
def decided(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The decisions of one screen alone: other browsers in the room ask for them every five seconds."""
    meeting = get_object_or_404(Meeting, pk=pk)
    slide = get_object_or_404(Slide, meeting=meeting, position=number)
    context = _kept(request, meeting, slide)
    rows = [(row["it"], row["word"]) for row in context["mine"]]
    seen = [(one.pk, one.text, one.owner_id, one.due_on, word) for one, word in rows]
    tag = f'"{blake2b(repr((seen, context["count"], context["saved"])).encode(), digest_size=8).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    answer = render(request, "dashboards/_decided.html", context)
    answer["ETag"] = tag
    return answer


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


def _kept(request: HttpRequest, meeting: Meeting, slide: Slide) -> dict[str, Any]:
    """What was decided in this meeting: over this screen, how many in all, and when last."""
    organisation = Organisation.get()
    today, zone = organisation.today(request.now), ZoneInfo(organisation.timezone)
    kept = list(meeting.decisions.select_related("owner"))
    last = max((d.made_at for d in kept), default=None)
    return {
        "meeting": meeting, "slide": slide, "here": f"/reviews/{meeting.pk}/{slide.position}/", "today": today,
        "mine": pages.told([d for d in kept if d.topic == slide.key], today, organisation), "count": len(kept),
        "saved": f"{last.astimezone(zone):%H:%M:%S}" if last else "",
        "may_decide": meeting.closed_at is None and verbs.may_decide(request.user),
        "may_start": verbs.may_start(request.user),
    }  # fmt: skip


def _screen(
    request: HttpRequest, meeting: Meeting, number: int, form: DecisionForm | None = None, *, status: int = 200
) -> HttpResponse:
    organisation, kind = Organisation.get(), kinds.KINDS.get(meeting.kind)
    slides = list(meeting.slides.defer("facts", "lines", "detail", "sentences"))
    if not 1 <= number <= len(slides):
        raise Http404("This review has no such screen.")
    zone = ZoneInfo(organisation.timezone)
    slide = Slide.objects.get(pk=slides[number - 1].pk)
    shown = pages.screens(meeting, [slide], now=request.now, organisation=organisation)[0]
    kept, deal = _kept(request, meeting, slide), deal_pages.of(slide)
    before, topics = pages.brought_along(meeting), {s.key for s in slides}
    # What was decided over something that is not on today's list is asked for on the first screen.
    mine = [d for d in before if d.topic == slide.key or (number == 1 and d.topic not in topics)]
    last, frozen = before[0].meeting if before else None, meeting.frozen_at.astimezone(zone)
    offer = deal["proposal"] if deal else {}
    live = deal["deal"].get_absolute_url() if deal and deal["deal"] else kind.live_href(meeting.period) if kind else "/"
    if form is None:
        form = DecisionForm(initial=_initial(request, deal))
    context = kept | {
        "name": _name(meeting), "facts": shown["facts"], "slides": slides, "number": number, "total": len(slides),
        "title": kind.name if kind and kind.every == "week" else _name(meeting), "deal": deal, "form": form,
        "live": live, "ranked": meeting.kind == "pipeline",
        "previous": f"/reviews/{meeting.pk}/{number - 1}/" if number > 1 else "",
        "next": f"/reviews/{meeting.pk}/{number + 1}/" if number < len(slides) else "",
        "before": pages.told(mine, kept["today"], organisation),
        "last_words": deal_pages.last_words(last, meeting.frozen_at, zone),
        "frozen": f"{frozen:%a} {frozen.day} {frozen:%b} · frozen {frozen:%H:%M} {frozen:%Z}",
        "since": deal_pages.since_words(slide, meeting.frozen_at, zone) if deal else "",
        "history": deal_pages.history(slide, meeting, zone) if deal else [],
        "skipped": bool(offer) and slide.key in verbs.skipped(meeting),
        "taken": bool(offer) and any(row["it"].text == offer["text"] for row in kept["mine"]),
        "left": words.duration(meeting.minutes * 60 - (request.now - meeting.frozen_at).total_seconds(), own=True),
    }  # fmt: skip
    return render(request, "dashboards/review.html", context, status=status)


def _initial(request: HttpRequest, deal: dict[str, Any]) -> dict[str, object]:
    due: date = Organisation.get().today(request.now) + timedelta(days=7)
    owner = deal.get("owner") if deal else None
    return {"owner": owner.pk if owner and verbs.may_decide(owner) else request.user.pk, "due_on": due}


def _name(meeting: Meeting) -> str:
    kind = kinds.KINDS.get(meeting.kind)
    return kind.called(meeting.period) if kind else f"Review, {meeting.period:%B %Y}"
