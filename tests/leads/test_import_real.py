"""Real rows, written by nobody here. They stay outside of the repository; without them these tests say so and skip."""

import json
import os
from pathlib import Path

import pytest
from django.core.management import call_command

from leads.models import AttributeDefinition, ImportRun, Lead

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("REVOPS_REAL_INPUT") or ROOT.parent / "shared" / "data")
MAPS = ROOT / "tests" / "maps"

pytestmark = pytest.mark.django_db


def imported(folder: str, file: str, chart: str, capsys) -> dict:
    path = DATA / folder / file
    if not path.exists():
        pytest.skip(f"{path.name} is not here: set REVOPS_REAL_INPUT to the folder that holds {folder}/.")
    call_command("import_leads", str(path), "--map", str(MAPS / f"{chart}.toml"), "--json")
    answer = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert answer["read"] == sum(answer[outcome] for outcome in ("created", "updated", "merged", "refused"))
    assert len(answer["refusals"]) == answer["refused"]
    assert ImportRun.objects.get(pk=answer["run"]).counts["read"] == answer["read"]
    return answer


def olist(capsys) -> tuple[dict, dict]:
    leads = imported("olist", "olist_mql_dev30pct.csv", "olist_leads", capsys)
    deals = imported("olist", "olist_closed_dev30pct.csv", "olist_deals", capsys)
    return leads, deals


def test_the_marketplace_comes_in_line_by_line(capsys):
    leads, deals = olist(capsys)
    assert (leads["read"], leads["created"], leads["refused"]) == (2447, 2447, 0)
    assert (deals["read"], deals["created"], deals["refused"]) == (281, 281, 0)
    assert deals["flags"]["won_before_opened"] == 1
    assert Lead.objects.filter(history=True, undated=False, mql_at__isnull=False).count() == 2447
    won = Lead.objects.filter(stage="won", deal__stage="won")
    assert won.count() == 281
    odd = won.filter(flags__contains=["won_before_opened"]).get()
    assert odd.won_at < odd.created_at
    assert Lead.objects.filter(source="unknown").count() > 321  # the blank ones too


@pytest.mark.long
def test_a_second_time_changes_nothing(capsys):
    olist(capsys)
    before = list(Lead.objects.order_by("id").values())
    leads, deals = olist(capsys)
    assert (leads["merged"], leads["created"], leads["updated"]) == (2447, 0, 0)
    assert (deals["merged"], deals["created"], deals["updated"]) == (281, 0, 0)
    assert list(Lead.objects.order_by("id").values()) == before


@pytest.mark.long
def test_the_course_seller_comes_in_without_dates(capsys):
    answer = imported("x_education", "x_education_train.csv", "x_education", capsys)
    assert (answer["read"], answer["created"], answer["refused"]) == (6520, 6520, 0)
    assert Lead.objects.filter(undated=True).count() == 6520
    assert Lead.objects.filter(stage="won").count() == 2522
    assert AttributeDefinition.objects.get(subject="lead", name="totalvisits").type == "number"
    assert AttributeDefinition.objects.get(subject="lead", name="do_not_email").type == "yes_no"
    assert not Lead.objects.filter(attributes__has_key="city").exists()
    lead = Lead.objects.get(person__keys__key="x_education:8cc8c611-a219-4f35-ad23-fdfd2656bd8a")
    assert (lead.attributes["total_time_spent_on_website"], lead.person.region) == (1532, "Mumbai")
    again = imported("x_education", "x_education_train.csv", "x_education", capsys)
    assert again["merged"] == 6520
