"""What may be said in a definition, field by field, for pages and REST alike; a flaw is refused by name."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from leads import conditions
from leads.bant import ITEMS
from leads.checks import Checks
from leads.conditions import tree
from revops.lib.errors import Invalid

EDITABLE = ("sentence", "predicate", "items", "items_needed", "asked_on", "review_on", "note")
# What makes another definition of it; the rest is about when it holds.
SAID = ("sentence", "predicate", "items", "items_needed")
LONGEST = {"sentence": 1_000, "note": 400}
NEEDED = (3, 4)
SCORES = ("score.cell", "score.priority", "score.top")


def read(fields: Mapping[str, Any], *, stage: str, today: date) -> dict[str, Any]:
    """The fields as a Definition keeps them. Raises Invalid with one error a flaw."""
    check = Checks()
    found: dict[str, Any] = {}
    for name in fields:
        if name not in EDITABLE:
            check.no("", str(name)[:100], "unknown_field", "There is no such field.")
    for name, longest in LONGEST.items():
        if name in fields:
            found[name] = check.text(fields, name, longest, lines=True)
            if name == "sentence" and not found[name] and not check.has(name):
                check.no("", name, "required", "Say in a sentence what it is.")
    if "predicate" in fields:
        found["predicate"] = _predicate(fields["predicate"], check)
    if "items" in fields:
        found["items"] = _items(fields["items"], stage, check)
    if "items_needed" in fields:
        needed = fields["items_needed"]
        if isinstance(needed, bool) or needed not in NEEDED:
            check.no("", "items_needed", "not_a_choice", "Ask for 3 or for all 4 items.")
        found["items_needed"] = needed
    for name in ("asked_on", "review_on"):
        if name in fields:
            found[name] = _day(fields[name], name, check)
    if found.get("review_on") and found["review_on"] <= today:
        check.no("", "review_on", "past", "The day of the review must be after today.")
    if check.errors:
        raise check.failed()
    return found


def both_modes(predicate: Mapping[str, Any]) -> bool:
    """Whether it asks for a threshold and for the top share: two cuts through one pool contradict each other."""
    return {"score.priority", "score.top"} <= tree.names(predicate)


def _predicate(given: Any, check: Checks) -> dict[str, Any]:
    try:
        conditions.validate(given)
    except Invalid as wrong:
        for error in wrong.errors:
            path = f"predicate.{error['field']}" if error["field"] else "predicate"
            check.no("", path, error["code"], error["detail"])
        return {}
    if both_modes(given):
        text = "Choose one: a priority from a number on, or the top share of the pool. Never both on one pool."
        check.no("", "predicate", "both_modes", text)
    return dict(conditions.bare(given))


def _items(given: Any, stage: str, check: Checks) -> list[dict[str, str]]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        check.no("", "items", "not_a_list", "Give a list of items.")
        return []
    if stage != "sql":
        if given:
            check.no("", "items", "not_here", "Only an SQL is confirmed item by item.")
        return []
    found: dict[str, dict[str, str]] = {}
    for i, one in enumerate(given[:20]):
        at = f"items.{i}"
        if not check.is_object(one, at, frozenset(["item", "label", "evidence"])):
            continue
        item = one.get("item")
        if not isinstance(item, str) or item not in ITEMS or item in found:
            check.no(at, "item", "not_a_choice", f"Each of {', '.join(ITEMS)} once.")
            continue
        said = {name: check.text(one, name, most, at) for name, most in (("label", 40), ("evidence", 400))}
        for name, text in said.items():
            if not text and not check.has(f"{at}.{name}"):
                why = "Say what it is called here." if name == "label" else "Say what counts as evidence here."
                check.no(at, name, "required", why)
        found[item] = {"item": item, **said}
    missing = [item for item in ITEMS if item not in found]
    if missing and not check.errors:
        check.no("", "items", "required", f"Say what counts as evidence for {', '.join(missing)}.")
    return [found[item] for item in ITEMS if item in found]


def _day(given: Any, name: str, check: Checks) -> date | None:
    if given is None or given == "":
        return None
    if isinstance(given, date):
        return given
    try:
        if isinstance(given, str) and len(given) == 10 and given.isascii():
            found = date.fromisoformat(given)
            if 2000 <= found.year <= 2200:
                return found
    except ValueError:
        pass
    check.no("", name, "not_a_date", "Give a date like 2026-11-27.")
    return None
