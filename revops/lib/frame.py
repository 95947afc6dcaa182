"""What the frame around every page needs: the nonce, the reader's moment and zone, the bars by role.

Owns: which entries a role sees, and in which order. Counts come from the callables named in
`settings.NAV_COUNTS` (key → dotted path of `(user) -> int`), so this room knows no other. Nothing
is asked before a template asks: fragments without a frame cost no query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

THEMES = ("system", "light", "dark")
EVERYONE = frozenset({"sales", "marketing", "success", "admin", "viewer"})
WRITERS = EVERYONE - {"viewer"}


@dataclass(frozen=True)
class Entry:
    key: str
    href: str
    label: str
    roles: frozenset[str] = EVERYONE
    short: str = ""  # its name in the bottom bar of a phone; empty: it is under More
    needs: str = ""  # besides the role: what must be true of the user
    quiet: bool = False  # there only while its count is above zero


@dataclass(frozen=True)
class Shown:
    """An entry as this reader meets it."""

    key: str
    href: str
    label: str
    short: str
    current: bool
    count: int


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry("queue", "/queue/", "My queue", WRITERS, short="Queue"),
            Entry("floor", "/floor/", "Team floor", needs="stands_on_the_floor"),
            Entry("approvals", "/approvals/", "To approve", needs="walks_the_floor", quiet=True),
            Entry("leads", "/leads/", "Leads", short="Leads"),
            Entry("deals", "/deals/", "Deals", short="Deals"),
            Entry("customers", "/customers/", "Customers"),
        ),
    ),
    (
        "Shared",
        (
            Entry("dashboard", "/dashboard/", "Dashboard", short="Numbers"),
            Entry("scoreboard", "/scoreboard/", "Scoreboard"),
            Entry("attribution", "/attribution/", "Attribution", frozenset({"marketing", "admin"})),
            Entry("journey", "/journey/", "Journey", frozenset({"marketing", "admin"})),
            Entry("goals", "/goals/", "Goals & KPIs"),
            Entry("reviews", "/reviews/", "Reviews"),
            Entry("content", "/content/", "Content desk", frozenset({"sales", "marketing", "admin"})),
            Entry("spend", "/spend/", "Spend & time", frozenset({"marketing", "admin"})),
            Entry("definitions", "/definitions/", "Definitions"),
            Entry("scoring", "/scoring/", "Scoring"),
            Entry("segments", "/segments/", "Segments"),
        ),
    ),
    (
        "RevOps",
        (
            Entry("calendars", "/calendars/", "Calendars", frozenset({"admin"})),
            Entry("policies", "/sla/", "SLA policies"),
            Entry("routing", "/routing/", "Routing"),
            Entry("intake", "/intake/", "Intake & import", frozenset({"marketing", "admin"})),
            Entry("duplicates", "/duplicates/", "Duplicates", WRITERS),
            Entry("rights", "/rights/", "Data requests", frozenset({"admin"})),
            Entry("territories", "/territories/", "Territories", frozenset({"admin"})),
            Entry("company", "/company/", "Company", frozenset({"admin"})),
            Entry("people", "/people/", "People", frozenset({"admin"})),
            Entry("deliveries", "/deliveries/", "Deliveries", frozenset({"admin"})),
            Entry("walls", "/walls/", "Wallboards", frozenset({"admin"})),
            Entry("health", "/health/", "Health", frozenset({"admin"})),
            Entry("admin", "/admin/", "Admin", frozenset({"admin"})),
        ),
    ),
)
NOTICES = Entry("notices", "/notices/", "Notices")


def csp_nonce(request) -> dict:
    """htmx's script tag reads the name `csp_nonce`; django-csp only sets it on the request."""
    return {"csp_nonce": getattr(request, "csp_nonce", "")}


def navigation(request) -> dict:
    theme = request.COOKIES.get("theme", "system")
    at = getattr(request, "now", None) or timezone.now()
    return {
        "theme": theme if theme in THEMES else "system",
        "now": at,
        "score_line": SimpleLazyObject(lambda: import_string(settings.SCORE_LINE)(at=at)),
        "zone": reader_zone(request),
        "nav": Bar(request),
    }


def reader_zone(request) -> ZoneInfo:
    """The signed-in reader's zone; a name that no longer exists must not take the page down."""
    name = getattr(getattr(request, "user", None), "timezone", None) or settings.TIME_ZONE
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


class Bar:
    """The bars, computed when a template first asks."""

    def __init__(self, request):
        self.path = request.path
        self.user = getattr(request, "user", None)

    @cached_property
    def groups(self) -> list[tuple[str, list[Shown]]]:
        role = getattr(self.user, "role", "")
        mine = [(name, [e for e in entries if role in e.roles and self._fits(e)]) for name, entries in GROUPS]
        shown = [
            (name, [s for e in entries if (s := self._shown(e)).count or s.current or not e.quiet])
            for name, entries in mine
        ]
        return [(name, entries) for name, entries in shown if entries]

    @cached_property
    def notices(self) -> Shown:
        return self._shown(NOTICES)

    @cached_property
    def short(self) -> list[Shown]:
        return [entry for _, entries in self.groups for entry in entries if entry.short]

    @cached_property
    def rest(self) -> list[Shown]:
        return [entry for _, entries in self.groups for entry in entries if not entry.short]

    def _fits(self, entry: Entry) -> bool:
        return not entry.needs or bool(getattr(self.user, entry.needs, False))

    def _shown(self, entry: Entry) -> Shown:
        return Shown(
            key=entry.key,
            href=entry.href,
            label=entry.label,
            short=entry.short,
            current=self.path.startswith(entry.href),
            count=self._count(entry.key),
        )

    def _count(self, key: str) -> int:
        path = getattr(settings, "NAV_COUNTS", {}).get(key)
        if not path:
            return 0
        count: Callable = import_string(path)
        return count(self.user)
