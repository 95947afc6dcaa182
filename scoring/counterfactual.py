"""What would make it an MQL: single steps, each tried by the very SQL that scores, on a copy of the person.

A step is a touch that a rule or the definition asks for, or a value for something unknown. The statement's tables are
shadowed by expressions of the same name that hold the one person with the step taken, so nothing is guessed and
nothing is written. What is known is not argued with: only what is missing may be filled.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

from django.core.exceptions import ValidationError

from leads import conditions
from leads.attributes import LIST, Attribute, asked_once
from leads.conditions import tree
from leads.conditions import words as phrases
from leads.conditions.touch_filter import listed
from leads.conditions.tree import Compare, Count, Group
from leads.models import Company, Lead, Person, Touch
from leads.models.stage import Stage
from revops.lib import bulk
from scoring import current, cuts, words
from scoring.compiling import is_frequency
from scoring.models import Definition, Rule, ScoringModel
from scoring.rescore import KEPT, cool_down_ends

MOST = 40
REPEATS = 3  # touches more that a step may ask for
APART = timedelta(minutes=31)  # the same page within half an hour counts once
# The cycle before of inquiry l, which keeps it waiting for a while unless the hand goes up (see rescore).
RECYCLED = (
    "prev.person_id = l.person_id AND prev.cycle = l.cycle - 1 "
    f"AND prev.stage = '{Stage.RECYCLED.value}' AND l.stage = '{Stage.INQUIRY.value}' AND l.hand_raise = ''"
)
ASKED = ("kind", "url", "asset", "channel_id", "side", "direction", "outcome")  # of a touch, by a filter
COLUMNS = {"p": "person", "c": "company", "l": "lead"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A step to try: what changes of the person, firm and lead, and the touches that come new."""

    what: str
    kind: str = "touch"
    points: float | None = None
    more: int = 0
    person: dict[str, Any] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    lead: dict[str, Any] = field(default_factory=dict)
    touches: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """`kind`: touch or missing. `more`: how many touches of a rule that counts several. Scores as they would be;
    `meets`: whether it would be handed over then."""

    kind: str
    what: str
    points: float | None
    more: int
    fit: float
    engagement: float
    cell: str
    meets: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """`meets`: it meets the definition as it is. `best`: the nearest steps that would do it, then those that lift the
    cell; at most three."""

    cell: str
    fit: float
    engagement: float
    meets: bool
    best: list[Step]

    @property
    def enough(self) -> bool:
        return any(step.meets for step in self.best)


@asked_once()
def of(lead_id: int, *, now: datetime, model: ScoringModel, definition: Definition | None) -> Steps | None:
    """For an open lead, under `model` and `definition`; None for no such lead. One query; campaigns and a cut
    are one more each."""
    compiled = current.of_model(model)
    meets = conditions.compile(definition.predicate, prefix="d", given=_given(model)) if definition else None
    tries = [Taken("", "as it is"), *filter(_fits, _tries(compiled.rules, definition, lead_id, now))][: MOST + 1]
    rows = _tried(tries, compiled, meets, lead_id, now)
    if not rows:
        return None
    found = [
        Step(one.kind, one.what, one.points, one.more, fit, engagement, cell, meets)
        for one, (fit, engagement, cell, meets) in zip(tries, rows, strict=True)
    ]
    base, *steps = found
    best = [] if base.meets else [step for step in steps if step.meets or _lifts(step, base)]
    # What would do it stands first; what is merely unknown costs a question; then the smallest step, and of one rule
    # the fewest touches.
    best.sort(key=lambda one: (not one.meets, one.kind != "missing", one.points is None, one.points or 0, one.more))
    fewest: dict[str, Step] = {}
    for step in best:
        fewest.setdefault(step.what, step)
    return Steps(base.cell, base.fit, base.engagement, base.meets, list(fewest.values())[:3])


def waits_until(lead_id: int, *, now: datetime) -> datetime | None:
    """When the cool-down of a recycled person who has not raised a hand since is over; None when nothing waits."""
    rows = bulk.query(
        f"SELECT {cool_down_ends()} FROM leads_lead l JOIN leads_lead prev ON {RECYCLED} WHERE l.id = %(lead)s",
        {"lead": lead_id},
    )
    return next((until for (until,) in rows if until and until > now), None)


def lifting(lead_id: int, *, now: datetime, model: ScoringModel) -> Steps | None:
    """For who is an MQL already: what would lift the cell."""
    return of(lead_id, now=now, model=model, definition=None)


def _given(model: ScoringModel) -> dict[str, str]:
    newest = cuts.newest_cut() if model.state == ScoringModel.State.PUBLISHED else None
    if newest is None:
        return {"score.top": "NULL::boolean"}
    return {"score.top": cuts.NOW}


def _lifts(step: Step, base: Step) -> bool:
    return step.cell[0] < base.cell[0] or step.cell[1] < base.cell[1]


# --- which steps to try ----------------------------------------------------------------------------------------------


def _tries(rules: Sequence[Rule], definition: Definition | None, lead_id: int, now: datetime) -> Iterator[Taken]:
    campaigns: dict[str, int] = {}
    asked = [rule.touches for rule in rules if rule.kind != Rule.Kind.FIT]
    nodes = [tree.read(rule.condition) for rule in rules if rule.kind == Rule.Kind.FIT and rule.points > 0]
    if definition is not None:
        nodes.append(tree.read(definition.predicate))
    leaves = [leaf for node in nodes for leaf in _leaves(node)]
    asked += [leaf.touches for leaf in leaves if isinstance(leaf, Count)]
    codes = {code.lower() for touches in asked for code in listed(touches, "campaign")}
    if codes:
        campaigns = dict(
            bulk.query("SELECT lower(code), id FROM marketing_campaign WHERE lower(code) = ANY (%s)", [list(codes)])
        )
    seen: set[str] = set()
    for one in [*_of_rules(rules, campaigns, now), *_of_leaves(leaves, campaigns, now)]:
        key = bulk.dumps([one.person, one.company, one.lead, [{**t, "id": 0} for t in one.touches]])
        if key not in seen:
            seen.add(key)
            yield one


def _of_rules(rules: Sequence[Rule], campaigns: Mapping[str, int], now: datetime) -> Iterator[Taken]:
    for rule in rules:
        if rule.kind == Rule.Kind.FIT or rule.points <= 0:
            continue
        once = is_frequency(rule)
        most = min(int(rule.at_least or 1), REPEATS) if once else 1
        for n in range(1, most + 1):
            said = f"{rule.name} ({words.signed(rule.points)})"
            more = n if once and (rule.at_least or 1) > 1 else 0
            yield Taken(said, "touch", rule.points, more, touches=_examples(rule.touches, n, campaigns, now))


def _of_leaves(leaves: Sequence[Any], campaigns: Mapping[str, int], now: datetime) -> Iterator[Taken]:
    for leaf in leaves:
        if isinstance(leaf, Count):
            for n in range(1, min(leaf.at_least, REPEATS) + 1):
                yield Taken(phrases.phrase(leaf), more=n, touches=_examples(leaf.touches, n, campaigns, now))
        elif isinstance(leaf, Compare) and leaf.op not in ("is_missing", "is_not", "not_in"):
            yield from _filled(leaf)


def _filled(leaf: Compare) -> Iterator[Taken]:
    """The attribute with a value the leaf accepts; the copy keeps a value that is known, so only gaps are filled."""
    attribute, value = leaf.attribute, leaf.value
    if attribute.name == "lead.hand_raise":
        yield Taken("asking to be contacted", lead={"hand_raise": value if isinstance(value, str) else "contact"})
        return
    if attribute.fact is None or leaf.op in ("is_set", "before", "after"):
        return
    one = value[0] if isinstance(value, tuple) else value
    column = _column(attribute)
    if column == "employees":  # people are counted whole
        one = floor(one) if leaf.op == "at_most" else ceil(one)
    if attribute.type == LIST:
        one = [one]
    subject, name = attribute.fact
    custom = name.removeprefix("custom.")
    change = {"attributes": {custom: one}} if custom != name else {column: one} if column else None
    if change:
        said = f"{_label(attribute)} is unknown: {phrases.phrase(leaf)}"
        changes: dict[str, Any] = {subject: change}
        yield Taken(said, "missing", **changes)


def _column(attribute: Attribute) -> str | None:
    """The column that a built-in attribute reads, from its SQL: `NULLIF(p.title, '')` → title."""
    for alias in COLUMNS:
        _, dot, rest = attribute.sql.partition(f"{alias}.")
        if dot:
            return "".join(c for c in rest.split(",")[0] if c.isalnum() or c == "_")
    return None


def _label(attribute: Attribute) -> str:
    return attribute.label[:1].upper() + attribute.label[1:]


def _examples(
    touches: Mapping[str, Any], n: int, campaigns: Mapping[str, int], now: datetime
) -> tuple[dict[str, Any], ...]:
    """`n` touches of the kind a filter asks for, different in everything it may ask to be different."""
    kinds, assets, paths = listed(touches, "kind"), listed(touches, "asset"), listed(touches, "url_matches")
    url = touches.get("url_contains") or (paths[0].replace("*", "") if paths else "")
    campaign = next(
        (campaigns[code.lower()] for code in listed(touches, "campaign") if code.lower() in campaigns), None
    )
    found = []
    for i in range(n):
        asset = assets[i % len(assets)] if assets else f"step-{i}"
        at = (now - i * APART).isoformat()
        found.append({
            "id": -1 - i, "kind": kinds[0] if kinds else "page_view" if url else "other",
            "url": url if url.startswith(("/", "http")) or not url else f"/{url}", "asset": asset,
            "channel_id": next(iter(listed(touches, "channel")), None), "campaign_id": campaign,
            "side": next(iter(listed(touches, "side")), "marketing"), "direction": touches.get("direction", "in"),
            "outcome": next(iter(listed(touches, "outcome")), ""), "automatic": touches.get("automatic", True),
            "note": "", "source": "", "standing": "", "clamped": False,
            "occurred_at": at, "received_at": at, "recorded_at": at,
        })  # fmt: skip
    return tuple(found)


def _fits(one: Taken) -> bool:
    """Whether the tables can hold it: a rule may ask for a longer text or a larger number than any row keeps."""
    changes = [(Person, one.person), (Company, one.company), (Lead, one.lead)]
    changes += [(Touch, {name: touch[name] for name in ASKED}) for touch in one.touches]
    return all(_holds(model, name, value) for model, change in changes for name, value in change.items())


def _holds(model: Any, name: str, value: Any) -> bool:
    field = model._meta.get_field(name)
    field = getattr(field, "target_field", field)
    try:
        field.run_validators(field.to_python(value))
    except ValidationError:
        return False
    return True


def _leaves(node: tree.Node) -> Iterable[Any]:
    """What would help if it held; under `none` nothing would."""
    if not isinstance(node, Group):
        yield node
    elif node.kind != "none":
        for part in node.parts:
            yield from _leaves(part)


# --- trying them -----------------------------------------------------------------------------------------------------


def _tried(
    tries: Sequence[Taken], compiled: Any, meets: Any, lead_id: int, now: datetime
) -> list[tuple[float, float, str, bool]]:
    """One row a step, in their order; none when there is no such lead. The inner names hide the tables they copy."""
    rows = [
        (i, one.person, one.company, one.lead, [dict(touch) for touch in one.touches]) for i, one in enumerate(tries)
    ]
    types = {"n": "int", "person": "jsonb", "company": "jsonb", "lead": "jsonb", "touches": "jsonb"}
    relation, values = bulk.source(types, rows)
    for i in range(len(values)):
        relation = relation.replace("%s", f"%(h{i})s", 1)
    params = {f"h{i}": value for i, value in enumerate(values)}
    own = "NULLIF(NULLIF(NULLIF(NULLIF(to_jsonb(x) -> k.key, 'null'), '\"\"'), '[]'), '{}')"
    kept = (  # what is known stays; custom attributes are filled one by one
        "(SELECT jsonb_object_agg(k.key, CASE WHEN k.key = 'attributes' "
        "THEN k.value || jsonb_strip_nulls(COALESCE(to_jsonb(x) -> 'attributes', '{}')) "
        f"ELSE COALESCE({own}, k.value) END) "
        "FROM jsonb_each(h.{what}) k)"
    )
    text = f"""
    WITH h AS MATERIALIZED (SELECT {bulk.selected(types)} FROM {relation}),
    who AS MATERIALIZED (SELECT l.id AS lead, l.person_id AS person, p.company_id AS company
          FROM leads_lead l JOIN leads_person p ON p.id = l.person_id WHERE l.id = %(lead)s)
    SELECT tried.* FROM who CROSS JOIN h CROSS JOIN LATERAL (
        WITH leads_company AS (
            SELECT r.* FROM leads_company x CROSS JOIN LATERAL jsonb_populate_record(
                   x, COALESCE({kept.replace("{what}", "company")}, '{{}}')) r WHERE x.id = who.company),
        leads_person AS (
            SELECT r.* FROM leads_person x CROSS JOIN LATERAL jsonb_populate_record(
                   x, COALESCE({kept.replace("{what}", "person")}, '{{}}')) r WHERE x.id = who.person),
        leads_lead AS (
            SELECT r.* FROM leads_lead x CROSS JOIN LATERAL jsonb_populate_record(
                   x, COALESCE(CASE WHEN x.id = who.lead THEN {kept.replace("{what}", "lead")} END, '{{}}')) r
             WHERE x.person_id = who.person),
        leads_touch AS (
            SELECT x.* FROM leads_touch x WHERE x.person_id = who.person
            UNION ALL
            SELECT r.* FROM jsonb_array_elements(h.touches) one CROSS JOIN LATERAL jsonb_populate_record(
                   NULL::leads_touch, one.value || jsonb_build_object('person_id', who.person)) r),
        scored AS MATERIALIZED (
            SELECT {KEPT}, {compiled.columns} FROM {compiled.source} WHERE p.id = who.person)
        SELECT h.n, p.fit, p.engagement, p.cell,
               COALESCE(({meets.text if meets else "FALSE"}) IS TRUE AND NOT p.suppressed, FALSE)
               AND NOT EXISTS (SELECT 1 FROM leads_lead prev WHERE {RECYCLED} AND {cool_down_ends()} > %(as_of)s)
               AS meets
          FROM scored p JOIN leads_lead l ON l.id = who.lead LEFT JOIN leads_company c ON c.id = p.company_id) tried
     ORDER BY tried.n"""
    found = bulk.query(
        text, {**compiled.params, **(meets.params if meets else {}), **params, "as_of": now, "lead": lead_id}
    )
    return [(fit, engagement, cell, held) for _, fit, engagement, cell, held in found]
