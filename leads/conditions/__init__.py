"""One small language for routing, scoring, definitions and policies: data that reads as a sentence and runs as SQL.

A condition is {} (always), a group {"all": […]}, {"any": […]}, {"none": […]}, or a leaf:
    {"attribute": "company.employees", "op": "at_least", "value": 500}
    {"touches": {"kind": ["page_view"], "url_matches": ["/docs/*"]}, "at_least": 3, "within_days": 7, "distinct": "url"}
    {"touches": {"kind": ["call"]}, "at_most": 0, "within_days": 30}                      none, or not more than so many
    {"last": {"kind": ["webinar"]}, "at_least_days": 30, "at_most_days": 90}              how long ago the newest one is
    {"sequence": [{"kind": ["webinar"]}, {"kind": ["demo_request"]}], "within_days": 14}  one, then the other
A window excludes its beginning: of 7 days, what is exactly 7 days old is out. Kept, a condition carries `"version": 1`
at its root (field.ConditionField); {} and what was written before there were versions read the same.
Logic is three-valued: an unknown attribute makes its leaf NULL, so does the last touch of who never had one, and
unknown is never true: callers ask `IS TRUE`.
At most 8 groups deep and 100 leaves, so that nothing a person can write explodes.

Verbs: none. Questions: `validate`, `compile`, `sentence`, `outline`. On pages: `editor.render` draws one as a sentence
with slots, `editor.answer` serves the slots; `editing` changes a tree part by part.
Never: interpolates a value into SQL; a second way to evaluate a condition.
"""

from collections.abc import Mapping
from typing import Any

from leads.conditions import sql, tree, words
from leads.conditions.sql import Sql

__all__ = ["Sql", "bare", "compile", "outline", "sentence", "validate"]


def validate(condition: Any) -> None:
    """Raises Invalid with one error a flaw, `field` being a path like `all[1].value`; queries for custom names only."""
    tree.read(condition)


def compile(condition: Any, *, prefix: str, moment: str = "now", given: Mapping[str, str] | None = None) -> Sql:
    """A boolean SQL expression (NULL = unknown) over the aliases p, c and l; the caller supplies `%(as_of)s` (aware).

    `prefix` begins the name of each bound parameter: letters, digits and _ only. `moment`: `now` reads the current
    rows; `then` reads what was known at `as_of`. `given`: {attribute name: SQL} that the caller has worked out already
    (`past.looked_up`, scores of a draft). Raises Invalid where `validate` would.
    """
    return sql.compiled(tree.read(condition), prefix=prefix, moment=moment, given=given)


def bare(condition: Any) -> Any:
    """The tree without the version at its root, as it is held in memory."""
    return tree.bare(condition)


def sentence(condition: Any) -> str:
    """`All of: seniority is Director or above; 500 people or more`, without a full stop; `Always` for {}."""
    return words.sentence(tree.read(condition))


def outline(condition: Any) -> dict[str, Any]:
    """The sentence as an indented list for pages: {"text", "parts": […]}."""
    return words.outline(tree.read(condition))
