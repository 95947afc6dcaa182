"""Where definitions and models changed, charts of rates over time say so, with the day and the name."""

import pytest

from dashboards import charts, sheet
from dashboards.filters import parse
from dashboards.scoreboard import drawings
from scoring.models import Definition, ScoringModel
from tests.dashboards.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(organisation, make_deal, ago):
    for _ in range(3):
        make_deal(ago(50), won_at=ago(3))
    made = {"sentence": "s", "predicate": {}}
    Definition.objects.create(stage="mql", version=2, effective_at=ago(40), **made)
    Definition.objects.create(stage="sql", version=2, effective_at=ago(900), **made)
    Definition.objects.create(stage="sql", version=3, effective_at=ago(30), **made)
    Definition.objects.create(stage="sal", version=2, effective_at=ago(-20), **made)
    Definition.objects.create(stage="sal", version=3, effective_at=ago(20), state="draft", **made)
    ScoringModel.objects.create(version=4, state="retired", published_at=ago(10))
    sheet.forget()
    yield sheet.opened(parse({"period": "90d"}, zone=organisation.timezone, now=NOW), now=NOW, organisation=organisation)
    sheet.forget()


def test_rates_over_time_carry_a_dashed_line_a_change(found, django_assert_num_queries):
    answer = found.answer("win-rate")
    with django_assert_num_queries(2):
        drawn = charts.rate_over_time(found, answer, name="Win rate", promise=0.3, promise_name="goal")
        charts.rate_over_time(found, answer, name="Win rate")
    layout = drawn["figure"]["layout"]
    changes = [one for one in layout["shapes"] if one["xref"] == "x"]
    assert [one["line"]["dash"] for one in changes] == ["dash"] * 3 and len(layout["shapes"]) == 4
    texts = [one["text"] for one in layout["annotations"]]
    assert texts[0].startswith("MQL definition v2, ") and texts[1].startswith("SQL definition v3, ")
    assert texts[2].startswith("model v4, ") and texts[3] == "goal"
    assert "MQL definition v2" in drawn["finding"], "said aloud too"
    handed = charts.rate_over_time(found, answer, name="Rejected", stages=["mql"])
    assert "SQL" not in handed["finding"], "what decides later says nothing about who is handed over"


def test_the_scoreboard_s_trend_marks_the_same_days(found):
    marks = drawings.marks(found.filters.start, found.filters.end, found)
    assert [one["text"].rpartition(",")[0] for one in marks if "promises" not in one["text"]] == ["MQL v2", "model v4"]
