"""An administrator who has never seen the page: hot leads of one territory get 10 minutes instead of 5, its effect on
the last 90 days is seen first, it is published, and taken back. In a real browser; by keyboard alone; without a script."""

import re
from datetime import timedelta

import pytest

from leads import territories, touches
from leads.incoming import parse
from leads.intake import capture
from leads.models import Pool, PoolMember
from revops.lib.now import now
from sla import due, policies
from sla.models import Policy, PolicySet
from tests.cast import make_cast
from tests.journeys.test_axe import found

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(transactional_db):
    """Eight hot leads a month ago, six of them in the mountains, answered after 7 minutes; two elsewhere after 3."""
    policies.forget()
    territories.NAMES.forget()
    cast, at = make_cast(), now()
    cast.admin.watches_handoffs = True
    cast.admin.save()
    territories.seed(by=cast.admin, at=at - timedelta(days=80))
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    for n in range(8):
        came = at - timedelta(days=30 - n)
        region, after = ("CO", 7) if n < 6 else ("IL", 3)
        body = {"email": f"p{n}@firm{n}.example", "first_name": "Pat", "last_name": f"No{n}", "hand_raise": "demo",
                "title": "VP Sales", "country": "US", "region": region, "company": {"name": f"Firm {n}", "country": "US"}}  # fmt: skip
        [outcome] = capture([parse(body, now=came)], by=None, via="api", now=came)
        answered = came + timedelta(minutes=after)
        due.drain(answered)
        touches.log([touches.HumanTouch(outcome.lead_id, "call", answered)], by=cast.owner.pk, at=answered)
    return cast


def live(tier="hot") -> list[int]:
    return [line.amount for line in Policy.objects.filter(policy_set__state="published", tier=tier).order_by("position")]


def effect(page) -> str:
    page.wait_for_selector("#effect[aria-busy=false] table tfoot")
    return " ".join(page.inner_text("#effect-body").split())


def test_five_to_ten_minutes_for_one_territory_seen_published_and_undone(page_as, company):
    page = page_as(company.admin, width=1440, height=900)
    page.goto("/sla/")
    page.click("text=First response")
    page.click("text=+ Add a line like this")
    page.select_option("#slot [name=territory]", label="Mountain West")
    page.fill("#slot [name=amount]", "10")
    assert found(page) == []
    page.click("#slot button:text('Add line')")
    page.wait_for_selector("tr[aria-current=true]:has-text('Hot lead answered, Mountain West')")
    assert live() == [300], "nobody is affected yet"
    assert "5 min 10 min" in " ".join(page.inner_text("#slot-amount").split())
    assert "takes 6 of 8 MQLs in 90 days" in page.inner_text("#line header")
    said = effect(page)
    assert "Met, small sample 2 of 8 8 of 8" in said
    assert "Breached 6 0" in said
    assert "Hot lead answered, Mountain West only" in said and "Jonah Reyes 6 0 6" in said
    assert found(page) == []

    page.click("text=Publish as v")
    page.wait_for_selector("dialog[open]")
    assert "New leads use" in page.inner_text("dialog") and "You can roll back" in page.inner_text("dialog")
    assert found(page) == []
    page.click("dialog button:text('Publish v')")
    page.wait_for_selector(".toast:has-text('is live')")
    assert live() == [600, 300]
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector(".toast:has-text('says what')")
    assert live() == [300]
    page.goto("/sla/history/")
    assert page.locator("section.card").count() == PolicySet.objects.exclude(state__in=["draft", "law"]).count()


@pytest.mark.long
def test_the_same_by_keyboard_alone(page_as, company):
    page = page_as(company.admin, width=1280, height=900)
    page.goto("/sla/first-response/")

    def press(*keys):
        for key in keys:
            page.keyboard.press(key)

    def visible():
        assert page.evaluate("document.activeElement !== document.body && document.activeElement.getClientRects().length > 0")

    press("n")
    page.wait_for_selector("#slot select[name=territory]:focus")
    page.keyboard.type("Mountain")
    press("Tab")
    page.keyboard.type("10")
    press("Enter")
    page.wait_for_selector(".tag:text('new')")
    page.wait_for_selector("#slot-amount:focus")
    press("Enter")
    page.wait_for_selector("#slot [name=amount]:focus")
    press("Escape")
    page.wait_for_selector("#slot-amount:focus")
    visible()
    page.focus("tr[aria-current=true] [data-row-link]")
    press("Alt+ArrowDown")
    page.wait_for_selector("tr:nth-child(2)[aria-current=true]")
    visible()
    assert page.evaluate("document.activeElement.textContent") == "Hot lead answered, Mountain West"
    press("Alt+ArrowUp")
    page.wait_for_selector("tr:nth-child(1)[aria-current=true]")
    page.focus("#c-all-1-attribute")
    press("Alt+ArrowUp")
    page.wait_for_selector("#c-all-0-attribute:text('territory')")
    visible()
    page.focus("text=Publish as v")
    press("Enter")
    page.wait_for_selector("dialog[open]")
    press("Control+Enter")
    page.wait_for_selector(".toast:has-text('is live')")
    assert live() == [600, 300]
    press("z")
    page.wait_for_selector(".toast:has-text('says what')")
    assert live() == [300]


@pytest.mark.long
def test_it_works_without_a_script_and_on_a_phone(page_as, company):
    page = page_as(company.admin, width=390, height=800, java_script_enabled=False)
    page.goto("/sla/first-response/")
    page.click("#slot-amount")
    page.fill("[name=amount]", "10")
    page.click("main button:text('Set')")
    assert re.search(r"#slot-amount$", page.url)
    page.click("#c-any-0-value")
    page.check("[value=contact]") if page.locator("[value=contact]").count() else page.fill("[name=written]", "contact")
    page.click("main button:text('Set')")
    page.click("text=Replay the last 90 days")
    assert "Hot clocks" in page.inner_text("main")
    page.goto("/sla/first-response/")
    page.click("text=Publish as v")
    page.click("main button:text('Publish v')")
    assert live() == [600]


@pytest.mark.long
def test_a_slow_hand_is_told_who_was_faster(page_as, company):
    first, second = (page_as(company.admin, width=1280, height=900) for _ in range(2))
    for page in (first, second):
        page.goto("/sla/first-response/")
    first.click("#slot-goal")
    first.fill("#slot [name=goal]", "95")
    first.press("#slot [name=goal]", "Enter")
    first.wait_for_selector("#slot-goal:has-text('95%')")
    second.click("#slot-amount")
    second.fill("#slot [name=amount]", "10")
    second.press("#slot [name=amount]", "Enter")
    second.wait_for_selector("#slot .problem:has-text('began a draft')")
    assert "95%" in second.inner_text("#slot")
    assert found(second) == []
    second.click("#slot >> text=Show it as it is now")
    second.wait_for_selector("#slot-goal:has-text('95%')")


@pytest.mark.long
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), ("light", 320)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page_as, company, theme, width):
    page = page_as(company.admin, width=width, height=900, theme=theme)
    page.goto("/sla/first-response/")
    page.click("text=+ Add a line like this")
    page.select_option("#slot [name=territory]", label="Midwest")
    page.click("#slot button:text('Add line')")
    page.wait_for_selector(".tag:text('new')")
    addresses = ["/sla/", "/sla/first-response/", "/sla/touches/", "/sla/history/", "/sla/first-response/effect/", "/territories/",
                 "/sla/draft/publication/", "/territories/new/"]  # fmt: skip
    for address in addresses:
        page.goto(address)
        if address == "/sla/first-response/":
            effect(page)
        assert found(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
    page.goto("/sla/first-response/")
    for slot in ("#slot-hours", "#c-add", "#c-all-0-any-0-value", "#c-all-1-more", "#step-100"):
        page.click(slot)
        page.wait_for_selector("#slot:popover-open #slot-title")
        assert found(page) == [], slot
        page.keyboard.press("Escape")
