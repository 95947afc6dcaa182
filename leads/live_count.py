"""How many meet a condition at this moment, while somebody is still writing it.

Exact where everybody can be asked within the budget; else estimated from ids drawn at random, which costs the same
whether there are ten thousand people or a million, and says so. Nothing is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from time import monotonic
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg2.errors import QueryCanceled

from leads import conditions
from leads.models import Lead
from leads.models.stage import OPEN_STAGES
from revops.lib import bulk, words

SHOWN = 5
CANDIDATES = 40  # of whom some may have no lead to show
BUDGET_MS = 250
# More rows than that cannot all be asked in time, so no time is spent on trying.
EXACT_MOST = 60_000
FIRST_LOT, LARGEST_LOT, LOOKED_MOST = 250, 4_000, 20_000
# Of those who were drawn everything is looked up; joining whole tables for their sake would take longer.
BY_INDEX = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_seqscan": "off"}
OPEN = ", ".join(f"'{stage.value}'" for stage in OPEN_STAGES)
FIRM = "LEFT JOIN leads_company c ON c.id = p.company_id"


@dataclass(frozen=True, slots=True)
class Universe:
    """Who is asked: `key` of `table`, over the aliases p, c and l that conditions read."""

    table: str
    key: str
    source: str
    where: str


EVERYBODY = {
    # Each person once, with the lead they have open.
    "people": Universe(
        "leads_person", "p.id",
        f"leads_person p {FIRM} LEFT JOIN leads_lead l ON l.person_id = p.id AND l.stage IN ({OPEN})",
        "p.merged_into_id IS NULL",
    ),
    # Open leads, which is what the list shows.
    "leads": Universe(
        "leads_lead", "l.id", f"leads_lead l JOIN leads_person p ON p.id = l.person_id {FIRM}", f"l.stage IN ({OPEN})"
    ),
}  # fmt: skip
ASKED = """
SELECT count(*) FILTER (WHERE m), count(*) FILTER (WHERE m IS NULL), count(*),
       (array_agg(id ORDER BY id DESC) FILTER (WHERE m))[1:{shown}]
  FROM (SELECT {key} AS id, ({condition}) AS m FROM {source} WHERE {where} OFFSET 0) x"""


@dataclass(frozen=True, slots=True)
class Counted:
    """`n` of `of` match, of `unknown` it can't be said; `n` None: it took too long to say anything.

    Estimated from `looked` drawn at random, of whom `found` match: then `n` is about right, `margin` more or less 19
    times of 20. `sample`: [(lead id, name, company)] of some who match.
    """

    n: int | None
    unknown: int
    of: int
    estimated: bool
    sample: list[tuple[int, str, str]] = field(default_factory=list)
    looked: int = 0
    found: int = 0
    margin: int = 0

    @property
    def words(self) -> str:
        """`1,544 match` · `about 12,000 match` · `fewer than about 750 match` · `too much to count at once`."""
        if self.n is None:
            return "too much to count at once"
        if not self.estimated:
            return f"{words.number(self.n)} match{'es' if self.n == 1 else ''}"
        if not self.found:
            return f"fewer than about {rounded(self.margin)} match"
        return f"about {rounded(self.n)} match"

    @property
    def how(self) -> str:
        """What an estimate stands on; empty for an exact count."""
        if self.n is None or not self.estimated:
            return ""
        give = f", ± {rounded(self.margin)}" if self.found else ""
        return f"estimated from {words.number(self.looked)} drawn at random{give}"


def count(
    condition: Any, *, now: datetime, budget_ms: float = BUDGET_MS, who: str = "people", exact_most: int = EXACT_MOST
) -> Counted:
    """`who`: people (each once) or leads (those open). Raises Invalid for a condition that can't be read."""
    sql = conditions.compile(condition, prefix="q")
    asked, params = EVERYBODY[who], {**sql.params, "as_of": now}
    end = monotonic() + budget_ms / 1000
    text = _text(asked, sql.text)
    row = None
    if _size(asked) <= exact_most:
        row = within(text, params, seconds=(end - monotonic()) * 0.6)
    if row is not None:
        n, unknown, of, ids = row[0]
        return Counted(n, unknown, of, False, _named(ids or [], who), of, n)
    return _estimated(asked, who, _text(asked, sql.text, "{key} = ANY (%(drawn)s)"), params, end)


def of_list(queryset: QuerySet, *, most: int, budget_ms: float = BUDGET_MS) -> Counted:
    """How many leads a list holds whose filters no index serves: exact to `most` + 1 if that is found in time, else
    estimated. No sample, nothing unknown."""
    end = monotonic() + budget_ms / 1000
    lead_ids = queryset.order_by().values("id")
    try:
        text, bound = lead_ids[: most + 1].query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking
        return Counted(0, 0, 0, False)
    row = within(f"SELECT count(*) FROM ({text}) AS counted", bound, seconds=(end - monotonic()) * 0.6)
    if row is not None:
        return Counted(row[0][0], 0, row[0][0], False, looked=row[0][0], found=row[0][0])

    def look(ids: list[int], seconds: float) -> tuple[int, int, int, list[int]] | None:
        inner, params = lead_ids.filter(pk__in=ids).query.sql_with_params()
        there = within(
            f"SELECT (SELECT count(*) FROM ({inner}) AS m), (SELECT count(*) FROM leads_lead WHERE id = ANY (%s))",
            [*params, ids], seconds=seconds, **BY_INDEX,
        )  # fmt: skip
        return None if there is None else (there[0][0], 0, there[0][1], [])

    return _drawn("leads_lead", look, end)[0]


class TooLong(Exception):
    """The time that was given is over."""


@contextmanager
def limited(seconds: float, **settings: str) -> Iterator[None]:
    """Raises TooLong when a statement inside takes longer. A savepoint: the caller's transaction goes on either way.
    `settings`: of PostgreSQL, for the statements inside."""
    settings = {"statement_timeout": str(max(1, int(seconds * 1000))), **settings}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(['current_setting(%s)'] * len(settings))}", list(settings))
            usual = dict(zip(settings, cursor.fetchone(), strict=True))
            _set(cursor, settings)
            yield
            # What is set in a savepoint that is kept would hold until the end of the whole transaction.
            _set(cursor, usual)
    except OperationalError as wrong:
        if isinstance(wrong.__cause__, QueryCanceled):
            raise TooLong from None
        raise


def within(text: str, params: Any, *, seconds: float, **settings: str) -> list[tuple] | None:
    """The rows, or None when they took longer."""
    if seconds <= 0:
        return None
    try:
        with limited(seconds, **settings):
            return bulk.query(text, params)
    except TooLong:
        return None


def _set(cursor: Any, settings: Mapping[str, str]) -> None:
    each = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    cursor.execute(f"SELECT {each}", [one for pair in settings.items() for one in pair])


def rounded(count: int) -> str:
    """Two figures that mean something: 12,300 → 12,000."""
    unit = 10 ** max(0, len(str(count)) - 2)
    return words.number(round(count / unit) * unit)


def _text(asked: Universe, condition: str, also: str = "") -> str:
    where = f"{asked.where} AND {also.format(key=asked.key)}" if also else asked.where
    return ASKED.format(shown=CANDIDATES, key=asked.key, condition=condition, source=asked.source, where=where)


def _size(asked: Universe) -> float:
    """Rows of the table as the planner knows them: nothing is read."""
    [(rows,)] = bulk.query("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [asked.table])
    return max(float(rows), 0)  # −1: not counted yet, so it is small


def _estimated(asked: Universe, who: str, text: str, params: Mapping[str, Any], end: float) -> Counted:
    def look(ids: list[int], seconds: float) -> tuple[int, int, int, list[int]] | None:
        rows = within(text, {**params, "drawn": ids}, seconds=seconds, **BY_INDEX)
        return None if rows is None else (*rows[0][:3], rows[0][3] or [])

    counted, ids = _drawn(asked.table, look, end)
    return replace(counted, sample=_named(ids, who))


def _drawn(table: str, look: Any, end: float) -> tuple[Counted, list[int]]:
    """Lot after lot of ids drawn from all there may be, as long as the budget lasts; and some that match."""
    [(first, last)] = bulk.query(f"SELECT min(id), max(id) FROM {table}")
    if first is None:
        return Counted(0, 0, 0, False), []
    span = last - first + 1
    # The same ids every time: a word changed in the condition is then compared on the same people.
    dice = Random(span)
    order = dice.sample(range(first, last + 1), min(span, LOOKED_MOST))
    n = unknown = there = asked = 0
    some: list[int] = []
    lot = FIRST_LOT
    while asked < len(order):
        left = end - monotonic()
        ids = order[asked : asked + lot]
        began = monotonic()
        found = look(ids, left) if left > 0.005 else None
        if found is None:
            break
        took = max(monotonic() - began, 0.0005)
        n, unknown, there = n + found[0], unknown + found[1], there + found[2]
        some = (some + found[3])[:CANDIDATES]
        asked += len(ids)
        # As many as fit into what is left, with room for some that are slower.
        lot = int(min(LARGEST_LOT, len(ids) * (end - monotonic()) * 0.5 / took))
        if lot < 25:
            break
    if not there:
        return Counted(0 if asked == span else None, 0, 0, asked < span), []
    if asked == span:
        return Counted(n, unknown, there, False, looked=there, found=n), some
    of = span * there / asked
    share = n / there
    # None of k drawn: at most 3 in k, 19 times of 20.
    give = 1.96 * (share * (1 - share) / there) ** 0.5 if n else 3 / there
    return Counted(
        round(of * share), round(of * unknown / there), round(of), True, looked=there, found=n, margin=round(of * give)
    ), some


def _named(ids: Sequence[int], who: str) -> list[tuple[int, str, str]]:
    """Some of them with the lead that a link leads to; one query. People without any lead are left out."""
    if not ids:
        return []
    found = Lead.objects.select_related("person__company").exclude(stage="merged")
    if who == "leads":
        leads = list(found.filter(pk__in=ids[:SHOWN]))
    else:
        newest: dict[int, Lead] = {}
        for lead in found.filter(person_id__in=ids).order_by("cycle"):
            newest[lead.person_id] = lead
        leads = list(newest.values())
    return [(lead.pk, str(lead.person), str(lead.person.company or "")) for lead in leads[:SHOWN]]
