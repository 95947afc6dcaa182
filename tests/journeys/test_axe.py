"""axe finds nothing on the pages people live in, in both themes, wide and on a phone; nothing scrolls sideways."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from deals.conversion import convert
from leads import touches
from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember
from revops.lib.now import now
from sla import due, policies
from teams.calendars import add_calendar, week
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
ITEMS = ("budget", "authority", "need", "timeline")


@pytest.fixture
def company(transactional_db):
    """Some of everything: late, due, answered, accepted, recycled, a deal, notices."""
    policies.forget()
    cast, at = make_cast(), now()
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)

    def lead(name: str, **ago: float) -> Lead:
        came = at - timedelta(**ago)
        first, last = name.split()
        body = {
            "email": f"{first}@{last}.example".lower(), "first_name": first, "last_name": last, "title": "VP Operations",
            "phone": "+1 312 555 0100", "hand_raise": "demo", "source": "webinar", "message": "We lose carrier quotes.",
            "company": {"name": f"{last} Freight", "employees": 640, "industry": "Logistics", "country": "US"},
            "touches": [{"kind": "page_view", "url": "https://us.example/pricing", "occurred_at": came.isoformat()}],
        }  # fmt: skip
        [outcome] = capture([parse(body, now=came)], by=None, via="api", now=came)
        return Lead.objects.get(pk=outcome.lead_id)

    cast.late, cast.due = lead("Priya Raman", minutes=20), lead("Marcus Hale", minutes=1)
    answered, sql, back = lead("Tom Okafor", hours=2), lead("Yusuf Demir", hours=3), lead("Claire Dumont", hours=4)
    for one in (answered, sql, back):
        touches.log([touches.HumanTouch(one.pk, "call", at, outcome="two_way")], by=cast.owner.pk, at=at)
    sql.accept(by=cast.owner, at=at)
    sql.qualify(by=cast.owner, at=at, items={item: {"value": "yes", "evidence": "call"} for item in ITEMS})
    cast.deal = convert(sql, name="Routing", amount=4_860_000, currency="USD", close_on=at.date(), by=cast.owner, at=at)
    back.recycle(by=cast.owner, at=at, reason="timing", track="newsletter", revisit_on=at.date() + timedelta(days=9))
    due.drain(at)
    return cast


def pages(cast) -> list[str]:
    lead = f"/leads/{cast.due.pk}/"
    return [
        "/queue/", f"{lead}?from=queue", "/leads/", "/deals/", "/dashboard/", f"/leads/{cast.late.pk}/", f"/deals/{cast.deal.pk}/",
        "/leads/?stage=recycled&back=14", "/leads/?q=zebra", "/notices/", "/search/?q=hale", "/search/?q=zebra", "/leads/new/",
        f"{lead}rejection/", f"{lead}recycling/", f"{lead}touches/?kind=call", f"{lead}reassignment/", f"{lead}why/",
        f"/leads/reassignment/?lead={cast.due.pk}&list=", "/leads/reassignment/?list=", "/leads/filters/?stage=mql",
        "/spend/", "/spend/time/", "/economics/", "/customers/", "/customers/health/upload/", "/customers/revenue/upload/",
    ]  # fmt: skip


def found(page) -> list[str]:
    """What axe has against the page as it is now."""
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]


def checked(page, addresses) -> None:
    wrong = []
    for address in addresses:
        page.goto(address)
        wrong += [(address, problem) for problem in found(page)]
        if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            wrong.append((address, f"{over} px too wide"))
        if (headings := page.evaluate("document.querySelectorAll('h1').length")) != 1:
            wrong.append((address, f"{headings} main headings"))
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_five_pages(page_as, company, theme, width):
    checked(page_as(company.owner, width=width, height=900, theme=theme), pages(company)[:5])


@pytest.mark.long
def test_dialogs_the_filters_and_selection(page_as, company):
    page = page_as(company.owner, width=1440, height=900)
    for address, open_it in (
        ("/queue/", "p"), ("/queue/", "r"), ("/queue/", "c"), ("/queue/", "?"), ("/leads/", "n"), (f"/leads/{company.due.pk}/", "w")
    ):  # fmt: skip
        page.goto(address)
        page.keyboard.press(open_it)
        page.wait_for_selector("dialog[open] h2")
        assert found(page) == [], (address, open_it)
    page.goto("/leads/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.wait_for_selector(".bulk:visible:has-text('1 selected')")
    assert found(page) == []
    page.click("text=+ Filter")
    page.wait_for_selector("dialog[open] [name=owner]")
    assert found(page) == []
    page.check("dialog [value=mql]")
    page.select_option("dialog [name=due]", "late")
    page.click("dialog button:text('Show')")
    page.wait_for_url("**/leads/?stage=mql&due=late")
    page.click(".me")
    page.keyboard.press("Escape")
    assert not page.locator("#me-menu:popover-open").count()


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 800, 390, 320])
@pytest.mark.parametrize("who", ["owner", "viewer"])
def test_every_page(page_as, company, theme, width, who):
    addresses = pages(company) if who == "owner" else pages(company)[1:12]
    checked(page_as(getattr(company, who), width=width, height=900, theme=theme), addresses)


DESK = [
    "/floor/", "/floor/clocks/", "/limbo/", "/breaches/", "/scoreboard/", "/scoreboard/quota/", "/reviews/", "/sla/",
    "/sla/first-response/", "/sla/history/", "/territories/", "/calendars/", "/calendars/new/", "/company/", "/people/",
    "/scoring/", "/scoring/history/", "/scoring/learning/", "/scoring/icp/", "/definitions/", "/definitions/review/",
    "/definitions/mql/", "/segments/", "/health/", "/deliveries/", "/destinations/", "/approvals/", "/me/",
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 800, 390, 320])
def test_every_page_of_the_desk(page_as, company, theme, width):
    office = add_calendar("Denver", tz="America/Denver", weekly=week("08:00", "17:00"), country="US", region="CO",
                          by=None, at=now())  # fmt: skip
    addresses = [*DESK, f"/calendars/{office.pk}/", f"/calendars/{office.pk}/days/"]
    checked(page_as(company.admin, width=width, height=900, theme=theme), addresses)
