"""An administrator sends German leads to one person: tried on past leads and on one that is only typed, published, and
the next German lead goes there. In a real browser; without a script; on a phone."""

from datetime import timedelta

import pytest

from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember, RoutingPlan
from leads.routing import drafts
from revops.lib.now import now
from tests.cast import make_cast
from tests.journeys.test_axe import found

pytestmark = pytest.mark.django_db(transaction=True)
GERMAN = {"attribute": "person.country", "op": "is", "value": "DE"}


@pytest.fixture
def company(transactional_db):
    """Everybody's leads go to Jonah; four came last month, three of them from Germany."""
    cast = make_cast()
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    for n in range(4):
        came(n, "DE" if n < 3 else "US", at=now() - timedelta(days=20 - n))
    return cast


def came(n, country, *, at) -> Lead:
    body = {"email": f"p{n}@firm{n}.example", "first_name": "Pat", "last_name": f"No{n}", "hand_raise": "demo",
            "title": "VP Sales", "country": country, "company": {"name": f"Firm {n}", "country": country}}  # fmt: skip
    [outcome] = capture([parse(body, now=at)], by=None, via="api", now=at)
    return Lead.objects.with_names().get(pk=outcome.lead_id)


@pytest.mark.long
def test_a_draft_is_dry_run_and_published_and_the_next_lead_goes_where_it_said(page_as, company):
    assert came(7, "DE", at=now()).owner == company.owner
    page = page_as(company.admin, width=1440, height=900)
    page.goto("/routing/")
    page.keyboard.press("n")
    page.wait_for_selector("#slot select[name=where]")
    page.select_option("#slot [name=where]", label="Sam Ortega")
    assert found(page) == []
    page.click("#slot button:text('Add rule')")
    page.wait_for_selector(".tag:text('new')")
    page.click("#c-add")
    page.click("#slot >> text=/^country$/i >> nth=0")
    page.wait_for_selector("#slot [name=written]")
    page.fill("#slot [name=written]", "DE")
    page.press("#slot [name=written]", "Enter")
    page.wait_for_selector("#rule-h:has-text('Country is DE')")
    page.wait_for_selector("#effect[aria-busy=false] #month:has-text('3 would have gone to somebody else')")
    assert drafts.the_draft().rules.get().condition == {"all": [GERMAN]}
    assert found(page) == []
    page.click("#month a:has-text('would have gone')")
    page.wait_for_selector("dialog[open] table")
    assert page.locator("dialog tbody tr").count() == 3
    page.keyboard.press("Escape")

    page.goto("/routing/dry-run/")
    page.fill("[name=country]", "DE")
    page.click("text=Who would get it?")
    live, draft = (page.inner_text(f"#answers .cols > section:nth-child({n})") for n in (1, 2))
    assert "Jonah Reyes" in live and "No rule" in live
    assert "Sam Ortega" in draft and "somebody else" in draft
    assert found(page) == []

    page.goto("/routing/")
    page.wait_for_selector("#month table")
    page.click("text=Publish as v")
    page.wait_for_selector("dialog[open]:has-text('3 would have gone to somebody else')")
    assert came(8, "DE", at=now()).owner == company.owner, "nobody is affected before"
    page.click("dialog button:text('Publish v')")
    page.wait_for_selector(".toast:has-text('is live')")
    assert came(9, "DE", at=now()).owner == company.other
    assert came(10, "US", at=now()).owner == company.owner
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector(".toast:has-text('says what')")
    assert came(11, "DE", at=now()).owner == company.owner


@pytest.mark.long
def test_it_works_without_a_script_and_on_a_phone(page_as, company):
    page = page_as(company.admin, width=390, height=800, java_script_enabled=False)
    page.goto("/routing/")
    page.click("#add-rule")
    page.select_option("[name=where]", label="Sam Ortega")
    page.click("main button:text('Add rule')")
    page.click("#c-add")
    page.click("main >> text=/^country$/i >> nth=0")
    page.fill("[name=written]", "DE")
    page.click("main button:text('Add')")
    page.click("text=Route the last 30 days anew")
    assert "3 would have gone to somebody else" in page.inner_text("main")
    page.goto("/routing/")
    page.click("text=Publish as v")
    page.click("main button:text('Publish v')")
    assert RoutingPlan.objects.get(state="live").rules.get().condition == {"all": [GERMAN]}


@pytest.mark.long
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), ("light", 320)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page_as, company, theme, width):
    queue = Pool.objects.create(name="Overflow", method="claim", picks_open=2)
    PoolMember.objects.create(pool=queue, user=company.admin)
    draft = drafts.open_draft(by=company.admin, at=now())
    fields = {"name": "Germans", "condition": GERMAN, "pool": queue, "skills": ["german"]}
    kept = drafts.add(draft, fields=fields, by=company.admin, at=now())
    page = page_as(company.admin, width=width, height=900, theme=theme)
    for address in ["/routing/", f"/routing/?line={kept.line}", "/routing/pools/", "/routing/accounts/", "/routing/claims/",
                    "/routing/dry-run/?country=DE", "/routing/month/", "/routing/fairness/", "/routing/waiting/",
                    "/routing/history/", "/routing/draft/publication/", "/routing/pools/new/"]:  # fmt: skip
        page.goto(address)
        assert found(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
