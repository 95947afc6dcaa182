"""Who becomes an MQL, when, and why; and what it costs to find out."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from leads import handoff
from leads.models import Company, Lead, Person
from scoring import refresh
from scoring.models import Definition, ScoringModel
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db


def fits(points):
    return {"kind": "fit", "points": points, "condition": {"attribute": "person.country", "op": "is", "value": "US"}}


def acts(points):
    return {"kind": "engagement", "points": points, "touches": {"kind": ["webinar"]}}


@pytest.fixture
def handed(monkeypatch):
    """What scoring hands over, without what the hand-off makes of it."""
    found = []
    monkeypatch.setattr(handoff, "qualify", lambda crossings, *, now, **_: found.extend(crossings))
    return found


@pytest.mark.parametrize(
    ("fit", "engagement", "cell", "qualifies"),
    [(70, 60, "A1", True), (70, 30, "A2", True), (70, 29.9999, "A3", False), (69.9999, 60, "B1", True),
     (40, 60, "B1", True), (40, 59.9999, "B2", False), (39.9999, 100, "C1", False), (100, 0, "A3", False)],
)  # fmt: skip
def test_cells_at_their_edges(fit, engagement, cell, qualifies, handed):
    model(fits(fit), acts(engagement))
    someone = person(country="US", lead={})
    touch(someone, "webinar", T)
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.cell == cell
    assert [crossing.because for crossing in handed] == (["cell"] if qualifies else [])


def test_a_crossing_carries_versions_and_the_trace(handed):
    published = model(fits(70), acts(40))
    someone = person(country="US", lead={})
    touch(someone, "webinar", T - days(14))
    touch(someone, "webinar", T - days(14))
    rescore([someone.pk], now=T)
    [crossing] = handed
    fit, webinar = published.rules.all()
    assert crossing.trace == {str(fit.pk): 70.0, str(webinar.pk): 40.0}
    assert (crossing.model, crossing.definition, crossing.cell) == (published.version, 1, "A2")
    assert crossing.lead_id == someone.leads.get().pk


def test_a_raised_hand_qualifies_without_a_score(handed):
    model(fits(1))
    someone = person(lead={"hand_raise": "demo"})
    rescore([someone.pk], now=T)
    assert [crossing.because for crossing in handed] == ["hand_raise"]


@pytest.mark.parametrize(("fit", "qualifies"), [(40, True), (39, False)])
def test_product_use_qualifies_from_fit_b(fit, qualifies, handed):
    model(fits(fit), {"kind": "usage", "points": 50, "touches": {"kind": ["feature_use"]}, "at_least": 2})
    someone = person(country="US", lead={})
    touch(someone, "feature_use", T - days(1))
    touch(someone, "feature_use", T - days(2))
    rescore([someone.pk], now=T)
    assert [crossing.because for crossing in handed] == (["pql"] if qualifies else [])
    someone.refresh_from_db()
    assert (someone.pql, someone.usage) == (True, 50)


def test_two_people_invited_twice_are_two_and_oneself_and_us_are_none(handed, cast):
    model(
        {"kind": "usage", "points": 50, "touches": {"kind": ["invite"]}, "at_least": 3, "within_days": 30,
         "distinct": "invitee"}
    )  # fmt: skip
    someone = person(email="Ana@firm.example")
    for n, invited in enumerate(["ben@firm.example", "BEN@firm.example ", "cai@firm.example", "cai@firm.example",
                                 "ana@firm.example", cast.owner.email, ""]):  # fmt: skip
        touch(someone, "invite", T - days(n), asset=invited)
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.pql is False
    touch(someone, "invite", T - days(20), asset="dee@firm.example")
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.pql is True
    assert someone.score_due_at == T - days(20) + days(30)


def test_all_usage_rules_when_the_model_says_so(handed):
    rules = [{"kind": "usage", "points": 10, "touches": {"kind": [kind]}} for kind in ("invite", "feature_use")]
    model(*rules, pql_all=True)
    someone = person()
    touch(someone, "invite", T)
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.pql is False
    touch(someone, "feature_use", T)
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.pql is True


def test_who_may_not_be_contacted_never_qualifies(handed):
    model(fits(100), acts(100))
    someone = person(country="US", suppressed=True, lead={"hand_raise": "demo"})
    touch(someone, "webinar", T)
    rescore([someone.pk], now=T)
    assert handed == []


@pytest.mark.parametrize("stage", ["won", "open"])
def test_customers_and_open_deals_qualify_by_a_raised_hand_only(stage, handed):
    from deals.models import Deal

    model(fits(100), acts(100))
    someone = person(country="US", company={}, lead={})
    Deal.objects.create(
        name="Deal", company=someone.company, stage=stage, created_at=T, closed_at=T if stage == "won" else None
    )
    touch(someone, "webinar", T)
    rescore([someone.pk], now=T)
    assert handed == []
    Lead.objects.update(hand_raise="contact")
    rescore([someone.pk], now=T)
    assert [crossing.because for crossing in handed] == ["hand_raise"]


@pytest.mark.parametrize(
    ("recycled", "again_after"),
    [({"reason": "no_need"}, days(180)), ({"reason": "timing"}, days(90)), ({"reason": "unable_to_reach"}, days(60)),
     ({"reason": "no_budget", "revisit_on": date(2026, 2, 10)}, timedelta(hours=24 * 9 - 7))],
)  # fmt: skip
def test_a_recycled_person_waits_unless_the_hand_goes_up(recycled, again_after, handed):
    from teams.models import Organisation

    Organisation.objects.update_or_create(id=1, defaults={"timezone": "America/New_York"})
    model(fits(70), {"kind": "engagement", "points": 60, "at_least": 1, "touches": {"kind": ["webinar"]}})
    gone = T.replace(month=2, day=1)
    someone = person(country="US", lead={"stage": "recycled", "recycled_at": gone} | recycled)
    lead = Lead.objects.create(person=someone, cycle=2, created_at=gone + days(1), stage_at=gone + days(1))
    touch(someone, "webinar", gone)
    rescore([someone.pk], now=gone + again_after - timedelta(seconds=1))
    assert handed == []
    someone.refresh_from_db()
    assert someone.score_due_at == gone + again_after, "the pulse comes back when the wait is over"
    Lead.objects.filter(pk=lead.pk).update(hand_raise="demo")
    rescore([someone.pk], now=gone + days(2))
    assert len(handed) == 1
    Lead.objects.filter(pk=lead.pk).update(hand_raise="")
    assert refresh.drain(gone + again_after, 10) == 1
    assert [crossing.because for crossing in handed] == ["hand_raise", "cell"]


def test_at_most_one_mql_a_cycle_and_decay_takes_none_back():
    model(fits(70), acts(60))
    someone = person(country="US", lead={})
    touch(someone, "webinar", T)
    rescore([someone.pk], now=T)
    rescore([someone.pk], now=T)
    rescore([someone.pk], now=T + days(60))
    lead = someone.leads.get()
    assert (lead.stage, lead.cell, lead.mql_at) == ("mql", "A3", T)
    assert Entry.objects.filter(kind="lead.mql", subject_id=lead.pk).count() == 1
    assert (lead.snapshot.cell, lead.snapshot.engagement) == ("A1", 60)


def test_history_is_scored_but_never_qualified_by_time_alone(handed):
    model(fits(70), acts(60))
    someone = person(country="US", lead={"history": True})
    touch(someone, "webinar", T)
    rescore([someone.pk], now=T, crossings=False)
    someone.refresh_from_db()
    assert (someone.cell, handed) == ("A1", [])
    someone.score_due_at = T
    someone.save()
    assert refresh.drain(T, 10) == 1
    assert handed == []
    rescore([someone.pk], now=T)
    assert len(handed) == 1


def test_one_lead_costs_one_statement_and_a_thousand_no_more(handed):
    model(fits(10), acts(10))
    people = [person(country="US", lead={}) for _ in range(12)]
    rescore([people[0].pk], now=T)
    for batch in (people[:1], people):
        with CaptureQueriesContext(connection) as queries:
            rescore([one.pk for one in batch], now=T)
        assert len(queries) == 1


def test_a_new_model_is_noticed_by_a_process_that_knew_the_old_one(handed):
    model(fits(10))
    someone = person(country="US")
    rescore([someone.pk], now=T)
    model(fits(20))
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.fit == 20
    ScoringModel.objects.filter(state="published").update(state="retired")
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.fit == 20, "without a model nothing is scored"


def test_a_new_definition_holds_from_its_day_on(handed):
    model(fits(10))
    someone = person(country="US", lead={})
    first = Definition.objects.get(stage="mql")
    Definition.objects.create(
        stage="mql", version=2, sentence="Anybody from the US.", effective_at=first.effective_at + days(1),
        predicate={"attribute": "person.country", "op": "is", "value": "US"},
    )  # fmt: skip
    rescore([someone.pk], now=first.effective_at + timedelta(hours=23))
    assert handed == []
    rescore([someone.pk], now=first.effective_at + days(1))
    assert [(crossing.because, crossing.definition) for crossing in handed] == [("rule", 2)]


S05 = {"all": [
    {"attribute": "person.seniority", "op": "at_least", "value": "director"},
    {"attribute": "company.employees", "op": "at_least", "value": 500},
    {"touches": {"kind": ["download", "page_view"], "asset": ["roi-calculator", "case-study", "comparison"]},
     "at_least": 2, "distinct": "asset"},
    {"touches": {"kind": ["demo_request", "contact_request"]}},
]}  # fmt: skip


@pytest.mark.parametrize(
    ("staff", "assets", "asked", "qualifies", "why"),
    [(500, ["roi-calculator", "case-study"], True, True, "Meets the definition."),
     (499, ["roi-calculator", "case-study"], True, False, "Not met: 500 people or more."),
     (500, ["roi-calculator", "ROI-calculator"], True, False, "Not met: 2 different assets"),
     (None, ["roi-calculator", "case-study"], True, False, "Unknown: 500 people or more."),
     (500, ["roi-calculator", "case-study"], False, False, "Not met: asked for a demo")],
)  # fmt: skip
def test_s05_a_definition_of_conditions_and_counts(staff, assets, asked, qualifies, why, handed):
    from scoring.definitions import check

    model()
    Definition.objects.filter(stage="mql").update(effective_at=T - days(400))
    Definition.objects.create(stage="mql", version=5, sentence="S05", predicate=S05, effective_at=T - days(300))
    someone = person(seniority="vp", company={"employees": staff}, lead={})
    for n, asset in enumerate(assets):
        touch(someone, "download", T - days(n + 1), asset=asset)
    if asked:
        touch(someone, "demo_request", T - days(9))
    rescore([someone.pk], now=T)
    assert bool(handed) is qualifies
    assert str(check(S05, someone.leads.get().pk, as_of=T)).startswith(why)


def test_s05_qualifies_at_the_second_asset_when_it_comes_last(handed):
    model()
    Definition.objects.filter(stage="mql").update(effective_at=T - days(400))
    Definition.objects.create(stage="mql", version=5, sentence="S05", predicate=S05, effective_at=T - days(300))
    someone = person(seniority="vp", company={"employees": 900}, lead={})
    touch(someone, "demo_request", T - days(3))
    touch(someone, "download", T - days(2), asset="roi-calculator")
    touch(someone, "download", T, asset="case-study")
    rescore([someone.pk], now=T - timedelta(seconds=1))
    assert handed == []
    rescore([someone.pk], now=T)
    assert len(handed) == 1


def test_a_broken_lead_is_parked_and_the_others_are_scored(monkeypatch, caplog):
    model(fits(70), acts(60))
    good, bad = person(country="US", lead={}), person(country="US", lead={})
    for one in (good, bad):
        touch(one, "webinar", T)
        one.score_due_at = T
        one.save()
    broken = bad.leads.get().pk
    really = handoff.qualify

    def qualify(crossings, *, now, **more):
        if any(crossing.lead_id == broken for crossing in crossings):
            raise RuntimeError("routing is broken")
        really(crossings, now=now, **more)

    monkeypatch.setattr(handoff, "qualify", qualify)
    assert refresh.drain(T, 10) == 2
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.leads.get().stage, bad.leads.get().stage) == ("mql", "inquiry")
    assert bad.score_due_at == T + timedelta(hours=1)
    assert refresh.drain(T, 10) == 0


def test_time_alone_moves_a_score_and_stops_when_nothing_fades(handed):
    model(acts(10))
    someone = person()
    touch(someone, "webinar", T)
    rescore([someone.pk], now=T)
    someone.refresh_from_db()
    assert someone.score_due_at == T + days(1)
    assert refresh.drain(T + timedelta(hours=23), 10) == 0
    assert refresh.drain(T + days(14), 10) == 1
    someone.refresh_from_db()
    assert someone.engagement == 5
    rescore([someone.pk], now=T + days(140))
    someone.refresh_from_db()
    assert (someone.engagement, someone.score_due_at) == (0.0098, None)


def test_the_lead_gets_the_owner_of_the_account_in_the_same_stroke(cast):
    """The whole way from a score to an owner, with routing as it is."""
    model(fits(70), acts(60))
    someone = person(country="US", company={"owner": cast.owner}, lead={})
    touch(someone, "webinar", T)
    rescore([someone.pk], now=T)
    lead = someone.leads.get()
    assert (lead.stage, lead.owner) == ("mql", cast.owner)
    assert Company.objects.get().owner == cast.owner


def test_an_inquiry_reopened_after_its_person_grew_warm_crosses_at_once(cast, make_lead):
    lead = make_lead(at=T, hand_raise="")
    lead.disqualify(by=cast.admin, at=T, reason="spam")
    model(fits(70), acts(60))
    Person.objects.update(country="US")
    touch(lead.person, "webinar", T)
    lead.reopen(by=cast.admin, at=T)
    assert (lead.stage, lead.cell, lead.owner) == ("mql", "A1", cast.owner)


def test_what_is_learnt_of_a_firm_reaches_the_scores_of_all_its_people(cast, make_lead):
    model({"kind": "fit", "points": 70,
           "condition": {"attribute": "company.industry", "op": "is", "value": "Logistics"}})  # fmt: skip
    firm = {"name": "Globex", "domain": "globex.example"}
    first = make_lead("Ann Bell", at=T, hand_raise="", company=firm)
    make_lead("Bob Cole", at=T + days(1), hand_raise="", company={**firm, "industry": "Logistics"})
    refresh.drain(T + days(1), 100)
    first.refresh_from_db()
    assert first.fit == 70
