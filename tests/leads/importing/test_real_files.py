"""Every file of the real input: it comes in with counts that add up and goes again to the last row, or is refused with
a sentence. The files stay outside of the repository; without them these tests say so and skip."""

import io
import os
from pathlib import Path

import pytest
from django.db import connection

from leads.importing import describing, problems, rehearsing, running, undoing, uploading
from leads.models import ImportState
from revops.lib import bulk
from revops.lib.now import now

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("REVOPS_REAL_INPUT") or ROOT.parent / "shared" / "data")
pytestmark = pytest.mark.django_db

# Of everything there is, but what only records that there was an import, and work that is noted as done.
APART = ("leads_import", "journal_", "django_", "auth_", "celery", "leads_likeness")


def prints() -> dict[str, int]:
    """{table: a hash over its rows, in no order}."""
    found = {}
    for table in connection.introspection.table_names():
        if not table.startswith(APART):
            [(whole,)] = bulk.query(f"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {table} t")
            found[table] = whole
    [(entries,)] = bulk.query("SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM journal_entry t "
                              "WHERE kind NOT LIKE 'import.%%'", [])  # fmt: skip
    return {**found, "journal_entry": entries}


def upload(path: Path):
    return uploading.upload(io.BytesIO(path.read_bytes()), name=path.name, by=None, at=now(), at_once=True)


def taken(run):
    """Rehearsed, then taken: both say the same."""
    run = rehearsing.rehearse(run, by=None, at=now())
    if run.state == ImportState.REHEARSING:
        rehearsing.work(run.pk)
        run.refresh_from_db()
    assert run.state == ImportState.REHEARSED, run.trouble
    would = describing.summary(run, rehearsed=True)
    run = running.start(run, by=None, at=now(), at_once=True)
    assert run.state == ImportState.DONE, run.trouble
    did = describing.summary(run, rehearsed=False)
    assert did.adds_up and did.read == run.facts["rows"]
    assert would == did
    assert (
        sum(kind.count for kind in problems.by_kind(run, rehearsed=False) if kind.outcome == "refused") == did.refused
    )
    return run, did


FILES = {  # folder/name: lines created by the suggested mapping alone, after the files above it
    "crm_exports/fivetran_hubspot_seeds": {"company_data": 24, "contact_data": 22, "deal_data": 44},
    "crm_exports/fivetran_salesforce_seeds": {"sf_account_data": 1, "sf_contact_data": 4, "sf_lead_data": 1},
    "crm_exports/fivetran_stripe_seeds": {"customer_data": 11},
    "crm_exports/salesforce_demo_org": {"Account": 22, "CampaignMember": 61, "Contact": 72, "Lead": 60,
                                        "Opportunity": 50},
    "maven_crm": {"accounts": 85, "sales_pipeline": 8800},
    "olist": {"olist_mql_dev30pct": 2447, "olist_closed_dev30pct": 281},
    "x_education": {"x_education_train": 6520},
}  # fmt: skip
# All of their lines were deleted over there, or are about deals of no other file.
NOTHING_NEW = {"deal_stage_data", "sf_opportunity_data", "sf_opportunity_history_data"}
SHORT = ("crm_exports",)


def there_and_back(folders) -> None:
    before, runs = prints(), []
    for folder in folders:
        for path in sorted((DATA / folder).glob("*.csv")):
            run = upload(path)
            wanted = 0 if path.stem in NOTHING_NEW else FILES[folder].get(path.stem)
            if wanted is None:
                assert run.facts["refused"] and "." in run.facts["refused"], path.name
                continue
            assert not run.facts.get("refused"), path.name
            run, did = taken(run)
            assert did.created == wanted, (path.name, did)
            runs.append(run)
    for run in reversed(runs):
        undoing.take_back(run, by=None, at=now())
    assert prints() == before


def test_exports_of_other_systems_come_in_and_go_again():
    if not DATA.exists():
        pytest.skip("The real input is not here: set REVOPS_REAL_INPUT to the folder that holds crm_exports/.")
    there_and_back(folder for folder in FILES if folder.startswith(SHORT))


@pytest.mark.long
def test_everything_comes_in_and_goes_again():
    if not DATA.exists():
        pytest.skip("The real input is not here: set REVOPS_REAL_INPUT to the folder that holds olist/.")
    there_and_back(folder for folder in FILES if not folder.startswith(SHORT))


def test_what_is_about_nobody_says_so():
    if not DATA.exists():
        pytest.skip("The real input is not here: set REVOPS_REAL_INPUT to the folder that holds attribution/.")
    for path in [*DATA.glob("attribution/*.csv"), *DATA.glob("crm_exports/salesforce_export_headers/*.csv"),
                 DATA / "maven_crm" / "sales_teams.csv", DATA / "maven_crm" / "products.csv"]:  # fmt: skip
        run = upload(path)
        assert run.facts["refused"], path.name
