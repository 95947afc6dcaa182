"""The queue of likely doubles, the likeliest first, and the answer that two are different."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from journal.remembering import KEPT_FOR
from leads.duplicates.judging import REASONS
from leads.duplicates.merging import require
from leads.models import Lead, Merge, Pair, PairState, Person, Stage
from revops.lib.errors import Refused
from teams.models import User

SIZE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A pair with the present lead of each, where there is one."""

    pair: Pair
    leads: list[Lead | None]
    why: str

    @property
    def likely(self) -> str:
        return words(self.pair.strength)


def page(*, after: tuple[int, int] | None = None) -> tuple[list[Row], tuple[int, int] | None]:
    """(one page of pairs to review, where the next begins or None); by keyset, so page 1,000 costs what page 1 does.
    Two queries."""
    pairs = Pair.objects.filter(state=PairState.OPEN).select_related("one__company", "other__company")
    if after is not None:
        strength, pk = after
        pairs = pairs.filter(Q(strength__lt=strength) | Q(strength=strength, pk__lt=pk), strength__lte=strength)
    found = list(pairs.filter(one__isnull=False, other__isnull=False).order_by("-strength", "-id")[: SIZE + 1])
    shown = found[:SIZE]
    leads = present([pk for pair in shown for pk in (pair.one_id, pair.other_id)])
    rows = [Row(pair, [leads.get(pair.one_id), leads.get(pair.other_id)], because(pair.reasons)) for pair in shown]
    return rows, ((shown[-1].strength, shown[-1].pk) if len(found) > SIZE else None)


def waiting(most: int = 1_000) -> int:
    """How many wait, counted up to `most`."""
    return Pair.objects.filter(state=PairState.OPEN)[:most].count()


def merged(*, now: datetime, most: int = 100) -> list[Merge]:
    """The merges that may still be taken back, the latest first; one query."""
    recent = Merge.objects.filter(unmerged_at=None, at__gt=now - KEPT_FOR)
    return list(recent.select_related("survivor", "loser", "by", "work").order_by("-id")[:most])


def different(pair: Pair, *, by: User, at: datetime) -> None:
    """These two are not the same, and nobody is asked again. Whoever may merge them may say so. Raises Refused when
    somebody has merged them meanwhile."""
    require(by, pair.one, pair.other)
    if pair.state == PairState.MERGED:
        raise Refused("They are one already. Nothing was changed; un-merge them first.", code="merged")
    Pair.objects.filter(pk=pair.pk, state=PairState.OPEN).update(
        state=PairState.DIFFERENT, decided_at=at, decided_by=by
    )


def still_asked(pair: Pair) -> None:
    """Raises Refused when somebody has said that they differ: what was on the screen is no longer so."""
    if pair.state == PairState.DIFFERENT:
        who = pair.decided_by or "Somebody"
        raise Refused(f"Not merged: {who} said that they are not the same. Nothing was changed.", code="different")


def ask_again(pair: Pair, *, by: User) -> None:
    """Take back that they are different."""
    require(by, pair.one, pair.other)
    Pair.objects.filter(pk=pair.pk, state=PairState.DIFFERENT).update(
        state=PairState.OPEN, decided_at=None, decided_by=None
    )


def following(pair: Pair) -> Pair | None:
    """The next one to review."""
    return Pair.objects.filter(state=PairState.OPEN).exclude(pk=pair.pk).order_by("-strength", "-id").first()


def of_person(person: Person) -> Pair | None:
    """The likeliest pair to review of which this person is one."""
    pairs = Pair.objects.filter(Q(one=person) | Q(other=person), state=PairState.OPEN)
    return pairs.select_related("one", "other").order_by("-strength").first()


def present(person_ids: Sequence[int]) -> dict[int, Lead]:
    """{person: the lead a page about them is of: the open one, else the last}; one query."""
    found: dict[int, Lead] = {}
    for lead in Lead.objects.filter(person__in=person_ids).exclude(stage=Stage.MERGED).with_names().order_by("cycle"):
        if lead.person_id not in found or not found[lead.person_id].is_open:
            found[lead.person_id] = lead
    return found


def because(reasons: Sequence[str]) -> str:
    told = [REASONS[code] for code in reasons if code in REASONS]
    text = f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else "".join(told)
    return text[:1].upper() + text[1:]


def words(strength: int) -> str:
    return "Nearly certain" if strength >= 88 else "Likely" if strength >= 75 else "Possible"


def days_left(merge: Merge, now: datetime) -> timedelta:
    return merge.work.until - now
