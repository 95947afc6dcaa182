"""What a row of a KPI is called: by subject, a loader of names, firms, owners, addresses and amounts."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from customers.models import Customer, SubscriptionMovement
from deals import money
from deals.models import Deal
from leads.models import Lead, Touch
from marketing.models import SalesHours, Spend
from revops.lib import words
from sla.models import Clock
from teams.models import User

MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    url: str
    company: str = ""
    owner_id: int | None = None
    owner: str = ""
    amount: dict[str, str] | None = None


def of(kind: str, ids: Collection[int]) -> dict[int, Named]:
    """{id: what it is called}; unknown ids absent; a fixed number of statements."""
    return SUBJECTS[kind](ids) if ids else {}


def plural(kind: str, n: int) -> str:
    """1 lead, 26 leads; rows of several kinds are rows."""
    one, many = WORDS.get(kind, (kind, None))
    return words.plural(n, one, many)


WORDS = {
    MIXED: ("row", None), "spend": ("entry of spend", "entries of spend"), "touch": ("touch", "touches"),
    "hours": ("month of hours", "months of hours"),
}  # fmt: skip


HEADS = {"lead": "Person", "clock": "Whose", "touch": "Touch", "movement": "Change", MIXED: "What", "hours": "Hours"}


def head(kind: str) -> str:
    """What stands over the names of rows."""
    return HEADS.get(kind, kind.capitalize())


def _owners(rows: Mapping[int, Any], attribute: str = "owner_id") -> dict[int | None, str]:
    ids = {getattr(row, attribute) for row in rows.values()} - {None}
    return dict(User.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}


def _leads(ids: Collection[int]) -> dict[int, Named]:
    rows = Lead.objects.select_related("person", "company").in_bulk(list(ids))
    owners = _owners(rows)
    return {
        pk: Named(str(row.person), f"/leads/{pk}/", str(row.company or ""), row.owner_id, owners.get(row.owner_id, ""))
        for pk, row in rows.items()
    }


def _deals(ids: Collection[int]) -> dict[int, Named]:
    rows = Deal.objects.select_related("company").in_bulk(list(ids))
    owners = _owners(rows)
    return {
        pk: Named(
            row.name, f"/deals/{pk}/", str(row.company or ""), row.owner_id, owners.get(row.owner_id, ""),
            money.as_json(row.amount, row.currency),
        )
        for pk, row in rows.items()
    }  # fmt: skip


def _clocks(ids: Collection[int]) -> dict[int, Named]:
    rows = Clock.objects.select_related("lead__person", "lead__company", "deal__company").in_bulk(list(ids))
    owners = _owners(rows)
    found = {}
    for pk, row in rows.items():
        subject = row.lead or row.deal
        if subject is None:
            continue
        name, where = (subject.name, "deals") if isinstance(subject, Deal) else (str(subject.person), "leads")
        found[pk] = Named(
            name, f"/{where}/{subject.pk}/", str(subject.company or ""), row.owner_id, owners.get(row.owner_id, "")
        )
    return found


def _touches(ids: Collection[int]) -> dict[int, Named]:
    rows = Touch.objects.select_related("person__company", "lead").in_bulk(list(ids))
    owners = _owners(rows, "by_id")
    without = {row.person_id for row in rows.values() if not row.lead_id}
    last = dict(Lead.objects.filter(person_id__in=without).order_by("id").values_list("person_id", "id"))
    return {
        pk: Named(
            f"{row.kind.replace('_', ' ').capitalize()}, {row.person}",
            _lead_page(row.lead_id or last.get(row.person_id)), str(row.person.company or ""),
            row.by_id, owners.get(row.by_id, ""),
        )
        for pk, row in rows.items()
    }  # fmt: skip


def _lead_page(lead_id: int | None) -> str:
    return f"/leads/{lead_id}/" if lead_id else ""


def _customers(ids: Collection[int]) -> dict[int, Named]:
    rows = Customer.objects.select_related("company").in_bulk(list(ids))
    owners = _owners(rows, "csm_id")
    return {
        pk: Named(str(row.company), f"/customers/{pk}/", str(row.company), row.csm_id, owners.get(row.csm_id, ""))
        for pk, row in rows.items()
    }


def _movements(ids: Collection[int]) -> dict[int, Named]:
    rows = SubscriptionMovement.objects.select_related("company__customer").in_bulk(list(ids))
    found = {}
    for pk, row in rows.items():
        customer = getattr(row.company, "customer", None) if row.company else None
        found[pk] = Named(
            f"{row.get_kind_display()}, {row.subscription}",
            f"/customers/{customer.pk}/" if customer else "/customers/",
            str(row.company or row.customer), amount=money.as_json(row.after - row.before, row.currency),
        )  # fmt: skip
    return found


def _spend(ids: Collection[int]) -> dict[int, Named]:
    rows = Spend.objects.select_related("channel", "campaign").in_bulk(list(ids))
    return {
        pk: Named(
            f"{row.campaign or row.channel or row.get_kind_display()}, {row.month:%b %Y}",
            f"/spend/?month={row.month:%Y-%m}", amount=money.as_json(row.amount, row.currency),
        )
        for pk, row in rows.items()
    }  # fmt: skip


def _hours(ids: Collection[int]) -> dict[int, Named]:
    rows = SalesHours.objects.select_related("user").in_bulk(list(ids))
    return {
        pk: Named(
            f"{row.user}, {row.month:%b %Y}", f"/spend/time/?month={row.month:%Y-%m}", "", row.user_id, row.user.name
        )
        for pk, row in rows.items()
    }


SUBJECTS: dict[str, Callable[[Collection[int]], dict[int, Named]]] = {
    "lead": _leads, "deal": _deals, "clock": _clocks, "touch": _touches, "customer": _customers,
    "movement": _movements, "spend": _spend, "hours": _hours,
}  # fmt: skip
