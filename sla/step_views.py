"""Pages: the next step of a lead or a deal is set, changed, finished or dropped; each has its own address under it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from deals.views import find as find_deal
from leads.forms import blame
from leads.views.doors import afterwards, said_no
from leads.views.doors import find as find_lead
from revops.lib.answers import done
from revops.lib.errors import DomainError, Invalid, Refused
from revops.lib.frame import reader_zone
from sla import next_steps
from sla.models import NextStep
from teams import access
from teams.models import User

MOMENT = "%Y-%m-%dT%H:%M"
FINDERS: dict[str, Callable[[int], Any]] = {"lead": find_lead, "deal": find_deal}


class StepForm(forms.Form):
    what = forms.CharField(label="What happens next", max_length=200)
    by_when = forms.DateTimeField(
        label="By when",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT),
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
    )
    owner = forms.ModelChoiceField(label="By whom", queryset=None, empty_label=None)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people


def step_page(view: Callable) -> Callable:
    """Signed in, the lead or deal found, allowed; a refusal is answered in words."""

    @login_required
    @wraps(view)
    def inside(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        subject = FINDERS[kind](pk)
        to = afterwards(request, f"/{kind}s/{pk}/")
        try:
            access.require_work(request.user, subject, "plan")
            return view(request, kind, subject, to)
        except DomainError as refusal:
            return said_no(request, refusal, back=to)

    return inside


@step_page
def change(request: HttpRequest, kind: str, subject: Any, to: str) -> HttpResponse:
    """GET asks; POST sets the step, which takes the place of an open one."""
    zone, step = reader_zone(request), _open(kind, subject)
    people = User.objects.filter(is_active=True, is_service=False, role__in=access.SELLERS).order_by("name")
    initial = {"owner": step.owner_id if step else subject.owner_id or request.user.pk}
    if step is not None:
        initial |= {"what": step.what, "by_when": step.by_when.astimezone(zone)}
    with timezone.override(zone):  # what is typed is meant, and what is shown is read, in the reader's zone
        form = StepForm(request.POST or None, people=people, initial=initial)
        status, problem = 200, ""
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    made = next_steps.set_step(subject, by=request.user, at=request.now, **form.cleaned_data)
                    when = f"{made.by_when.astimezone(zone):%-d %b, %H:%M}"
                    return _done(request, f"Next step of {_name(kind, subject)}: {made.what}, by {when}.", to)
                except Invalid as refusal:
                    blame(form, refusal)
                except Refused as refusal:
                    problem, status = refusal.detail, refusal.status
        context = {
            "kind": kind, "subject": subject, "name": _name(kind, subject), "step": step, "form": form,
            "problem": problem, "action": request.get_full_path(), "back": to,
        }  # fmt: skip
        return render(request, "sla/step.html", context, status=status)


@step_page
@require_POST
def finish(request: HttpRequest, kind: str, subject: Any, to: str) -> HttpResponse:
    step = _the_open(kind, subject)
    next_steps.finish(step, by=request.user, at=request.now)
    kept = "in time" if request.now <= step.by_when else "late"
    return _done(request, f"Done, {kept}: {step.what}. What happens next?", to)


@step_page
@require_POST
def drop(request: HttpRequest, kind: str, subject: Any, to: str) -> HttpResponse:
    step = _the_open(kind, subject)
    next_steps.drop(step, by=request.user, at=request.now)
    return _done(request, f"Dropped: {step.what}.", to)


def _open(kind: str, subject: Any) -> NextStep | None:
    steps = NextStep.objects.select_related("owner", "lead__owner__team", "deal__owner__team")
    return steps.filter(state="open", **{kind: subject}).first()


def _the_open(kind: str, subject: Any) -> NextStep:
    step = _open(kind, subject)
    if step is None:
        raise Refused("There is no open step here any more. Nothing was changed.", code="no_step")
    return step


def _name(kind: str, subject: Any) -> str:
    return str(subject.person) if kind == "lead" else subject.name


def _done(request: HttpRequest, text: str, to: str) -> HttpResponse:
    return done(request, text, to=to, reload=not to.startswith(("/queue/", "/floor/", "/limbo/")))
