"""A sheet: all numbers for one set of filters at one as-of. Pages, REST and CSV read the same sheet.

Populations are scanned when first asked for and kept. A sheet is handed out again while the journal has nothing new
(for at most a minute, since promises fall due by time alone), or for ten seconds if it was costly; a cheap one is made
anew. It always says its as-of, so a kept number is true, only older.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection

from dashboards.filters import Filters, Window
from dashboards.kpis import registry
from dashboards.kpis.base import Figure, Kpi, Population, Slice
from dashboards.kpis.scan import Found, scan
from teams.models import Organisation, User

UNCHANGED = timedelta(seconds=60)
COSTLY, KEPT = 0.15, timedelta(seconds=10)  # seconds of scanning; how long such a sheet is handed out
MOST = 128
T = TypeVar("T")
TRAILING = timedelta(days=365)


@dataclass(slots=True)
class Answer:
    """A KPI with its figure, the earlier period's, its slices and what was left out ({key: (n, words)})."""

    kpi: Kpi
    figure: Figure
    before: Figure | None
    found: Found
    excluded: dict[str, tuple[int, str]]
    sources: dict[str, Figure] = field(default_factory=dict)
    over_time: list = field(default_factory=list)

    def parts(self) -> list[tuple[str, str, int]]:
        """(part, its name or nothing, how many rows), declared ones first, then those that rows decide."""
        kpi, now = self.kpi, self.found.now
        found = [(part, kpi.part_names.get(part, ""), now.n(part)) for part in kpi.parts]
        for pk, name in kpi.split.names().items() if kpi.split else ():
            head = f"{kpi.split.prefix}.{pk}"  # type: ignore[union-attr]
            if now.n(head):
                found.append((head, name, now.n(head)))
                found += [(f"{head}.{part}", "", now.n(f"{head}.{part}")) for part in kpi.parts]
        return found


class Sheet:
    def __init__(self, filters: Filters, *, as_of: datetime, currency: str, owners: list[int] | None, news: int | None):
        self.filters, self.as_of, self.currency, self.owners, self.news = filters, as_of, currency, owners, news
        self.cost = 0.0
        self._found: dict[str, Found] = {}
        self._answers: dict[str, Answer] = {}
        self._more: dict[str, Any] = {}
        self._lock = threading.RLock()

    @property
    def asked(self) -> Filters:
        """The filters with the as-of in them: what a link to the rows must carry to show the same rows."""
        return replace(self.filters, as_of=self.as_of)

    def answer(self, kpi: Kpi | str) -> Answer:
        """The KPI's answer; its population is scanned once for all KPIs that share it."""
        if isinstance(kpi, str):
            found = registry.find(kpi)
            if found is None:
                raise KeyError(kpi)
            kpi = found
        with self._lock:
            if kpi.key not in self._found:
                self._scan(kpi.population)
            if kpi.key not in self._answers:
                self._answers[kpi.key] = self._answer(kpi)
            return self._answers[kpi.key]

    def knows(self, name: str) -> bool:
        """Whether a KPI's rows, or a work of `once` that begins so, need not be read again."""
        return name in self._found or any(done.startswith(name) for done in tuple(self._more))

    def once(self, name: str, work: Callable[[], T]) -> T:
        """What a page works out of this sheet's rows, kept as long as the sheet is."""
        if name not in self._more:
            began = time.perf_counter()
            self._more[name] = work()
            self.cost += time.perf_counter() - began
        return self._more[name]

    def windows(self, population: Population) -> tuple[Window, Window | None]:
        """This period's window and the compared one's, by the population's span."""
        now, before = self.filters.window(self.as_of), self.filters.window_before(self.as_of)
        if population.span == "open":
            before = None  # what stands open now is compared with nothing: it would cost a second look at every lead
        return _spanned(population, now), before and _spanned(population, before)

    def _scan(self, population: Population) -> None:
        kpis = [kpi for kpi in registry.ALL if kpi.population is population]
        began = time.perf_counter()
        self._found |= scan(
            population, kpis, self.filters, self.windows(population), owners=self.owners, currency=self.currency
        )
        self.cost += time.perf_counter() - began

    def _answer(self, kpi: Kpi) -> Answer:
        found = self._found[kpi.key]
        self._complete(kpi, found)
        return Answer(
            kpi=kpi,
            figure=kpi.measure(found.now),
            before=kpi.measure(found.before) if found.before else None,
            found=found,
            excluded={
                name: (n, left_out.words)
                for name, left_out in kpi.excluded.items()
                if (n := found.now.n(f"excluded-{name}"))
            },
            sources={code: kpi.measure(piece) for code, piece in found.sources.items()},
            over_time=[(bucket, kpi.measure(piece)) for bucket, piece in found.over_time],
        )

    def _complete(self, kpi: Kpi, found: Found) -> None:
        """Give each slice what its measure needs besides its own rows."""
        others = {key: self.answer(key).found for key in kpi.needs}
        now, before = self.windows(kpi.population)
        if kpi.givens:
            found.now.givens = kpi.givens(self, now)
            if found.before and before:
                found.before.givens = kpi.givens(self, before)
            for piece in found.sources.values():
                piece.givens = found.now.givens
        if not others:
            return
        found.now.others = {key: other.now for key, other in others.items()}
        if found.before:
            found.before.others = {key: other.before for key, other in others.items() if other.before}
        for code in {code for other in others.values() for code in other.sources} if kpi.by_source else ():
            piece = found.sources.setdefault(
                code, Slice({}, currency=self.currency, days=self.filters.days, givens=found.now.givens)
            )
            piece.others = {key: other.sources[code] for key, other in others.items() if code in other.sources}


def _spanned(population: Population, window: Window) -> Window:
    if population.span == "period":
        return window
    return Window(window.seen - TRAILING, window.seen, window.seen)


_kept: "OrderedDict[tuple, Sheet]" = OrderedDict()
_kept_lock = threading.Lock()


def opened(filters: Filters, *, now: datetime, organisation: Organisation | None = None) -> Sheet:
    """The sheet for these filters: a kept one that is still good, or a new one as of `now` (or of the filter's as-of).

    At most three small queries; the scans come when a KPI is asked for.
    """
    organisation = organisation or Organisation.get()
    key = (connection.settings_dict["NAME"], organisation.currency, filters)
    news = _last_news()
    with _kept_lock:
        sheet = _kept.get(key)
        if sheet and _still_good(sheet, news=news, now=now):
            _kept.move_to_end(key)
            return sheet
    sheet = Sheet(
        filters, as_of=filters.as_of or now, currency=organisation.currency, owners=_owners(filters), news=news
    )
    with _kept_lock:
        _kept[key] = sheet
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return sheet


def forget() -> None:
    """Keep nothing; for tests that write without the journal."""
    with _kept_lock:
        _kept.clear()


def _still_good(sheet: Sheet, *, news: int | None, now: datetime) -> bool:
    if not timedelta(0) <= now - sheet.as_of and sheet.filters.as_of is None:
        return False  # the edge's clock went back: only a test's does
    if news == sheet.news and news is not None:
        return sheet.filters.as_of is not None or now - sheet.as_of <= UNCHANGED
    return sheet.cost >= COSTLY and now - sheet.as_of <= KEPT


def _last_news() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM journal_entry")
        return cursor.fetchone()[0]


def _owners(filters: Filters) -> list[int] | None:
    """Whose rows: one person's, a team's, or everybody's (None)."""
    if filters.team is None:
        return None if filters.owner is None else [filters.owner]
    members = list(User.objects.filter(team_id=filters.team).order_by("id").values_list("id", flat=True))
    return members if filters.owner is None else [i for i in members if i == filters.owner]
