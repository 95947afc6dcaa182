"""The weekly review, rehearsed by keyboard on two screens: one deal after the other, what is decided stands on the deal."""

from datetime import UTC, date, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards import sheet
from dashboards.meetings import verbs
from dashboards.meetings.models import Decision, Meeting
from deals.models import Competitor, ContactRole, Deal, DealCompetitor, Objection, PipelineStage, Stint
from leads.models import Company, Lead, Person, Touch
from marketing.models import Channel
from sla.models import NextStep
from teams.models import Organisation
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
MONDAY = datetime(2026, 11, 30, 14, 55, tzinfo=UTC)  # 08:55 in Chicago


def before(**length):
    return MONDAY - timedelta(**length)


def deal_of(cast, name, *, amount, stage, days, spoken, close_on=None, pushes=0, rollout="Routing rollout"):
    """An open deal of a firm: `days` in its stage, `spoken` days since both sides spoke."""
    firm = Company.objects.create(name=name, name_key=name.lower())
    person = Person.objects.create(first_name="Priya", last_name="Raman", email=f"p@{name.split()[0].lower()}.example")
    lead = Lead.objects.create(person=person, company=firm, owner=cast.owner, source=Channel.objects.get(code="webinar"),
                               stage="opportunity", stage_at=before(days=60), created_at=before(days=89),
                               mql_at=before(days=88), opportunity_at=before(days=60))  # fmt: skip
    deal = Deal.objects.create(name=rollout, lead=lead, person=person, company=firm, owner=cast.owner, amount=amount * 100,
                               source=lead.source, created_at=before(days=60), close_on=close_on, pushes=pushes,
                               pipeline=stage.pipeline, pipeline_stage=stage, stage_at=before(days=days))  # fmt: skip
    Stint.objects.create(deal=deal, stage=stage, entered_at=before(days=days))
    ContactRole.objects.create(deal=deal, person=person, role="champion", is_primary=True, added_at=before(days=50))
    touch(deal, before(days=spoken), "meeting", "in", "two_way")
    return deal


def touch(deal, at, kind, direction="out", outcome="attempt"):
    Touch.objects.create(person=deal.person, kind=kind, side="sales", direction=direction, outcome=outcome,
                         automatic=False, occurred_at=at, received_at=at)  # fmt: skip


@pytest.fixture
def story(transactional_db):
    """Six deals that are stuck, the third of them Northwind Cloud; a review was held a week ago."""
    sheet.forget()
    cast = make_cast()
    Organisation.objects.update_or_create(
        id=1, defaults={"name": "Harbor", "timezone": "America/Chicago", "currency": "USD"}
    )
    proposal = PipelineStage.objects.get(name="Proposal")
    for n in range(38):
        won = Deal.objects.create(name=f"Won {n}", stage="won", amount=100, created_at=before(days=120),
                                  closed_at=before(days=30 + n))  # fmt: skip
        Stint.objects.create(deal=won, stage=proposal, entered_at=before(days=90), left_at=before(days=80))
    for n in range(31):
        Deal.objects.create(name=f"Pushed {n}", stage="won" if n < 4 else "lost", reason="" if n < 4 else "price", pushes=2,
                            amount=100, created_at=before(days=120), closed_at=before(days=20))  # fmt: skip
    for n in range(14):
        old = deal_of(cast, f"Slow {n}", amount=10, stage=proposal, days=70, spoken=90)
        Stint.objects.filter(deal=old).update(left_at=before(days=20))
        Deal.objects.filter(pk=old.pk).update(stage="lost", reason="price", closed_at=before(days=20))
        touch(old, before(days=50), "call")
        if n < 9:
            touch(old, before(days=47), "email", "in", "two_way")
    for name, amount in (("Kestrel Foods", 240_000), ("Borealis Freight", 190_000)):
        deal_of(cast, name, amount=amount, stage=proposal, days=16, spoken=3)
    deal = deal_of(cast, "Northwind Cloud", amount=148_000, stage=proposal, days=19, spoken=16,
                   close_on=date(2026, 12, 4))  # fmt: skip
    for name in ("Lumen Parts", "Harbor Lights", "Dome Systems"):
        deal_of(cast, name, amount=40_000, stage=proposal, days=16, spoken=2)
    deal.edit(by=cast.owner, at=before(days=9), close_on=date(2026, 12, 18))  # changed: it was on the list last time
    last = verbs.start("pipeline", period=date(2026, 11, 23), by=cast.manager, at=before(days=7))
    topic = f"deal-{deal.pk}"
    verbs.decide(last, topic=topic, text="Book the security review", owner=cast.owner, due_on=date(2026, 11, 27),
                 by=cast.manager, at=before(days=7))  # fmt: skip
    sent = verbs.decide(last, topic=topic, text="Send the residency one-pager", owner=cast.marketer,
                        due_on=date(2026, 11, 27), by=cast.manager, at=before(days=7))  # fmt: skip
    verbs.finish(sent, by=cast.marketer, at=before(days=4))
    verbs.close(last, by=cast.manager, at=before(days=7))
    deal.edit(by=cast.owner, at=before(days=4, hours=16), amount=126_000_00)
    deal.edit(by=cast.owner, at=before(days=4), close_on=date(2027, 1, 15))
    touch(deal, before(days=6), "email")
    touch(deal, before(days=5), "call")
    Objection.objects.create(
        deal=deal, kind="security", words="Where is the data kept?", at=before(days=6), by=cast.owner
    )
    laneflow = Competitor.objects.create(name="Laneflow", key="laneflow")
    DealCompetitor.objects.create(deal=deal, competitor=laneflow, noted_at=before(days=30))
    proposal.next_step = "Call their CFO about the terms"
    proposal.save(update_fields=["next_step"])
    yield cast, deal
    sheet.forget()


def found(page) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]


@pytest.mark.long
def test_the_review_is_rehearsed_by_keyboard(page_as, story, frozen):
    cast, deal = story
    with frozen(MONDAY) as clock:
        page = page_as(cast.manager, width=1440, height=900)
        page.set_default_timeout(30_000)
        page.goto("/reviews/")
        page.get_by_role("button", name="Start the weekly review").press("Enter")
        page.wait_for_url("**/reviews/*/1/")
        meeting = Meeting.objects.get(closed_at=None)
        assert "The week in numbers" in page.locator("h1").inner_text() and found(page) == []
        clock.advance(minutes=12, seconds=40)
        for n in (2, 3, 4):
            page.keyboard.press("ArrowRight")
            page.wait_for_url(f"**/reviews/{meeting.pk}/{n}/")
        assert page.locator("h1").inner_text() == "Northwind Cloud"
        assert page.locator("[data-left]").inner_text() in {"17:20", "17:19", "17:18"}
        said = page.locator("main").inner_text()
        for words in ("$126k", "$148k last time", "19 d, limit 15", "put off 2×", "16 d", "“Where is the data kept?”",
                      "a median of 10 days in Proposal (n = 38)", "we won 4 of 31", "competitor Laneflow",
                      "Decided last Monday", "not done", "done Thu", "in 9 of 14 deals"):  # fmt: skip
            assert words in said, words
        assert found(page) == [] and page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        # The second browser in the room sees what the first one keeps, without asking.
        other = page_as(cast.owner, width=1280, height=720)
        other.goto(f"/reviews/{meeting.pk}/4/")
        page.keyboard.press("y")
        page.locator("#decided b", has_text="Call their CFO").wait_for()
        page.keyboard.press("d")
        assert page.evaluate("document.activeElement.id") == "id_text"
        page.keyboard.type("Close as no decision unless they answer @jonah #fri")
        page.keyboard.press("Enter")
        page.locator("#decided b", has_text="Close as no decision").wait_for()
        assert (
            page.evaluate("document.activeElement !== document.body")
            and page.get_by_text("2 decisions kept").count() == 1
        )
        other.locator("#decided b", has_text="Close as no decision").wait_for()
        page.keyboard.press("h")
        page.get_by_role("heading", name="At earlier reviews").wait_for(state="visible")
        page.keyboard.press("Escape")
        page.get_by_role("heading", name="At earlier reviews").wait_for(state="hidden")
        page.keyboard.press("b")
        assert page.locator("h1").is_hidden()
        page.keyboard.press("b")
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**/reviews/{meeting.pk}/5/")
        page.keyboard.press("s")
        page.get_by_role("button", name="Take it").wait_for(state="detached")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url("**/4/")
        page.keyboard.press("o")
        page.wait_for_url(f"**/deals/{deal.pk}/")
        assert "Close as no decision unless they answer" in page.locator("main").inner_text()
        page.goto(f"/reviews/{meeting.pk}/7/")
        page.get_by_role("button", name="Close the review").press("Enter")
        page.wait_for_url("**/reviews/")
    made = Decision.objects.get(meeting=meeting, text__startswith="Close as")
    assert (made.owner, made.due_on, made.deal) == (cast.owner, date(2026, 12, 4), deal)
    assert NextStep.objects.get(deal=deal, state="open").what == "Call their CFO about the terms"
