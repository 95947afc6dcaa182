"""What a slot asks, and what an answer makes of the condition.

Every form is plain: a GET that shows it and a POST of the same fields. The server is the only validator: whatever
comes back is put into the tree and read, and the path of a flaw leads to the field that caused it.
"""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from leads import attributes
from leads.attributes import DATE, LIST, NUMBER, ORDERED, TEXT, YES_NO, Attribute
from leads.conditions import editing, touch_forms, tree
from leads.conditions.commas import apart, joined
from leads.conditions.slots import or_missing
from revops.lib import bulk
from revops.lib.errors import Invalid

# What an operator is called, by type; choosing several values makes `is` mean one of them.
OPS: dict[str, dict[str, str]] = {
    TEXT: {"is": "is", "is_not": "is not", "contains": "contains", "starts_with": "starts with"},
    ORDERED: {"at_least": "is at least", "at_most": "is at most", "is": "is", "is_not": "is not"},
    NUMBER: {"at_least": "is at least", "at_most": "is at most", "is": "is", "is_not": "is not"},
    DATE: {"is": "is on", "before": "is before", "after": "is after"},
    YES_NO: {"is": "is"},
    LIST: {"in": "includes", "not_in": "holds none of"},
}
PRESENCE = {"is_set": "is known", "is_missing": "is unknown"}
SEVERAL = {"is": "in", "is_not": "not_in", "in": "in", "not_in": "not_in"}
ONE = {"in": "is", "not_in": "is_not"}
HEADINGS = {"lead": "The lead", "company": "The company", "person": "The person", "score": "The score"}
# Names and texts that people wrote are not laid out as choices.
UNLISTED = frozenset([
    "person.email", "person.mail_domain", "person.title", "company.name", "company.domain", "lead.message",
])  # fmt: skip
MOST_CHOICES = 14
USUAL = """
SELECT v FROM (
    SELECT {value} AS v FROM leads_lead l JOIN leads_person p ON p.id = l.person_id
      LEFT JOIN leads_company c ON c.id = p.company_id ORDER BY l.id DESC LIMIT 2000
) AS seen WHERE v IS NOT NULL GROUP BY v ORDER BY count(*) DESC, v LIMIT {most}"""


def menu() -> list[tuple[str, list[Attribute]]]:
    """Everything a condition can be about, under headings; one query for the custom ones."""
    from leads.models import AttributeDefinition

    found = dict(attributes.registry())
    custom = AttributeDefinition.objects.values_list("subject", "name")
    found |= attributes.known(f"{subject}.custom.{name}" for subject, name in custom)
    groups: dict[str, list[Attribute]] = {name: [] for name in HEADINGS}
    for name, attribute in found.items():
        groups.setdefault(name.partition(".")[0], []).append(attribute)
    return [
        (HEADINGS.get(name, name), sorted(several, key=lambda one: one.label))
        for name, several in groups.items() if several
    ]  # fmt: skip


def compare_fields(attribute: Attribute, leaf: Mapping[str, Any], *, missing: bool) -> dict[str, Any]:
    """What the form of a comparison shows: the operators, the choices with those taken, and the rest as text."""
    op, value = leaf.get("op"), leaf.get("value")
    values = value if isinstance(value, list) else [] if value is None else [value]
    kind = attribute.type
    if kind == YES_NO and op == "is_not":
        op, values = "is", [not one for one in values]
    chosen = [str(one) for one in values]
    ops = OPS[kind] | PRESENCE
    choices = offered(attribute)
    choices |= {one: one for one in chosen if choices and one not in choices}
    taken = op if op in ops else ONE.get(op or "", next(iter(ops)))
    return {
        "attribute": attribute, "kind": kind, "ops": [(code, text, code == taken) for code, text in ops.items()],
        "choices": [(code, text, code in chosen) for code, text in choices.items()],
        "yes": values != [False], "written": "" if choices else _line(chosen, kind, taken), "missing": missing,
        "open": bool(choices) and attribute.choices is None,
    }  # fmt: skip


def _line(values: list[str], kind: str, op: str) -> str:
    """The line of the form; `said` reads it."""
    return joined(values) if kind in (TEXT, LIST) and op in SEVERAL else ", ".join(values)


def offered(attribute: Attribute) -> dict[str, str]:
    """{value: label}: the attribute's own choices, else what recent leads say most often. At most one query."""
    if attribute.choices is not None:
        return dict(attribute.choices)
    if attribute.type not in (TEXT, LIST) or attribute.name in UNLISTED:
        return {}
    value = attribute.sql if attribute.type == TEXT else f"unnest({attribute.sql})"
    rows = bulk.query(USUAL.format(value=value, most=MOST_CHOICES))
    return {text: text.replace("_", " ") for (text,) in rows}


# --- answers ---------------------------------------------------------------------


def answered(condition: dict[str, Any], data: QueryDict) -> tuple[dict[str, Any], str]:
    """The condition after a POST, and the path where the eye should go. Raises Invalid naming path and field.

    `do`: value, touches, last, sequence, kind, up, down, remove, ungroup. `at`: the part's path; with `new` a part is
    added to the group at `at`, with `or` the part at `at` becomes a group in which the new one stands beside it.
    """
    at, do = data.get("at", ""), data.get("do", "")
    if do == "kind":
        return editing.regroup(condition, at, data.get("kind", "")), at
    if do in ("up", "down"):
        by = 1 if do == "down" else -1
        return editing.move(condition, at, by), editing.moved(condition, at, by)
    if do == "remove":
        return editing.remove(condition, at), at.rpartition(".")[0]
    if do == "ungroup":
        return editing.unwrap(condition, at), at.rpartition(".")[0]
    if do != "value" and do not in touch_forms.FORMS:
        raise Invalid("Say what to change.", code="unknown_verb", field="do")
    if data.get("or"):
        condition = editing.wrap(condition, at, "any")
    if not (data.get("new") or data.get("or")):
        former = editing.part(condition, at)
        return editing.put(condition, at, compared(data) if do == "value" else did(do, data, former)), at
    group = editing.part(condition, at)
    kind = editing.kind_of(group)
    where = editing.child(at, kind, len(group[kind])) if kind else at
    return editing.add(condition, at, compared(data) if do == "value" else did(do, data, {})), where


def did(form: str, data: QueryDict, former: Mapping[str, Any]) -> dict[str, Any]:
    """What people did, as it was filled in; `former`: the leaf before, if it was of the same sort."""
    return touch_forms.answered(form, data, former if form in former else {})


def compared(data: QueryDict) -> dict[str, Any]:
    """A comparison as it was filled in; what doesn't fit is left to the validator."""
    name, op = data.get("attribute", ""), data.get("op", "")
    if op in tree.PRESENCE:
        return {"attribute": name, "op": op}
    attribute = attributes.known([name]).get(name)
    kind = attribute.type if attribute else TEXT
    values = [_typed(text, kind) for text in said(data, attribute)]
    value: Any = values[0] if values else ""
    if op in ("in", "not_in") or (len(values) > 1 and op in SEVERAL):
        op, value = SEVERAL[op], values
    elif len(values) > 1:
        raise Invalid("Choose one value here.", code="too_many", field="value")
    leaf = {"attribute": name, "op": op, "value": value}
    return {"any": [leaf, {"attribute": name, "op": "is_missing"}]} if data.get("missing") else leaf


def said(data: QueryDict, attribute: Attribute | None) -> list[str]:
    """The boxes that were ticked and what was written; commas separate several where a text may not hold them."""
    written = data.get("written", "").strip()
    if not written:
        return data.getlist("value")
    several = attribute is not None and attribute.type in (TEXT, LIST) and data.get("op") in SEVERAL
    return [
        *data.getlist("value"),
        *(apart(written) if several else [written]),
    ]


def _typed(text: str, kind: str) -> Any:
    if kind == NUMBER:
        return touch_forms.number(text)
    return text == "yes" if kind == YES_NO and text in ("yes", "no") else text


def was_missing(node: Any) -> tuple[dict[str, Any], bool]:
    """The leaf itself, and whether `or it is missing` goes with it."""
    alone = or_missing(node)
    return (alone, True) if alone else (node, False)
