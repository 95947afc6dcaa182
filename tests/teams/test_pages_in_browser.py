"""The pages about people in a real browser: axe finds nothing, nothing overflows, the dialogs do what the pages do."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from leads.models import Lead
from teams import first_run
from teams.models import Leave, User
from tests.cast import make_cast
from tests.leads.routing.test_deciding import leads, pool

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def people(transactional_db, monkeypatch):
    monkeypatch.setattr("journal.record.reactions", lambda: ())
    cast = make_cast()
    pool("", [cast.owner, cast.teammate], fallback=True)
    Lead.objects.filter(pk__in=leads(3)).update(owner=cast.owner)
    Leave.objects.create(
        user=cast.other, starts_at="2020-01-01T00:00Z", ends_at="2999-01-01T00:00Z", reason="Sabbatical"
    )
    Leave.objects.create(user=cast.admin, starts_at="2998-01-01T00:00Z", ends_at="2999-01-01T00:00Z")
    return cast


def fits_and_is_accessible(page, name):
    if os.environ.get("SHOTS"):
        page.screenshot(path=Path(os.environ["SHOTS"]) / f"{name}.png", full_page=True)
    found = [f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page, options=RULES).response["violations"]]
    assert found == [], name
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_pages_of_people(page_as, people, width, theme):
    page = page_as(people.admin, width=width, theme=theme)
    for name, path in {
        "people": "/people/", "person": f"/people/{people.owner.pk}/", "invite": "/people/new/", "me": "/me/",
        "deactivate": f"/people/{people.owner.pk}/deactivation/", "leave": f"/people/{people.owner.pk}/leave/",
    }.items():  # fmt: skip
        assert page.goto(path).status == 200
        fits_and_is_accessible(page, f"{name}-{width}-{theme}")


def test_the_set_up_from_the_first_page_to_the_key(page_as, transactional_db):
    first_run.forget()
    page = page_as(width=390)
    page.goto("/")
    page.wait_for_url("**/setup/")
    fits_and_is_accessible(page, "setup")
    answers = {
        "Your company": "Harbor & Pine", "Your name": "Rosa Vidal", "Your e-mail": "rosa@harbor.example",
        "Password": "a long enough phrase",
    }  # fmt: skip
    for label, text in answers.items():
        page.get_by_label(label, exact=False).first.fill(text)
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("heading", name="Your first form key").wait_for()
    fits_and_is_accessible(page, "ready")
    assert User.objects.get(is_service=False).name == "Rosa Vidal"
    first_run.forget()


def test_sign_in_and_welcome(page_as, people):
    from teams.people import welcome_path

    page = page_as(width=390)
    page.goto("/accounts/login/")
    fits_and_is_accessible(page, "login-390-light")
    page.goto(welcome_path(people.teammate))
    fits_and_is_accessible(page, "welcome-390-light")
    page.get_by_label("New password", exact=True).fill("a long enough phrase")
    page.get_by_label("New password confirmation").fill("a long enough phrase")
    page.get_by_role("button", name="Set password and sign in").click()
    page.wait_for_url("**/queue/")


def test_inviting_in_the_dialog_leads_to_the_link(page_as, people):
    page = page_as(people.admin)
    page.goto("/people/")
    page.keyboard.press("n")
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Name").fill("Noa Berg")
    dialog.get_by_label("E-mail").fill(people.owner.email)
    dialog.get_by_role("button", name="Invite").click()
    dialog.get_by_text("belongs to Jonah Reyes already").wait_for()
    dialog.get_by_label("E-mail").fill("noa@cast.example")
    dialog.get_by_role("button", name="Invite").click()
    page.get_by_role("heading", name="Noa Berg").wait_for()
    assert "/welcome/" in page.get_by_label("Address").input_value()


def test_deactivating_in_the_dialog_says_how_many_leads_first(page_as, people):
    page = page_as(people.admin)
    page.goto(f"/people/{people.owner.pk}/")
    page.get_by_role("link", name="Deactivate…").click()
    page.locator("dialog[open]").get_by_text("3 open leads").wait_for()
    page.locator("dialog[open]").get_by_role("button", name="Deactivate Jonah Reyes").click()
    page.wait_for_url("**/people/")
    page.get_by_text("3 open leads handed over").first.wait_for()
    assert Lead.objects.filter(owner=people.teammate).count() == 3
