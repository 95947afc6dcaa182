"""The log of requests about data: received, verified, extended once, answered; each under the law's own clock."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from journal.record import Fact, record
from leads.checks import Checks, flaw
from leads.consent import saying
from leads.incoming import Incoming
from leads.models import DataRequest, Person, PersonKey, RequestKind, RequestState
from leads.rights import erasing, hashes
from revops.lib.errors import Invalid, Refused
from teams import access
from teams.models import Organisation, Role, User

MONTHS, EXTENDED = 1, 3
NOTHING_HELD = "Nothing is held of them."
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def due_on(received: date, months: int = MONTHS) -> date:
    """The same day `months` later, or the last one of that month: 31 January → 28 February 2026."""
    year, month = divmod(received.month - 1 + months, 12)
    year, month = received.year + year, month + 1
    return date(year, month, min(received.day, monthrange(year, month)[1]))


def due_at(day: date, zone: ZoneInfo) -> datetime:
    """The last second of that day where the company is."""
    return datetime.combine(day, time(23, 59, 59), zone)


def whose(said: int | str) -> Person | None:
    """Whom an id, a mail address or a phone number belongs to; who was merged is found as whom they went into."""
    person: Person | None
    if isinstance(said, int):
        person = Person.objects.filter(pk=said).first()
    else:
        keys = _keys(said)
        found = PersonKey.objects.filter(kind=keys[0][0], key=keys[0][1]).select_related("person") if keys else []
        person = next((one.person for one in found), None)
    while person is not None and person.merged_into_id:
        person = person.merged_into
    return person if person is None or person.erased_at is None else None


def contact_of(said: str) -> str:
    """What somebody who is not known here is answered by. Raises Invalid when it is neither a mail nor a number."""
    if not _keys(said):
        raise Invalid("Give a whole mail address, or a phone number with its country.", code="invalid", field="person")
    return said.strip()


def receive(
    person: Person | None, kind: str, *, by: User, at: datetime, received_at: datetime | None = None, note: str = "",
    owner: User | None = None, via: str = "page", contact: str = "",
) -> DataRequest:  # fmt: skip
    """Log a request; its clock starts with the day it was received. An objection is carried out at once.

    `contact`: the mail or number of somebody who is not known here; `person` is None then.

    Raises Forbidden, or Invalid for an unknown kind or a moment that is not yet.
    """
    access.require(by, "edit_person")
    if kind not in RequestKind.values:
        raise Invalid("Say what they ask for.", code="unknown", field="kind")
    received = received_at or at
    if received > at:
        raise Invalid("This is in the future.", code="future", field="received_at")
    if received < EARLIEST:
        raise Invalid("This is before 2000.", code="too_old", field="received_at")
    contact, zone = "" if person else contact_of(contact), _zone()
    with transaction.atomic():
        made = DataRequest.objects.create(
            person=person, contact=contact, kind=kind, note=_text(note, "note", 2_000), received_at=received,
            due_on=due_on(received.astimezone(zone).date()), owner=owner or _answers(by), by=by,
        )  # fmt: skip
        due = due_at(made.due_on, zone).isoformat()
        data = {"kind": kind, "person": made.person_id, "owner": made.owner_id, "due": due}
        record([Fact("request.received", "request", made.pk, received, by=by.pk, via=via, data=data)], now=at)
        if kind == RequestKind.OBJECTION and person is None:
            hashes.remember(_keys(contact), at=at)  # so that no import brings them
        elif kind == RequestKind.OBJECTION and person is not None:
            saying.object_to_marketing(person, by=by, at=at)
    return made


def verify(asked: DataRequest, how: str, *, by: User, at: datetime, via: str = "page") -> DataRequest:
    """How we know that it is them: nothing is handed out or erased before."""
    held = _hold(asked, by, at)
    held.verified, held.verified_at = _text(how, "how", 400, needed=True), at
    held.save(update_fields=["verified", "verified_at"])
    return held


def may_copy(asked: DataRequest, *, by: User) -> Person:
    """Whose copy it is. Raises Forbidden, or Refused while it is not known that it is them, when nothing is held and
    when they are erased."""
    access.require(by, "edit_person")
    person = subject(asked)
    if person is None:
        raise Refused(f"{NOTHING_HELD} There is nothing to hand out.", code="nothing_held")
    if person.erased_at is not None:
        raise Refused("They were erased: there is nothing to hand out.", code="erased")
    if asked.verified_at is None:
        raise Refused("Say first how you know that it is them.", code="not_verified")
    return person


def subject(asked: DataRequest) -> Person | None:
    """Whose request it is; who wasn't known when it was logged may be by now."""
    return asked.person or (whose(asked.contact) if asked.contact else None)


def extend(asked: DataRequest, because: str, *, by: User, at: datetime, via: str = "page") -> DataRequest:
    """Two more months, once, within the first, for a reason that they are told."""
    with transaction.atomic():
        held = _hold(asked, by, at)
        zone = _zone()
        if held.extended_at is not None:
            raise Refused("It was extended already: the law allows it once. Nothing was changed.", code="extended")
        if at > due_at(held.due_on, zone):
            raise Refused("Its month is over, so it can't be extended. Nothing was changed.", code="too_late")
        held.extended_because, held.extended_at = _text(because, "because", 400, needed=True), at
        held.due_on = due_on(held.received_at.astimezone(zone).date(), EXTENDED)
        held.save(update_fields=["extended_because", "extended_at", "due_on"])
        due = due_at(held.due_on, zone).isoformat()
        record([Fact("request.extended", "request", held.pk, at, by=by.pk, via=via, data={"due": due})], now=at)
    return held


def finish(asked: DataRequest, answer: str = "", *, by: User, at: datetime, via: str = "page") -> DataRequest:
    """Done. An erasure is carried out by this, and takes the words of the request along.

    Of whom nothing is held the answer says so, and nobody need be verified for it.
    """
    with transaction.atomic():
        held = _hold(asked, by, at)
        if held.person is None:
            _answer(held, RequestState.DONE, _text(answer, "answer", 1_000) or NOTHING_HELD, by=by, at=at, via=via)
            if held.kind == RequestKind.ERASURE:
                _forget(held.contact)
            held.refresh_from_db()
            return held
        if held.verified_at is None and held.kind != RequestKind.OBJECTION:
            raise Refused("Say first how you know that it is them. Nothing was changed.", code="not_verified")
        _answer(held, RequestState.DONE, _text(answer, "answer", 1_000), by=by, at=at, via=via)
        if held.kind == RequestKind.ERASURE:
            erasing.erase(held.person, by=by, at=at, via=via)
    held.refresh_from_db()
    return held


def refuse(asked: DataRequest, reason: str, *, by: User, at: datetime, via: str = "page") -> DataRequest:
    """Not done, for a reason that they are told. An objection to marketing can't be refused."""
    with transaction.atomic():
        held = _hold(asked, by, at)
        if held.kind == RequestKind.OBJECTION:
            raise Refused("An objection to marketing is always followed. Nothing was changed.", code="absolute")
        _answer(held, RequestState.REFUSED, _text(reason, "reason", 1_000, needed=True), by=by, at=at, via=via)
    return held


def names(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """{request: (whose it is, its address)}, for notices; one query."""
    rows = DataRequest.objects.filter(pk__in=list(ids)).select_related("person")
    return {one.pk: (one.who, f"/rights/{one.pk}/") for one in rows}


def _answer(held: DataRequest, state: str, words: str, *, by: User, at: datetime, via: str) -> None:
    held.state, held.answer, held.answered_at, held.answered_by = state, words, at, by
    held.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    record([Fact("request.answered", "request", held.pk, at, by=by.pk, via=via, data={"state": str(state)})], now=at)


def _hold(asked: DataRequest, by: User, at: datetime) -> DataRequest:
    access.require(by, "edit_person")
    with transaction.atomic():
        held = DataRequest.objects.select_for_update(of=("self",)).select_related("person").get(pk=asked.pk)
    if held.state != RequestState.OPEN:
        raise Refused("This request was answered before. Nothing was changed.", code="answered")
    if held.person is None and (known := subject(held)):
        held.person, held.contact = known, ""
        held.save(update_fields=["person", "contact"])
        if held.kind == RequestKind.OBJECTION:
            saying.object_to_marketing(known, by=by, at=at)
    return held


def _forget(contact: str) -> None:
    """Of whom nothing else is held: the words of all their requests."""
    DataRequest.objects.filter(person=None, contact__iexact=contact).update(
        contact="", note="", verified="", extended_because="", answer=NOTHING_HELD
    )


def _keys(said: str) -> list[tuple[str, str]]:
    text = said.strip()
    return [] if not text or flaw(text) else Incoming(**{"email" if "@" in text else "phone": text}).keys()


def _answers(by: User) -> User:
    """Who logs it answers it; for a key somebody has to, the administrator who is here longest."""
    if not by.is_service:
        return by
    return User.objects.filter(role=Role.ADMIN, is_active=True, is_service=False).order_by("pk").first() or by


def _text(value: str, name: str, longest: int, *, needed: bool = False) -> str:
    check = Checks()
    text = check.text({name: value}, name, longest, lines=True)
    if needed and not text and not check.errors:
        check.no("", name, "required", "Say it in a few words.")
    if check.errors:
        raise check.failed()
    return text


def _zone() -> ZoneInfo:
    zone = Organisation.objects.values_list("timezone", flat=True).first()
    return ZoneInfo(zone or "UTC")
