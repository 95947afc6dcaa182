"""The profile over eight thousand firms: the criteria are read once a statement, the past by its index, and the number
of questions does not grow."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from psycopg2.extensions import AsIs

from leads.attributes import in_the_past, known
from revops.lib import bulk
from scoring.icp import deriving, validation
from scoring.models import Icp
from tests.scoring.model_of import T

pytestmark = pytest.mark.long
FIRMS = 8_000
CRITERIA = [
    {"attribute": "company.industry", "label": "industry", "values": ["fintech"], "texts": ["Fintech"]},
    {"attribute": "company.employees", "label": "company size", "values": ["500–999"], "texts": ["500–999"]},
    {"attribute": "company.technologies", "label": "technology", "values": ["kafka"], "texts": ["Kafka"]},
    {"attribute": "company.custom.model", "label": "model", "values": ["licence"], "texts": ["Licence"]},
]
FILL = """
    INSERT INTO leads_company (name, name_key, industry, employees, technologies, attributes)
    SELECT 'F' || i, 'f' || i, (ARRAY['Fintech', 'Retail', 'Health', ''])[1 + i % 4], i % 2000,
           CASE i % 3 WHEN 0 THEN ARRAY['Kafka', 'SAP'] WHEN 1 THEN ARRAY['SAP'] ELSE '{}' END,
           jsonb_build_object('model', 'Licence') FROM generate_series(1, %(n)s) i;
    INSERT INTO leads_person (first_name, company_id, first_touch_at)
    SELECT 'P', c.id, %(opened)s FROM leads_company c;
    INSERT INTO leads_attributefact (subject_kind, subject_id, at, values)
    SELECT 'company', c.id, %(opened)s, jsonb_build_object('industry', c.industry, 'employees', c.employees,
           'technologies', c.technologies, 'custom.model', 'Licence') FROM leads_company c;
    INSERT INTO deals_deal (name, company_id, person_id, stage, amount, currency, created_at, closed_at, reason, note,
           competitor, next_step, attributes, history, undated, flags)
    SELECT 'D', p.company_id, p.id, CASE p.id %% 3 WHEN 0 THEN 'won' ELSE 'lost' END, p.id * 100, 'USD',
           %(opened)s::timestamptz, %(opened)s::timestamptz + (p.id %% 90) * interval '1 day', 'price', '', '', '',
           '{}', false, false, '[]' FROM leads_person p;
    ANALYZE leads_company, leads_person, leads_attributefact, deals_deal
"""


@pytest.fixture(scope="module")
def plans(django_db_setup, django_db_blocker):
    """What the planner makes of it, looked at once and undone again: {name: every node of the plan}."""
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(FILL.replace("i % ", "i %% "), {"n": FIRMS, "opened": T - timedelta(days=300)})
        Icp.objects.create(
            version=1, state="published", criteria=CRITERIA, created_at=T, edited_at=T,
            effective_at=T - timedelta(days=400),
        )  # fmt: skip
        found = {
            "now": explained(f"SELECT sum({icp().sql}) FROM {WHO}", {}),
            "then": explained(f"SELECT sum({in_the_past(icp())}) FROM {WHO}", {"as_of": T}),
            "basis": counted(lambda: deriving.basis(at=T)),
            "judged": counted(lambda: validation.of(Icp.objects.get(), now=T)),
            "trial": explained(validation.JUDGED, judged_params()),
        }
        transaction.set_rollback(True)
    return found


WHO = "leads_person p JOIN leads_company c ON c.id = p.company_id LEFT JOIN leads_lead l ON l.person_id = p.id"


def icp():
    return known(["company.icp"])["company.icp"]


def judged_params():
    rows = bulk.query("SELECT id, company_id, person_id, lead_id, created_at FROM deals_deal LIMIT 2000")
    names = ("deal", "company", "person", "lead", "opened")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return {**columns, "criteria": json.dumps(CRITERIA), "as_of": AsIs("given.opened_at")}


def explained(text, params):
    [(plan,)] = bulk.query(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", params)
    nodes, level = [], [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]]
    while level:
        node = level.pop()
        nodes.append(node)
        level += node.get("Plans", [])
    return nodes


def counted(work):
    queries = []

    def count(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        work()
    return len(queries)


@pytest.mark.parametrize("name", ["now", "then"])
def test_the_criteria_are_read_once_however_many_firms(plans, name):
    reads = [node for node in plans[name] if node.get("Relation Name") == "scoring_icp"]
    assert [node["Actual Loops"] for node in reads] == [1]


@pytest.mark.parametrize("name", ["then", "trial"])
def test_the_past_is_looked_up_by_its_index(plans, name):
    reads = [node for node in plans[name] if node.get("Relation Name") == "leads_attributefact"]
    assert any(node["Actual Loops"] > 1 for node in reads)
    assert {node["Index Name"] for node in reads if node["Actual Loops"] > 1} == {"attribute_fact_subject"}


def test_nothing_but_the_facts_is_looked_at_once_a_row(plans):
    """A look at a table for each firm would be a question a firm."""
    looped = {
        node["Relation Name"] for node in plans["now"] if "Relation Name" in node and node["Actual Loops"] > FIRMS / 2
    }
    assert not looped


def test_deriving_and_trying_ask_the_same_few_questions(plans):
    assert plans["basis"] <= 7  # one of them: how those that bought are doing
    assert plans["judged"] <= 4
