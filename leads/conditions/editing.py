"""Changing a condition part by part: pure functions from a tree to a new tree, each part named by its path.

Paths are those of `validate`: `all[1].any[0]` is a part, `all[1].any` the group it stands in, "" the whole. What is
edited is always `framed`: a group, so that there is somewhere to add to. A result reads, or Invalid names the path.
"""

import re
from copy import deepcopy
from typing import Any

from leads.conditions import tree
from revops.lib.errors import Invalid

PART = re.compile(r"(?:^|\.)(all|any|none)\[(\d{1,4})\]")
Steps = list[tuple[str, int]]


def framed(condition: dict[str, Any]) -> dict[str, Any]:
    """{} and a lone leaf as a group `all`; a group as it is; none with its version, which the keeping writes."""
    plain: dict[str, Any] = tree.bare(condition)
    if plain == {}:
        return {"all": []}
    return plain if kind_of(plain) else {"all": [plain]}


def kept(condition: dict[str, Any]) -> dict[str, Any]:
    """Without groups that became empty, checked; {} when nothing is left."""
    pruned = _pruned(condition)
    if pruned is None:
        return {}
    tree.read(pruned)
    return pruned


def kind_of(node: Any) -> str:
    """all, any or none; "" for a leaf."""
    if isinstance(node, dict) and len(node) == 1:
        kind = next(iter(node))
        if kind in tree.GROUPS and isinstance(node[kind], list):
            return str(kind)
    return ""


def part(condition: dict[str, Any], path: str) -> dict[str, Any]:
    """The part at `path`. Raises Invalid for a path that leads nowhere."""
    return _walked(framed(condition), path, _steps(path))


def put(condition: dict[str, Any], path: str, node: dict[str, Any]) -> dict[str, Any]:
    """`node` in the place of the part at `path`; "" replaces the whole."""
    if not path:
        return kept(framed(deepcopy(node)))
    root, siblings, index = _place(condition, path)
    siblings[index] = deepcopy(node)
    return kept(root)


def add(condition: dict[str, Any], path: str, node: dict[str, Any]) -> dict[str, Any]:
    """`node` as the last part of the group at `path` ("" or a part that is a group)."""
    root = deepcopy(framed(condition))
    _parts(_walked(root, path, _steps(path)), path).append(deepcopy(node))
    return kept(root)


def remove(condition: dict[str, Any], path: str) -> dict[str, Any]:
    """Without the part; a group that loses its last part goes too."""
    if not path:
        return {}
    root, siblings, index = _place(condition, path)
    del siblings[index]
    return kept(root)


def regroup(condition: dict[str, Any], path: str, kind: str) -> dict[str, Any]:
    """The group at `path` becomes all, any or none of its parts."""
    if kind not in tree.GROUPS:
        raise Invalid("Choose all, any or none.", code="not_a_choice", field=path)
    root = deepcopy(framed(condition))
    group = _walked(root, path, _steps(path))
    parts = _parts(group, path)
    group.clear()
    group[kind] = parts
    return kept(root)


def wrap(condition: dict[str, Any], path: str, kind: str) -> dict[str, Any]:
    """The part becomes a group of its own, so that others can join it."""
    return put(condition, path, {kind: [part(condition, path)]}) if path else _wrapped(condition, kind)


def unwrap(condition: dict[str, Any], path: str) -> dict[str, Any]:
    """The parts of the group at `path` move up to where it stood."""
    root, siblings, index = _place(condition, path)
    siblings[index : index + 1] = _parts(siblings[index], path)
    return kept(root)


def move(condition: dict[str, Any], path: str, by: int) -> dict[str, Any]:
    """The part `by` places further in its group, no further than its ends."""
    root, siblings, index = _place(condition, path)
    siblings.insert(beside(index, by, len(siblings)), siblings.pop(index))
    return kept(root)


def moved(condition: dict[str, Any], path: str, by: int) -> str:
    """The path the part has after `move`."""
    _, siblings, index = _place(condition, path)
    start, _, _ = path.rpartition("[")
    return f"{start}[{beside(index, by, len(siblings))}]"


def beside(index: int, by: int, length: int) -> int:
    return max(0, min(length - 1, index + by))


def child(path: str, kind: str, index: int) -> str:
    """The path of a part of the group at `path`."""
    return f"{path}.{kind}[{index}]" if path else f"{kind}[{index}]"


def _wrapped(condition: dict[str, Any], kind: str) -> dict[str, Any]:
    if kind not in tree.GROUPS:
        raise Invalid("Choose all, any or none.", code="not_a_choice", field="")
    return kept({kind: [deepcopy(framed(condition))]})


def _steps(path: str) -> Steps:
    steps, at = [], 0
    while at < len(path):
        match = PART.match(path, at) if at == 0 or path[at] == "." else None
        if match is None or len(steps) > tree.MOST_LEVELS:
            raise _nowhere(path)
        steps.append((match[1], int(match[2])))
        at = match.end()
    return steps


def _walked(root: dict[str, Any], path: str, steps: Steps) -> dict[str, Any]:
    node = root
    for kind, index in steps:
        if kind_of(node) != kind or index >= len(node[kind]):
            raise _nowhere(path)
        node = node[kind][index]
    return node


def _place(condition: dict[str, Any], path: str) -> tuple[dict[str, Any], list[Any], int]:
    """A copy of the tree, the list of it that holds the part, and where."""
    steps = _steps(path)
    if not steps:
        raise _nowhere(path)
    root = deepcopy(framed(condition))
    _walked(root, path, steps)
    kind, index = steps[-1]
    return root, _walked(root, path, steps[:-1])[kind], index


def _parts(node: Any, path: str) -> list[Any]:
    kind = kind_of(node)
    if not kind:
        raise Invalid("This is a single condition, not a group.", code="not_a_group", field=path)
    parts: list[Any] = node[kind]
    return parts


def _pruned(node: Any) -> Any:
    kind = kind_of(node)
    if not kind:
        return node
    parts = [kept for one in node[kind] if (kept := _pruned(one)) is not None]
    return {kind: parts} if parts else None


def _nowhere(path: str) -> Invalid:
    shown = path[:80].encode("ascii", "backslashreplace").decode()
    return Invalid(f"This condition has no part at {shown or 'its root'}.", code="no_such_part", field=shown)
