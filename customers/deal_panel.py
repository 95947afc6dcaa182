"""The handover on the deal's page (settings.DEAL_SECTIONS): the checklist while it is open, the call once it is won."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from customers import handover
from customers.models import Customer
from deals.models import Deal
from teams import access


def of(request: HttpRequest, deal: Deal) -> str:
    """HTML, or "" for deals that nobody hands over: lost ones, those of the past, and those of customers."""
    if deal.kind != "new" or deal.history or deal.stage == "lost":
        return ""
    state = handover.state(deal)
    user: Any = request.user
    may = access.can_work(user, deal, "hand_over")
    row = state.row
    customer = Customer.objects.filter(company_id=deal.company_id).first() if deal.stage == "won" else None
    # Whoever sells doesn't judge whether it is complete, unless they look after it themselves.
    decides = (
        row is not None and row.csm_id is not None and deal.stage == "open"
        and (row.csm_id == deal.owner_id or user.pk != deal.owner_id) and access.can_work(user, row, "take_over")
    )  # fmt: skip
    context = {
        "deal": deal, "state": state, "row": row, "may": may and deal.stage == "open", "may_promise": may,
        "decides": decides,
        "share": state.filled / len(state.required) if state.required else None, "customer": customer,
    }  # fmt: skip
    return render_to_string("customers/_handover.html", context, request=request)
