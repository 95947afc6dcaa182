"""Pages: the hand-over call of a won deal is booked and held, each asked in a dialog."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from deals import handover_call
from deals.forms import BookingForm, CallForm
from deals.models import Deal
from deals.views import verb
from leads.forms import blame
from revops.lib.answers import done
from revops.lib.errors import DomainError
from revops.lib.frame import reader_zone


@verb("hand_over", require=handover_call.require_call)
def book(request: HttpRequest, deal: Deal) -> HttpResponse:
    booked, _ = handover_call.state(deal)
    initial = {"when": booked.booked_for} if booked else {}

    def act(given: dict[str, Any]) -> str:
        call = handover_call.book(deal, by=request.user, at=request.now, **given)
        when: datetime = call.booked_for.astimezone(reader_zone(request))
        return f"Hand-over call booked for {when:%-d %b, %H:%M}."

    words = {
        "title": f"Book the hand-over call of {deal}",
        "words": "Change booking" if booked else "Book call",
        "note": "Booking keeps the first promise of a hand-over; holding the call keeps the second.",
    }
    return _asked(request, deal, BookingForm, initial, act, words)


@verb("hand_over", require=handover_call.require_call)
def hold(request: HttpRequest, deal: Deal) -> HttpResponse:
    def act(given: dict[str, Any]) -> str:
        return handover_call.verdict(handover_call.hold(deal, by=request.user, at=request.now, **given))

    words = {
        "title": f"The hand-over call of {deal}",
        "words": "Say it was held",
        "note": "It counts with all three there; without one of them it is kept, and another one is owed.",
    }
    return _asked(request, deal, CallForm, {"held_at": request.now}, act, words)


def _asked(
    request: HttpRequest, deal: Deal, form_class: type[forms.Form], initial: dict[str, Any], act: Any,
    words: dict[str, str],
) -> HttpResponse:  # fmt: skip
    back, status, problem = deal.get_absolute_url(), 200, ""
    # What is typed is meant, and what is shown is read, in the reader's zone.
    with timezone.override(reader_zone(request)):
        form = form_class(request.POST or None, initial=initial)
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    return done(request, act(form.cleaned_data), to=back, reload=True)
                except DomainError as refusal:
                    if refusal.status == 403:
                        raise
                    status = refusal.status
                    if status == 400:
                        status = 422
                        blame(form, refusal)
                    else:
                        problem = refusal.detail
        context = {"form": form, "problem": problem, "action": request.path, "back": back, **words}
        return render(request, "deals/handover.html", context, status=status)
