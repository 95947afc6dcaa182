"""Goals and the audit, as people and clients meet them."""

import pytest

from dashboards.agreed import audit
from dashboards.agreed.models import Goal, Judgement
from revops.lib.errors import Invalid
from tests.api.conftest import Api


@pytest.fixture
def at(organisation, now, monkeypatch):
    from revops.lib.now import frozen

    with frozen(now):
        yield now


def test_a_goal_is_proposed_agreed_and_ended_by_page(cast, signed_in, at):
    page = signed_in(cast.marketer)
    assert b"Nobody has set a goal" in page.get("/goals/").content
    said = {"kpi": "sales-accepted-pipeline", "target": "2000000", "period": "quarter"}
    assert page.post("/goals/new/", said | {"target": "0"}).status_code == 422
    assert page.post("/goals/new/", said).status_code == 302
    goal = Goal.objects.get()
    assert goal.target == 200_000_000 and str(goal.starts_on) == "2026-10-01" and str(goal.ends_on) == "2026-12-31"
    assert b"Waits for the yes of sales" in page.get("/goals/").content
    page = signed_in(cast.owner)
    page.post(f"/goals/{goal.pk}/agreement/", {"side": "sales"})
    shown = page.get("/goals/").content
    assert b"Agreed by Mei Tan for marketing and Jonah Reyes for sales" in shown and b"of $2M this quarter" in shown
    assert signed_in(cast.viewer).post(f"/goals/{goal.pk}/end/").status_code == 403
    signed_in(cast.manager).post(f"/goals/{goal.pk}/end/")
    assert Goal.objects.get().ended_at is not None


def test_two_answers_make_the_class_and_vanity_has_no_card(cast, signed_in, at):
    page = signed_in(cast.marketer)
    assert b">nobody yet</option>" in page.get("/kpis/audit/mql-volume/").content
    page.post("/kpis/audit/mql-volume/", {"tracked": "a slide", "would_do": ""})
    page.post("/kpis/audit/win-rate/", {"raises_profit": "on", "would_do": "Look at the lost deals."})
    assert Judgement.objects.get(kpi="mql-volume").kind == "vanity"
    assert Judgement.objects.get(kpi="win-rate").kind == "profit"
    shown = page.get("/kpis/audit/").content.decode()
    assert "Look at the lost deals." in shown and "no evidence: 0 of 12 months" in shown
    assert audit.cards() == list(audit.CARDS)
    assert page.post("/kpis/audit/", {"card": ["win-rate", "mql-volume", "sales-cycle"]}).status_code == 400
    page.post("/kpis/audit/", {"card": ["win-rate", "sales-cycle", "pipeline-velocity", ""]})
    assert audit.cards() == ["win-rate", "sales-cycle", "pipeline-velocity"]
    with pytest.raises(Invalid):
        audit.choose(["win-rate", "sales-cycle"], by=cast.admin, at=at)
    page.post("/kpis/audit/win-rate/", {"would_do": ""})
    assert audit.cards()[:3] == ["sales-cycle", "pipeline-velocity", "sales-accepted-pipeline"]
    assert "win-rate" not in audit.cards(), "the house's own is no card either, once it was judged vanity"


def test_evidence_is_spearmans_rank_correlation():
    assert audit.spearman([(1, 10), (2, 20), (3, 30)]) == pytest.approx(1)
    assert audit.spearman([(1, 3), (2, 2), (3, 1)]) == pytest.approx(-1)
    assert audit.spearman([(106, 7), (100, 27), (86, 2), (101, 50), (99, 28), (103, 29), (97, 20), (113, 12), (112, 6),
                           (110, 17)]) == pytest.approx(-29 / 165)  # fmt: skip
    assert audit.spearman([(1, 1), (1, 2)]) is None


def test_goals_by_rest_say_the_same(cast, db, at):
    api = Api("goals", scopes=["read", "work", "admin"])
    made = api.post("goals/", {"kpi": "win-rate", "target": 0.3, "starts_on": "2026-10-01", "ends_on": "2026-12-31"})
    assert made.status_code == 201 and made.json()["na"] == "0 won or lost in this period"
    assert made.json()["marketing_agreed_at"] is None  # a key speaks for no side
    refused = api.post(f"goals/{made.json()['id']}/agreement/", {"side": "sales"})
    assert refused.status_code == 403 and refused.json()["code"] == "not_your_side"
    wrong = api.post("goals/", {"kpi": "win-rate", "target": 0, "starts_on": "x", "ends_on": "2026-12-31"})
    assert {e["field"] for e in wrong.json()["errors"]} == {"target", "starts_on"}
    assert api.get("goals/").status_code == 200 and api.get("kpis/audit/").json()["results"]
    for _ in range(2):
        assert api.post(f"goals/{made.json()['id']}/end/").json()["ended_at"]
    assert api.post("goals/999/end/").status_code == 404
    assert Api("work", scopes=["read", "work"]).post(f"goals/{made.json()['id']}/end/").status_code == 403


def test_the_audit_by_rest_needs_somebody_of_a_side(cast, signed_in):
    def put(address, body, who=cast.marketer):
        return signed_in(who).put(f"/api/v1/kpis/audit/{address}", body, content_type="application/json")

    said = {"owner": cast.manager.pk, "tracked": "", "raises_profit": False, "would_do": ""}
    assert put("win-rate/", said).json()["kind"] == "vanity"
    cards = signed_in(cast.viewer).get("/api/v1/kpis/audit/cards/").json()["cards"]
    assert cards == audit.cards() and "win-rate" not in cards
    assert put("cards/", {"cards": [*cards[:2], "win-rate"]}).json()["errors"][0]["field"] == "cards"
    assert put("cards/", {"cards": cards[:3]}).json() == {"cards": cards[:3]}
    assert put("cards/", {"cards": cards[:3]}, cast.viewer).status_code == 403
    assert put("win-rate/", said | {"owner": cast.viewer.pk}).status_code == 404
    assert put("win-rate/", said | {"owner": "x"}).json()["errors"][0]["field"] == "owner"
    assert put("luck/", said).status_code == 404
