"""The pages of numbers and deals in a real browser: axe, no sideways scroll, charts drawn, rows in a dialog by a key."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from deals.models import Deal
from revops.lib.now import now as edge_now
from tests.cast import handed_over, make_cast

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = [
    "/dashboard/",
    "/dashboard/?funnel=stock",
    "/dashboard/?funnel=flow",
    "/dashboard/mailings/new/",
    "/journey/",
    "/kpis/",
    "/kpis/win-rate/",
    "/kpis/win-rate/rows/",
    "/kpis/ltv-cac/",
    "/deals/",
]


@pytest.fixture
def ago():
    """Before the browser's own now: these pages are read as they are today."""
    return lambda days, **less: edge_now() - timedelta(days=days) + timedelta(**less)


@pytest.fixture
def reader(transactional_db, make_lead, make_deal, make_clock, ago):
    cast = make_cast()
    for n in range(26):
        lead = make_lead(ago(60), mql_at=ago(50), **({"sal_at": ago(40), "sql_at": ago(30)} if n % 2 else {}),
                         first_response_at=ago(49), owner=cast.owner)  # fmt: skip
        make_deal(ago(40), lead=lead, company=lead.company, owner=cast.owner, next_step="call",
                  **({"won_at": ago(3)} if n % 3 else {"lost_at": ago(4)}))  # fmt: skip
        make_clock(ago(5), outcome="met" if n % 4 else "met_late")
    make_deal(ago(5), owner=cast.owner)
    return cast.manager


def found(page) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page_as, reader, width, theme):
    page = page_as(reader, width=width, theme=theme)
    for address in PAGES:
        assert page.goto(address).status == 200
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        assert found(page) == [], address


def test_a_card_opens_its_rows_by_a_digit_and_esc_closes_them(page_as, reader):
    page = page_as(reader, width=1440)
    page.goto("/dashboard/")
    page.keyboard.press("3")
    dialog = page.locator("dialog[open]")
    dialog.get_by_text("18 more").wait_for()
    assert "Win rate: 26 rows" in dialog.inner_text()
    assert found(page) == []
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")


def test_charts_are_drawn_and_a_definition_opens_on_a_click(page_as, reader):
    page, said = page_as(reader, width=1440), []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/dashboard/")
    page.locator("[data-chart]").first.scroll_into_view_if_needed()
    page.wait_for_selector("[data-chart] svg.main-svg", timeout=20_000)
    assert said == []  # a report of the policy would stand here
    page.get_by_role("button", name="What the funnel means").click()
    page.get_by_text("Of the leads that came in in the period").first.wait_for(state="visible")


def test_choosing_a_source_reloads_with_the_filter_in_the_address(page_as, reader):
    page = page_as(reader, width=1440)
    page.goto("/dashboard/")
    page.get_by_label("Source").first.select_option("webinar")
    page.wait_for_url("**source=webinar**")
    assert page.locator(".token").inner_text().startswith("Source is Webinar")


def test_a_deal_is_won_on_the_board_and_taken_back(page_as, reader):
    open_one = handed_over(Deal.objects.get(stage="open"))
    page = page_as(reader, width=1440)
    page.goto("/deals/")
    column = page.locator("#at-won h2 small")
    before = int(column.inner_text())
    page.locator(f"#deal-{open_one.pk}").get_by_role("link", name="Win").click()
    page.locator("dialog[open]").get_by_role("button", name="Win deal").click()
    page.get_by_role("status").get_by_text("won, $1,000.").wait_for()
    page.locator(f"#at-won #deal-{open_one.pk}").wait_for()
    assert int(column.inner_text()) == before + 1
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("is open again").first.wait_for()
