"""A real browser for the tests of pages: Chromium by CHROMIUM or from the path, driven by Playwright."""

import os
import shutil

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


@pytest.fixture(scope="session")
def browser():
    """One browser a process. Without Chromium the tests that need it are skipped, but never where CI is set."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing. Install it, or name it in CHROMIUM.")
        pytest.skip("Chromium is not installed; name it in CHROMIUM.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page_as(browser, live_server, transactional_db):
    """`page_as(user, width=1280, height=800, theme="light")` → a page at the live server, signed in (None: nobody).

    Relative addresses work (`page.goto("/queue/")`). An exception in a page's own script fails the test at its end.
    """
    contexts, wrong = [], []

    def open_page(user=None, *, width=1280, height=800, theme="light", base_url=None, **more):
        base = base_url or live_server.url
        context = browser.new_context(
            base_url=base, viewport={"width": width, "height": height}, color_scheme=theme, **more
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        if user is not None:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(user), "url": base}])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong, f"A page's script failed: {wrong}"


@pytest.fixture
def page(page_as):
    """A page at the live server with nobody signed in."""
    return page_as()


def session_of(user) -> str:
    """The key of a new session of the user, as signing in would make it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key
