"""The studio in words: a rule as a sentence and its slots, how it fared, what one model says otherwise than another."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from journal.models import Entry
from leads import conditions
from leads.conditions import words as phrases
from revops.lib.statistics import is_small
from revops.lib.words import number, share
from scoring import words
from scoring.compiling import half_life, is_frequency
from scoring.definitions import drafts as definition_drafts
from scoring.draft_differences import CUTS, Difference
from scoring.models import Rule, ScoringModel

FIELDS = {
    "name": "name", "points": "points", "condition": "who", "touches": "what they do", "half_life_days": "half-life",
    "at_least": "how often", "within_days": "window", "distinct": "different ones", "group": "group", "place": "place",
    "rule": "rule",
}  # fmt: skip


def says(rule: Rule) -> str:
    """The whole rule but for its points: `Visited /pricing at least 3 times in 7 days, where 500 people or more`."""
    how = words.how(rule)
    return f"{words.what(rule)}{f'; {how}' if how else ''}"


def doing(rule: Rule) -> str:
    """`visited /pricing`."""
    return phrases.touches(rule.touches)


def often(rule: Rule) -> str:
    """`each time` · `at least 3 times in 7 days` · `with at least 2 different assets in 30 days`."""
    if not is_frequency(rule):
        return "each time"
    least = rule.at_least or 1
    if rule.distinct:
        said = f"with at least {least} different {phrases.DIFFERENT[rule.distinct]}"
    else:
        said = "at least once" if least == 1 else f"at least {least} times"
    return f"{said} in {phrases.days(rule.within_days)}" if rule.within_days else f"{said}, ever"


def lasts(rule: Rule) -> str:
    """`half of it left after 14 days` · `for as long as it holds`."""
    life = half_life(rule)
    return f"half of it left after {phrases.days(life)}" if life else "for as long as it holds"


def cap(value: float | None) -> str:
    return f"together at most {words.plain(value)}" if value is not None else "no limit"


def mode(by: Any, model: ScoringModel) -> str:
    """What makes an MQL by score."""
    if isinstance(by, definition_drafts.Cells):
        return "the marked cells"
    if isinstance(by, definition_drafts.Threshold):
        return f"a priority of {words.plain(by.points)} or more"
    if isinstance(by, definition_drafts.Top):
        return f"the best {model.top_share}% of the pool"
    return "what the definition says"


def fared(one: Any) -> list[str]:
    """[`fires on 2.1% · won 31%`, `+1,240 points in 30 days`]; few known cases are said as counts."""
    if not one.fires:
        return [f"fires on none of {number(one.of)} leads" if one.of else "n/a: no lead came in these days"]
    won = "n/a: none is old enough to have won"
    if one.known:
        few = is_small(one.known)
        won = f"won {one.won} of {one.known}, small sample" if few else f"won {share(one.won / one.known, 0)}"
    given = f"{'+' if one.points_30d > 0 else ''}{number(one.points_30d)} points in 30 days"
    return [f"fires on {share(one.fires / one.of)} · {won}", given]


def change(found: Difference, rules: Iterable[Rule] = ()) -> dict[str, str]:
    """{"name", "what", "before", "after"} of one difference; a rule that comes or goes is said whole if in `rules`."""
    said = {"name": found.name, "what": FIELDS.get(found.field, ""), "before": "", "after": ""}
    if found.field == "rule":
        whole = next((f"{says(one)}: {words.signed(one.points)}" for one in rules if one.line == found.line), "")
        new = found.before is None
        return said | {"what": "new rule" if new else "rule removed", "after" if new else "before": whole}
    if found.line is None and found.field == "cap":
        said["what"] = "group"
    for side in ("before", "after"):
        said[side] = _said(found.field, getattr(found, side))
    return said


def told_since(draft: ScoringModel | None, seen: datetime | None) -> list[dict[str, Any]]:
    """What was changed in a draft after `seen` (in all, without it), newest first: {"by", "at", "name", "what",
    "before", "after"}. Three queries."""
    if draft is None:
        return []
    facts = Entry.objects.about("model", [draft.pk]).filter(kind="model.changed").select_related("by")
    facts = list((facts.filter(at__gt=seen) if seen else facts).order_by("-id")[:8])
    names = {str(line): name for line, name in draft.rules.values_list("line", "name")}
    return [
        {"by": str(fact.by), "at": fact.at, "name": names.get(str(fact.data.get("line")), "the model"), **one}
        for fact in facts
        for one in _told(fact.data)
    ]


def _told(data: dict[str, Any]) -> list[dict[str, str]]:
    for key, what in (("added", "new rule"), ("removed", "rule removed"), ("copied", "copied"), ("group", "a group"),
                      ("returned", "rule put back")):  # fmt: skip
        if key in data:
            return [{"what": what, "before": "", "after": ""}]
    pairs = data.get("fields") or data.get("cuts") or {"place": data.get("place", [0, 0])}
    return [
        {"what": FIELDS.get(name) or CUTS.get(name, name), "before": _said(name, old), "after": _said(name, new)}
        for name, (old, new) in pairs.items()
    ]


def _said(field: str, value: Any) -> str:
    if field == "condition":
        return conditions.sentence(value)
    if field == "touches":
        return phrases.touches(value)
    if field == "points":
        return words.signed(value)
    if field == "distinct":
        return phrases.DIFFERENT.get(value, "times")
    if value is None:
        return {"cap": "no limit", "half_life_days": "none", "within_days": "none", "at_least": "each time"}.get(
            field, "none"
        )
    if field in ("half_life_days", "within_days"):
        return phrases.days(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field == "group" and value == "":
        return "no group"
    if field == "at_least":
        return f"at least {value}"
    return words.plain(value) if isinstance(value, (int, float)) else str(value)
