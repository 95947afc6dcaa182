"""Segments: conditions with a name, kept by administrators and marketing, asked anew each time.

Every change is a fact that holds what was before, and the newest can be taken back. `seen` (edited_at as the caller
knows it) guards against changing what somebody else has just changed.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from journal import record
from journal.models import Entry
from journal.record import Fact
from leads import conditions
from leads.checks import Checks
from leads.models import Segment
from revops.lib.errors import Invalid, Refused
from teams import access

FIELDS = {"name": 80, "about": 400}
KEEP = "keep_segments"


def held() -> Iterator[tuple[str, Any]]:
    """Each segment and its condition (settings.CONDITION_HOLDERS)."""
    for name, condition in Segment.objects.values_list("name", "condition"):
        yield f"the segment {name}", condition


@transaction.atomic
def add(
    *, name: str, condition: Any = None, about: str = "", by: Any, at: datetime, via: str = "page"
) -> Segment:  # fmt: skip
    """A new segment; without a condition everyone is in it. Raises Invalid, or Forbidden for who may not keep them."""
    access.require(by, KEEP)
    fields = _checked({"name": name, "about": about, "condition": {} if condition is None else condition})
    segment = Segment(created_at=at, created_by=by, edited_at=at, **fields)
    _write(segment, force_insert=True)
    _tell(segment.pk, "added", None, _state(segment), by=by, at=at, via=via)
    return segment


@transaction.atomic
def change(
    segment: Segment, fields: Mapping[str, Any], *, by: Any, at: datetime, seen: datetime | None = None,
    via: str = "page",
) -> Segment:  # fmt: skip
    """`fields`: name, about, condition, those that change. Raises Refused (`stale`) when it changed since `seen`."""
    access.require(by, KEEP)
    now = _held(segment.pk, seen)
    before, wanted = _state(now), _checked(fields)
    if {**before, **wanted} != before:
        for name, value in wanted.items():
            setattr(now, name, value)
        now.edited_at = at
        _write(now)
        _tell(now.pk, "changed", before, _state(now), by=by, at=at, via=via)
    return now


@transaction.atomic
def remove(segment: Segment, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page") -> None:
    """It can be undone: the fact keeps all of it."""
    access.require(by, KEEP)
    now = _held(segment.pk, seen)
    _tell(now.pk, "removed", _state(now), None, by=by, at=at, via=via)
    now.delete()


@transaction.atomic
def undo(pk: int, *, by: Any, at: datetime, change: int | None = None, via: str = "page") -> str:
    """Takes the newest change back, once; answers with a sentence. `change`: the fact that is meant. Raises Refused
    when nothing is left to undo, or (`stale`) when something else came after it."""
    access.require(by, KEEP)
    newest = newest_change(pk)
    if newest is None or newest.kind == "segment.undone":
        raise Refused("Nothing about this segment is left to undo.", code="nothing")
    if change is not None and newest.pk != change:
        raise Refused(
            f"{newest.by or 'Somebody'} changed it since: that would be undone instead. Nothing was changed.",
            code="stale",
        )
    was, now = newest.data["before"], Segment.objects.select_for_update().filter(pk=pk).first()
    before = _state(now) if now else None
    if was is None:
        if now:
            now.delete()
        said = f"{newest.data['after']['name']} is removed again."
    else:
        back = now or Segment(pk=pk, created_at=at, created_by=by)
        for name, value in _checked(was).items():
            setattr(back, name, value)
        back.edited_at = at
        _write(back, force_insert=now is None)
        said = f"{back} is as it was before."
    _tell(pk, "undone", before, was, by=by, at=at, via=via)
    return said


def newest_change(pk: int) -> Entry | None:
    """The fact of the last change, which `undo` takes back."""
    return Entry.objects.about("segment", [pk]).select_related("by").order_by("-id").first()


def _held(pk: int, seen: datetime | None) -> Segment:
    now = Segment.objects.select_for_update().filter(pk=pk).first()
    if now is None:
        raise Refused("This segment was removed in the meantime. Nothing was changed.", code="stale")
    if seen is not None and seen != now.edited_at:
        last = newest_change(pk)
        who = str(last.by) if last and last.by else "Somebody"
        raise Refused(
            f"{who} changed {now} after this page was shown: look at it again. Nothing was changed.", code="stale"
        )
    return now


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    check = Checks()
    check.is_object(fields, "", {*FIELDS, "condition"})
    found: dict[str, Any] = {name: check.text(fields, name, FIELDS[name]) for name in FIELDS if name in fields}
    if "name" in fields and not found["name"] and not check.has("name"):
        check.no("", "name", "required", "Give it a name.")
    if "condition" in fields:
        try:
            conditions.validate(fields["condition"])
            found["condition"] = conditions.bare(fields["condition"])
        except Invalid as wrong:
            for error in wrong.errors:
                at = f"condition.{error['field']}" if error["field"] else "condition"
                check.no("", at, error["code"], error["detail"])
    if check.errors:
        raise check.failed()
    return found


def _write(segment: Segment, *, force_insert: bool = False) -> None:
    same = Segment.objects.filter(name__iexact=segment.name).exclude(pk=segment.pk)
    taken = Invalid(f"There is a segment {segment.name} already.", field="name", code="taken")
    if same.exists():
        raise taken
    try:
        with transaction.atomic():
            segment.save(force_insert=force_insert)
    except IntegrityError:
        raise taken from None


def _state(segment: Segment) -> dict[str, Any]:
    return {"name": segment.name, "about": segment.about, "condition": segment.condition}


def _tell(pk: int, what: str, before: Any, after: Any, *, by: Any, at: datetime, via: str) -> None:
    data = {"before": before, "after": after}
    record.record([Fact(f"segment.{what}", "segment", pk, at, by=by.pk, via=via, data=data)], now=at)
