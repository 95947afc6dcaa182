"""Learning on small tables with known answers: points, AUC with its interval, calibration, the guard, the verdict."""

import math
import random

import pytest

from leads.attributes import LIST, NUMBER, TEXT, YES_NO
from revops.lib.errors import Invalid
from scoring.learning import fitting, guard, honesty, lesson, points, rot, table
from scoring.learning.honesty import Auc, Verdict
from scoring.learning.page import _no_better
from scoring.learning.table import Column, Table

S02 = [(92, 1), (88, 1), (85, 0), (80, 1), (74, 0), (70, 0), (70, 1), (55, 0), (40, 0), (30, 0)]


def names(findings) -> set[str]:
    return {one.name for one in findings if one.excluded}


# --- points (S03) --------------------------------------------------------------


def test_s03_points_of_an_unregularised_feature():
    found = points.two_by_two(30, 100, 10, 200)
    assert round(found.beta, 4) == 2.0971
    assert round(found.se, 3) == 0.391
    assert (round(found.low, 3), round(found.high, 3)) == (1.331, 2.863)
    assert round(found.beta * points.FACTOR, 1) == 60.5
    assert points.of(found.beta) == 61
    assert points.of(0.85) == 25 and round(0.85 * points.FACTOR, 1) == 24.5


def test_s03_points_are_capped_per_rule():
    assert points.capped(61) == points.MOST == 50
    assert points.capped(61, cap=15) == 15
    assert points.capped(-61) == -50
    assert points.capped(25) == 25


def test_s03_factor_and_offset_of_the_scale():
    assert round(points.FACTOR, 4) == 28.8539
    assert round(points.OFFSET, 4) == 487.1229


def test_s03_the_regression_finds_the_same_when_nothing_holds_it_back():
    rows = [[1.0]] * 100 + [[0.0]] * 200
    outcome = [True] * 30 + [False] * 70 + [True] * 10 + [False] * 190
    [found], _, _ = fitting.regression(rows, outcome, [], strength=1e-6)
    assert found.beta == pytest.approx(2.0971, abs=2e-3)
    assert found.se == pytest.approx(0.391, abs=2e-3)


def test_an_empty_cell_is_no_infinity():
    found = points.two_by_two(0, 50, 20, 100)
    assert math.isfinite(found.beta) and found.high > found.low


# --- AUC and calibration ---------------------------------------------------------


def test_s02_auc_with_its_tie():
    found = honesty.auc([score for score, _ in S02], [bool(won) for _, won in S02])
    assert round(found.value, 4) == 0.8542
    assert found.low < 0.8542 < found.high and (found.positives, found.negatives) == (4, 6)


def test_one_class_has_no_auc():
    assert honesty.auc([1, 2, 3], [True] * 3).value is None
    assert honesty.auc([1, 2, 3], [False] * 3).said.startswith("n/a")


def test_the_interval_of_a_perfect_order_still_has_a_width():
    found = honesty.auc([1, 2, 3, 4], [False, False, True, True])
    assert found.value == 1 and found.low < 1


def test_delong_covers_the_truth_about_as_often_as_it_says():
    # Two normals 1 apart: the true AUC is Φ(1/√2) = 0.7602.
    draw = random.Random(4)
    covered = 0
    for _ in range(120):
        outcome = [i % 3 == 0 for i in range(150)]
        found = honesty.auc([draw.gauss(1.0 if won else 0.0, 1) for won in outcome], outcome)
        covered += found.low <= 0.7602 <= found.high
    assert 106 <= covered <= 120


def test_calibration_keeps_equal_expectations_together():
    found = honesty.calibration([0.1] * 60 + [0.9] * 40, [i % 10 == 0 for i in range(60)] + [True] * 30 + [False] * 10)
    assert [(band.n, band.hits) for band in found] == [(60, 6), (40, 30)]
    assert found[0].holds and found[0].observed == 0.1 and found[0].low < 0.1 < found[0].high


# --- verdicts ----------------------------------------------------------------------


def coin(n: int = 600) -> Table:
    draw = random.Random(7)
    column = Column("colour", TEXT, [draw.choice("abc") for _ in range(n)])
    return Table([column], [draw.random() < 0.4 for _ in range(n)], [float(i) for i in range(n)])


def telling(n: int = 600) -> Table:
    draw = random.Random(8)
    size = [draw.uniform(1, 1000) for _ in range(n)]
    return Table(
        [Column("size", NUMBER, size)], [draw.random() < value / 1000 for value in size], [float(i) for i in range(n)]
    )


def test_a_coin_has_no_signal_and_that_is_said():
    found = lesson.learn(coin())
    assert found.verdict == Verdict.NO_SIGNAL
    assert found.sentence.startswith("No signal in these data")


def test_a_signal_is_found_with_bands_as_expected():
    found = lesson.learn(telling())
    assert found.verdict == Verdict.SIGNAL and found.auc.low > 0.7
    assert sum(band.n for band in found.bands) == 120
    strongest = max(found.fit.coefficients, key=lambda one: one.estimate.beta)
    assert "and more" in strongest.feature.level and strongest.estimate.low > 0


def test_it_judges_by_the_newest_fifth_however_the_rows_stand():
    turned = telling()
    turned.order = list(reversed(turned.order))
    older, newer = turned.split()
    assert newer == list(range(119, -1, -1)) and older[0] == 599


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ([True, False] * 20, "it takes 30 of each"),
        ([i % 40 == 0 for i in range(200)], "it takes 10 that did"),
        ([i % 5 == 0 and i < 160 for i in range(200)], "newest rows none"),
    ],
)
def test_too_few_is_a_plain_refusal(outcome, said):
    found = lesson.learn(Table([Column("x", TEXT, ["a", "b"] * (len(outcome) // 2))], outcome))
    assert found.verdict == Verdict.TOO_FEW and found.fit is None
    assert found.sentence.startswith("Nothing was learned: too few.") and said in found.sentence


# --- the guard -------------------------------------------------------------------------


def with_column(column: Column) -> Table:
    made = telling()
    made.columns.append(column)
    return made


def test_an_attribute_filled_after_the_hand_off_is_excluded_and_named():
    late = Column("need", TEXT, [None] * 300 + ["clear"] * 300, label="Need", late=120, known=420)
    [found] = [one for one in guard.findings(with_column(late)) if one.name == "need"]
    assert found.excluded and found.why == "late"
    assert found.said == "120 of 420 values came after the hand-off"


def test_an_attribute_that_tells_the_outcome_alone_is_excluded_whatever_it_is_called():
    made = telling()
    made.columns.append(Column("colour", TEXT, ["green" if won else "red" for won in made.outcome]))
    [found] = guard.findings(made)
    assert (found.name, found.why, found.excluded) == ("colour", "alone", True)
    assert "AUC 1.000" in found.said


def test_being_filled_may_tell_the_outcome_too():
    made = telling()
    draw = random.Random(3)
    asked = [draw.choice("xyz") if draw.random() < (0.9 if won else 0.3) else None for won in made.outcome]
    made.columns.append(Column("asked", TEXT, asked))
    [found] = guard.findings(made)
    assert (found.why, found.excluded) == ("missing", True)


def test_a_value_that_stands_for_one_row_does_not_look_clever():
    made = telling()
    made.columns.append(Column("many", TEXT, [f"v{i % 290}" for i in range(600)]))
    assert guard.findings(made) == []


@pytest.mark.parametrize(
    "name",
    ["Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity", "lead_status", "dealStage",
     "Asymmetrique Activity Index", "Asymmetrique Profile Score", "closed_date", "Lead Score", "Sales Notes"],
)  # fmt: skip
def test_names_that_say_who_sets_them(name):
    [found] = guard.findings(with_column(Column(name, TEXT, ["a", "b", "c"] * 200)))
    assert found.excluded and found.why == "name"


@pytest.mark.parametrize(
    "name",
    ["Lead Origin", "Lead Source", "Total Time Spent on Website", "Page Views Per Visit", "Country", "State", "City",
     "Specialization", "What is your current occupation", "Stages of funding", "Company size", "Index fund customer",
     "Price list", "company.industry", "Do Not Call", "touch.call"],
)  # fmt: skip
def test_honest_names_stay(name):
    assert guard.findings(with_column(Column(name, TEXT, ["a", "b", "c"] * 200))) == []


def test_a_person_may_overrule_the_guard():
    made = with_column(Column("Tags", TEXT, ["a", "b", "c"] * 200))
    [found] = guard.findings(made, keep={"Tags"})
    assert found.overruled and not found.excluded
    assert "Tags" in {one.feature.column for one in lesson.learn(made, keep={"Tags"}).fit.coefficients}
    assert "Tags" not in {one.feature.column for one in lesson.learn(made).fit.coefficients}


# --- tables from files --------------------------------------------------------------------


def test_columns_are_typed_and_blanks_are_unknown():
    text = "id,when,n,yes,words,tags,out\n" + "".join(
        f"k{i},2026-01-{i % 28 + 1:02},{i / 3:.2f},{'Yes' if i % 2 else 'No'},{'Select' if i % 3 else 'a'},x;y,{i % 2}\n"
        for i in range(60)
    )
    found = table.from_csv(text, outcome="out", order="when")
    kinds = {one.name: one.kind for one in found.columns}
    assert kinds == {"n": NUMBER, "yes": YES_NO, "words": TEXT}
    assert found.unusable == {"id": "names the row: 60 different values in 60", "tags": "says the same of every row"}
    assert found.columns[2].values[:3] == ["a", None, None]
    assert len(found.order) == 60 and sum(found.outcome) == 30


def test_a_list_becomes_one_column_an_item():
    raw = ["crm;erp" if i % 2 else "erp" if i % 3 else None for i in range(90)]
    column, _ = table.typed("systems", raw)
    assert column.kind == LIST and column.values[1] == ("crm", "erp")
    features, rows = fitting.features_of(Table([column], [True, False] * 45), list(range(90)))
    assert {one.level for one in features} == {"crm", "erp", "not known"} and len(rows) == 90


def test_an_outcome_of_three_values_needs_a_yes_and_may_name_its_no():
    rows = [{"x": str(i % 3), "stage": ["Won", "Lost", "Open"][i % 3]} for i in range(30)]
    found = table.from_rows(rows, outcome="stage", positive="Won", negative=["Lost"])
    assert len(found) == 20 and found.left_out == {"without an outcome": 10}
    with pytest.raises(Invalid, match="does not say yes or no"):
        table.from_rows([{"x": "1", "stage": "Paid"}], outcome="stage")
    with pytest.raises(Invalid, match="no column “sold”"):
        table.from_rows(rows, outcome="sold")


# --- the rot alarm's judgement ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("recent", "before", "state"),
    [
        (Auc(0.50, 0.42, 0.58, 60, 60), Auc(0.72, 0.66, 0.78, 300, 300), "lost"),
        (Auc(0.60, 0.53, 0.65, 90, 90), Auc(0.75, 0.70, 0.80, 300, 300), "worse"),
        (Auc(0.70, 0.60, 0.80, 60, 60), Auc(0.72, 0.66, 0.78, 300, 300), "holds"),
        (Auc(0.52, 0.42, 0.62, 60, 60), Auc(0.51, 0.46, 0.56, 300, 300), "never"),
        (Auc(0.30, 0.10, 0.50, 9, 40), Auc(0.72, 0.66, 0.78, 300, 300), "too_few"),
        (Auc(None, None, None, 150, 0), Auc(0.72, 0.66, 0.78, 300, 300), "too_few"),
    ],
)
def test_when_the_order_of_the_bands_counts_as_lost(recent, before, state):
    assert rot.judged(recent, before)[0] == state


@pytest.mark.parametrize("won", [{85}, {75, 76}])
def test_a_conversion_or_two_are_no_signal(won):
    """Within one class of one row there is no variance to see; the interval must not shrink for that."""
    found = honesty.auc([i / 100 for i in range(100)], [i in won for i in range(100)])
    assert honesty.verdict(found) == Verdict.NO_SIGNAL, found


def test_the_hours_order_the_rows_of_a_day():
    rows = [
        {"at": f"2026-01-0{1 + i // 24}T{23 - i % 24:02}:00:00", "x": str(i), "won": "yes"} for i in range(48)
    ]  # fmt: skip
    _, newer = table.from_rows(rows, outcome="won", order="at").split()
    assert newer == [32, 31, 30, 29, 28, 27, 26, 25, 24]


def seldom_won(kind: str, value) -> Table:
    """One column over 1,000 rows of which 8% converted; `value(dice, won)`."""
    dice = random.Random(1)
    outcome = [dice.random() < 0.08 for _ in range(1_000)]
    return Table([Column("x", kind, [value(dice, won) for won in outcome])], outcome)


def test_an_amount_that_only_the_won_have_is_excluded():
    """Nine tenths are nought, and so are all tenths' edges."""
    assert names(guard.findings(seldom_won(NUMBER, lambda dice, won: dice.choice([100.0, 250.0]) if won else 0.0)))
    assert not guard.findings(seldom_won(NUMBER, lambda dice, won: float(dice.choice([0] * 12 + [1, 2, 3]))))


def test_one_item_of_a_list_that_tells_the_outcome_is_excluded():
    """No two lists are alike, but the fit takes them apart."""

    def several(dice, won, telling=True):
        items = {dice.choice("abcdefgh"), dice.choice("ijklmnop"), dice.choice("qrstuv"), dice.choice("123456")}
        return tuple(sorted(items | {"customer"} if won and telling else items))

    assert names(guard.findings(seldom_won(LIST, several)))
    assert not guard.findings(seldom_won(LIST, lambda dice, won: several(dice, won, telling=False)))


def test_rows_of_one_day_are_not_torn_apart():
    """Within a day a file may be sorted by anything, the outcome too."""
    of_day = [1] * 700 + [2] * 190 + [3] * 110
    _, newer = Table([], [True] * 1_000, [float(day) for day in of_day]).split()
    assert newer == list(range(890, 1_000)), "the end of the second day is nearer to the fifth than its beginning"
    all_at_once = Table([], [True] * 10, [1.0] * 10)
    assert all_at_once.split() == ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9])


def test_suggestions_that_order_no_better_say_so():
    assert _no_better({"today": {"value": 0.599}, "after": {"value": 0.595}})
    assert not _no_better({"today": {"value": 0.599}, "after": {"value": 0.61}})
    assert not _no_better({"today": {"value": 0.599}, "after": None}) and not _no_better({"today": None, "after": None})
