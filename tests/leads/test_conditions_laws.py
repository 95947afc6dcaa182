"""Whatever somebody writes: it is refused, or it compiles to one boolean that runs without an error, now and then."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import conditions
from leads.attributes import DATE, LIST, NUMBER, ORDERED, YES_NO, registry
from leads.conditions.touch_filter import DISTINCT
from leads.conditions.tree import OPS
from leads.models import AttributeDefinition, Company, Lead, Person, Touch
from revops.lib.errors import Invalid

T = datetime(2026, 2, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
here = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

text = st.one_of(st.text(max_size=12), st.sampled_from(["%s", "%(as_of)s", "';--", "\\", "{}", "US", "vp"]))
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)
NAMES = ["person.custom.n", "person.custom.d", "company.custom.l", "lead.custom.y"]


MARK = "☠"  # begins every text somebody wrote, so that it can be looked for in the SQL


def value_of(kind, choices):
    return {
        NUMBER: st.one_of(st.integers(-(10**15), 10**15), st.floats(-1e15, 1e15)),
        DATE: st.dates().map(str),
        YES_NO: st.booleans(),
        ORDERED: st.sampled_from(sorted(choices or ["x"])),
    }.get(kind, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20).map(MARK.__add__))


@st.composite
def compares(draw):
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(registry())))
        attribute = registry()[name]
        kind, choices = attribute.type, attribute.choices
    else:
        name = draw(st.sampled_from(NAMES))
        kind, choices = {"n": NUMBER, "d": DATE, "l": LIST, "y": YES_NO}[name[-1]], None
    op = draw(st.sampled_from(OPS[kind]))
    if op in ("is_set", "is_missing"):
        return {"attribute": name, "op": op}
    one = value_of(kind, choices)
    value = draw(st.lists(one, min_size=1, max_size=3) if op in ("in", "not_in") else one)
    return {"attribute": name, "op": op, "value": value}


WORD = value_of("text", None)
PATTERN = st.one_of(WORD.filter(lambda text: not set(text) & set("?#")), st.sampled_from(["/a*", "/a", "*", "/", "x.example/*", "/%_\\\\*", "*/b/"]))
FILTERS = st.fixed_dictionaries({}, optional={
    "kind": st.lists(st.sampled_from(["page_view", "webinar", "call"]), min_size=1, max_size=2),
    "url_contains": WORD, "url_matches": st.lists(PATTERN, min_size=1, max_size=2), "campaign": WORD, "channel": WORD,
    "asset": st.lists(WORD, min_size=1, max_size=2), "side": st.just(["sales"]),
    "direction": st.sampled_from(["in", "out"]), "automatic": st.booleans(),
})  # fmt: skip
DAYS = st.floats(0.001, 3650)


@st.composite
def counts(draw):
    found = {"touches": draw(FILTERS)} | draw(st.fixed_dictionaries({}, optional={
        "at_least": st.integers(1, 5), "within_days": DAYS, "distinct": st.sampled_from(list(DISTINCT)),
    }))  # fmt: skip
    return found | draw(st.sampled_from([{}, {"at_most": 5}, {"at_most": 0, "at_least": 0}]))


@st.composite
def times(draw):
    """The age of the last one, or one after another."""
    if draw(st.booleans()):
        steps = draw(st.lists(FILTERS, min_size=2, max_size=5))
        return {"sequence": steps} | draw(st.fixed_dictionaries({}, optional={"within_days": DAYS}))
    least = draw(DAYS)
    return {"last": draw(FILTERS)} | draw(st.sampled_from([
        {"at_least_days": least}, {"at_most_days": least}, {"at_least_days": least / 4, "at_most_days": least / 2},
    ]))  # fmt: skip


GROUPS = st.sampled_from(["all", "any", "none"])


def group(kind, parts):
    return {kind: parts}


good = st.recursive(
    st.one_of(compares(), counts(), times()),
    lambda inner: st.builds(group, GROUPS, st.lists(inner, min_size=1, max_size=3)),
    max_leaves=8,
)
wild = st.one_of(
    junk,
    st.builds(group, GROUPS, st.lists(junk, max_size=3)),
    st.fixed_dictionaries({"attribute": st.sampled_from([*NAMES, "person.title"]), "op": text, "value": junk}),
    st.fixed_dictionaries(
        {"attribute": st.sampled_from(["person.title", "company.employees", "lead.created"]),
         "op": st.sampled_from(["is", "in", "at_least", "before", "contains"]), "value": junk}
    ),
    st.fixed_dictionaries(
        {"touches": junk}, optional={"at_least": junk, "at_most": junk, "within_days": junk, "distinct": junk}
    ),
    st.fixed_dictionaries({"last": junk}, optional={"at_least_days": junk, "at_most_days": junk}),
    st.fixed_dictionaries({"sequence": st.lists(junk, max_size=3)}, optional={"within_days": junk, "version": junk}),
    st.fixed_dictionaries({"version": junk, "all": st.lists(junk, max_size=2)}),
)  # fmt: skip


@pytest.fixture
def people():
    for subject, name, kind in (("person", "n", "number"), ("person", "d", "date"), ("company", "l", "list"),
                                ("lead", "y", "yes_no")):  # fmt: skip
        AttributeDefinition.objects.create(subject=subject, name=name, label=name, type=kind)
    odd = [5, "2026-02-31", "2026-01-01", ["a", None, 3], {"x": 1}, None, True, "no", "1e400", -0.5, ""]
    for i, value in enumerate(odd):
        firm = Company.objects.create(name=f"F{i}", name_key=f"f{i}", attributes={"l": value}, employees=i or None)
        person = Person.objects.create(
            company=firm if i % 3 else None, title="x" * i, attributes={"n": value, "d": value}
        )
        if i % 2:
            Lead.objects.create(person=person, created_at=T, stage_at=T, attributes={"y": value})
        Touch.objects.create(person=person, kind="page_view", url="/a?b", occurred_at=T, received_at=T)


def halved(node):
    """The same condition with other numbers."""
    if isinstance(node, dict):
        return {name: _halved(name, value) for name, value in node.items()}
    return [halved(one) for one in node] if isinstance(node, list) else node


def _halved(name, value):
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if plain and name.endswith("_days"):
        return (value + 3650) / 2
    return value / 2 if plain and name == "value" else halved(value)


def run(condition):
    found = {}
    for moment in ("now", "then"):
        sql = conditions.compile(condition, prefix="q", moment=moment)
        assert MARK not in sql.text
        assert sql.text == conditions.compile(halved(condition), prefix="q", moment=moment).text, "numbers are bound"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT p.id, {sql.text} FROM leads_person p LEFT JOIN leads_company c ON c.id = p.company_id "
                "LEFT JOIN leads_lead l ON l.person_id = p.id ORDER BY 1",
                sql.params | {"as_of": T},
            )
            found[moment] = [row[1] for row in cursor.fetchall()]
    return found["now"]


@here
@given(good)
def test_what_is_well_formed_runs_and_reads(people, condition):
    try:
        conditions.validate(condition)
    except Invalid as refused:
        assert {error["code"] for error in refused.errors} <= {"too_deep"}
        return
    answers = run(condition)
    assert set(answers) <= {True, False, None}
    assert conditions.sentence(condition)
    assert run({"none": [condition]}) == [None if one is None else not one for one in answers]


@here
@given(wild)
def test_what_is_not_is_refused_and_never_runs_into_an_error(people, condition):
    try:
        conditions.validate(condition)
    except Invalid as refused:
        for error in refused.errors:
            error["field"].encode()
            assert error["detail"]
        return
    run(condition)
    assert conditions.sentence(condition)
