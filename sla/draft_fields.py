"""What may be said in a line and on its ladder, field by field, for pages and REST alike; a flaw is refused by name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from leads import conditions
from leads.checks import Checks
from leads.conditions.tree import is_number
from revops.lib.errors import Invalid
from sla.draft_differences import LINE_FIELDS
from sla.models import Channel, Hours, PauseReason, Target, Tier, Unit, Who
from teams.models import Calendar

MOST_RUNGS, MOST_LINES = 20, 60
MOST_AMOUNT = 2**31 - 1
MOST_HOPS = 2  # a lead that nobody answers after two people is its manager's to give
LONGEST_AFTER = 366 * 86_400
EDITABLE = frozenset(LINE_FIELDS)
# target -> {name: (least, most)}; `factor` alone may have a fraction.
TERMS: dict[str, dict[str, tuple[int, int]]] = {
    Target.FIRST_RESPONSE: {"cutoff": (0, 86_400)},
    Target.TOUCH_MINIMUM: {"touches": (1, 50), "channels": (1, 6), "per_day": (1, 20)},
    Target.STAGE_AGE: {"factor": (1, 10), "sample": (1, 1_000)},
}
RUNG = frozenset(["level", "after", "who", "how", "then"])


def read(fields: Mapping[str, Any], *, target: str) -> dict[str, Any]:
    """The fields as a Policy keeps them; `calendar` becomes `calendar_id`. Raises Invalid with one error a flaw.

    A calendar that is named makes `hours` "calendar" unless `hours` is given too. `terms` may name some of a target's.
    """
    check = Checks()
    found: dict[str, Any] = {}
    for name in fields:
        if name not in EDITABLE:
            check.no("", str(name)[:100], "unknown_field", "There is no such field.")
    for name, choices in (("unit", Unit), ("hours", Hours)):
        if name in fields and (said := _chosen(fields, name, choices.values, check)) is not None:
            found[name] = said
    if "tier" in fields and (said := _chosen(fields, "tier", Tier.values, check)) is not None:
        if target == Target.FIRST_RESPONSE and not said:
            check.no("", "tier", "required", "Say how hot these leads are: hot, intent or standard.")
        found["tier"] = said
    if "name" in fields:
        found["name"] = check.text(fields, "name", 80)
        if not found["name"] and not check.has("name"):
            check.no("", "name", "required", "A line needs a name.")
    if "condition" in fields:
        found["condition"] = _condition(fields["condition"], check)
    whole = (("amount", 0, MOST_AMOUNT), ("goal", 1, 100), ("hops", 0, MOST_HOPS))
    for name, least, most in whole:
        if name in fields:
            found[name] = _whole(fields[name], name, least, most, check)
    if found.get("hops") and target != Target.FIRST_RESPONSE:
        check.no("", "hops", "not_here", "Only a first response moves a lead on to somebody else.")
    if "bench" in fields:
        found["bench"] = check.yes_no(fields, "bench", False)
    if "pause_reasons" in fields:
        found["pause_reasons"] = _several(fields["pause_reasons"], "pause_reasons", PauseReason.values, check)
    if "calendar" in fields:
        found["calendar_id"] = _calendar(fields["calendar"], check)
        if found["calendar_id"] is not None:
            found.setdefault("hours", Hours.CALENDAR.value)
    if "terms" in fields:
        found["terms"] = _terms(fields["terms"], target, check)
    if check.errors:
        raise check.failed()
    return found


def read_ladder(steps: Any, *, target: str) -> list[dict[str, Any]]:
    """Rungs in order as a Step keeps them. A rung past due says `after`; its level follows from the order of those.

    Raises Invalid with paths like `steps.2.who`.
    """
    check = Checks()
    if not isinstance(steps, Sequence) or isinstance(steps, str) or len(steps) > MOST_RUNGS:
        raise Invalid(f"Give a list of at most {MOST_RUNGS} steps.", code="not_a_list", field="steps")
    rungs = [_rung(step, f"steps.{i}", target, check) for i, step in enumerate(steps)]
    if check.errors:
        raise check.failed()
    before = sorted((rung for rung in rungs if rung["after"] is None), key=lambda rung: rung["level"])
    later = sorted((rung for rung in rungs if rung["after"] is not None), key=lambda rung: rung["after"])
    for i, rung in enumerate(later):
        rung["level"] = 101 + i
    for name, values in (("level", [r["level"] for r in before]), ("after", [r["after"] for r in later])):
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise Invalid("Two steps are at the same moment: make one of them.", code="twice", field=f"steps.{name}")
    return [*before, *later]


def _rung(step: Any, at: str, target: str, check: Checks) -> dict[str, Any]:
    rung: dict[str, Any] = {"level": 0, "after": None, "who": [], "how": [], "then": ""}
    if not check.is_object(step, at, RUNG):
        return rung
    if step.get("after") is not None:
        rung["after"] = _whole(step["after"], "after", 1, LONGEST_AFTER, check, at)
    else:
        rung["level"] = _whole(step.get("level"), "level", 1, 100, check, at)
    rung["who"] = _several(step.get("who", []), "who", Who.values, check, at)
    rung["how"] = _several(step.get("how", []), "how", Channel.values, check, at)
    rung["then"] = _chosen({"then": "", **step}, "then", ["", "reassign"], check, at) or ""
    if rung["then"] and (rung["level"] != 100 or target != Target.FIRST_RESPONSE):
        check.no(at, "then", "not_here", "Only a first response that is due moves on to somebody else.")
    return rung


def _chosen(fields: Mapping, name: str, choices: Collection[str], check: Checks, at: str = "") -> str | None:
    value = fields[name]
    if isinstance(value, str) and value in choices:
        return str(value)
    check.no(at, name, "not_a_choice", f"Choose one of: {', '.join(filter(None, choices))}.")
    return None


def _several(value: Any, name: str, choices: Collection[str], check: Checks, at: str = "") -> list[str]:
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(one in choices for one in value):
        check.no(at, name, "not_a_choice", f"Choose among: {', '.join(choices)}.")
        return []
    return [str(one) for one in choices if one in value]


def _whole(value: Any, name: str, least: int, most: int, check: Checks, at: str = "") -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    check.no(at, name, "not_a_whole_number", f"Give a whole number from {least:,} to {most:,}.")
    return least


def _condition(condition: Any, check: Checks) -> dict:
    try:
        conditions.validate(condition)
    except Invalid as wrong:
        for error in wrong.errors:
            check.no("condition", error["field"], error["code"], error["detail"])
        return {}
    return condition


def _calendar(value: Any, check: Checks) -> int | None:
    pk = value.pk if isinstance(value, Calendar) else value
    if pk is None:
        return None
    known = isinstance(pk, int) and not isinstance(pk, bool) and 0 < pk < 2**31
    if known and Calendar.objects.filter(pk=pk).exists():
        return pk
    check.no("", "calendar", "unknown_calendar", "There is no calendar with this id.")
    return None


def _terms(value: Any, target: str, check: Checks) -> dict[str, Any]:
    known = TERMS.get(target, {})
    if not check.is_object(value, "terms", known.keys()):
        return {}
    for name, said in value.items():
        if name not in known:
            continue
        least, most = known[name]
        fits = is_number(said) and least <= said <= most and (name == "factor" or said == int(said))
        if not fits:
            check.no("terms", name, "not_a_number", f"Give a number from {least:,} to {most:,}.")
    return dict(value)
