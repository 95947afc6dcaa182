"""Definitions in plain words: what one says otherwise than another, and what they are called."""

from collections.abc import Iterable, Mapping
from typing import Any

from leads import conditions
from revops.lib.errors import Invalid
from scoring.models import Definition

TITLES = {"mql": "MQL, a lead marketing hands over", "sal": "SAL, a lead sales took", "sql": "SQL, a lead worth a deal"}
# The stages a lead of this definition goes on to, with the stamps that say so.
NEXT = {
    "mql": (("sql_at", "became SQL"), ("won_at", "won")),
    "sal": (("sql_at", "became SQL"), ("won_at", "won")),
    "sql": (("opportunity_at", "became a deal"), ("won_at", "won")),
}
BESIDE = 3  # words around what is different
FIELDS = {
    "sentence": "sentence", "predicate": "rule", "items": "evidence", "items_needed": "items needed",
    "asked_on": "holds from", "review_on": "next review", "note": "note",
}  # fmt: skip


def rule(predicate: Any) -> str:
    """The predicate as a sentence; what can't be read any more says so."""
    if predicate == {}:
        return "no rule: people decide"
    try:
        return conditions.sentence(predicate)
    except Invalid:
        return "a rule that names something that is gone"


def changes(before: Definition | None, after: Definition) -> list[dict[str, str]]:
    """[{"name", "what", "before", "after"}] of what `after` says otherwise; nothing for a first version."""
    if before is None:
        return []
    found = []
    for name in ("sentence", "predicate", "items_needed"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new and not (name == "items_needed" and after.stage != "sql"):
            found.append(_change(FIELDS[name], said(name, old), said(name, new)))
    olds, news = ({one["item"]: one for one in each.items} for each in (before, after))
    for item in dict.fromkeys([*olds, *news]):
        old, new = olds.get(item), news.get(item)
        if old != new:
            found.append(_change(f"evidence for {item}", _item(old), _item(new)))
    return found


def said(name: str, value: Any) -> str:
    if name == "predicate":
        return rule(value)
    if name == "items":
        return "; ".join(_item(one) for one in value) or "nothing"
    return "" if value is None else str(value)


def names(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """For notices: {id: ("MQL definition v2", "/definitions/mql/draft/")}."""
    found = Definition.objects.filter(pk__in=ids).values_list("pk", "stage", "version", "state")
    return {
        pk: (
            f"{stage.upper()} definition v{version}",
            f"/definitions/{stage}/{'' if state == 'published' else 'draft/'}",
        )
        for pk, stage, version, state in found
    }


def _change(name: str, before: str, after: str) -> dict[str, str]:
    before, after = apart(before, after)
    return {"name": name.capitalize(), "what": "", "before": before, "after": after}


def apart(before: str, after: str) -> tuple[str, str]:
    """Both without the words they begin and end with alike, but for a few: what is different is not to be searched."""
    old, new = before.split(), after.split()
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - head) if old[-1 - i] != new[-1 - i]), shorter - head)
    return _cut(old, head, tail), _cut(new, head, tail)


def _cut(words: list[str], head: int, tail: int) -> str:
    first = head - BESIDE if head > BESIDE + 1 else 0
    last = len(words) - tail + BESIDE if tail > BESIDE + 1 else len(words)
    return " ".join([*(["…"] if first else []), *words[first:last], *(["…"] if last < len(words) else [])])


def _item(one: Mapping[str, str] | None) -> str:
    return f"{one['label']}: {one['evidence']}" if one else "nothing"
