"""On rows nobody here wrote: an honest score where there is one, and its absence said where there is none."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from scoring.learning import guard, lesson, table
from scoring.learning.honesty import Verdict

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
EDUCATION = DATA / "x_education" / "x_education_train.csv"
DEALS = DATA / "maven_crm" / "sales_pipeline.csv"
LEAKING = {
    "Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity", "Asymmetrique Activity Index",
    "Asymmetrique Profile Index", "Asymmetrique Activity Score", "Asymmetrique Profile Score",
}  # fmt: skip
HONEST = {"Lead Origin", "Lead Source", "Total Time Spent on Website", "What is your current occupation"}

real = pytest.mark.skipif(not EDUCATION.exists() or not DEALS.exists(), reason="the public data sets are not here")


@pytest.fixture(scope="module")
def leads():
    return EDUCATION.read_text(encoding="utf-8-sig")


@real
def test_leaking_columns_are_named_unprompted_and_honest_ones_stay(leads):
    found = lesson.learn(table.from_csv(leads, outcome="Converted", order="Lead Number"))
    assert {one.name for one in found.excluded} == LEAKING
    assert all(one.said for one in found.excluded)
    assert {one.feature.column for one in found.fit.coefficients} >= HONEST
    # The suspicious ones are said, and the score stands without them.
    assert found.doubtful == {"What is your current occupation", "What matters most to you in choosing a course"}
    assert found.verdict == Verdict.SIGNAL and found.auc.value >= 0.85 and found.careful.value >= 0.85


@real
def test_without_the_leaking_columns_auc_is_085_on_the_newest_fifth_with_a_calibration_curve(leads):
    whole = table.from_csv(leads, outcome="Converted", order="Lead Number")
    found = lesson.learn(whole.only(one.name for one in whole.columns if one.name not in LEAKING))
    assert found.excluded == []
    assert found.held == 1304 and found.auc.value >= 0.85 and found.auc.low > 0.8
    assert len(found.bands) == 10 and all(band.n >= 100 for band in found.bands)
    came = [band.observed for band in found.bands]
    assert came == sorted(came)


@real
@pytest.mark.long
def test_a_leak_under_another_name_is_found_by_what_it_tells(leads):
    head, rest = leads.split("\n", 1)
    renamed = head.replace("Tags", "Notes of the day") + "\n" + rest
    found = guard.findings(table.from_csv(renamed, outcome="Converted", order="Lead Number"))
    [leak] = [one for one in found if one.name == "Notes of the day"]
    assert leak.excluded
    assert leak.why == "alone" and leak.alone > 0.9


@real
def test_a_deal_score_says_that_there_is_no_signal():
    out = StringIO()
    call_command(
        "learn_from", str(DEALS), "--outcome", "deal_stage", "--positive", "Won", "--negative", "Lost", "--order",
        "engage_date", stdout=out,
    )  # fmt: skip
    said = out.getvalue()
    assert said.startswith("No signal in these data: AUC 0.5")
    assert "close_value: it tells the outcome almost alone" in said
    assert "2,089 without an outcome" in said


@real
@pytest.mark.long
def test_a_deal_score_finds_no_signal_in_the_accounts_either():
    def read(path):
        return csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig")))

    firms = {row["account"]: row for row in read(DEALS.parent / "accounts.csv")}
    deals = read(DEALS)
    rows = [deal | {k: v for k, v in firms.get(deal["account"], dict.fromkeys(next(iter(firms.values())), "")).items()
                    if k != "account"} for deal in deals]  # fmt: skip
    found = lesson.learn(
        table.from_rows(rows, outcome="deal_stage", positive="Won", negative=["Lost"], order="engage_date")
    )
    assert "sector" in {one.feature.column for one in found.fit.coefficients}
    assert found.verdict == Verdict.NO_SIGNAL


def test_the_command_reads_any_file_and_answers_in_json(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("size,became\n" + "".join(f"{i % 50},{'won' if i % 50 > 25 else 'lost'}\n" for i in range(400)))
    out = StringIO()
    call_command("learn_from", str(path), "--outcome", "became", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert [one["name"] for one in found["findings"]] == ["size"]
    assert found["sentence"] == "Nothing was learned: No attribute is left to learn from."
    with pytest.raises(CommandError, match="no column"):
        call_command("learn_from", str(path), "--outcome", "sold")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("learn_from", str(tmp_path / "none.csv"), "--outcome", "sold")
