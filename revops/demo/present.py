"""The last hours: known faces in Jonah's queue, each with a clock at another point of its time."""

from datetime import datetime, timedelta
from typing import Any

from notify.models import Notice
from revops.demo.habits import Act, Handed
from revops.demo.market import SITE, Contact, Enquiry, Firm, Market, touch

NUMBERS = 900_000


def _firm(name: str, industry: str, employees: int, *technologies: str) -> Firm:
    domain = "".join(ch for ch in name.lower() if ch.isalnum()) + ".example"
    return Firm(name, domain, industry, employees, "US", "Midwest", list(technologies))


def _person(number: int, name: str, title: str, firm: Firm) -> Contact:
    first, _, last = name.partition(" ")
    return Contact(NUMBERS + number, first, last, title, firm)


FIRMS = [
    _person(1, "Priya Raman", "VP Revenue", _firm("Northwind Cloud", "SaaS", 700, "Salesforce")),
    _person(2, "Marcus Hale", "Director Sales Ops", _firm("Lumen Freight", "Logistics", 640, "Salesforce")),
    _person(3, "Grace Lindqvist", "VP Operations", _firm("Harbor & Pine", "Retail logistics", 820, "Salesforce", "NetSuite")),
    _person(4, "Ines Duarte", "Head of Growth", _firm("Caixa Viva", "E-commerce", 240, "HubSpot")),
    _person(5, "Tom Okafor", "CTO", _firm("Bright Mill", "Manufacturing", 900, "SAP")),
    _person(6, "Owen Baptiste", "Head of Logistics", _firm("Kestrel Foods", "Retail", 400, "SAP")),
    _person(7, "Hana Sato", "RevOps Lead", _firm("Kiso Systems", "Software", 520, "HubSpot")),
    _person(8, "Yusuf Demir", "VP Finance", _firm("Altan Logistics", "Logistics", 560, "Salesforce")),
    _person(9, "Rachel Stein", "Director of Marketing", _firm("Delta Rail Supply", "Logistics", 1_400, "Salesforce")),
]  # fmt: skip
# (who, minutes ago, hand raised, touches before: kind and page or asset)
ROI, PRICING = ("page_view", "roi-calculator"), ("page_view", "/pricing")
SCENES: list[tuple[str, float, str, list[tuple[str, str]]]] = [
    ("Rachel Stein", 51 * 60, "contact", [PRICING, ROI]),
    ("Yusuf Demir", 40 * 60, "demo", [PRICING, PRICING]),
    ("Hana Sato", 33 * 60, "trial", [ROI]),
    ("Tom Okafor", 26 * 60, "", [PRICING, PRICING, PRICING, ROI]),
    ("Owen Baptiste", 18 * 60, "contact", []),
    ("Ines Duarte", 55, "", [PRICING, PRICING, PRICING, ROI, ("download", "buyers-guide"), ("webinar", "first-five-minutes")]),
    ("Grace Lindqvist", 38, "", [PRICING, PRICING, PRICING, ROI]),
    ("Priya Raman", 12, "demo", [PRICING, ROI]),
    ("Marcus Hale", 2, "demo", [PRICING, PRICING, PRICING, ROI]),
]  # fmt: skip
# What Jonah has done about them already: (who, minutes ago, act, data)
DONE: list[tuple[str, float, str, dict[str, Any]]] = [
    ("Rachel Stein", 50 * 60, "touch", {"kind": "call", "outcome": "attempt", "note": "Voicemail left."}),
    ("Yusuf Demir", 39 * 60, "touch", {"kind": "call", "outcome": "two_way", "note": "Numbers first, then a demo."}),
    ("Yusuf Demir", 38 * 60, "accept", {}),
    ("Hana Sato", 32 * 60, "touch", {"kind": "email", "outcome": "two_way", "note": "Asked for security papers."}),
    ("Hana Sato", 30 * 60, "accept", {}),
    ("Tom Okafor", 25 * 60, "touch", {"kind": "call", "outcome": "attempt", "note": "No answer, twice."}),
    ("Owen Baptiste", 17.7 * 60, "touch", {"kind": "email", "outcome": "two_way", "note": "Replied: call him Monday."}),
]  # fmt: skip


LAST_MINUTES = 15


def scenes(market: Market, *, until: datetime, now: datetime | None = None) -> list[Enquiry]:
    """The enquiries of the scenes: those more than a quarter of an hour old, or, with `now`, the others as of now."""
    people = {f"{c.first_name} {c.last_name}": c for c in FIRMS}
    found = []
    for name, minutes, hand, before in SCENES:
        if (minutes < LAST_MINUTES) != (now is not None):
            continue
        at = (now or until) - timedelta(minutes=minutes)
        touches = []
        for number, (kind, what) in enumerate(before):
            page = {"url": SITE + what} if what.startswith("/") else {"asset": what}
            touches.append(touch(at - timedelta(hours=2 + 13 * number), kind, "paid_search", **page))
        ad = {"utm": {"source": "google", "medium": "cpc", "campaign": "brand"}}
        enquiry = market.told(at, people[name], "paid_search", 1.2, 0.0, ad, hand=hand)
        own = [made for made in enquiry.body["touches"] if made["occurred_at"] == at.isoformat()]
        enquiry.body["touches"] = [*touches, *own]
        found.append(enquiry)
    return found


def acts(lead: Handed, name: str, *, until: datetime) -> list[Act]:
    """What was done about a scene's lead so far; nothing else will be."""
    return [
        Act(max(until - timedelta(minutes=minutes), lead.at + timedelta(seconds=95)), number, kind, lead.lead_id,
            lead.owner_id, dict(data))
        for number, (who, minutes, kind, data) in enumerate(DONE)
        if who == name
    ]  # fmt: skip


def is_scene(email: str) -> str:
    """The name of the scene's person behind a mail address, "" for anybody else."""
    return next((f"{c.first_name} {c.last_name}" for c in FIRMS if c.email == email), "")


def read_old_notices(now: datetime) -> None:
    Notice.objects.filter(read_at=None, at__lt=now - timedelta(days=2)).update(read_at=now - timedelta(days=1))
    # What was told in the story leaves the house no more.
    Notice.objects.filter(planned_at=None).update(planned_at=now)
