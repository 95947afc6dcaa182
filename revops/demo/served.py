"""Deals handed over, and what becomes of customers: onboarding, first value, health, more, less and gone."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from customers import caring, handover, onboarding, promises, readings, subscriptions
from customers.accounts import subscriptions as running
from customers.models import Customer
from customers.readings import Reading
from customers.subscriptions import Change
from deals.models import Deal
from teams.models import User

VIA = "demo"
ANSWERS = {
    "goals": ["“Every enquiry answered in five minutes by {month}.”", "“Half of today’s manual routing gone by {month}.”"],
    "stakeholders": ["Sponsor: VP Sales. Champion: RevOps lead. Administrator: IT. Billing: finance office."],
    "scope": ["Two sales teams first, the third after a month. No phone integration."],
    "promises": ["One named contact for the first quarter.", "none"],
    "risks": ["Their CRM changes in spring.", "One champion only."],
    "integrations": ["Their ERP and the calendar.", "Single sign-on."],
    "drivers": ["The benchmark report; the clock on every lead; a competitor answers in a day."],
    "terms": ["One year, renews by itself, sixty days’ notice."],
}
PROMISED = ["A review after 60 days with their VP", "Polish by spring", "Migration of the old lists", "Training on site"]
VALUES = ["First week with nobody late", "First lead answered in 3 minutes", "Routing runs without a spreadsheet"]
MONTHS = ["March", "June", "September", "December"]


def hand_over(acts: Sequence[Any], deals: Mapping[int, int], *, users: Mapping[int, User], team: Sequence[User]) -> None:
    """Before the win: the checklist filled by the rep, taken by whoever of success is next."""
    found = Deal.objects.select_related("owner").in_bulk({deals[act.lead_id] for act in acts if act.lead_id in deals})
    for act in sorted(acts, key=lambda a: a.at):
        deal = found.get(deals.get(act.lead_id, 0))
        if deal is None or deal.stage != "open":
            continue
        rng, by = Random(deal.pk * 17), users.get(deal.owner_id or act.by, users[act.by])
        said = {key: rng.choice(words).format(month=rng.choice(MONTHS)) for key, words in ANSWERS.items()}
        csm = team[deal.pk % len(team)]
        handover.fill(deal, said, by=by, at=act.at, via=VIA)
        handover.name_csm(deal, csm, by=by, at=act.at + timedelta(minutes=2), via=VIA)
        if rng.random() < 0.3:
            due = (act.at + timedelta(days=rng.choice([30, 60, 120]))).date()
            promises.promise(deal, rng.choice(PROMISED), due_on=due, by=by, at=act.at + timedelta(minutes=3), via=VIA)
        handover.accept(deal, by=csm, at=act.at + timedelta(minutes=act.data["minutes"]), via=VIA)


def live_on(team: Sequence[User], *, until: datetime) -> None:
    """Each customer's life so far, told after the fact, every step at its own moment."""
    for customer in Customer.objects.select_related("company", "csm").order_by("since", "pk"):
        _life(customer, Random(customer.pk * 101), team, until)


def _life(customer: Customer, rng: Random, team: Sequence[User], until: datetime) -> None:
    age = (until - customer.since).days
    csm = customer.csm or team[customer.pk % len(team)]
    if customer.csm is None:
        caring.give(customer, csm, by=team[0], at=min(until, customer.since + timedelta(hours=5)), via=VIA)
    good = rng.random()
    for step in customer.steps.order_by("position"):
        done = customer.since + timedelta(days=step.position * rng.uniform(3, 11) * (1.4 - good / 2))
        if done < until and rng.random() < 0.93:
            onboarding.finish(step, by=csm, at=done, via=VIA)
    seen = customer.since + timedelta(days=rng.uniform(8, 60) * (1.5 - good))
    if seen < until and rng.random() < 0.9:
        onboarding.first_value(customer, rng.choice(VALUES), seen_at=seen, by=csm, at=seen, via=VIA)
    for made in (customer.first_deal.promises.all() if customer.first_deal else ()):
        if made.due_on and made.due_on < until.date() and rng.random() < 0.7:
            promises.keep(made, by=csm, at=min(until, made.made_at + timedelta(days=rng.uniform(10, 28))), via=VIA)
    for months in range(2, age // 30, rng.choice([3, 4, 5])):
        at = customer.since + timedelta(days=30 * months + rng.uniform(0, 20))
        if at >= until or customer.status == Customer.Status.CHURNED:
            break
        _move(customer, rng, good, csm, at=at, until=until)
    _health(customer, rng, good, csm, until=until)


def _move(customer: Customer, rng: Random, good: float, csm: User, *, at: datetime, until: datetime) -> None:
    now = [one for one in running([customer.company_id], as_of=until) if one.monthly and one.since < at]
    if not now:  # or a later deal has changed it already, which this would contradict
        return
    one, luck = now[0], rng.random()
    if luck < 0.075 * (1.6 - good):
        reason = rng.choice(["price", "not_used", "competitor", "closed"])
        subscriptions.churn(customer, left_at=at, reason=reason, by=csm, now=at, via=VIA)
        customer.refresh_from_db()
        return
    factor = rng.choice([1.1, 1.2, 1.4]) if luck > 0.62 else 0.85 if luck < 0.14 else 1
    if factor != 1:
        monthly = round(one.monthly * factor / 100) * 100
        wanted = Change(monthly, at, (one.source, one.subscription))
        subscriptions.change(customer, wanted, by=csm, now=at)


def _health(customer: Customer, rng: Random, good: float, csm: User, *, until: datetime) -> None:
    if customer.status == Customer.Status.CHURNED:
        return
    for back in (66, 36, 6):
        at = until - timedelta(days=back, minutes=rng.uniform(0, 400))
        if at < customer.since:
            continue
        names = ["usage", "support", "engagement"] + (["sentiment"] if rng.random() < 0.7 else [])
        batch = [
            Reading(customer.pk, name, max(5, min(100, round(38 + 55 * good + rng.gauss(0, 12)))), at,
                    "hand" if name == "sentiment" else "product")
            for name in names
        ]  # fmt: skip
        readings.keep(batch, by=csm, at=at, via=VIA)
