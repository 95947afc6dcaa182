"""The mail addresses and numbers a person is known by: added, taken away and preferred by hand, each with a way back.

The main one is what is shown and written to; every one of them recognises the person.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from journal.record import Fact, record
from leads import identity
from leads.duplicates import finding
from leads.models import Person, PersonKey
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams.models import User

EMAIL, PHONE, GMAIL = PersonKey.Kind.EMAIL, PersonKey.Kind.PHONE, PersonKey.Kind.GMAIL
MOST = 20


def of(person: Person) -> list[dict[str, Any]]:
    """[{key, kind, text, main}]: mails first, the main one of each kind on top; one query."""
    main = {_key(EMAIL, person.email), _key(PHONE, person.phone)}
    found = [
        {"key": key, "kind": key.kind, "text": key.shown or key.key, "main": (key.kind, key.key) in main}
        for key in PersonKey.objects.filter(person=person, kind__in=[EMAIL, PHONE]).order_by("pk")
    ]
    if person.phone and not any(row["kind"] == PHONE and row["main"] for row in found):
        # A number beside a mail address is shown, and recognises nobody: colleagues share switchboards.
        found.append({"key": None, "kind": PHONE, "text": person.phone, "main": True})
    return sorted(found, key=lambda row: (row["kind"], not row["main"]))


def add(person: Person, text: str, *, by: User, at: datetime, via: str = "page") -> PersonKey:
    """Know the person by one more mail address or number; a second time is once.

    Raises Invalid (what was typed is neither), Refused (`taken`: it is somebody else's, whom to merge instead).
    """
    text = text.strip()
    kind = EMAIL if "@" in text else PHONE
    key = _key(kind, text)
    if key is None:
        raise Invalid(
            "Type a mail address, or a number with its country, like +49 30 1234567.", code="invalid", field="address"
        )
    with transaction.atomic():
        held = _hold(person)
        if PersonKey.objects.filter(person=held).count() >= MOST:
            raise Refused(f"Nobody has more than {MOST} addresses. Nothing was changed.", code="too_many")
        wanted = [key, *([(GMAIL, box)] if kind == EMAIL and (box := identity.gmail_key(text)) else [])]
        made = None
        for one in wanted:
            found = PersonKey.objects.filter(kind=one[0], key=one[1]).select_related("person").first()
            if found is not None and found.person_id != held.pk:
                raise Refused(
                    f"{found.person} is known by this. If they are the same person, merge them; nothing was changed.",
                    code="taken",
                )
            if found is None:
                found = _create(held, one, text[:254] if one == key else "")
            made = made or found
        if not (held.email if kind == EMAIL else held.phone):
            _prefer(held, kind, text)
        _tell(held, "added", kind, by=by, at=at, via=via)
    assert made is not None
    return made


def remove(key: PersonKey, *, by: User, at: datetime, via: str = "page") -> str:
    """They are no longer known by this; answers with its text, for the way back. The last key of a person stays."""
    with transaction.atomic():
        person = _hold(key.person)
        keys = list(PersonKey.objects.filter(person=person))
        if not any(one.pk == key.pk for one in keys):
            return key.shown or key.key
        left = [one for one in keys if one.pk != key.pk]
        if not any(one.kind != GMAIL for one in left):
            raise Refused("A person must be known by something. Add another address first.", code="last")
        gone = [key.pk]
        boxes = {identity.gmail_key(one.key) for one in left if one.kind == EMAIL}
        gone += [one.pk for one in left if one.kind == GMAIL and one.key not in boxes]
        PersonKey.objects.filter(pk__in=gone).delete()
        if (key.kind, key.key) in {_key(EMAIL, person.email), _key(PHONE, person.phone)}:
            other = next((one for one in left if one.kind == key.kind), None)
            _prefer(person, key.kind, (other.shown or other.key) if other else "")
        _tell(person, "removed", key.kind, by=by, at=at, via=via)
    return key.shown or key.key


def prefer(key: PersonKey, *, by: User, at: datetime, via: str = "page") -> str:
    """Show this one, and write to it; answers with the one that was, for the way back."""
    with transaction.atomic():
        person = _hold(key.person)
        was = person.email if key.kind == EMAIL else person.phone
        _prefer(person, key.kind, key.shown or key.key)
        _tell(person, "preferred", key.kind, by=by, at=at, via=via)
    return was


def _prefer(person: Person, kind: str, text: str) -> None:
    if kind == EMAIL:
        words = [word for word in person.search.split() if word != person.email.lower()]
        person.email, person.search = text, " ".join([*words, text.lower()]).strip()[:600]
    else:
        person.phone = text[:40]
    person.save(update_fields=["email", "phone", "search"])


def _key(kind: str, text: str) -> tuple[str, str] | None:
    key = identity.exact_key(text) if kind == EMAIL else identity.phone_digits(text) if text else None
    return (kind, key) if key else None


def _create(person: Person, key: tuple[str, str], shown: str) -> PersonKey:
    try:
        with transaction.atomic():
            return PersonKey.objects.create(person=person, kind=key[0], key=key[1], shown=shown)
    except IntegrityError:
        raise Refused("Somebody else came in by this a moment ago. Nothing was changed.", code="taken") from None


def _hold(person: Person) -> Person:
    held = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if held.merged_into_id:
        raise Refused(f"{held} was merged into {held.merged_into}. Nothing was changed.", code="merged")
    return held


def _tell(person: Person, what: str, kind: str, *, by: User, at: datetime, via: str) -> None:
    finding.again([person.pk], now=at)
    bulk.run([("UPDATE leads_lead SET updated_at = %s WHERE person_id = %s AND stage <> 'merged'", [at, person.pk])])
    facts = [Fact("person.identified", "person", person.pk, at, by=by.pk, via=via, data={"what": what, "kind": kind})]
    record(facts, now=at)
