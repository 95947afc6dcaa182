"""What happens on a deal between opening and end: stages, lines, a discount asked and decided, objections."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from deals import concessions, discounts, lines, objections, retrospectives
from deals.batches import Stride, move_many
from deals.models import Concession, Deal, DiscountRequest, PipelineStage, Product
from deals.models.commercial import Billing
from marketing import requests
from revops.demo.words import OBJECTIONS, WHY_LESS
from teams.models import User

STAGES = ("Evaluation", "Proposal", "Negotiation")
KINDS = ("lines", "discount", "approve", "move", "objection")
SEAT = 60_000  # minor units a seat and year, by the list


def plan(
    act: Callable[..., None], acts: list, lead: Any, *, opened: datetime, closed: datetime, amount: int, what: str
) -> None:
    """Its own dice, so that the rest of the story stays what it is. Deals that end early never saw the later stages."""
    rng = Random(lead.lead_id * 7919)
    length = closed - opened
    reached = rng.choice([1, 2, 3, 3, 3])
    for name, share in zip(STAGES[:reached], (0.14, 0.45, 0.78), strict=False):
        act(acts, opened + length * (share + rng.uniform(-0.05, 0.05)), "move", lead, to=name)
    percent = rng.choice([0, 0, 0, 0, 5, 8, 10, 12, 15, 18])
    at = opened + timedelta(minutes=rng.uniform(20, 90))
    act(acts, at, "lines", lead, amount=amount, percent=percent, pilot=what == "pilot")
    if percent:
        asked = opened + length * rng.uniform(0.5, 0.7)
        act(acts, asked, "discount", lead, percent=percent, why=rng.choice(WHY_LESS), give=rng.random() < 0.5)
        if rng.random() < 0.86:
            act(acts, asked + timedelta(hours=rng.uniform(1, 20)), "approve", lead, yes=rng.random() < 0.9)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        kind, said, wish = rng.choice(OBJECTIONS)
        when = opened + length * rng.uniform(0.2, 0.9)
        act(acts, when, "objection", lead, kind=kind, words=said, wish=wish if rng.random() < 0.3 else "",
            answered=rng.random() < 0.7, hours=rng.uniform(1, 40))  # fmt: skip


def tell(kinds: Mapping[str, Sequence[Any]], deals: Mapping[int, int], *, users: Mapping[int, User], now: datetime,
         via: str) -> None:  # fmt: skip
    """`kinds`: acts by kind; `deals`: {lead id: deal id}."""
    acts = sorted((act for kind in KINDS for act in kinds.get(kind, ()) if act.lead_id in deals), key=lambda a: a.at)
    if not acts:
        return
    found = Deal.objects.select_related("owner").in_bulk({deals[act.lead_id] for act in acts})
    stages = dict(PipelineStage.objects.filter(pipeline__is_default=True).values_list("name", "pk"))
    products = dict(Product.objects.values_list("code", "pk"))
    matrix = list(Concession.objects.filter(retired_at=None))
    moves: dict[int, list[Stride]] = {}
    for act in acts:
        deal = found[deals[act.lead_id]]
        if deal.stage != "open":
            continue
        by = users.get(deal.owner_id or act.by, users[act.by])
        if act.kind == "move":
            moves.setdefault(deal.pk, []).append(Stride(deal.pk, stages[act.data["to"]], by.pk, act.at))
        elif act.kind == "lines":
            found[deal.pk] = lines.put(deal, _lines(products, **act.data), by=by, at=act.at, via=via)
        elif act.kind == "discount":
            _ask(deal, matrix, by=by, at=act.at, via=via, **act.data)
        elif act.kind == "approve":
            _decide(deal, act.data["yes"], at=act.at, via=via)
        else:
            _object(deal, act.data, by=by, at=act.at, now=now, via=via)
    while moves:  # one move of each deal at a time
        move_many([some.pop(0) for some in moves.values()], now=now, via=via)
        moves = {deal: some for deal, some in moves.items() if some}


def _lines(products: Mapping[str, int], *, amount: int, percent: int, pilot: bool) -> list[lines.Line]:
    """Seats a year and the start, together what the deal is worth, less the discount."""
    start = 0 if pilot else round(amount * 0.12 / 50_000) * 50_000
    seats = max(1, round((amount - start) / SEAT))
    net = round(SEAT * (100 - percent) / 100)
    made = [lines.Line("Seats", Billing.ANNUAL, seats, SEAT, net, products.get("seat"))]
    if start:
        made.append(lines.Line("Start", Billing.ONE_OFF, 1, start, start, products.get("start")))
    return made


def _ask(deal: Deal, matrix: Sequence[Concession], *, percent: int, why: str, give: bool, by, at, via: str) -> None:
    if not deal.list_amount or deal.discounts.exists():
        return
    if give and matrix:
        row = matrix[deal.pk % len(matrix)]
        if not row.segments and (row.expires_on is None or row.expires_on >= at.date()):
            concessions.give(deal, row, by=by, at=at - timedelta(minutes=5), via=via)
    off = Decimal(deal.list_amount - (deal.amount or 0)) * 100 / Decimal(deal.list_amount)
    discounts.ask(deal, percent=off.quantize(Decimal("0.0001")), why=why, by=by, at=at, via=via)


def _decide(deal: Deal, yes: bool, *, at: datetime, via: str) -> None:
    waiting = deal.discounts.filter(state=DiscountRequest.State.OPEN).select_related("approver").first()
    if waiting is not None and waiting.approver is not None and waiting.asked_at < at:
        note = "" if yes else "Not without the case study."
        discounts.decide(waiting, approve=yes, note=note, by=waiting.approver, at=at, via=via)


def _object(deal: Deal, data: Mapping[str, Any], *, by: User, at: datetime, now: datetime, via: str) -> None:
    made = objections.log(deal, kind=data["kind"], words=data["words"], wish=data["wish"], by=by, at=at, via=via)
    answered = at + timedelta(hours=data["hours"])
    if made.request_id is None and data["answered"] and made.answered_at is None and answered <= now:
        objections.answer(made, text="Sent what we have and called about it.", by=by, at=answered, via=via)


def make_content(marketers: Sequence[User], *, now: datetime, via: str) -> None:
    """Marketing answers what was asked for, mostly in time, and makes most of it."""
    for request in requests.waiting():
        rng = Random(request.pk * 13)
        by = rng.choice(marketers)
        answered = request.asked_at + timedelta(hours=rng.choice([0.5, 1, 2, 3, 3, 22]))
        if request.answered_at is None:
            if answered > now:
                continue
            requests.take(request, by=by, at=answered - timedelta(minutes=8), via=via)
            requests.answer(request, text="We have half of it; the rest comes this week.", by=by, at=answered, via=via)
        made = answered + timedelta(days=rng.uniform(1, 9))
        if made < now and rng.random() < 0.8:
            slug = request.title.lower().replace(" ", "-").replace(",", "")[:40]
            requests.finish(request, url=f"https://www.northwind.example/assets/{slug}", by=by, at=made, via=via)


def look_back(users: Mapping[int, User], *, since: datetime, now: datetime, via: str) -> None:
    """Why deals were really won and lost, told for two in three."""
    for deal in Deal.objects.filter(closed_at__gte=since, closed_at__lt=now - timedelta(days=3)).order_by("pk"):
        rng = Random(deal.pk * 31)
        if deal.owner_id is None or rng.random() > 0.65:
            continue
        codes = list(retrospectives.reasons_of(deal))
        reason = deal.reason if deal.reason in codes and rng.random() < 0.75 else rng.choice(codes)
        retrospectives.write(
            deal, reason=reason, competitor=deal.competitor, by=users[deal.owner_id],
            lesson=rng.choice(["Ask for the sponsor in the first call.", "Show the numbers before the price.",
                               "Bring security in before the proposal.", "A pilot of a month decides it."]),
            points_at=rng.choice(["content", "definition", "scoring", "price", ""]), buyer_said=rng.random() < 0.4,
            at=min(now, (deal.closed_at or now) + timedelta(days=rng.uniform(0.5, 2.5))), via=via,
        )  # fmt: skip
