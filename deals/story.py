"""What happened to a deal, with the history of the lead it came from, newest first."""

from collections.abc import Iterable, Mapping
from typing import Any

from deals import desk_words, handover_words, money
from deals.handover_call import WHO
from deals.models import ContactRole, Deal, LossReason, PipelineStage
from journal.models import Entry
from leads import timeline, told
from leads.timeline import Item
from revops.lib import words
from teams.models import User

MOST = 30
# The deal's own entry says the same, with the amount.
SAID_TWICE = {"lead.opportunity", "lead.won", "lead.lost"}


def of(deal: Deal) -> list[Item]:
    """The newest items of deal and lead together; at most nine queries."""
    entries = list(Entry.objects.about("deal", [deal.pk]).order_by("-at", "-id")[:MOST])
    people = {e.by_id for e in entries if e.by_id} | {
        e.data[k] for e in entries for k in ("owner", "to", "csm") if e.data.get(k)
    }
    names = dict(User.objects.filter(pk__in=people).values_list("id", "name"))
    places = _stages(entries)
    own = [_item(entry, names, deal, places) for entry in entries]
    before = timeline.of(deal.lead, limit=MOST) if deal.lead is not None else []
    merged = own + [item for item in before if item.code not in SAID_TWICE]
    return sorted(merged, key=lambda item: item.at, reverse=True)[:MOST]


def _stages(entries: Iterable[Entry]) -> dict[int, str]:
    """{stage: its name}, of those the entries tell of; one query, none when nothing moved."""
    ids = {e.data.get(k) for e in entries if e.kind == "deal.moved" for k in ("from", "to")} - {None}
    return dict(PipelineStage.objects.filter(pk__in=ids).values_list("id", "name")) if ids else {}


def _item(entry: Entry, names: Mapping[int, str], deal: Deal, places: Mapping[int, str]) -> Item:
    by = names.get(entry.by_id or 0, "")
    if not entry.kind.startswith("deal."):  # its clocks and its next step are told as a lead's are
        text, note = told.sentence(entry.kind, entry.data, by, names)
        kind = "sla" if entry.kind.startswith("clock.") else "sales"
        return Item(entry.at, entry.kind, kind, text, note, "entry", entry.pk, entry.by_id)
    what = entry.kind.removeprefix("deal.")
    if what == "moved":
        text, note = _moved(entry.data, by or "An import", places)
        return Item(entry.at, entry.kind, "stage", text, note, "entry", entry.pk, entry.by_id)
    handed = handover_words.sentence(what, entry.data, by or "An import", names)
    handed = handed or desk_words.sentence(what, entry.data, by or "Somebody")
    text, note = handed or _sentence(what, entry.data, by, deal)
    return Item(entry.at, entry.kind, "sales" if by else "stage", text, note, "entry", entry.pk, entry.by_id)


def _moved(data: dict[str, Any], who: str, places: Mapping[int, str]) -> tuple[str, str]:
    to, was = places.get(data["to"], "a stage"), places.get(data.get("from") or 0, "")
    n = len(data.get("skipped", []))
    return f"{who} moved it to {to}", ", ".join(
        part for part in (f"from {was}" if was else "", f"{words.plural(n, 'stage')} skipped" if n else "") if part
    )


def _sentence(what: str, data: dict[str, Any], by: str, deal: Deal) -> tuple[str, str]:
    who = by or "An import"
    worth = _money(data.get("amount"), data.get("currency") or deal.currency)
    if what == "opened":
        return f"{who} opened the deal", worth
    if what == "won":
        return f"{who} won it" if by else "Won", worth
    if what == "lost":
        reason = data.get("reason", "")
        label = LossReason(reason).label.lower() if reason in LossReason.values else "no reason kept"
        return (f"{who} lost it: {label}" if by else f"Lost: {label}"), ""
    if what == "handover_booked":
        return f"{who} booked the hand-over call", f"for {data['for'][:16].replace('T', ' ')} UTC"
    if what == "handover_held":
        return "Hand-over call held with all three", by
    if what == "handover_missed":
        return f"A hand-over call without {' and '.join(WHO[one] for one in data['missing'])}", "it doesn’t count"
    if what == "criterion":
        return f"{who} {'confirmed an exit criterion' if data['met'] else 'took back an exit criterion'}", ""
    if what == "role":
        if data.get("gone"):
            return f"{who} took somebody off the deal", ""
        part = ContactRole.Role(data["role"]).label.lower()
        return f"{who} named the {part}", "the primary contact" if data.get("primary") else ""
    if what == "joined":
        return f"{who} let another lead of the company join", ""
    if what == "reopened":
        return f"{who} took that back: the deal is open again", ""
    if what == "decided":  # its words stand with the review and on the deal's page, where they can be erased
        return f"{who} decided something in a review", f"by {data.get('due_on', '')}"
    if what in ("decision_done", "decision_reopened"):
        return f"{who} said: what a review decided is {'done' if what.endswith('done') else 'open again'}", ""
    return f"{who} changed {_changes(data, deal)}", ""


def _changes(data: dict[str, Any], deal: Deal) -> str:
    told = []
    if "was_amount" in data:
        was = _money(data["was_amount"], deal.currency) or "unknown"
        told.append(f"the amount from {was} to {_money(data['amount'], deal.currency)}")
    if "was_close_on" in data:
        told.append(f"the closing date from {data['was_close_on'] or 'none'} to {data['close_on']}")
    if "next_step" in data.get("fields", []):
        told.append("the next step")
    return " and ".join(told) or "the deal"


def _money(cents: int | None, currency: str) -> str:
    amount = money.major(cents)
    return "" if amount is None else words.money(amount, currency)
