"""The monthly meeting, from the landing page to the decision that is shown again: cells, the alarm, the review."""

from datetime import timedelta
from itertools import count

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards import sheet
from dashboards.meetings import verbs
from dashboards.meetings.models import Decision, Meeting
from leads.models import Company, Lead, Person, Snapshot
from marketing.models import Channel
from revops.lib.now import now
from scoring.models import Rule, ScoringModel
from sla.models import Clock
from teams.models import Organisation, Team, TeamKind
from tests.cast import make_cast

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
TRACE = {"Core industry": 25, "501–1,000 people": 25, "Director": 20, "VP or above": 25, "Webinar": 10, "ROI calculator": 20}


@pytest.fixture
def company(transactional_db):
    """This month: 24 leads, ten rejected, eight of them through a webinar alone; clocks kept and missed."""
    sheet.forget()
    cast, at = make_cast(), now()
    Organisation.objects.update_or_create(id=1, defaults={"name": "Harbor", "timezone": "UTC", "currency": "USD"})
    Team.objects.create(name="Marketing", kind=TeamKind.MARKETING, manager=cast.marketer)
    model = ScoringModel.objects.get(state="published")
    ids = dict(Rule.objects.filter(model=model).values_list("name", "pk"))
    numbers, since = count(1), max(at - timedelta(hours=6), at.replace(day=1, hour=0, minute=0, second=1))
    for n in range(24):
        number = next(numbers)
        person = Person.objects.create(first_name="Ana", last_name=f"Number {number}", email=f"a{number}@dome.example")
        firm = Company.objects.create(name=f"Dome {number}", name_key=f"dome {number}")
        stage = ({"stage": "rejected", "rejected_at": since, "reason": "not_icp_size"} if n < 10
                 else {"stage": "sql", "sal_at": since, "sql_at": since})  # fmt: skip
        lead = Lead.objects.create(person=person, company=firm, source=Channel.objects.get(code="webinar"), mql_at=since,
                                   created_at=since, stage_at=since, owner=cast.owner, **stage)  # fmt: skip
        trace = TRACE if n < 8 else TRACE | {"Contact request": 35}
        Snapshot.objects.create(lead=lead, at=since, definition_version=1, model_version=model.version, because="cell",
                                fit=95, engagement=30, usage=0, cell="A2", source="webinar",
                                trace={str(ids[name]): points for name, points in trace.items()})  # fmt: skip
        Clock.objects.create(lead=lead, target="first_response", tier="hot", owner=cast.owner, started_at=since,
                             seconds=300, due_at=since, phase="stopped", stopped_at=since,
                             outcome="met" if n % 4 else "met_late")  # fmt: skip
    yield cast
    sheet.forget()


def patient(page):
    """The board's first visit works everything out: on a busy machine that may take a while."""
    page.set_default_timeout(30_000)
    return page


def found(page) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]


def test_marketing_lands_on_the_board_and_a_cell_opens_its_rows(page_as, company):
    page = patient(page_as(company.marketer, width=1440))
    page.goto("/")
    assert page.url.endswith("/scoreboard/")
    cell = page.get_by_role("link", name="75.0% Hot leads in 5 min, open the rows")
    cell.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_text("24 rows").wait_for()
    assert found(page) == []
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert cell.evaluate("el => el === document.activeElement")


def test_the_alarm_names_the_rule_and_shows_the_month_without_it(page_as, company):
    page = patient(page_as(company.marketer, width=1440))
    page.goto("/scoreboard/")
    banner = page.get_by_role("region", name="Rejection alarm")
    assert "41.7%" in banner.inner_text() and "8 of the 10 (80%) crossed the line only through one rule" in banner.inner_text()
    banner.get_by_role("link", name="Replay without that rule").click()
    page.get_by_role("heading", name="Would not have crossed").wait_for()
    assert page.locator("table.cards tbody tr").count() == 8
    assert found(page) == []
    page.keyboard.press("u")
    page.get_by_role("heading", name="Sales promised marketing").wait_for()


@pytest.mark.long
def test_what_if_then_commit_then_the_board_holds_marketing_to_it(page_as, company):
    page = patient(page_as(company.marketer, width=1440))
    page.goto("/scoreboard/")
    page.get_by_role("link", name="derive one from revenue").click()
    page.get_by_label("New revenue a quarter").fill("2000000")
    page.get_by_label("Average deal").fill("50000")
    page.get_by_label("SQLs that become a deal").fill("25")
    page.get_by_role("button", name="What if").click()
    page.get_by_text("= 160 SQLs a quarter, 54 + 53 + 53.").first.wait_for()
    page.get_by_role("button", name="Commit to this").click()
    page.get_by_role("link", name="Scoreboard", exact=True).first.click()
    page.get_by_text("160 SQLs a quarter").wait_for()


def screen(page, title: str) -> None:
    """There, and its script too: a key pressed while the page still comes in is nobody's."""
    page.get_by_role("heading", name=title).wait_for()
    page.wait_for_load_state("load")


def test_a_review_is_run_by_keys_and_its_decision_comes_back(page_as, company):
    page = patient(page_as(company.manager, width=1440, height=900))
    page.goto("/scoreboard/")
    page.get_by_role("button", name="Start the monthly review").click()
    screen(page, "What sales promised")
    page.keyboard.press("ArrowRight")
    screen(page, "What marketing promised")
    page.keyboard.press("ArrowRight")
    screen(page, "What sales sent back")
    assert page.url.endswith("/3/")
    page.keyboard.press("d")
    page.keyboard.type("Ask for firm size")
    page.get_by_label("Who does it").select_option(label="Mei Tan")
    page.get_by_role("button", name="Keep").click()
    page.locator(".decision b", has_text="Ask for firm size").wait_for()
    page.keyboard.press("ArrowLeft")
    screen(page, "What marketing promised")
    page.keyboard.press("b")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).visibility") == "hidden"
    page.keyboard.press("b")
    page.keyboard.press("Escape")
    page.wait_for_url("**/reviews/")
    page.get_by_role("link", name="Monthly SLA review").click()
    page.wait_for_url("**/1/")
    page.goto(page.url.removesuffix("/1/") + "/6/")  # closed on its last screen
    page.get_by_role("button", name="Close the review").click()
    page.get_by_text("Its numbers and decisions stay.").first.wait_for()
    assert Decision.objects.get().owner == company.marketer
    page.get_by_role("button", name="Start the monthly review").click()  # of the month before
    screen(page, "What sales promised")
    page.goto(page.url.replace("/1/", "/3/"))
    page.get_by_role("heading", name="Decided").first.wait_for()
    page.locator(".decision").get_by_role("button", name="Done").first.click()
    page.get_by_role("button", name="Not done").first.wait_for()
    assert Decision.objects.get().done_at is not None
    assert Meeting.objects.count() == 2


@pytest.mark.long
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page_as, company, theme, width):
    meeting = verbs.start("sla", period=now().date().replace(day=1), by=company.admin, at=now())
    page = patient(page_as(company.manager, width=width, height=900, theme=theme))
    for address in ("/scoreboard/", "/scoreboard/quota/", "/reviews/", *(f"/reviews/{meeting.pk}/{n}/" for n in (1, 3, 4))):
        assert page.goto(address).status == 200
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        assert page.evaluate("document.querySelectorAll('h1').length") == 1, address
        assert found(page) == [], address
