"""A hot lead comes in by REST and ends as a won deal on the dashboard, worked by keyboard in a real browser."""

import json
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest

from deals.models import Deal
from journal.models import Entry
from leads.models import Lead, Pool, PoolMember
from revops.lib.now import now
from sla import policies
from teams import keys
from tests.cast import handed_over, make_cast
from tests.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ITEMS = ("budget", "authority", "need", "timeline")


@pytest.fixture
def people(transactional_db):
    policies.forget()
    cast = make_cast()
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    return cast


def post(base: str, key: str, path: str, body: dict) -> dict:
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    with urlopen(Request(f"{base}/api/v1{path}", json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)


def hot(name="Marcus Hale", **more) -> dict:
    first, last = name.split()
    return {
        "first_name": first, "last_name": last, "email": f"{first}@{last}.example".lower(), "title": "Director Sales Ops",
        "hand_raise": "demo", "source": "paid_search", "message": "We want a demo before the January peak.",
        "company": {"name": f"{last} Freight", "employees": 640, "industry": "Logistics", "country": "US"}, **more,
    }  # fmt: skip


def active(page) -> str:
    return page.evaluate("document.activeElement.closest('[data-row]')?.id ?? document.activeElement.tagName")


def test_from_the_form_to_the_dashboard(page_as, live_server, people):
    _, key = keys.create_api_key("The form")
    page = page_as(people.owner, width=1440, height=900)
    page.goto("/queue/")
    page.wait_for_selector("text=no open lead is yours")
    page.evaluate("window.neverReloaded = true")

    made = post(live_server.url, key, "/leads/", hot())
    page.wait_for_selector(f"#row-{made['id']}", timeout=15_000)
    assert page.evaluate("window.neverReloaded")
    lead = Lead.objects.get()
    assert (lead.stage, lead.owner) == ("mql", people.owner)

    page.keyboard.press("j")
    page.wait_for_selector("#panel h2:has-text('Marcus Hale')")
    assert active(page) == f"row-{lead.pk}"
    page.keyboard.press("a")
    page.wait_for_selector(".toast:has-text('Marcus Hale accepted.')")
    page.wait_for_selector(f"#row-{lead.pk} [data-stage=sal]")
    assert page.evaluate("window.neverReloaded")
    assert active(page) == f"row-{lead.pk}"

    page.keyboard.press("p")
    page.wait_for_selector("dialog[open]:has-text('Call Marcus Hale')")
    page.keyboard.press("2")  # spoke
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast:has-text('in time')")
    page.wait_for_selector("#queue-list tbody:first-of-type th:has-text('Keep in touch')")

    page.focus(f"#row-{lead.pk} a")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/leads/{lead.pk}/**")
    page.keyboard.press("q")
    page.wait_for_selector("dialog[open] form")
    for item in ITEMS:
        page.fill(f"dialog [name={item}_value]", f"Their {item}")
        page.fill(f"dialog [name={item}_evidence]", "Said on the first call")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("main [data-stage=sql]")

    page.keyboard.press("d")
    page.wait_for_selector("dialog[open] form")
    page.fill("dialog [name=amount]", "48,600")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("main [data-stage=opportunity]")
    deal = Deal.objects.get()
    assert deal.amount == 4_860_000

    handed_over(deal)
    page.goto(f"/deals/{deal.pk}/")
    page.click("main a:text('Win…')")
    page.wait_for_selector("dialog[open] form")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("main [data-stage=won]")
    assert Lead.objects.get().stage == "won"

    page.goto("/dashboard/")
    text = page.inner_text("main")
    assert "1 won" in text, text
    kinds = list(Entry.objects.about("lead", [lead.pk]).order_by("id").values_list("kind", flat=True))
    told = [kind for kind in kinds if kind.startswith("lead.")]
    assert told == [
        "lead.opened",
        "lead.mql",
        "lead.assigned",
        "lead.sal",
        "lead.bant",
        "lead.sql",
        "lead.opportunity",
        "lead.won",
    ]


def test_rejecting_with_a_digit_takes_the_row_and_undo_brings_it_back(page_as, live_server, people):
    _, key = keys.create_api_key("The form")
    first, second = (post(live_server.url, key, "/leads/", hot(name))["id"] for name in ("Priya Raman", "Marcus Hale"))
    page = page_as(people.owner, width=1440, height=900)
    page.goto("/queue/")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.wait_for_selector("#panel h2:has-text('Priya Raman')")
    page.keyboard.press("r")
    page.wait_for_selector("dialog[open] .reasons")
    page.keyboard.press("5")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"#row-{first}", state="detached")
    page.wait_for_selector(".toast:has-text('Priya Raman rejected: no need.')")
    wait_for(lambda: active(page) == f"row-{second}", what="focus on the row that took its place")
    page.keyboard.press("z")
    page.wait_for_selector(f"#row-{first}")
    assert set(Lead.objects.values_list("stage", flat=True)) == {"mql"}


def test_what_is_refused_is_said_in_the_dialog_and_kept(page_as, live_server, people):
    _, key = keys.create_api_key("The form")
    post(live_server.url, key, "/leads/", hot())
    page = page_as(people.owner, width=1440, height=900)
    page.goto("/queue/")
    page.keyboard.press("c")
    page.wait_for_selector("dialog[open] .reasons")
    page.check("dialog [value=unable_to_reach]")
    page.fill("dialog [name=note]", "Tried all week")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog[open] .problem:has-text('needs 8 attempts; 0 are logged')")
    assert page.input_value("dialog [name=note]") == "Tried all week"
    assert page.evaluate("document.activeElement.classList.contains('problem')")
    page.keyboard.press("Escape")
    assert Lead.objects.get().stage == "mql"


@pytest.mark.long
def test_somebody_elses_acceptance_is_told_on_the_open_page(page_as, live_server, people):
    _, key = keys.create_api_key("The form")
    made = post(live_server.url, key, "/leads/", hot())
    page = page_as(people.owner, width=1440, height=900)
    page.goto(f"/leads/{made['id']}/")
    lead = Lead.objects.get()
    lead.accept(by=people.teammate, at=now() + timedelta(milliseconds=1))
    page.wait_for_selector("#lead-news:has-text('Lena Fischer accepted')", timeout=15_000)


def test_the_queue_works_without_scripts(page_as, live_server, people):
    _, key = keys.create_api_key("The form")
    made = post(live_server.url, key, "/leads/", hot())
    other = post(live_server.url, key, "/leads/", hot("Priya Raman"))
    page = page_as(people.owner, width=1440, height=900, java_script_enabled=False)
    page.goto(f"/queue/{made['id']}/")
    page.click("#panel button:text('Accept')")
    assert page.url.endswith("/queue/")
    page.wait_for_selector(".toast:has-text('Marcus Hale accepted')")
    page.goto(f"/queue/{other['id']}/")
    page.click("#panel a:text('Reject')")
    page.check("[value=not_icp_size]")
    page.click("main button:text('Reject')")
    page.wait_for_selector(".toast:has-text('Priya Raman rejected: not our size.')")
    assert sorted(Lead.objects.values_list("stage", flat=True)) == ["rejected", "sal"]
