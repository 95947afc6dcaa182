"""One language: refused with a path, read as a sentence, run as bound SQL, unknown kept apart from false."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from leads import conditions
from leads.models import AttributeDefinition, AttributeFact, Company, Lead, Person, Touch
from revops.lib.errors import Invalid

T = datetime(2026, 2, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def leaf(attribute, op, value=None):
    return {"attribute": attribute, "op": op} | ({} if value is None else {"value": value})


def ask(condition, person, *, as_of=T, moment="now"):
    """True, False or None, for a person with their company and their lead if any."""
    sql = conditions.compile(condition, prefix="q", moment=moment)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql.text} FROM leads_person p LEFT JOIN leads_company c ON c.id = p.company_id "
            "LEFT JOIN leads_lead l ON l.person_id = p.id WHERE p.id = %(person)s",
            sql.params | {"as_of": as_of, "person": person.pk},
        )
        return cursor.fetchone()[0]


@pytest.fixture
def grace():
    firm = Company.objects.create(
        name="Harbor & Pine", name_key="harbor pine", industry="Logistics", employees=500, country="US",
        technologies=["Salesforce", "SAP"], attributes={"tier": "gold"},
    )  # fmt: skip
    person = Person.objects.create(
        company=firm, first_name="Grace", email="grace@harborpine.example", title="VP Operations", seniority="vp",
        country="us", attributes={},
    )  # fmt: skip
    Lead.objects.create(person=person, company=firm, created_at=T, stage_at=T, hand_raise="demo")
    return person


@pytest.fixture
def nobody():
    return Person.objects.create(first_name="Who")


def touch(person, kind, at, **more):
    return Touch.objects.create(
        **{"person": person, "kind": kind, "occurred_at": at, "received_at": at, "recorded_at": at} | more
    )


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({}, True),
        (leaf("company.employees", "at_least", 500), True),
        (leaf("company.employees", "at_least", 500.5), False),
        (leaf("company.employees", "at_most", 499), False),
        (leaf("company.employees", "in", [1, 500]), True),
        (leaf("company.industry", "is", "logistics"), True),
        (leaf("company.industry", "is_not", "LOGISTICS"), False),
        (leaf("company.industry", "in", ["Retail", "LOGISTICS"]), True),
        (leaf("company.industry", "not_in", ["Retail"]), True),
        (leaf("company.industry", "starts_with", "Logi"), True),
        (leaf("person.title", "contains", "OPERATIONS"), True),
        (leaf("person.title", "contains", "%"), False),
        (leaf("person.seniority", "at_least", "director"), True),
        (leaf("person.seniority", "at_most", "director"), False),
        (leaf("person.seniority", "in", ["vp", "c_level"]), True),
        (leaf("person.country", "is", "US"), True),
        (leaf("person.mail_domain", "is", "harborpine.example"), True),
        (leaf("company.technologies", "contains", "sap"), True),
        (leaf("company.technologies", "in", ["Oracle", "SAP"]), True),
        (leaf("company.technologies", "not_in", ["SAP"]), False),
        (leaf("lead.hand_raise", "is_set"), True),
        (leaf("lead.product_interest", "is_missing"), True),
        (leaf("lead.created", "before", "2026-02-11"), True),
        (leaf("lead.created", "after", "2026-02-10"), False),
        (leaf("lead.created", "is", "2026-02-10"), True),
        (leaf("person.suppressed", "is", False), True),
        (leaf("person.suppressed", "is_not", False), False),
        (leaf("company.is_customer", "is", False), True),
        (leaf("score.cell", "is", "C3"), True),
        ({"none": [leaf("company.industry", "is", "Retail"), leaf("person.country", "is", "DE")]}, True),
        ({"all": [leaf("person.country", "is", "US"), {"any": [leaf("company.employees", "at_most", 9)]}]}, False),
    ],
)
def test_answers(condition, answer, grace):
    assert ask(condition, grace) is answer
    conditions.validate(condition)


UNKNOWN, TRUE, FALSE = (
    leaf("company.employees", "at_least", 5), leaf("person.first_touch", "is_missing"), leaf("person.title", "is_set"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "answer"),
    [(UNKNOWN, None), ({"any": [UNKNOWN, TRUE]}, True), ({"all": [UNKNOWN, TRUE]}, None),
     ({"any": [UNKNOWN, FALSE]}, None), ({"all": [UNKNOWN, FALSE]}, False), ({"none": [UNKNOWN]}, None),
     ({"none": [UNKNOWN, TRUE]}, False), ({"none": [FALSE]}, True),
     (leaf("person.title", "is_not", "CEO"), None), (leaf("person.seniority", "at_least", "staff"), None),
     (leaf("company.technologies", "not_in", ["SAP"]), None), (leaf("company.industry", "not_in", ["Retail"]), None),
     (leaf("lead.hand_raise", "is_set"), False)],
)  # fmt: skip
def test_unknown_is_neither_true_nor_false(condition, answer, nobody):
    assert ask(condition, nobody) is answer


def pricing(**more):
    return {"touches": {"kind": ["page_view"], "url_contains": "/pricing"}} | more


def test_a_window_excludes_its_beginning_and_includes_its_end(grace):
    for day in (3, 5, 10):
        touch(grace, "page_view", T.replace(day=day), url="https://x.example/Pricing")
    assert ask(pricing(at_least=3, within_days=7), grace) is False
    assert ask(pricing(at_least=3, within_days=7), grace, as_of=T - timedelta(seconds=1)) is False
    assert ask(pricing(at_least=3), grace) is True
    touch(grace, "page_view", T.replace(day=7), url="/pricing/enterprise")
    assert ask(pricing(at_least=3, within_days=7), grace) is True
    assert ask(pricing(at_least=4, within_days=7), grace) is False


def test_reloads_within_a_session_count_once(grace):
    for minutes in (0, 10, 39):
        touch(grace, "page_view", T - timedelta(minutes=minutes), url=f"/pricing?seen={minutes}")
    assert ask(pricing(at_least=2), grace) is False
    touch(grace, "page_view", T - timedelta(minutes=5), url="/pricing/enterprise")
    assert ask(pricing(at_least=2), grace) is True


def test_the_same_asset_twice_is_one(grace):
    count = {"touches": {"kind": "download"}, "at_least": 2, "distinct": "asset"}
    touch(grace, "download", T, asset="roi-calculator")
    touch(grace, "download", T, asset=" ROI-Calculator")
    touch(grace, "download", T, asset="")
    assert ask(count, grace) is False
    touch(grace, "download", T, asset="case-study")
    assert ask(count, grace) is True


@pytest.mark.parametrize(
    ("touches", "answer"),
    [({"kind": ["call", "webinar"]}, True), ({"kind": ["email"]}, False), ({"side": "sales"}, True),
     ({"side": ["product"]}, False), ({"direction": "out"}, True), ({"automatic": True}, False),
     ({"outcome": ["two_way"]}, True), ({"channel": ["webinar"]}, False), ({"campaign": ["Spring-26"]}, True),
     ({"campaign": ["autumn"]}, False), ({"url_contains": "x' OR 1=1 --"}, False), ({}, True)],
)  # fmt: skip
def test_touches_are_chosen_by(touches, answer, grace):
    from marketing.models import Campaign

    spring = Campaign.objects.create(code="spring-26", name="Spring")
    touch(grace, "call", T, side="sales", direction="out", automatic=False, outcome="two_way", campaign=spring)
    assert ask({"touches": touches}, grace) is answer


def test_later_touches_do_not_count_and_then_not_those_heard_of_later(grace):
    late = touch(grace, "webinar", T - timedelta(days=3))
    Touch.objects.filter(pk=late.pk).update(recorded_at=T)
    webinar = {"touches": {"kind": ["webinar"]}}
    assert ask(webinar, grace, as_of=T - timedelta(days=4)) is False
    assert ask(webinar, grace, as_of=T - timedelta(days=1)) is True
    assert ask(webinar, grace, as_of=T - timedelta(days=1), moment="then") is False
    assert ask(webinar, grace, as_of=T, moment="then") is True


def test_then_reads_the_facts_of_that_time(grace):
    def learnt(kind, subject, days, **values):
        AttributeFact.objects.create(subject_kind=kind, subject_id=subject, at=T - timedelta(days=days), values=values)

    learnt("person", grace.pk, 30, title="Analyst", seniority="staff", country="US")
    learnt("person", grace.pk, 10, title="VP Operations", seniority="vp")
    learnt("company", grace.company_id, 20, employees=40, technologies=["SAP"])
    learnt("company", grace.company_id, 5, employees=500)

    def then(condition, ago):
        return ask(condition, grace, as_of=T - timedelta(days=ago), moment="then")

    senior = leaf("person.seniority", "at_least", "director")
    assert [then(senior, ago) for ago in (31, 30, 11, 10, 0)] == [None, False, False, True, True]
    assert then(leaf("person.country", "is", "US"), 0) is True, "an older fact holds until a newer one names it"
    assert [then(leaf("company.employees", "at_least", 500), ago) for ago in (21, 20, 5)] == [None, False, True]
    assert then(leaf("company.technologies", "contains", "sap"), 1) is True
    assert then(leaf("lead.hand_raise", "is_set"), 1) is False
    assert then(leaf("lead.hand_raise", "is_set"), 0) is True
    assert then(leaf("score.fit", "at_least", 1), 0) is None, "a score's past is replayed, not looked up"
    assert then(leaf("company.has_open_deal", "is", False), 9) is True


CUSTOM = [
    ("number", 7, leaf("person.custom.x", "at_least", 7), True),
    ("number", "7.5", leaf("person.custom.x", "is", 7.5), True),
    ("number", "seven", leaf("person.custom.x", "at_most", 7), None),
    ("number", [7], leaf("person.custom.x", "at_most", 7), None),
    ("number", "9" * 40, leaf("person.custom.x", "at_most", 7), None),
    ("date", "2026-02-28", leaf("person.custom.x", "before", "2026-03-01"), True),
    ("date", "2024-02-29", leaf("person.custom.x", "is", "2024-02-29"), True),
    ("date", "2026-02-29", leaf("person.custom.x", "before", "2026-03-01"), None),
    ("date", "2026-02-01T10:00:00Z", leaf("person.custom.x", "is", "2026-02-01"), True),
    ("date", "0000-01-01", leaf("person.custom.x", "is_set"), False),
    ("date", 20260201, leaf("person.custom.x", "is_set"), False),
    ("yes_no", True, leaf("person.custom.x", "is", True), True),
    ("yes_no", "No", leaf("person.custom.x", "is", True), False),
    ("yes_no", "maybe", leaf("person.custom.x", "is", True), None),
    ("list", ["Red", "blue"], leaf("person.custom.x", "contains", "red"), True),
    ("list", "red", leaf("person.custom.x", "in", ["red"]), True),
    ("list", {"red": 1}, leaf("person.custom.x", "in", ["red"]), None),
    ("list", [], leaf("person.custom.x", "is_missing"), True),
    ("text", "Gold", leaf("person.custom.x", "is", "gold"), True),
    ("text", 12, leaf("person.custom.x", "is", "12"), True),
    ("text", {"a": 1}, leaf("person.custom.x", "is_set"), False),
    ("text", None, leaf("person.custom.x", "is_set"), False),
]


@pytest.mark.parametrize(("kind", "value", "condition", "answer"), CUSTOM)
def test_custom_attributes_are_typed_and_a_bad_value_is_unknown(kind, value, condition, answer, grace):
    AttributeDefinition.objects.create(subject="person", name="x", label="X", type=kind)
    grace.attributes = {"x": value}
    grace.save()
    assert ask(condition, grace) is answer
    AttributeFact.objects.create(subject_kind="person", subject_id=grace.pk, at=T, values={"custom.x": value})
    assert ask(condition, grace, moment="then") is answer


def test_only_custom_names_cost_a_query(django_assert_num_queries):
    AttributeDefinition.objects.create(subject="company", name="tier", label="Tier", type="text")
    with django_assert_num_queries(0):
        conditions.compile({"all": [leaf("person.title", "is_set"), pricing()]}, prefix="q")
    with django_assert_num_queries(1):
        conditions.compile(
            {"any": [leaf("company.custom.tier", "is", "gold"), leaf("company.custom.tier", "is", "x")]}, prefix="q"
        )


DEEP: dict = leaf("person.title", "is_set")
for _ in range(1_000):
    DEEP = {"all": [DEEP]}


@pytest.mark.parametrize(
    ("condition", "path", "code"),
    [
        ({"all": [{}, leaf("company.employees", "at_least", "many")]}, "all[0]", "unknown_shape"),
        ({"all": [TRUE, leaf("company.employees", "at_least", "many")]}, "all[1].value", "not_a_number"),
        (leaf("company.employees", "at_least", True), "value", "not_a_number"),
        (leaf("company.employees", "at_least", float("nan")), "value", "not_a_number"),
        (leaf("company.employees", "at_least", 10**400), "value", "not_a_number"),
        (leaf("company.employees", "contains", "x"), "op", "unknown_op"),
        (leaf("company.employees", ["is"], 1), "op", "unknown_op"),
        (leaf("company.employees", "in", 5), "value", "not_a_list"),
        ({"any": [{"none": [leaf("person.country", "in", ["US", 7])]}]}, "any[0].none[0].value[1]", "not_a_text"),
        (leaf("person.title", "is", "a\0b"), "value", "not_a_text"),
        (leaf("person.title", "is", "\ud800"), "value", "not_a_text"),
        (leaf("person.title", "is", ""), "value", "not_a_text"),
        (leaf("person.title", "is_set", "x"), "value", "unknown_field"),
        (leaf("person.seniority", "at_least", "boss"), "value", "not_a_choice"),
        (leaf("lead.created", "before", "2026-02-30"), "value", "not_a_date"),
        (leaf("person.suppressed", "is", "yes"), "value", "not_yes_or_no"),
        (leaf("person.password", "is_set"), "attribute", "unknown_attribute"),
        (leaf("person.custom.x'; --", "is_set"), "attribute", "unknown_attribute"),
        (leaf(["person.title"], "is_set"), "attribute", "unknown_attribute"),
        (leaf("person.custom.nope", "is_set"), "attribute", "unknown_attribute"),
        ({"all": []}, "all", "not_a_list"),
        ({"all": [TRUE], "any": [TRUE]}, "", "unknown_shape"),
        ({"xor": [TRUE]}, "", "unknown_shape"),
        ([], "", "not_an_object"),
        (None, "", "not_an_object"),
        ({"touches": {}, "at_least": 0}, "at_least", "not_a_whole_number"),
        ({"touches": {}, "within_days": 0}, "within_days", "not_a_number"),
        ({"touches": {}, "distinct": "id; drop"}, "distinct", "not_a_choice"),
        ({"touches": {"kinds": ["x"]}}, "touches.kinds", "unknown_field"),
        ({"touches": {"kind": []}}, "touches.kind", "not_a_list"),
        ({"touches": {"side": ["left"]}}, "touches.side", "not_a_choice"),
        ({"touches": ["page_view"]}, "touches", "not_an_object"),
        (leaf("person.title", "is_set") | {"extra": 1}, "extra", "unknown_field"),
        (DEEP, ".".join(["all[0]"] * 8), "too_deep"),
        ({"all": [TRUE] * 101}, "all", "too_many"),
        ({"all": [{"any": [TRUE] * 60}, {"any": [TRUE] * 60}]}, "all[1].any[40]", "too_many"),
    ],
)
def test_flaws_are_named_by_their_path(condition, path, code):
    with pytest.raises(Invalid) as refused:
        conditions.validate(condition)
    assert {"field": path, "code": code} in [
        {"field": error["field"], "code": error["code"]} for error in refused.value.errors
    ]
    with pytest.raises(Invalid):
        conditions.compile(condition, prefix="q")


def test_values_are_bound_never_written_into_the_text():
    hostile = "'); DROP TABLE leads_lead; --"
    sql = conditions.compile(
        {"all": [leaf("person.title", "is", hostile), {"touches": {"asset": [hostile], "url_contains": hostile}}]},
        prefix="q",
    )
    assert "DROP" not in sql.text
    assert list(sql.params.values()).count(hostile) == 3
    with pytest.raises(ValueError, match="prefix"):
        conditions.compile({}, prefix="q)s; --")


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({}, "Always"),
        ({"all": [leaf("person.seniority", "at_least", "director"), leaf("company.employees", "at_least", 500),
                  {"touches": {"asset": ["roi-calculator"]}, "at_least": 2, "distinct": "asset"}]},
         "All of: seniority is Director or above; 500 people or more; 2 different assets (roi-calculator)"),
        (pricing(at_least=3, within_days=7), "Visited /pricing at least 3 times in 7 days"),
        ({"any": [leaf("lead.hand_raise", "is_set"),
                  {"all": [leaf("score.cell", "in", ["A1", "A2", "B1"]),
                           {"none": [leaf("company.is_customer", "is", True)]}]}]},
         "Any of: asked to be contacted; all of (score cell is A1, A2 or B1; none of (the company is a customer))"),
        (leaf("company.industry", "not_in", ["Retail", "Media"]), "Industry is neither Retail nor Media"),
        (leaf("lead.created", "after", "2026-02-10"), "Opened is after 10 Feb 2026"),
        (leaf("company.technologies", "contains", "SAP"), "Technology includes SAP"),
        (leaf("company.country", "is_missing"), "Company country is unknown"),
        (leaf("score.fit", "at_least", 40.5), "Fit is 40.5 or more"),
    ],
)  # fmt: skip
def test_conditions_read_as_sentences(condition, sentence):
    assert conditions.sentence(condition) == sentence
