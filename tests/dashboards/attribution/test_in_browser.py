"""The attribution pages in a real browser: axe, no sideways scroll, every model one click away."""

import random
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from deals.models import Deal
from revops.lib.now import now as edge_now
from tests.cast import make_cast

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
CHANNELS = ["organic_search", "webinar", "paid_search", "referral", "paid_social", "email", "product", "direct"]
KINDS = ["page_view", "form", "ad_click", "email_click", "webinar", "download"]


@pytest.fixture
def reader(transactional_db, organisation, make_deal, make_person, make_firm, touch):
    """110 wins and 60 losses with paths of one to nine touches, some of them of sales."""
    cast, rng, now = make_cast(), random.Random(7), edge_now()
    for n in range(170):
        firm = make_firm()
        who = make_person(firm)
        closed = now - timedelta(days=rng.uniform(1, 80))
        opened = closed - timedelta(days=rng.uniform(10, 60))
        end = {"lost_at": closed} if n % 17 > 10 else {"won_at": closed}
        make_deal(opened, amount=rng.randint(8, 90) * 1_000, company=firm, person=who, owner=cast.owner, **end)
        for at in range(rng.randint(1, 9)):
            late = (at + rng.random()) * 9
            channel = rng.choices(CHANNELS, weights=[5 + at, 9 - at, 6, 3, 3, 1 + at, 1, 2])[0]
            touch(who, closed - timedelta(days=100 - late), rng.choice(KINDS), channel, asset=rng.choice(["", "guide"]))
        if n % 3 == 0:
            touch(who, closed - timedelta(days=6), "call", None, side="sales", direction="out", automatic=False)
    return cast.manager


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page_as, reader, width, theme):
    page = page_as(reader, width=width, theme=theme)
    won = Deal.objects.filter(stage="won").first()
    pages = ("", "?teams=all&level=asset&own=30-30-40", "deals/", f"deals/{won.pk}/?teams=all")
    for address in pages:
        assert page.goto(f"/attribution/{address}").status == 200
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        wrong = [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]
        assert wrong == [], address


@pytest.mark.long
def test_a_model_is_drawn_by_a_click_and_a_line_opens_its_wins(page_as, reader):
    page = page_as(reader, width=1440)
    page.goto("/attribution/")
    assert page.locator(".marks tbody tr").first.locator("svg.mark").count() == 6
    page.get_by_role("group", name="Models drawn").get_by_role("link", name="Shapley").click()
    page.wait_for_url("**show=**shapley**")
    assert page.locator(".marks tbody tr").first.locator("svg.mark").count() == 7
    wins = page.locator(".credits tbody tr").first.get_by_role("link")
    n = wins.inner_text()
    wins.click()
    page.get_by_role("heading", name="wins").wait_for()
    assert f"All {n}" in page.locator("tfoot").inner_text()
