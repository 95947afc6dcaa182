"""`company.icp`: how much of the profile in force a firm meets, now and as it was; as a rule and in sentences."""

from datetime import timedelta

import pytest

from leads import conditions
from leads.models import AttributeFact, Company, Person
from scoring.models import Icp
from scoring.rescore import rescore
from tests.scoring import model_of
from tests.scoring.icp_world import match_of
from tests.scoring.model_of import T

pytestmark = pytest.mark.django_db
CRITERIA = [
    ("company.industry", ["fintech", "insurance"]),
    ("company.employees", ["500–999"]),
    ("company.technologies", ["kafka"]),
    ("company.custom.model", ["subscription"]),
]


def profile(*criteria, since=T, state="published", version=1):
    return Icp.objects.create(
        version=version, state=state, created_at=since, edited_at=since, effective_at=since,
        criteria=[
            {"attribute": name, "label": name, "values": values, "texts": values} for name, values in criteria
        ],
    )  # fmt: skip


def firm(**fields):
    person = model_of.person(company=fields, lead={})
    return person.company


GOOD = {"industry": "FinTech", "employees": 640, "technologies": ["Salesforce", "Kafka"],
        "attributes": {"model": "Subscription"}}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({}, 100),
        ({"industry": "Retail"}, 75),
        ({"industry": "Retail", "employees": 499}, 50),
        ({"employees": 1000}, 75),
        ({"technologies": ["Salesforce"]}, 75),
        ({"attributes": {"model": "Licence"}}, 75),
        ({"attributes": {}}, 100),  # unknown: left out
        ({"industry": "Retail", "attributes": {}}, 66.7),
        ({"attributes": {}, "technologies": []}, 100),
        ({"attributes": {}, "technologies": [], "employees": None}, None),  # fewer than half are known
    ],
)
def test_the_match_is_the_share_of_the_known_criteria_met(changed, match):
    profile(*CRITERIA)
    assert match_of(firm(**(GOOD | changed))) == match


def test_without_a_profile_in_force_or_a_firm_it_is_unknown():
    good = firm(**GOOD)
    assert match_of(good) is None
    profile(*CRITERIA, state="retired")
    assert match_of(good) is None


def test_traits_of_the_person_and_the_lead_count():
    profile(("person.seniority", ["vp"]), ("lead.source", ["webinar"]), ("person.custom.likes", ["true"]))
    vp = model_of.person(company={}, lead={"source_id": "webinar"}, seniority="vp", attributes={"likes": True})
    assert match_of(vp.company) == 100
    staff = model_of.person(company={}, lead={"source_id": "referral"}, seniority="vp", attributes={"likes": False})
    assert match_of(staff.company) == 33.3


@pytest.mark.parametrize(
    "value", [None, 7, "", [], {"a": 1}, "x' OR 1=1 --", ["%s", "{}"], 12.5, False, [None], [["subscription"]]]
)
def test_whatever_a_custom_attribute_holds_is_no_error(value):
    profile(("company.custom.model", ["subscription"]), ("company.industry", ["fintech"]))
    assert match_of(firm(**(GOOD | {"attributes": {"model": value}}))) in (50, 100)


def test_names_and_values_are_data_and_never_part_of_the_statement():
    odd = "'); DROP TABLE leads_lead; -- %s %(x)s {0}"
    profile((f"company.custom.{odd}", [odd.lower()]), (odd, [odd]))
    assert match_of(firm(attributes={odd: odd})) == 100  # the second names no trait: unknown


def test_the_past_has_the_version_in_force_then_and_what_was_known_then():
    good = firm(**GOOD)
    person = Person.objects.get(company=good)
    day = timedelta(days=1)
    profile(("company.industry", ["retail"]), since=T - 20 * day, state="retired", version=1)
    profile(("company.industry", ["fintech"]), ("company.custom.model", ["subscription"]), since=T - 5 * day, version=2)
    facts = [(T - 30 * day, {"industry": "Retail"}), (T - 10 * day, {"industry": "Fintech"}),
             (T - day, {"custom.model": "Subscription"})]  # fmt: skip
    for at, values in facts:
        AttributeFact.objects.create(subject_kind="company", subject_id=good.pk, at=at, values=values)
    person.leads.update(created_at=T - 40 * day)
    found = [match_of(good, at=T - ago * day) for ago in (21, 20, 10, 6, 5, 0)]
    assert found == [None, 100, 0, 0, 100, 100]


def test_a_fit_rule_says_icp_match_75_or_more_and_scores():
    profile(*CRITERIA)
    condition = {"attribute": "company.icp", "op": "at_least", "value": 75}
    assert conditions.sentence(condition) == "ICP match 75 or more"
    model_of.model({"kind": "fit", "points": 30, "condition": condition, "name": "Looks like our best customers"})
    good, bad = (
        model_of.person(company=fields, lead={}) for fields in (GOOD, GOOD | {"industry": "x", "employees": 3})
    )
    rescore([good.pk, bad.pk], now=T)
    assert list(Person.objects.filter(pk__in=[good.pk, bad.pk]).order_by("pk").values_list("fit", flat=True)) == [30, 0]


def test_a_new_version_needs_no_new_sql():
    """The statement is compiled once a process; the criteria are read inside it."""
    first = profile(("company.industry", ["retail"]))
    good = firm(**GOOD)
    assert match_of(good) == 0
    first.criteria[0]["values"] = ["fintech"]
    first.save()
    assert match_of(good) == 100
    assert Company.objects.filter(pk=good.pk).exists()
