"""Whose yes a proposed definition waits for, and asking them: a notice in the app and by e-mail."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from notify.models import Notice
from scoring import approving
from scoring.models import Definition, Side
from teams.models import Organisation, User

KIND = "definition.to_approve"


def missing(given: Iterable[Any]) -> list[Side]:
    """The sides that have not said yes."""
    said = {yes.side for yes in given}
    return [side for side in Side if side.value not in said]


def ask(draft: Definition, *, at: datetime, by: Any) -> list[int]:
    """Tell everybody who is asked, once for what was proposed at this moment; the ids of those told."""
    return _tell(
        draft, [one for side in Side for one in approving.asked(side)], f"proposed:{at.isoformat()}", at=at, by=by
    )


def remind(draft: Definition, given: Iterable[Any], *, at: datetime, by: Any) -> list[int]:
    """Those of the sides that are missing, once a day of the organisation."""
    people = [one for side in missing(given) for one in approving.asked(side)]
    return _tell(draft, people, f"remind:{Organisation.get().today(at).isoformat()}", at=at, by=by)


def _tell(draft: Definition, people: list[User], key: str, *, at: datetime, by: Any) -> list[int]:
    key = f"definition:{draft.pk}:{key}"
    ids = {one.pk for one in people} - {by.pk}
    ids -= set(Notice.objects.filter(key=key, user__in=ids).values_list("user_id", flat=True))
    Notice.objects.bulk_create(
        [
            Notice(user_id=pk, kind=KIND, subject_kind="definition", subject_id=draft.pk, key=key, at=at,
                   data={"by": by.pk, "version": draft.version}, how=["email"])
            for pk in sorted(ids)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return sorted(ids)
