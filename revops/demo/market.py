"""Who is out there and what they do: firms, contacts, enquiries with their touches, webinars, a campaign of junk."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from revops.demo import words

INDUSTRIES = [
    ("Software", 9), ("SaaS", 8), ("Fintech", 5), ("Financial services", 5), ("Insurance", 4), ("Logistics", 7),
    ("Retail logistics", 4), ("Telecommunications", 3), ("Manufacturing", 9), ("Retail", 7), ("E-commerce", 5),
    ("Healthcare", 5), ("Professional services", 6), ("Media", 3), ("Energy", 3), ("Travel", 3), ("Education", 5),
    ("Construction", 4), ("Agriculture", 2), ("Non-profit", 2), ("Public sector", 2),
]  # fmt: skip
COUNTRIES = [("US", 62), ("CA", 4), ("GB", 8), ("DE", 8), ("FR", 4), ("NL", 3), ("SE", 2), ("ES", 2), ("PL", 2), ("AU", 2),
             ("IN", 2), ("BR", 1)]  # fmt: skip
REGIONS = [("Midwest", 40), ("Northeast", 22), ("South", 22), ("West", 16)]
TECHNOLOGIES = [
    "Salesforce",
    "HubSpot",
    "Microsoft Dynamics",
    "Marketo",
    "SAP",
    "NetSuite",
    "Snowflake",
    "Zoho",
    "Jira",
]
# source, share of enquiries, how good they are, how often they raise a hand, what they come with
SOURCES: list[tuple[str, int, float, float, dict[str, Any]]] = [
    ("organic_search", 25, 1.25, 0.36, {"referrer": "https://www.google.com/"}),
    ("paid_search", 22, 1.0, 0.34, {"utm": {"source": "google", "medium": "cpc"}}),
    ("webinar", 16, 0.45, 0.10, {"source": "webinar"}),
    ("paid_social", 13, 0.75, 0.20, {"utm": {"source": "linkedin", "medium": "paid"}}),
    ("referral", 7, 1.9, 0.55, {"source": "referral"}),
    ("email", 6, 0.8, 0.25, {"utm": {"source": "nurture", "medium": "email"}}),
    ("product", 5, 1.5, 0.50, {"source": "product"}),
    ("event", 3, 0.9, 0.30, {"source": "event"}),
    ("partner", 2, 1.3, 0.40, {"source": "partner"}),
    ("direct", 1, 1.0, 0.40, {}),
]
CAMPAIGNS = {"paid_search": ["brand", "speed-to-lead", "lead-routing"], "paid_social": ["revops-leaders", "sla-guide"],
             "email": ["nurture-late", "newsletter"], "webinar": ["cost-of-misalignment", "first-five-minutes"]}  # fmt: skip
CORE = {"Software", "SaaS", "Fintech", "Financial services", "Insurance", "Logistics", "Retail logistics"}
JUNK = "win-a-tablet"
SEASON = {1: 1.05, 2: 1.0, 3: 1.15, 4: 1.0, 5: 1.0, 6: 0.95, 7: 0.8, 8: 0.7, 9: 1.2, 10: 1.25, 11: 1.1, 12: 0.6}
SITE = "https://www.northwind.example"
ASSETS = ["first-five-minutes", "lead-sla-template", "buyers-guide", "benchmark-report"]


@dataclass(slots=True)
class Firm:
    name: str
    domain: str
    industry: str
    employees: int
    country: str
    region: str
    technologies: list[str]


@dataclass(slots=True)
class Contact:
    number: int
    first_name: str
    last_name: str
    title: str
    firm: Firm
    is_junk: bool = False

    @property
    def email(self) -> str:
        name = f"{self.first_name}.{self.last_name}".lower().translate(ASCII)
        return f"{name}.{self.number}@{self.firm.domain}"


@dataclass(slots=True)
class Enquiry:
    at: datetime
    contact: Contact
    source: str
    quality: float
    body: dict[str, Any] = field(default_factory=dict)


ASCII = str.maketrans({"ö": "o", "ü": "u", "ä": "a", "ø": "o"})


def pick(rng: Random, weighted: Sequence[tuple[Any, float]]) -> Any:
    return rng.choices([item for item, _ in weighted], [weight for _, weight in weighted])[0]


class Market:
    """Everything is drawn from one generator, so the same seed makes the same market."""

    def __init__(self, rng: Random, *, people: int) -> None:
        self.rng = rng
        self.firms = self._firms(max(people // 5, 20))
        self.made = 0
        newcomers = people // 8
        self.contacts = [self.contact() for _ in range(people - newcomers)]
        self.newcomers = [self.contact() for _ in range(newcomers)]

    def _firms(self, number: int) -> list[Firm]:
        rng, firms, taken = self.rng, [], set()
        while len(firms) < number:
            industry = pick(rng, INDUSTRIES)
            name = f"{rng.choice(words.FIRM_FIRST)} {rng.choice(words.FIRM_SECOND[industry].split())}"
            if name in taken:
                name = f"{rng.choice(words.FIRM_FIRST)} {name}"
            if name in taken:
                continue
            taken.add(name)
            country = pick(rng, COUNTRIES)
            firms.append(
                Firm(name, f"{name.lower().replace(' ', '-')}.example", industry,
                     int(math.exp(rng.uniform(math.log(8), math.log(9_000)))), country,
                     pick(rng, REGIONS) if country == "US" else "", rng.sample(TECHNOLOGIES, rng.choice([0, 1, 1, 2, 3])))
            )  # fmt: skip
        return firms

    def contact(self, *, junk: bool = False) -> Contact:
        rng = self.rng
        self.made += 1
        firm = rng.choice(self.firms)
        title = rng.choice(words.JUNK_TITLES) if junk else pick(rng, words.TITLES)
        return Contact(self.made, rng.choice(words.FIRST), rng.choice(words.LAST), title, firm, junk)

    # --- enquiries ---------------------------------------------------------------

    def enquiries(self, number: int, *, start: datetime, until: datetime) -> list[Enquiry]:
        """About `number` of them in time order; more in autumn and spring, few at weekends, a burst of junk."""
        rng = self.rng
        days = [start + timedelta(days=n) for n in range((until - start).days)]
        weights = [SEASON[day.month] * (0.25 if day.weekday() > 4 else 1.0) * (0.8 + 0.4 * n / len(days))
                   for n, day in enumerate(days)]  # fmt: skip
        junk_days = [day for day in days if 190 < (until - day).days < 245]
        burst = number // 12 if junk_days else 0
        junk = [self._enquiry(self._moment(rng.choice(junk_days)), junk=True) for _ in range(burst)]
        fair = [self._enquiry(self._moment(day)) for day in rng.choices(days, weights, k=number - len(junk))]
        return sorted((e for e in fair + junk if e.at < until), key=lambda e: (e.at, e.contact.number))

    def rush(self, number: int, *, start: datetime, until: datetime) -> list[Enquiry]:
        """A trade show in Chicago just now: everybody has something fresh, Midwest most of it."""
        rng, found = self.rng, []
        near = [contact for contact in self.contacts if contact.firm.region == "Midwest"] or self.contacts
        for _ in range(number):
            at = start + (until - start) * rng.random() ** 0.7
            contact = rng.choice(near if rng.random() < 0.45 else self.contacts)
            found.append(self.told(at, contact, "event", 1.1, 0.6, {"source": "event"}))
        return found

    def series(self, number: int, *, start: datetime, until: datetime) -> list[Enquiry]:
        """Three webinars in a row that the right people at the right firms attend, and few of them mean: points for a
        webinar carry them over the line, and sales sends many of them back."""
        right = [
            c for c in self.contacts
            if c.firm.employees > 500 and c.firm.industry in CORE and c.title.startswith(("VP", "Director", "Chief", "Head"))
        ]  # fmt: skip
        found = []
        for contact in self.rng.sample(right, min(number, len(right))):
            at = self._moment(start + (until - start) * self.rng.random())
            enquiry = self.told(at, contact, "webinar", 0.12, 0.0, {"source": "webinar"}, hand="")
            before = [at - timedelta(hours=self.rng.uniform(1, 5), days=n) for n in range(3)]
            attended = [touch(one, "webinar", "webinar", asset=CAMPAIGNS["webinar"][0]) for one in before]
            read = touch(at - timedelta(minutes=40), "download", "webinar", asset=ASSETS[0])
            enquiry.body["touches"] = [*attended, read, touch(at, "form", "webinar", asset=ASSETS[1])]
            found.append(enquiry)
        return found

    def _moment(self, day: datetime) -> datetime:
        """Business hours of the day, mostly; `day` is the start of 24 hours."""
        hour = min(max(self.rng.gauss(15.5, 3.2), 0.1), 23.9)
        midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(hours=hour, microseconds=self.rng.randrange(10**6))

    def _enquiry(self, at: datetime, *, junk: bool = False) -> Enquiry:
        rng = self.rng
        if junk:
            contact, source, quality, raises = self.contact(junk=True), "paid_social", 0.05, 0.8
            body: dict[str, Any] = {"utm": {"source": "facebook", "medium": "paid", "campaign": JUNK}}
        else:
            source, _, quality, raises, extra = pick(rng, [(s, s[1]) for s in SOURCES])
            body = {name: dict(value) if isinstance(value, dict) else value for name, value in extra.items()}
            contact = self.newcomers.pop() if self.newcomers and rng.random() < 0.42 else rng.choice(self.contacts)
            if source in CAMPAIGNS and "utm" in body:
                body["utm"]["campaign"] = rng.choice(CAMPAIGNS[source])
        return self.told(at, contact, source, quality, raises, body)

    def told(
        self, at: datetime, contact: Contact, source: str, quality: float, raises: float, body: dict[str, Any],
        *, hand: str | None = None,
    ) -> Enquiry:  # fmt: skip
        """The body a form would send, with the touches before it."""
        rng, firm = self.rng, contact.firm
        if hand is None:
            hand = pick(rng, [("demo", 5), ("contact", 4), ("trial", 2)]) if rng.random() < raises else ""
        hand = "contact" if contact.is_junk and hand else hand
        body |= {
            "email": contact.email, "first_name": contact.first_name, "last_name": contact.last_name,
            "title": contact.title, "country": firm.country, "region": firm.region,
            "company": {"name": firm.name, "domain": firm.domain, "industry": firm.industry, "employees": firm.employees,
                        "country": firm.country, "technologies": firm.technologies},
            "page_url": f"{SITE}/{'demo' if hand == 'demo' else 'contact' if hand else 'guide'}",
            "consent": {"email": True}, "touches": list(self.touches(at, source, quality, hand)),
        }  # fmt: skip
        if hand:
            body["hand_raise"] = hand
            body["message"] = rng.choice(words.MESSAGES["junk" if contact.is_junk else hand])
        return Enquiry(at, contact, source, quality, body)

    def touches(self, at: datetime, source: str, quality: float, hand: str) -> Iterator[dict[str, Any]]:
        rng = self.rng
        channel = source
        wanted = rng.choice([0, 1, 1, 2, 2, 3]) + (1 if quality > 0.9 else 0)
        if source == "webinar":
            yield touch(
                at - timedelta(hours=rng.uniform(1, 40)), "webinar", channel, asset=rng.choice(CAMPAIGNS["webinar"])
            )
        for _ in range(wanted):
            before = at - timedelta(days=abs(rng.gauss(0, 5)), minutes=rng.uniform(1, 60))
            kind = pick(rng, [("pricing", 4), ("roi", 3 * quality), ("download", 4), ("email_click", 2), ("page", 3)])
            if kind == "pricing":
                for n in range(rng.choice([1, 1, 1, 2, 3])):  # some come back on other days
                    again = before - timedelta(hours=n * rng.uniform(8, 40))
                    yield touch(again, "page_view", channel, url=f"{SITE}/pricing")
            elif kind == "roi":
                yield touch(before, "page_view", channel, url=f"{SITE}/roi", asset="roi-calculator")
            elif kind == "download":
                yield touch(before, "download", channel, asset=rng.choice(ASSETS))
            elif kind == "email_click":
                yield touch(before, "email_click", "email", asset=rng.choice(ASSETS))
            else:
                yield touch(before, "page_view", channel, url=f"{SITE}/{rng.choice(['product', 'cases', 'careers'])}")
        if source == "product":
            for n in range(rng.choice([1, 2, 3, 5])):
                yield touch(at - timedelta(days=rng.uniform(0.1, 12)), rng.choice(["invite", "feature_use"]), "product",
                            asset=f"seat-{n}")  # fmt: skip
        # The enquiry itself is a touch by whichever name.
        kind = {"demo": "demo_request", "contact": "contact_request", "trial": "trial_start"}.get(hand, "form")
        yield touch(at, kind, channel, asset="" if hand else rng.choice(ASSETS))
        if hand == "trial":
            yield touch(at, "form", channel)


def touch(at: datetime, kind: str, channel: str, *, url: str = "", asset: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {"kind": kind, "occurred_at": at.isoformat(), "channel": channel}
    if url:
        made["url"] = url
    if asset:
        made["asset"] = asset
    return made
