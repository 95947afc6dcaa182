"""What sets the best customers apart, counted from deals: kept, against, chance, too few; and beside it the lost."""

from datetime import timedelta

import pytest
from django.db import transaction

from leads.models import AttributeDefinition, Company
from scoring.icp import deriving
from tests.scoring.icp_world import a_company, firms
from tests.scoring.model_of import T

pytestmark = pytest.mark.django_db


def rows(found):
    return {(row["attribute"], row["value"]): row for row in found["rows"]}


@pytest.fixture(scope="module")
def found(django_db_setup, django_db_blocker):
    """The company of `a_company` counted once, and undone again."""
    with django_db_blocker.unblock(), transaction.atomic():
        AttributeDefinition.objects.create(subject="company", name="model", label="Business model", type="text")
        a_company()
        firms(3, "won", closed=T - timedelta(days=89), industry="Fintech")  # customers for less than 90 days
        counted = deriving.basis(at=T)
        transaction.set_rollback(True)
    return counted


def test_the_best_tenth_and_who_is_counted(found):
    assert (found["customers"], found["young"], found["lost"], found["enough"]) == (50, 3, 60, True)
    assert found["best"] == 13  # ten, and the three that stand exactly at the quartile or above
    assert {one["name"]: one["known"] for one in found["measures"]} == {"value": 50, "cycle": 50, "health": 0}


def test_a_value_more_common_among_the_best_is_kept_and_stands_on_top(found):
    fintech = rows(found)["company.industry", "fintech"]
    assert (fintech["b"], fintech["n"], fintech["verdict"], fintech["text"]) == (13, 25, "kept", "Fintech")
    assert found["rows"][0]["verdict"] == "kept"
    assert rows(found)["company.industry", "retail"]["verdict"] == "against"


def test_the_lost_stand_beside_it_and_case_does_not_matter(found):
    fintech = rows(found)["company.industry", "fintech"]
    assert (fintech["lost_with"], fintech["lost_known"], fintech["best_known"]) == (4, 60, 13)
    assert fintech["targeting"] is False


def test_what_everybody_has_says_nothing_and_describes_our_targeting(found):
    country = rows(found)["company.country", "us"]
    assert (country["verdict"], country["targeting"]) == ("unclear", True)
    assert rows(found)["company.technologies", "salesforce"]["verdict"] == "unclear"


def test_head_counts_are_read_in_bands_and_lists_entry_by_entry(found):
    assert rows(found)["company.employees", "500–999"]["b"] == 10
    kafka = rows(found)["company.technologies", "kafka"]
    assert (kafka["b"], kafka["n"], kafka["many"]) == (10, 10, True)


def test_the_contact_the_source_and_custom_attributes_count_too(found):
    assert rows(found)["person.seniority", "vp"]["text"] == "VP"
    assert rows(found)["lead.source", "webinar"]["n"] == 50
    custom = rows(found)["company.custom.model", "subscription"]
    assert (custom["label"], custom["verdict"], custom["targeting"]) == ("business model", "kept", None)


def test_proposed_is_what_is_clearly_more_common_than_among_the_lost(found):
    chosen = {(row["attribute"], row["value"]) for row in deriving.proposed(found)}
    assert ("company.industry", "fintech") in chosen
    assert ("company.technologies", "kafka") in chosen
    assert not any(value in ("us", "salesforce", "retail") for _, value in chosen)


def test_values_of_one_attribute_make_one_criterion_and_list_entries_one_each(found):
    chosen = {("company.employees", "500–999"), ("company.employees", "10–49"),
              ("company.technologies", "kafka"), ("company.technologies", "salesforce")}  # fmt: skip
    made = deriving.criteria(found, chosen)
    assert sorted((one["attribute"], len(one["values"])) for one in made) == [
        ("company.employees", 2), ("company.technologies", 1), ("company.technologies", 1),
    ]  # fmt: skip
    bands = next(one for one in made if one["attribute"] == "company.employees")
    assert (bands["best"], bands["n"]) == (13, 50)


def test_too_few_customers_are_said_and_nothing_is_counted(db):
    firms(19, "won", industry="Fintech")
    found = deriving.basis(at=T)
    assert (found["enough"], found["customers"], found["rows"]) == (False, 19, [])


def test_as_many_queries_for_many_as_for_few(django_assert_max_num_queries):
    firms(60, "won", industry="Fintech")
    firms(60, "lost", industry="Retail")
    with django_assert_max_num_queries(7):
        deriving.basis(at=T)


def test_a_custom_attribute_with_many_values_is_no_kind_of_firm():
    AttributeDefinition.objects.create(subject="company", name="motto", label="Motto", type="text")
    for firm in firms(40, "won"):
        Company.objects.filter(pk=firm.pk).update(attributes={"motto": f"Say {firm.pk}"})
    assert not any(row["attribute"] == "company.custom.motto" for row in deriving.basis(at=T)["rows"])
