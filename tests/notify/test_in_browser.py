"""In a real browser: turning it on, a lead said aloud by a tab, choices by keyboard, and nothing axe minds."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from notify import planning
from notify.models import Delivery, Destination, Preference
from revops.lib.now import now
from tests.processes import wait_for

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# The browser of the tests shows nothing; what it would show is kept instead.
KEPT = """
window.shown = [];
window.Notification = class { constructor(text, more) { shown.push([text, more.tag]); } };
Notification.permission = "granted";
Notification.requestPermission = async () => "%s";
"""


def listening(page_as, user, permission="granted", **more):
    page = page_as(user, **more)
    page.add_init_script(KEPT % permission)
    page.goto("/me/")
    return page


def test_turned_on_a_tab_says_a_lead_given_to_me_once(page_as, cast, make_lead):
    page = listening(page_as, cast.owner)
    page.get_by_role("button", name="Turn on in this browser").click()
    page.wait_for_selector("text=It tells you while a tab")
    make_lead("Priya Raman", at=now())
    planning.drain(now(), 2_000)
    page.wait_for_selector("#toast >> text=Priya Raman is yours now.")
    wait_for(lambda: Delivery.objects.get(channel="browser").state == "sent")
    assert page.evaluate("shown") == [["Priya Raman is yours now.", str(Delivery.objects.get().message_id)]]
    page.goto("/notices/")
    page.wait_for_timeout(500)
    assert page.evaluate("shown") == []


def test_a_browser_that_forbids_it_says_so_and_stays_off(page_as, cast):
    page = listening(page_as, cast.owner, "denied")
    page.get_by_role("button", name="Turn on in this browser").click()
    page.wait_for_selector("text=This browser doesn’t allow it.")
    page.reload()
    assert page.get_by_role("button", name="Turn on in this browser").is_visible()


def test_choices_by_keyboard(page_as, cast):
    page = listening(page_as, cast.owner)
    page.get_by_label("Leads are decided on: as the policy asks").focus()
    page.keyboard.press("Space")
    page.get_by_label("Leads are decided on: E-mail").focus()
    page.keyboard.press("Space")
    page.locator("#told").get_by_role("button", name="Keep").press("Enter")
    page.wait_for_selector("text=Your choices are kept.")
    assert Preference.objects.get().channels == ["email"]


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page_as, cast, width, theme):
    at = now()
    on = Destination.objects.create(name="#inbound", kind="slack", url="https://hooks.example/a/b", made_at=at)
    Destination.objects.create(name="Sales", kind="teams", url="https://hooks.example/c", made_at=at, active=False,
                               off_because="It answered 410: channel_is_archived")  # fmt: skip
    from notify.models import Notice

    said = Notice.objects.create(user=cast.owner, kind="clock.escalated", subject_kind="lead", subject_id=1, key="x", at=at,
                                 data={"target": "disposition", "level": 100, "owner": cast.owner.pk})  # fmt: skip
    for state, channel, to, error in [
        ("dead", "email", None, "The mail server refused the address: 550 no such user"),
        ("dead", "slack", on, "It answered 400: invalid_payload " + "x" * 120), ("waiting", "teams", on, ""),
    ]:  # fmt: skip
        Delivery.objects.create(notice=said, user=cast.owner, channel=channel, destination=to, event=f"{state}{channel}",
                                state=state, not_before=at, made_at=at, last_error=error)  # fmt: skip
    page = page_as(cast.admin, width=width, theme=theme)
    for address in ("/me/", "/deliveries/", "/deliveries/?state=dead", "/destinations/", "/destinations/new/"):
        page.goto(address)
        found = Axe().run(page, options=RULES).response["violations"]
        assert not found, (address, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
