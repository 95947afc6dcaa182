"""The page of retention in a real browser: axe, both charts drawn, no sideways scroll."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards.snapshots import keeping
from revops.lib.now import now as edge_now
from tests.cast import make_cast
from tests.dashboards.test_in_browser import RULES


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_retention_is_drawn_and_read(transactional_db, page_as, make_customer, pays, width, theme):
    ago = lambda days: edge_now() - timedelta(days=days)  # noqa: E731
    cast = make_cast()
    for n in range(24):
        pays(make_customer(ago(200)), (ago(200), 100), (ago(20), (120, 80, 0, 100)[n % 4]))
    keeping.keep(edge_now() - timedelta(days=1))
    keeping.keep(edge_now())
    page = page_as(cast.viewer, width=width, theme=theme)
    for address in ("/retention/", "/retention/?by=revenue", "/kpis/net-revenue-retention/history/"):
        assert page.goto(address).status == 200
        for box in page.query_selector_all("[data-chart]"):
            box.scroll_into_view_if_needed()
            box.wait_for_selector(".main-svg", state="attached")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        violations = Axe().run(page, options=RULES).response["violations"]
        assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in violations] == [], address
