"""What one customer's page says: promises first, then what was known before the sale, then how it goes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from customers import accounts, handover, health
from customers.models import ChurnReason, Component, Customer, Movement, PromiseMade, SubscriptionMovement
from customers.rights import may_care, may_sell
from deals import handover_call, money, story, upward
from deals.models import Deal, Objection
from journal.models import Entry
from leads import clock_words
from leads.models import Touch
from leads.timeline import Item
from revops.lib import words
from teams.models import Organisation, User

HANDED_OVER = ("handoff_sched", "handoff_call")
MOVES, CONTENT, STORY = 12, 8, 12
SAID = {
    "began": "Became a customer", "activated": "Onboarding is over", "first_value": "First value seen",
    "churned": "Left", "reactivated": "Is back", "gone_again": "The win that brought them back was none",
    "step_added": "A step was added", "step_changed": "A step was changed",
    "step_done": "A step was done", "step_reopened": "A step isn’t done after all",
    "step_dropped": "A step was dropped",
    "read": "Health was read", "paid": "What they pay was changed",
    "given": "Looked after by {csm}", "churn_explained": "Why they left was said",
    "term_added": "A term was written down", "term_ended": "A term was ended", "renewal_opened": "A renewal was opened",
}  # fmt: skip


def of(customer: Customer, user: Any, *, now: datetime) -> dict[str, Any]:
    """The context of the page; about twenty queries, however long the history."""
    first, organisation = customer.first_deal, Organisation.get()
    today = organisation.today(now)
    deals = list(Deal.objects.filter(company_id=customer.company_id).select_related("owner").order_by("-id")[:50])
    running = accounts.subscriptions([customer.company_id], as_of=now)
    terms = list(customer.terms.select_related("deal"))
    steps = list(customer.steps.filter(dropped_at=None).select_related("owner", "done_by"))
    return {
        "customer": customer, "may": may_care(user, customer), "may_sell": may_sell(user, customer),
        "may_call": first is not None and handover_call.may_call(user, first),
        "churn_reason": ChurnReason(customer.churn_reason).label.lower()
        if customer.churn_reason in ChurnReason.values else customer.churn_reason,
        "may_give": may_care(user, customer, "give_customer"),
        "promises": _promises(customer, today), "health": read(customer, now=now),
        "steps": [(step, bool(not step.done_at and step.due_on and step.due_on < today)) for step in steps],
        "steps_done": sum(1 for step in steps if step.done_at), "today": today,
        "running": [{**one._asdict(), "worth": money.major(one.monthly)} for one in running if one.monthly],
        "monthly": {cur: money.major(sum(r.monthly for r in running if r.currency == cur and r.monthly))
                    for cur in sorted({r.currency for r in running if r.monthly})},
        "moves": _moves(customer), "terms": terms, "deals": deals, "first": first,
        **_sold(customer, first, user, now), "items": _story(customer, first),
    }  # fmt: skip


def read(customer: Customer, *, now: datetime) -> dict[str, Any]:
    """Health with its components, each with its weight and when it was read."""
    found = health.of([customer.pk], as_of=now)[customer.pk]
    weights = health.weights_now()
    newest = {
        one.component: one
        for one in customer.readings.filter(at__lte=now).order_by("component", "-at", "-id").distinct("component")
    }
    parts = [
        {"name": label, "weight": weights.get(key, 0), "value": found.components.get(key), "reading": newest.get(key),
         "share": found.components[key] / 100 if key in found.components else None}
        for key, label in Component.choices if weights.get(key)
    ]  # fmt: skip
    said = [Component(key).label.lower() for key in found.missing]
    return {"score": found.score, "colour": found.colour, "parts": parts, "missing": said}


def _promises(customer: Customer, today: Any) -> list[dict[str, Any]]:
    """Open ones first, the late ones of them on top; promises of deals that were lost were never owed."""
    rows = PromiseMade.objects.filter(deal__company_id=customer.company_id, dropped_at=None).exclude(deal__stage="lost")
    told = [
        {"row": one, "late": bool(not one.kept_at and one.due_on and one.due_on < today)}
        for one in rows.select_related("made_by", "kept_by", "deal")
    ]
    return sorted(told, key=lambda one: (one["row"].kept_at is not None, not one["late"], one["row"].made_at))


def _sold(customer: Customer, first: Deal | None, user: Any, now: datetime) -> dict[str, Any]:
    """What sales and marketing knew: the handover, objections, content, the call. Nothing without a deal."""
    objections = list(
        Objection.objects.filter(deal__company_id=customer.company_id).select_related("request").order_by("-at")[:10]
    )
    # People of the company, before it bought: afterwards content isn't what drove the purchase.
    seen = Counter(
        Touch.objects.filter(person__company_id=customer.company_id, occurred_at__lte=customer.since)
        .exclude(asset="").order_by("-occurred_at").values_list("asset", flat=True)[:500]
    )  # fmt: skip
    context: dict[str, Any] = {
        "objections": objections,
        "content": seen.most_common(CONTENT),
        "lines": [],
        "clocks": [],
    }
    if first is None:
        return context
    context["lines"] = [line for line in handover.state(first).lines if line.text]
    clocks = upward.panel("clocks")([first.pk], now=now).get(first.pk, [])
    context["clocks"] = [clock_words.face(c, first, user) | {"who": first.name} for c in clocks
                         if c["target"] in HANDED_OVER]  # fmt: skip
    booked, held = handover_call.state(first)
    missing = [handover_call.WHO[who] for who in held.missing] if held else []
    return context | {"booked": booked, "held": held, "missing": missing}


def _moves(customer: Customer) -> list[dict[str, Any]]:
    rows = SubscriptionMovement.objects.filter(company_id=customer.company_id).select_related("by")
    return [
        {"row": one, "kind": Movement(one.kind).label,
         "before": words.money(money.major(one.before), one.currency),
         "after": words.money(money.major(one.after), one.currency)}
        for one in rows.order_by("-occurred_at", "-id")[:MOVES]
    ]  # fmt: skip


def _story(customer: Customer, first: Deal | None) -> list[Item]:
    own = list(Entry.objects.about("customer", [customer.pk]).order_by("-at", "-id")[:STORY])
    ids = {e.by_id for e in own if e.by_id} | {e.data["csm"] for e in own if e.data.get("csm")}
    names = dict(User.objects.filter(pk__in=ids).values_list("id", "name"))
    items = [_item(entry, names) for entry in own]
    return sorted([*items, *(story.of(first) if first else [])], key=lambda item: item.at, reverse=True)[:STORY]


def _item(entry: Entry, names: dict[int, str]) -> Item:
    what = entry.kind.removeprefix("customer.")
    said = SAID.get(what, what.replace("_", " ")).format(csm=names.get(entry.data.get("csm") or 0, "nobody"))
    by = names.get(entry.by_id or 0, "")
    return Item(entry.at, entry.kind, "sales" if by else "stage", said, by, "entry", entry.pk, entry.by_id)


def summary(rows: Sequence[Any]) -> str:
    """Of a list: how many need somebody."""
    needy = sum(1 for row in rows if row.need)
    return f"{needy} of these need somebody" if needy else "Nobody here needs anything now"
