"""/deals/discounts/: what waits, the matrix, who may give how much, what was given without anybody's word."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from deals import approvers, concessions, discount_report, discounts, losses, money, upward
from deals.commercial_panel import told
from deals.desk_dialog import asked
from deals.desk_forms import ConcessionForm
from deals.models import Concession, DiscountAuthority, DiscountRequest
from leads import clock_words
from leads.company_size import NAMES
from revops.lib.answers import done, in_words
from teams import access
from teams.models import Organisation, Role, User

DAYS = 365
BESIDE = 90  # days before and after the chosen one


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`day`: the one that deal sizes are compared around; default: 90 days back."""
    organisation = Organisation.get()
    since, until, days = losses.period(DAYS, now=request.now, zone=organisation.timezone)
    day = _day(request.GET.get("day", "")) or days[1] - timedelta(days=BESIDE)
    sizes = discount_report.sizes(
        day, days=BESIDE, currency=organisation.currency, zone=organisation.timezone, now=request.now
    )
    listed, over, rows = discount_report.unapproved(since=since, until=until)
    today = organisation.today(request.now)
    context = {
        "waiting": _waiting(request), "may_keep": concessions.may_keep(request.user),
        "admin": access.may(request.user, "administer"),
        "matrix": [
            {"row": row, "cost": money.major(row.cost), "value": money.major(row.value),
             "get_value": money.major(row.get_value), "expired": bool(row.expires_on and row.expires_on < today),
             "segments": ", ".join(NAMES[one] for one in row.segments if one in NAMES) or "all"}
            for row in Concession.objects.filter(retired_at=None)
        ],
        "authority": DiscountAuthority.objects.select_related("approver"), "listed": listed, "over": over, "rows": rows,
        "days": days, "day": day, "sizes": sizes, "change": discount_report.change(*sizes),
        "currency": organisation.currency, "beside": BESIDE,
    }  # fmt: skip
    return render(request, "deals/desk/discounts.html", context)


def _waiting(request: HttpRequest) -> list[dict[str, Any]]:
    """What waits, mine first, then by when it was asked. Three queries."""
    rows = list(
        DiscountRequest.objects.filter(state=discounts.OPEN)
        .select_related("deal", "approver", "asked_by").order_by("asked_at", "id")[:200]
    )  # fmt: skip
    rows.sort(key=lambda row: row.approver_id != request.user.pk)
    clocks = upward.panel("clocks")([row.deal_id for row in rows], now=request.now) if rows else {}
    found = []
    for row in rows:
        own = next((one for one in clocks[row.deal_id] if one["target"] == "discount" and not one["closed"]), None)
        face = clock_words.face(own, row.deal, request.user) | {"who": row.deal.name} if own else None
        found.append({"row": told(row), "clock": face, "mine": row.approver_id == request.user.pk})
    return found


@login_required
@in_words("/deals/discounts/")
def concession(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    concessions.require_keeper(request.user)
    row = get_object_or_404(Concession, pk=pk) if pk else None
    names = ("give", "cost", "value", "get", "get_value", "segments", "expires_on")
    first = {name: getattr(row, name) for name in names} if row else {}

    def act(given: dict[str, Any]) -> str:
        said = {**given, "get_value": given["get_value"] or 0}
        return f"{concessions.keep(row, by=request.user, at=request.now, **said)} is in the matrix."

    return asked(
        request, ConcessionForm(request.POST or None, initial=first), act, verb="Keep row", back="/deals/discounts/",
        title=f"What we get for {row}" if row else "A new row of the matrix",
        note="What was given before keeps the words and the cost it had.",
    )  # fmt: skip


@login_required
@in_words("/deals/discounts/")
@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    row = concessions.retire(get_object_or_404(Concession, pk=pk), by=request.user, at=request.now)
    return done(request, f"{row} is offered no more.", to="/deals/discounts/", reload=True)


class AuthorityForm(forms.Form):
    """Two fields a level: up to which percent, and who is asked."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        people = User.objects.active().filter(is_service=False).exclude(role=Role.VIEWER).order_by("name")
        for row in DiscountAuthority.objects.all():
            self.fields[f"{row.level}_up_to"] = forms.DecimalField(
                label=f"{row.get_level_display()}, up to %", min_value=Decimal(0), max_value=Decimal(999),
                max_digits=5, decimal_places=2, initial=row.up_to,
            )  # fmt: skip
            if row.level != DiscountAuthority.Level.REP:
                self.fields[f"{row.level}_approver"] = forms.ModelChoiceField(
                    people, required=False, initial=row.approver_id, label=f"{row.get_level_display()} is",
                    empty_label="The team’s manager" if row.level == "manager" else "Nobody: the next one up",
                )  # fmt: skip


@login_required
@in_words("/deals/discounts/")
def authority(request: HttpRequest) -> HttpResponse:
    access.require(request.user, "administer")

    def act(given: dict[str, Any]) -> str:
        rows = {
            level: {"up_to": given[f"{level}_up_to"], "approver": given.get(f"{level}_approver")}
            for level in DiscountAuthority.Level.values
        }
        approvers.keep(rows, by=request.user, at=request.now)
        return "Kept. Requests that wait stay with whoever was asked."

    return asked(
        request, AuthorityForm(request.POST or None), act, title="Who may give how much", verb="Keep authority",
        back="/deals/discounts/", note="Bounds are of all that is given: discount and the cost of gives.",
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if 2000 <= int(text[:4] or 0) <= 2100 else None
    except ValueError:
        return None
