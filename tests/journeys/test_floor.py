"""A manager sees a late lead on the floor and gives it to somebody by keyboard; it moves, and can be taken back."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from leads import touches
from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember
from revops.lib.now import now
from sla import due, policies
from teams.models import User
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def floor(transactional_db):
    """A late lead, one due soon, one accepted without a next step, and one that nobody owns."""
    policies.forget()
    cast, at = make_cast(), now()
    fallback = Pool.objects.get(is_fallback=True)
    PoolMember.objects.create(pool=fallback, user=cast.owner, cap=25)

    def lead(name: str, **ago: float) -> Lead:
        came = at - timedelta(**ago)
        first, last = name.split()
        body = {
            "email": f"{first}@{last}.example".lower(), "first_name": first, "last_name": last, "hand_raise": "demo",
            "company": {"name": f"{last} Freight", "employees": 640, "country": "US"}, "title": "VP Operations",
        }  # fmt: skip
        [outcome] = capture([parse(body, now=came)], by=None, via="api", now=came)
        return Lead.objects.get(pk=outcome.lead_id)

    cast.late, cast.soon = lead("Priya Raman", minutes=20), lead("Marcus Hale", minutes=1)
    anders, answered = lead("Anders Holm", hours=30), at - timedelta(hours=30)
    touches.log([touches.HumanTouch(anders.pk, "call", answered)], by=cast.owner.pk, at=answered)
    anders.accept(by=cast.owner, at=at - timedelta(hours=29))
    due.drain(at)
    cast.manager.watches_handoffs = False
    cast.manager.save()
    return cast


def focused(page) -> str:
    return page.evaluate("document.activeElement.tagName")


def row(page, lead) -> str:
    return page.locator("[data-row]").filter(has_text=str(lead.person)).first.inner_text()


def problems(page) -> list[str]:
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]


def test_a_late_lead_is_given_away_by_keyboard_and_taken_back(page_as, floor):
    page = page_as(floor.manager, width=1440, height=1000)
    page.goto("/")
    page.wait_for_url("**/floor/")
    assert "15 min late" in row(page, floor.late) and "Jonah Reyes" in row(page, floor.late)

    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Priya Raman"
    page.keyboard.press("g")
    page.wait_for_selector("dialog[open] .give")
    text = page.locator("dialog").inner_text()
    assert "Lena Fischer" in text and "0 open" in text and "You take it" in text
    place = [label.inner_text() for label in page.locator("dialog .give label").all()]
    digit = 1 + next(i for i, words in enumerate(place) if "Lena Fischer" in words)
    page.keyboard.press(str(digit))
    page.keyboard.press("Control+Enter")

    page.wait_for_selector("#toast [role=status]:has-text('Priya Raman given to Lena Fischer')")
    page.wait_for_selector("tr[data-row]:has-text('Priya Raman'):has-text('Lena Fischer')")
    assert "from Jonah Reyes" in row(page, floor.late)
    assert focused(page) == "A"
    assert Lead.objects.get(pk=floor.late.pk).owner == floor.teammate
    assert "1" in page.locator(f"#load-{floor.teammate.pk}").locator("xpath=ancestor::tr").inner_text()

    page.keyboard.press("z")
    page.wait_for_selector("tr[data-row]:has-text('Priya Raman'):has-text('Jonah Reyes'):not(:has-text('from'))")
    assert Lead.objects.get(pk=floor.late.pk).owner == floor.owner
    page.keyboard.press("o")
    page.wait_for_url(f"**/leads/{floor.late.pk}/")


@pytest.mark.long
def test_the_key_gives_the_row_that_is_current(page_as, floor):
    page = page_as(floor.manager, width=1440, height=1000)
    page.goto("/floor/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("g")
    page.wait_for_selector("dialog[open] h2:has-text('Marcus Hale')")


@pytest.mark.long
def test_somebody_is_taken_out_of_the_rotation_and_put_back(page_as, floor):
    page = page_as(floor.manager, width=1440, height=1000)
    page.goto("/floor/")
    page.click("text=Take Jonah Reyes out of rotation")
    page.click("dialog button:text('Take out of rotation')")
    page.wait_for_selector("text=out of rotation since")
    assert User.objects.get(pk=floor.owner.pk).benched_at is not None
    page.click("text=Put Jonah Reyes back")
    page.click("dialog button:text('Put back')")
    page.wait_for_selector("text=Take Jonah Reyes out of rotation")
    assert User.objects.get(pk=floor.owner.pk).benched_at is None


def test_limbo_finds_the_lead_a_next_step(page_as, floor):
    page = page_as(floor.manager, width=1440, height=1000)
    page.goto("/limbo/")
    page.wait_for_selector("text=SAL, no next step")
    page.click("text=Set step…")
    page.wait_for_selector("dialog[open] [name=what]")
    page.fill("dialog [name=what]", "Send the contract")
    page.fill("dialog [name=by_when]", (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=Nobody is lost.")


@pytest.mark.long
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), ("dark", 1440), ("light", 390)])
def test_axe_finds_nothing_and_nothing_is_too_wide(page_as, floor, theme, width):
    page, wrong = page_as(floor.manager, width=width, height=1000, theme=theme), []
    for address in ("/floor/", "/floor/clocks/", "/floor/answers/?of=owners", "/limbo/", "/breaches/",
                    f"/floor/leads/{floor.late.pk}/giving/", f"/floor/people/{floor.owner.pk}/"):  # fmt: skip
        page.goto(address)
        wrong += [(address, problem) for problem in problems(page)]
        if (over := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            wrong.append((address, f"{over} px too wide"))
        if page.locator("h1").count() != 1:
            wrong.append((address, "not one main heading"))
    page.goto("/floor/")
    if width == 1440:
        page.keyboard.press("g")
        page.wait_for_selector("dialog[open] .give")
        wrong += [("the dialog", problem) for problem in problems(page)]
    assert wrong == []
