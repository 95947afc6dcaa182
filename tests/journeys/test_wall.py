"""A wall left alone: it asks by itself, ticks, dims while nothing answers, and comes back."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards import sheet
from dashboards.wall import walls
from leads.models import Lead, Person
from revops.lib import rates
from revops.lib.now import now
from sla.models import Clock
from teams.models import Organisation
from tests.cast import make_cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def address(transactional_db):
    sheet.forget()
    rates.forget()
    Organisation.objects.update_or_create(id=1, defaults={"name": "Harbor", "timezone": "UTC", "currency": "USD"})
    cast = make_cast()
    lead = Lead.objects.create(
        person=Person.objects.create(first_name="Ana"), owner=cast.owner, created_at=now(), stage_at=now()
    )
    late(lead, 1, now() + timedelta(seconds=200))
    _, token = walls.make("Floor", by=cast.admin, at=now())
    yield lead, f"/wall/{token}/"
    sheet.forget()


def late(lead, run, due):
    Clock.objects.create(lead=lead, target="first_response", tier="hot", run=run, seconds=300, owner=lead.owner,
                         due_at=due, started_at=due - timedelta(minutes=5))  # fmt: skip


def test_a_wall_lives_by_itself(page_as, address):
    lead, path = address
    page = page_as(None, width=1920, height=1080)
    page.goto(path)
    assert [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]] == []
    assert page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    ) == [0, 0]
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('body *')].filter(e => e.textContent.trim() && e.offsetHeight)"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 31.9
    first = page.locator("[data-tile=deadline] b").inner_text()
    page.wait_for_function("first => document.querySelector('[data-tile=deadline] b').textContent !== first", arg=first)
    late(lead, 2, now() - timedelta(minutes=2))
    page.locator("[data-tile=late][data-tone=late] b", has_text="1").wait_for(timeout=12_000)
    page.route("**/wall/**", lambda route: route.abort())
    page.locator("body[data-stale]").wait_for(timeout=25_000)
    assert page.locator("[data-age]").inner_text().startswith("offline, as of ")
    page.unroute("**/wall/**")
    page.locator("body:not([data-stale])").wait_for(timeout=15_000)
    assert "updated" in page.locator("[data-age]").inner_text()
