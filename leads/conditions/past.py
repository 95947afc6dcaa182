"""Many attributes as they were known at one moment, looked up once however often they are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass

from leads.attributes import KNOWN_THEN, Attribute, from_json, in_the_past

OWNERS = {"person": "p.id", "company": "p.company_id", "lead": "l.id"}


@dataclass(frozen=True, slots=True)
class Past:
    """`steps`: FROM items to put behind the aliases p, c, l, each `CROSS JOIN LATERAL`; `given`: {attribute name: SQL
    of its value at %(as_of)s}, for `conditions.compile`."""

    steps: tuple[str, ...]
    given: dict[str, str]


def looked_up(attributes: Iterable[Attribute]) -> Past:
    """The facts of each subject are merged once, newest last, and every attribute is read from there."""
    wanted = list({attribute.name: attribute for attribute in attributes}.values())
    if not wanted:
        return Past((), {})
    kinds = {attribute.fact[0] for attribute in wanted if attribute.past is None and attribute.fact is not None}
    steps = []
    if kinds:
        merged = ", ".join(f"{_merged(kind)} AS {kind}" for kind in sorted(kinds))
        steps.append(f"(SELECT {merged} OFFSET 0) k")
    columns = ", ".join(f"{_value(attribute)} AS h{i}" for i, attribute in enumerate(wanted))
    steps.append(f"(SELECT {columns} OFFSET 0) h")
    return Past(tuple(steps), {attribute.name: f"h.h{i}" for i, attribute in enumerate(wanted)})


def _merged(kind: str) -> str:
    return (
        f"(SELECT jsonb_object_agg(e.key, e.value ORDER BY f.at, f.id) FROM leads_attributefact f "
        f"CROSS JOIN LATERAL jsonb_each(f.values) e WHERE f.subject_kind = '{kind}' AND f.subject_id = {OWNERS[kind]} "
        f"AND {KNOWN_THEN})"
    )


def _value(attribute: Attribute) -> str:
    if attribute.past is not None or attribute.fact is None:
        return f"({in_the_past(attribute)})"
    kind, name = attribute.fact
    # The name holds letters, digits, dots, - and _ only: built in, or checked by CUSTOM_NAME.
    return from_json(f"(k.{kind} -> '{name}')", attribute.type)
