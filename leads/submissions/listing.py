"""The submissions, newest first: filtered, searched and paged by keyset, with who it was, what became of it and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from leads.hooks.told import flat
from leads.models import Outcome, Submission
from leads.models.hook import Provider
from leads.models.submission import Door
from leads.webforms import forms, suspicion
from revops.lib import bulk

# Where the field's own name is not what people call it.
FIELDS = {
    "email": "E-mail", "external_id": "Id over there", "title": "Job title", "page_url": "Page",
    "utm.source": "UTM source", "utm.medium": "UTM medium", "utm.campaign": "UTM campaign", "utm.term": "UTM term",
    "utm.content": "UTM content", "company.domain": "Company website", "hand_raise": "Hand raised for",
}  # fmt: skip
SIZE = 50
TAKEN = [Outcome.CREATED, Outcome.EXISTING, Outcome.TOUCHED]
NOT_TAKEN = [Outcome.SUSPECT, Outcome.SPAM, Outcome.REFUSED, Outcome.FAILED]
# Several outcomes under one word, as the page's tabs name them.
GROUPS: dict[str, tuple[str, list[Outcome]]] = {
    "": ("All", []),
    "taken": ("Taken in", TAKEN),
    "trouble": ("Refused or failed", [Outcome.REFUSED, Outcome.FAILED]),
    "held": ("Held or spam", [Outcome.SUSPECT, Outcome.SPAM]),
}
TONES = {Outcome.CREATED: "ok", Outcome.EXISTING: "ok", Outcome.TOUCHED: "ok", Outcome.SUSPECT: "warn",
         Outcome.REFUSED: "late", Outcome.FAILED: "late"}  # fmt: skip
MOST_SOURCES = 200


@dataclass(frozen=True, slots=True)
class Row:
    """`who`: a name or what the payload says; `why`: the first reason, or what was left out of one taken in."""

    one: Submission
    who: str
    about: str
    source: str
    tone: str
    why: str
    more: int


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    newer: int | None
    older: int | None


def chosen(*, outcome: str = "", source: str = "", search: str = "") -> QuerySet[Submission]:
    """`outcome`: a group's or an outcome's code. `search`: part of a name, mail or firm; where nobody's record was
    reached, of anything they wrote."""
    found = Submission.objects.select_related("person__company", "lead", "judged_by").order_by("-id")
    if outcome in GROUPS and outcome:
        found = found.filter(outcome__in=GROUPS[outcome][1])
    elif outcome in Outcome.values:
        found = found.filter(outcome=outcome)
    if source:
        found = found.filter(source=source.replace("\0", "")[:80])
    if words := " ".join(search.replace("\0", "").split())[:100]:
        part = f"%{words.replace('%', '').replace('_', ' ').lower()}%"
        found = found.filter(
            Q(person__in=RawSQL("SELECT id FROM leads_person WHERE search LIKE %s LIMIT 1000", [part]))
            | Q(pk__in=RawSQL(
                "SELECT id FROM leads_submission WHERE outcome IN ('suspect', 'spam', 'refused', 'failed') "
                "AND lower(payload::text) LIKE %s ORDER BY id DESC LIMIT 1000", [part]))
        )  # fmt: skip
    return found


def page(found: QuerySet[Submission], *, before: int | None = None, after: int | None = None) -> Page:
    """`before`, `after`: the id at the edge. One statement, whatever the number of the page."""
    if after is not None:
        shown = list(found.filter(pk__gt=after).order_by("id")[: SIZE + 1])
        more, shown = len(shown) > SIZE, shown[:SIZE][::-1]
        newer, older = more, True
    else:
        shown = list((found.filter(pk__lt=before) if before is not None else found)[: SIZE + 1])
        older, shown = len(shown) > SIZE, shown[:SIZE]
        newer = before is not None
    names = forms.names()
    return Page(
        [row(one, names) for one in shown],
        shown[0].pk if shown and newer else None,
        shown[-1].pk if shown and older else None,
    )


def row(one: Submission, names: Mapping[str, str] | None = None) -> Row:
    reasons = why(one)
    return Row(one, who(one), about(one), source_name(one.source, names), TONES.get(Outcome(one.outcome), ""),
               reasons[0] if reasons else "", max(0, len(reasons) - 1))  # fmt: skip


def who(one: Submission) -> str:
    if one.person is not None:
        return str(one.person)
    said = {str(name).lower(): value for name, value in one.payload.items() if isinstance(value, str) and value.strip()}
    named = " ".join(said[name] for name in ("first_name", "firstname", "last_name", "lastname") if name in said)
    mail = said.get("email") or next((value for value in said.values() if "@" in value and " " not in value), "")
    return (named or said.get("name") or mail or said.get("phone") or "Nobody named")[:80]


def about(one: Submission) -> str:
    """The mail address and the firm, where they are not the name already."""
    if one.person is None:
        return ""
    firm = one.person.company.name if one.person.company else ""
    mail = one.person.email if one.person.email != str(one.person) else ""
    return " · ".join(filter(None, [mail, firm]))


def field_name(path: str) -> str:
    """`email` → E-mail, `company.domain` → Company website, `touches.3.kind` → Touch 4, kind."""
    if path in FIELDS:
        return FIELDS[path]
    parts = [f"{int(part) + 1}," if part.isascii() and part.isdigit() else part for part in path.split(".")]
    words = " ".join(parts).replace("touches ", "touch ").replace("_", " ").rstrip(",")
    return words[:1].upper() + words[1:]


def why(one: Submission) -> list[str]:
    """Sentences: what was wrong, or why it is held."""
    said = [
        f"{field_name(error['field'])}: {error.get('detail', '')}" if error.get("field") else error.get("detail", "")
        for error in one.errors
        if isinstance(error, dict)
    ]
    return [*said, *suspicion.words(one.suspicions)] if one.suspicions else said


def source_name(source: str, names: Mapping[str, str] | None = None) -> str:
    if source in Provider.values:
        return Provider(source).label
    return (names if names is not None else forms.names()).get(source) or source or "not named"


def sources() -> list[tuple[str, str]]:
    """[(source, its name)] of all there are, without reading the table: from each to the next by the index."""
    found = bulk.query(
        """
        WITH RECURSIVE s AS (
            (SELECT source FROM leads_submission ORDER BY source LIMIT 1)
            UNION ALL
            SELECT (SELECT n.source FROM leads_submission n WHERE n.source > s.source ORDER BY n.source LIMIT 1)
              FROM s WHERE s.source IS NOT NULL)
        SELECT source FROM s WHERE source <> '' LIMIT %s""",
        [MOST_SOURCES],
    )
    names = forms.names()
    return sorted(((source, source_name(source, names)) for (source,) in found), key=lambda pair: pair[1].lower())


def newest_id() -> int:
    return Submission.objects.order_by("-id").values_list("pk", flat=True).first() or 0


def door_name(one: Submission) -> str:
    return Door(one.door).label if one.door in Door.values else one.door


def flat_payload(payload: Any) -> list[tuple[str, str]]:
    """What was sent, as names and values, the longest cut; lists and objects by their paths."""
    return [(name, value[:2_000]) for name, value in flat(payload, deep=6).items()]
