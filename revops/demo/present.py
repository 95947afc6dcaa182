"""The last hours: known faces on Midwest's floor, each with a clock at another point of its time.

Their moments are told in minutes before the floor was open last: now, or, at night and on a weekend, its last closing.
"""

from datetime import datetime, timedelta
from typing import Any

from notify.models import Notice
from revops.demo import words
from revops.demo.faces import FIRMS, SCENES, name_of
from revops.demo.habits import Act, Handed
from revops.demo.market import SITE, Enquiry, Market, touch
from sla.business_time import Calendar

LAST_MINUTES = 20
# What was done about them so far: (who, minutes ago, act, data). "by": somebody else than the owner.
DONE: list[tuple[str, float, str, dict[str, Any]]] = [
    ("Rachel Stein", 38.45 * 60, "touch", {"kind": "call", "outcome": "attempt", "note": "Voicemail left."}),
    ("Yusuf Demir", 39.95 * 60, "touch", {"kind": "call", "outcome": "two_way", "note": "Numbers first, then a demo."}),
    ("Yusuf Demir", 38 * 60, "accept", {}),
    ("Yusuf Demir", 37.9 * 60, "step", {"what": "Demo for finance", "hours": 30}),
    ("Yusuf Demir", 9 * 60, "done", {}),
    ("Yusuf Demir", 8.8 * 60, "confirm", {"items": "bant"}),
    ("Yusuf Demir", 8.7 * 60, "step", {"what": "Draft of the offer", "hours": 6 * 24}),
    ("Hana Sato", 32 * 60, "touch", {"kind": "email", "outcome": "attempt", "note": "Sent the security papers."}),
    ("Hana Sato", 30 * 60, "accept", {}),
    ("Hana Sato", 29.9 * 60, "step", {"what": "Call about the security papers", "hours": 50}),
    ("Hana Sato", 20 * 60, "touch", {"kind": "call", "outcome": "attempt", "note": "No answer."}),
    ("Tom Okafor", 42 * 60, "touch", {"kind": "call", "outcome": "attempt", "note": "No answer, twice."}),
    (
        "Owen Baptiste",
        17.95 * 60,
        "touch",
        {"kind": "email", "outcome": "two_way", "note": "Replied: call him Monday."},
    ),
    ("Anders Holm", 74.95 * 60, "touch", {"kind": "call", "outcome": "two_way", "note": "Spoke for ten minutes."}),
    ("Anders Holm", 73 * 60, "accept", {}),
    ("Mara Ellis", 69.95 * 60, "touch", {"kind": "call", "outcome": "two_way", "note": "Wants numbers, then a demo."}),
    ("Mara Ellis", 68 * 60, "accept", {}),
    ("Mara Ellis", 67.9 * 60, "step", {"what": "Send the numbers of a firm like theirs", "hours": 100}),
    ("M Ellis", 51 * 60, "touch", {"kind": "email", "outcome": "attempt", "note": "Mail sent. Is this Mara Ellis?"}),
    ("Mina Farah", 45.95 * 60, "touch", {"kind": "email", "outcome": "attempt", "note": "Mail sent, two questions."}),
    ("Mina Farah", 44 * 60, "accept", {}),
    ("Olga Petrov", 95.95 * 60, "touch", {"kind": "call", "outcome": "attempt", "note": "Assistant: back next week."}),
    ("Olga Petrov", 94 * 60, "accept", {}),
    ("Olga Petrov", 93.9 * 60, "step", {"what": "Call after her leave", "hours": 150}),
    ("Olga Petrov", 40 * 60, "pause", {"days": 4.9, "note": "On leave; asked us to call when she is back."}),
    ("Adaeze Obi", 9, "backdate", {"minutes": 24, "note": "Called her between two meetings, logged late."}),
    ("Priya Raman", 6, "give", {"who": "Dana Whitfield", "to": "Jonah Reyes"}),
]
# What else was done before going home, as nobody leaves for the weekend with a decision owed.
BEFORE_CLOSING: list[tuple[str, float, str, dict[str, Any]]] = [
    (who, minutes, kind, data)
    for who, minutes in (("Rachel Stein", 47), ("Tom Okafor", 36), ("Owen Baptiste", 22))
    for kind, data in (("accept", {}), ("step", {"what": "Call again, early", "hours": 1}))
]


class Present:
    """`hours`: Midwest's."""

    def __init__(self, hours: Calendar, *, until: datetime) -> None:
        opened = [span for span in hours.spans(until - timedelta(days=10), until) if span.kind == "counted"]
        self.hours = hours
        self.until, self.anchor = until, until if hours.is_open(until) else opened[-1].end - timedelta(seconds=1)

    @property
    def is_open(self) -> bool:
        return self.anchor == self.until

    def enquiries(self, market: Market, *, now: datetime | None = None) -> list[Enquiry]:
        """Those more than some minutes old, or, with `now` and while the floor is open, the others as of now."""
        if now is not None and not self.is_open:
            return []
        self.anchor = now or self.anchor
        people = {name_of(contact): contact for contact in FIRMS}
        found = []
        for name, minutes, hand, before in SCENES:
            if self.is_open and (minutes < LAST_MINUTES) != (now is not None):
                continue
            at = self.anchor - timedelta(minutes=minutes)
            touches = []
            for number, (kind, what) in enumerate(before):
                page = {"url": SITE + what} if what.startswith("/") else {"asset": what}
                touches.append(touch(at - timedelta(hours=2 + 13 * number), kind, "paid_search", **page))
            ad = {"utm": {"source": "google", "medium": "cpc", "campaign": "brand"}}
            enquiry = market.told(at, people[name], "paid_search", 1.2, 0.0, ad, hand=hand)
            own = [made for made in enquiry.body["touches"] if made["occurred_at"] == at.isoformat()]
            enquiry.body["touches"] = [*touches, *own]
            found.append(enquiry)
        return sorted(found, key=lambda enquiry: enquiry.at)

    def beats(self, *, after: datetime) -> list[datetime]:
        """The moments at which a scene begins, but for the last minutes."""
        last = self.until - timedelta(minutes=LAST_MINUTES)
        found = (self.anchor - timedelta(minutes=minutes) for _, minutes, _, _ in SCENES)
        return sorted(at for at in found if after < at <= last)

    def acts(self, lead: Handed, name: str) -> list[Act]:
        """What was done about a scene's lead so far; nothing else will be."""
        found = []
        for number, (who, minutes, kind, told) in enumerate(DONE if self.is_open else [*DONE, *BEFORE_CLOSING]):
            if who != name:
                continue
            at = max(self.anchor - timedelta(minutes=minutes), lead.at + timedelta(seconds=95 + number))
            data = dict(told)
            if "hours" in data:
                by_when = self.hours.advance(at + timedelta(hours=data.pop("hours")), 3_600)
                data["by_when"] = by_when.replace(minute=by_when.minute // 30 * 30, second=0, microsecond=0)
            if data.get("items") == "bant":
                data["items"] = {item: dict(zip(("value", "evidence"), options[0], strict=True))
                                 for item, options in words.BANT.items()}  # fmt: skip
            found.append(Act(at, number, kind, lead.lead_id, lead.owner_id, data))
        return found


def is_scene(email: str) -> str:
    """The name of the scene's person behind a mail address, "" for anybody else."""
    return next((name_of(contact) for contact in FIRMS if contact.email == email), "")


def read_old_notices(now: datetime) -> None:
    Notice.objects.filter(read_at=None, at__lt=now - timedelta(days=2)).update(read_at=now - timedelta(days=1))
    # What was told in the story leaves the house no more.
    Notice.objects.filter(planned_at=None).update(planned_at=now)
