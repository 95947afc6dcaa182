"""axe finds nothing on any component, in both themes, wide and on a phone; nothing overflows; no policy is broken."""

import pytest
from axe_playwright_python.sync_playwright import Axe

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = ["/gallery/?told=1&errors=1", "/gallery/queue/", "/gallery/queue/2/rejection/"]


def found(page) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]


@pytest.mark.parametrize(
    ("width", "theme"),
    [(1440, "dark"), *(pytest.param(*one, marks=pytest.mark.long) for one in [(1440, "light"), (390, "light"), (390, "dark")])],
)  # fmt: skip
def test_axe_finds_nothing(page_as, jonah, theme, width):
    page = page_as(jonah, width=width, theme=theme)
    for address in PAGES:
        assert page.goto(address).status == 200
        assert found(page) == [], address


def test_axe_finds_nothing_in_an_open_dialog_or_menu(page_as, jonah):
    page = page_as(jonah, width=1440)
    page.goto("/gallery/queue/")
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open] form")
    assert found(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open] .keymap")
    assert found(page) == []
    page.keyboard.press("Escape")
    page.click(".me")
    assert found(page) == []


@pytest.mark.parametrize("width", [320, *(pytest.param(one, marks=pytest.mark.long) for one in (390, 800, 1440))])
def test_nothing_scrolls_sideways(page_as, jonah, width):
    page = page_as(jonah, width=width)
    for address in PAGES:
        assert page.goto(address).status == 200
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address


def test_letters_may_grow_and_spread(page_as, jonah):
    page = page_as(jonah, width=390)
    page.goto("/gallery/queue/")
    page.evaluate("""() => { for (const el of document.querySelectorAll('*')) {
        el.style.letterSpacing = '.12em'; el.style.wordSpacing = '.16em'; el.style.lineHeight = '1.5'; } }""")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_policy_is_kept_also_by_a_chart(page_as, jonah):
    page = page_as(jonah, width=1440)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/gallery/")
    page.locator("[data-chart]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-chart] .plotly svg, [data-chart] svg.main-svg", timeout=20_000)
    assert said == []


def test_a_page_is_light(page_as, jonah):
    page = page_as(jonah, width=1440)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/gallery/queue/", wait_until="load")
    own = [url for url in asked if not url.startswith("data:")]
    assert len(own) <= 8, own
