"""What comes along with an enquiry: yes and no of each purpose, as rows for the record, as a cache on the person."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.text import slugify

from leads.incoming import Incoming, IncomingConsent
from leads.models.consent import ConsentState, ConsentText
from revops.lib import bulk

EVENT = {
    "person_id": "bigint", "purpose": "text", "channel": "text", "state": "text", "text_id": "bigint", "said": "text",
    "how": "text", "submission_id": "bigint", "at": "timestamptz", "recorded_at": "timestamptz", "by_id": "bigint",
}  # fmt: skip
YES = {"granted", "given", "yes", "true", "opt_in", "1"}
NO = {"denied", "no", "false", "refused", "0"}
TAKEN_BACK = {"withdrawn", "revoked", "opt_out", "unsubscribed"}
HOW = {"hook": "provider"}
OLDEST, NEWEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def name_texts(batch: Sequence[Incoming]) -> None:
    """A consent that names only its text gets the text's purpose and channel; none without such, no query."""
    unnamed = [given for item in batch for given in item.consents if given.text is not None and not given.purpose]
    if not unnamed:
        return
    known = ConsentText.objects.in_bulk({given.text for given in unnamed})
    for given in unnamed:
        if text := known.get(given.text):
            given.purpose, given.channel = text.purpose, text.channel


def given_by(item: Incoming, *, at: datetime) -> list[IncomingConsent]:
    """Everything it says of consent that is a yes or a no; the plain object's names are purposes."""
    found = [given for given in item.consents if given.purpose]
    for name, value in item.consent.items():
        if one := _read(name, value):
            found.append(one)
    return found


def rows(item: Incoming, *, person: int, submission: int, door: str, by: int | None, now: datetime) -> list[tuple]:
    """Of EVENT."""
    at = item.occurred_at or now
    return [
        (person, one.purpose, one.channel, one.state, one.text, one.said, HOW.get(door, door), submission,
         min(one.at or at, now), now, by)
        for one in given_by(item, at=at)
    ]  # fmt: skip


def insert(rows: Sequence[tuple]) -> tuple[str, list]:
    """The statement that writes them; a text that there is none of is left out, whoever named it."""
    relation, params = bulk.source(EVENT, rows)
    picked = bulk.selected(EVENT).replace("v.text_id", "(SELECT t.id FROM leads_consenttext t WHERE t.id = v.text_id)")
    return f"INSERT INTO leads_consentevent ({', '.join(EVENT)}) SELECT {picked} FROM {relation}", params


def cached(before: Mapping[str, Any], item: Incoming, *, at: datetime | None) -> dict[str, Any]:
    """`person.consent` afterwards: the newest of each purpose and channel. A plain yes stays as it was sent, a no gets
    its moment, so that nothing older comes over it; no moment is ahead of ours."""
    after = dict(before)
    for name, value in item.consent.items():
        said = _said_at(value)
        moment = min(said, at) if said and at else said or at
        known = _said_at(after.get(name))
        if moment and known and known > moment:
            continue
        dated = moment and (is_no(value) or "at" in _mapping(value))
        said_so = value if isinstance(value, Mapping) else {"state": value}
        after[name] = {**said_so, "at": moment.isoformat()} if moment and dated else value
    for one in item.consents:
        if one.purpose and (moment := one.at or at):
            note(after, one.purpose, one.channel, one.state, moment)
    return after


def note(cache: dict[str, Any], purpose: str, channel: str, state: str, at: datetime) -> None:
    """Keep it unless what is there is newer."""
    name = f"{purpose}.{channel}" if channel else purpose
    known = _said_at(cache.get(name))
    if known is not None and known > at:
        return
    cache[name] = {"state": str(state), "at": at.isoformat()}


def holds(cache: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether a yes to one of these (a purpose, a channel, both) is newer than every no to any of them; a no of unknown
    age is the newest, a yes the oldest."""
    said = [cache[name] for name in names if name in cache]
    agreed = [_said_at(value) or OLDEST for value in said if not is_no(value)]
    refused = [_said_at(value) or NEWEST for value in said if is_no(value)]
    return bool(agreed) and max(refused, default=OLDEST) <= max(agreed)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _said_at(value: Any) -> datetime | None:
    """The moment of what the cache holds; none in what is no moment, has no zone or is ages ago."""
    try:
        moment = datetime.fromisoformat(str(_mapping(value).get("at", "")))
    except ValueError:
        return None
    return moment if moment.tzinfo and moment.year >= OLDEST.year else None


def _read(name: str, value: Any) -> IncomingConsent | None:
    said, text, at = "", None, _said_at(value)
    if isinstance(value, Mapping):
        shown, value = value.get("text"), value.get("state", value.get("granted"))
        if isinstance(shown, int) and not isinstance(shown, bool) and 0 < shown < 2**63:
            text = shown  # the version of ours that they saw
        elif shown:
            said = str(shown)
    # A form says newsletter.email: the purpose and by which channel.
    name, _, channel = name.partition(".")
    purpose, channel = (slugify(part).replace("-", "_") for part in (name, channel))
    if value is None or not purpose:
        return None
    word = str(value).strip().lower()
    if word in NO:
        state = ConsentState.DENIED
    elif word in TAKEN_BACK:
        state = ConsentState.WITHDRAWN
    elif word in YES:
        state = ConsentState.GRANTED
    elif isinstance(value, str) and value.strip():
        # The words themselves were sent: they are what was agreed to.
        state, said = ConsentState.GRANTED, value
    else:
        return None
    return IncomingConsent(purpose[:40], channel[:20], state.value, text, said, at)


def is_no(value: Any) -> bool:
    """Of what the cache holds: true, false, a word, or {state, …}."""
    state = value.get("state", value.get("granted")) if isinstance(value, Mapping) else value
    return state is None or str(state).strip().lower() in NO | TAKEN_BACK
