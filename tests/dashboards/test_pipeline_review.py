"""The weekly review: what is on it and in which order, what a deal's screen freezes, what is decided over it."""

import gzip
from datetime import date, timedelta

import pytest

from dashboards.meetings import deal_pages, deal_screen, evidence, kinds, pages, pipeline_review, verbs
from dashboards.meetings.models import Decision, Meeting
from deals.models import Competitor, ContactRole, Deal, DealCompetitor, Objection, PipelineStage, Stint
from journal.models import Entry
from leads.models import Person, Touch
from revops.lib.errors import Forbidden, Invalid, Refused
from sla.models import NextStep

pytestmark = pytest.mark.django_db
THIS_WEEK = date(2026, 11, 23)


@pytest.fixture
def stages():
    return list(PipelineStage.objects.filter(pipeline__is_default=True, retired_at=None))


@pytest.fixture
def put(make_deal, make_lead, cast, stages, ago):
    """`put(stage, days, amount=…)`: an open deal that has stood there so many days."""

    def made(stage=1, days=3.0, *, spoken=1, **fields):
        lead = make_lead(ago(90), mql_at=ago(89), opportunity_at=ago(60), owner=cast.owner)
        deal = make_deal(
            ago(60), lead=lead, person=lead.person, company=lead.company, **({"owner": cast.owner} | fields)
        )
        at = ago(0) - timedelta(days=days)
        Deal.objects.filter(pk=deal.pk).update(
            pipeline=stages[stage].pipeline, pipeline_stage=stages[stage], stage_at=at
        )
        if deal.stage == "open":
            Stint.objects.create(deal=deal, stage=stages[stage], entered_at=at)
        if spoken is not None:
            touched(deal, ago(spoken), outcome="two_way", direction="in")
        deal.refresh_from_db()
        return deal

    return made


def touched(deal, at, *, kind="call", direction="out", outcome="attempt", **more):
    return Touch.objects.create(person=deal.person, kind=kind, side="sales", direction=direction, outcome=outcome,
                                automatic=False, occurred_at=at, received_at=at, **more)  # fmt: skip


@pytest.fixture
def usual(put, stages, ago, make_deal):
    """Ten deals were won that stood ten days in the second stage: its limit is fifteen."""
    for n in range(10):
        deal = make_deal(ago(90), won_at=ago(20 + n))
        Stint.objects.create(deal=deal, stage=stages[1], entered_at=ago(60), left_at=ago(50))
    return stages[1]


def started(cast, now):
    return verbs.start("pipeline", period=now.date(), by=cast.manager, at=now)


def screen_of(meeting, deal):
    return meeting.slides.get(key=f"deal-{deal.pk}")


def test_the_riskiest_deal_comes_first(put, usual, cast, now, organisation):
    calm = put(days=3, amount=900_000)
    changed = put(days=3, amount=800_000)
    small, large = put(days=19, amount=5_000), put(days=16, amount=126_000)
    euro = put(days=40, amount=700_000, currency="EUR")
    pushed = put(days=1, amount=5_000, pushes=2)
    changed.edit(by=cast.owner, at=now - timedelta(days=2), amount=700_000_00)
    meeting = started(cast, now)
    assert meeting.period == THIS_WEEK and kinds.of("pipeline").called(meeting.period).endswith("23 Nov 2026")
    order = [slide.deal_id for slide in meeting.slides.all()]
    assert order == [None, large.pk, pushed.pk, small.pk, euro.pk, changed.pk] and calm.pk not in order
    facts = {fact["key"]: fact for fact in meeting.slides.first().facts}
    assert facts["stuck"]["value"] == "4 deals" and facts["stuck"]["note"] == "$136,000 of it · 1 in another currency"


def test_a_screen_freezes_facts_the_difference_and_the_reason(put, usual, cast, now, organisation, ago, stages):
    deal = put(days=19, amount=148_000, spoken=16, close_on=date(2026, 12, 18), pushes=1)
    person = Person.objects.create(first_name="Priya", last_name="Raman")
    ContactRole.objects.create(deal=deal, person=person, role="champion", added_at=ago(30))
    rival = Competitor.objects.create(name="Laneflow", key="laneflow")
    DealCompetitor.objects.create(deal=deal, competitor=rival, noted_at=ago(20))
    deal.edit(by=cast.owner, at=ago(1), amount=126_000_00)
    deal.edit(by=cast.owner, at=ago(1), close_on=date(2027, 1, 15))
    Objection.objects.create(deal=deal, kind="security", words="Where is the data kept?", at=ago(2))
    touched(deal, ago(2), kind="email")
    touched(deal, ago(1))
    meeting = started(cast, now)
    slide = screen_of(meeting, deal)
    facts = {fact["key"]: fact for fact in slide.facts}
    assert (facts["amount"]["value"], facts["amount"]["was"]) == ("$126k", "$148k last time")
    assert (facts["stage"]["value"], facts["stage"]["note"]) == (stages[1].name, "19 d, limit 15")
    assert (facts["close_on"]["value"], facts["close_on"]["was"]) == ("15 Jan", "18 Dec")
    assert "put off 2×" in facts["close_on"]["note"]
    assert (facts["silence"]["value"], facts["silence"]["tone"]) == ("16 d", "late")
    rows = {row["name"]: row for row in deal_pages.of(slide)["rows"]}
    assert (rows["Amount"]["was"], rows["Amount"]["now"]) == ("$148,000", "$126,000")
    assert rows["Amount"]["tail"].startswith(", by Jonah, Wed")
    assert rows["Close date"]["tail"] == ", second push"
    assert (rows["Touches"]["tail"], rows["Touches"]["small"]) == ("2 out, 0 in", "e-mail Tue, call Wed without answer")
    assert (
        rows["Objection"]["quote"] == "Where is the data kept?"
        and rows["Objection"]["tail"] == "logged Tue; no answer yet"
    )
    assert (
        rows["Not moved"]["tail"].startswith("stage, probability")
        and "competitor Laneflow" in rows["Not moved"]["tail"]
    )
    why = " ".join(slide.detail["why"])
    assert "a median of 10 days" in why and "(n = 10). This one has 19, beyond the limit of 15." in why
    frozen = str(slide.detail) + str(slide.facts) + slide.title
    assert "Priya" not in frozen and "data kept" not in frozen  # by id: both can be forgotten
    assert deal_pages.of(slide)["champion"] == "Priya Raman"


def test_what_was_frozen_stays_and_what_moved_since_gets_a_dot(put, usual, cast, now, organisation):
    deal = put(days=19, amount=148_000)
    meeting = started(cast, now)
    before = list(screen_of(meeting, deal).facts)
    deal.edit(by=cast.owner, at=now + timedelta(minutes=5), amount=99_000_00)
    touched(deal, now + timedelta(minutes=6), outcome="two_way", direction="in")
    later = now + timedelta(hours=1)
    shown = pages.screens(meeting, [screen_of(meeting, deal)], now=later, organisation=organisation)[0]["facts"]
    assert {f["key"] for f in shown if f["moved"]} == {"amount", "silence"}
    assert [{k: v for k, v in f.items() if k != "moved"} for f in shown] == before
    verbs.close(meeting, by=cast.manager, at=later)
    shown = pages.screens(meeting, [screen_of(meeting, deal)], now=later, organisation=organisation)[0]["facts"]
    assert not any(f["moved"] for f in shown) and list(screen_of(meeting, deal).facts) == before


def test_a_proposal_is_taken_once_and_stands_on_the_deal(put, usual, cast, now, organisation):
    deal = put(days=19, amount=148_000)
    meeting = started(cast, now)
    topic = f"deal-{deal.pk}"
    first = verbs.take(meeting, topic=topic, by=cast.manager, at=now)
    assert verbs.take(meeting, topic=topic, by=cast.manager, at=now) == first
    assert (first.owner, first.deal, first.due_on) == (cast.owner, deal, date(2026, 11, 30))
    assert first.text == screen_of(meeting, deal).detail["proposal"]["text"]
    assert Entry.objects.filter(kind="deal.decided", subject_id=deal.pk).count() == 1
    step = NextStep.objects.get(deal=deal, state="open")
    assert (step.what, step.owner) == (first.text, cast.owner)
    verbs.finish(first, by=cast.owner, at=now)
    assert Entry.objects.filter(kind="deal.decision_done", subject_id=deal.pk).count() == 1
    other = put(days=18, amount=None)  # nothing is known of its amount
    verbs.close(meeting, by=cast.manager, at=now)
    meeting = started(cast, now)
    assert {fact["key"]: fact["value"] for fact in screen_of(meeting, other).facts}["amount"] == "n/a"
    for one in (deal, other):  # the same words over two deals are two decisions, and two next steps
        verbs.take(meeting, topic=f"deal-{one.pk}", by=cast.manager, at=now)
    assert set(NextStep.objects.filter(state="open").values_list("deal", flat=True)) == {deal.pk, other.pk}
    with pytest.raises(Invalid, match="proposed"):
        verbs.take(meeting, topic="week", by=cast.manager, at=now)


def test_a_skip_is_remembered_and_a_viewer_neither_takes_nor_skips(put, usual, cast, now, organisation):
    deal = put(days=19)
    meeting, topic = started(cast, now), f"deal-{deal.pk}"
    for verb in (verbs.take, verbs.skip):
        with pytest.raises(Forbidden):
            verb(meeting, topic=topic, by=cast.viewer, at=now)
    verbs.skip(meeting, topic=topic, by=cast.manager, at=now)
    verbs.skip(meeting, topic=topic, by=cast.manager, at=now)
    assert verbs.skipped(meeting) == {topic} and Entry.objects.filter(kind="meeting.skipped").count() == 1
    verbs.close(meeting, by=cast.manager, at=now)
    with pytest.raises(Refused):
        verbs.skip(meeting, topic=topic, by=cast.manager, at=now)


def test_somebody_else_may_decide_but_not_plan(put, usual, cast, now, organisation):
    deal = put(days=19)
    meeting = started(cast, now)
    taken = verbs.take(meeting, topic=f"deal-{deal.pk}", by=cast.marketer, at=now)
    assert taken.owner == cast.owner and not NextStep.objects.exists()


def test_the_next_review_starts_where_this_one_froze(put, usual, cast, now, organisation):
    deal = put(days=19, amount=148_000)
    first = started(cast, now)
    decision = verbs.decide(first, topic=f"deal-{deal.pk}", text="Book the security review", owner=cast.owner,
                            due_on=date(2026, 11, 27), by=cast.manager, at=now)  # fmt: skip
    verbs.close(first, by=cast.manager, at=now)
    deal.edit(by=cast.owner, at=now + timedelta(days=1), amount=120_000_00)
    later = now + timedelta(days=7)
    second = started(cast, later)
    assert second != first and pages.brought_along(second) == [decision]
    slide = screen_of(second, deal)
    assert {row["name"]: row for row in slide.detail["diff"]}["Amount"]["was"] == "$148,000"
    [row] = deal_pages.history(slide, second, organisation_zone())
    assert (row["amount"], row["decided"]) == ("$148k", [decision])
    with pytest.raises(Invalid, match="now"):
        verbs.start("pipeline", period=later.date(), by=cast.manager, at=later, as_of=now)


def organisation_zone():
    from zoneinfo import ZoneInfo

    return ZoneInfo("America/Chicago")


def test_what_a_call_led_to_is_counted_and_never_called_a_cause(put, stages, cast, now, ago, make_deal):
    stage = stages[1]
    for n in range(14):
        deal = put(days=40, spoken=None)
        touched(deal, ago(15))
        if n < 9:
            touched(deal, ago(12), outcome="two_way", direction="in")
    never = put(days=40, spoken=None)
    touched(never, ago(39))  # before it stood too long
    known = evidence.gather(stages, usual={}, now=now)
    assert known.called[stage.pk] == (9, 14)
    assert known.of_calls(stage) == (
        f"in 9 of 14 deals that stood too long in {stage} a call was followed by an answer within a week"
    )
    for n in range(4):
        make_deal(ago(90), pushes=2, **({"won_at": ago(5)} if n == 0 else {"lost_at": ago(5)}))
    assert evidence.gather(stages, usual={}, now=now).of_pushes() == (
        "Of deals put off twice or more we won 1 of 4, small sample."
    )


def test_a_screen_claims_no_talk_and_no_push_there_was_not(put, usual, cast, now, organisation, ago):
    deal = put(days=0, spoken=None, pushes=1, close_on=None)
    Deal.objects.filter(pk=deal.pk).update(created_at=now - timedelta(hours=5))
    deal.edit(by=cast.owner, at=now - timedelta(hours=1), close_on=date(2027, 1, 1))
    slide = screen_of(started(cast, now), deal)
    assert {fact["key"]: fact["note"] for fact in slide.facts}["silence"] == "no two-way contact"
    assert "push" not in {row["name"]: row for row in slide.detail["diff"]}["Close date"]["tail"]


def test_in_weekdays_a_weekend_is_passed_over():
    assert deal_screen.in_weekdays(date(2026, 11, 26), 2) == date(2026, 11, 30)


def test_many_open_deals_cost_no_more_queries(put, usual, cast, now, organisation, django_assert_max_num_queries):
    for _ in range(3):
        put(days=19)
    pipeline_review.agenda(THIS_WEEK, now=now, organisation=organisation)
    with django_assert_max_num_queries(60):
        few = pipeline_review.agenda(THIS_WEEK, now=now, organisation=organisation)
    assert len(few.screens) == 4


def test_a_weekly_review_is_run_from_its_pages(put, usual, cast, client, frozen, now, organisation):
    deal = put(days=19, amount=126_000)
    with frozen(now) as clock:
        client.force_login(cast.owner)
        assert client.post("/reviews/", {"kind": "pipeline"}).status_code == 403
        client.force_login(cast.manager)
        assert "Start the weekly review" in client.get("/reviews/").text
        client.post("/reviews/", {"kind": "pipeline"})
        meeting = Meeting.objects.get(kind="pipeline")
        assert "Go on with this week" in client.get("/reviews/").text
        page = client.get(f"/reviews/{meeting.pk}/2/").text
        assert len(gzip.compress(page.encode())) <= 12 * 1024 and page.count("<") < 1_000
        assert deal.company.name in page and "Take it" in page and "Why it is on the list" in page
        given = {"topic": f"deal-{deal.pk}", "text": "Send the one-pager @mei #fri", "owner": cast.owner.pk,
                 "due_on": "2026-12-03"}  # fmt: skip
        assert client.post(f"/reviews/{meeting.pk}/decisions/", given)["Location"].endswith("/2/#decided")
        made = Decision.objects.get()
        assert (made.text, made.owner, made.due_on) == ("Send the one-pager", cast.marketer, date(2026, 11, 27))
        refused = client.post(f"/reviews/{meeting.pk}/decisions/", given | {"text": "Do it @zoe"})
        assert (
            refused.status_code == 400 and "Nobody here is called @zoe" in refused.text and "Do it @zoe" in refused.text
        )
        seen = client.get(f"/reviews/{meeting.pk}/2/decided/")
        assert "Send the one-pager" in seen.text and "1 decision kept" in seen.text
        again = client.get(f"/reviews/{meeting.pk}/2/decided/", headers={"If-None-Match": seen["ETag"]})
        assert again.status_code == 304
        assert client.post(f"/reviews/{meeting.pk}/2/proposal/", {"take": "no"}).status_code == 302
        assert "Take it" not in client.get(f"/reviews/{meeting.pk}/2/").text
        clock.advance(hours=1)
        client.force_login(cast.viewer)
        for part in ("", "decided/"):
            client.force_login(cast.viewer)
            assert "/done/" not in client.get(f"/reviews/{meeting.pk}/2/{part}").text
            client.force_login(made.owner)
            assert f"/reviews/decisions/{made.pk}/done/" in client.get(f"/reviews/{meeting.pk}/2/{part}").text
        client.force_login(cast.viewer)
        assert client.post(f"/reviews/{meeting.pk}/2/proposal/", {}).status_code == 403


def test_a_quarter_is_reviewed(put, cast, now, organisation, make_deal, ago):
    make_deal(ago(200), won_at=ago(80))
    make_deal(ago(200), lost_at=ago(80))
    meeting = verbs.start("quarter", period=date(2026, 8, 20), by=cast.manager, at=now)
    assert (
        meeting.period == date(2026, 7, 1) and kinds.of("quarter").called(meeting.period) == "Quarterly review, Q3 2026"
    )
    slides = {slide.key: slide for slide in meeting.slides.all()}
    assert list(slides) == ["goals", "won-and-lost", "lessons", "icp", "definitions"]
    facts = {fact["key"]: fact["value"] for fact in slides["won-and-lost"].facts}
    assert facts["win-rate"] == "1 of 2, small sample" and facts["told"] == "0 of 2"
    assert [fact["key"] for fact in slides["definitions"].facts] == ["mql", "sal", "sql"]
