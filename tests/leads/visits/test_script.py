"""The tracking script in a real browser: nothing before consent, nothing against the browser's wish."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from leads.models import Touch, VisitEvent
from leads.visits import keys, public, stitching
from revops.lib import rates
from revops.lib.now import now
from tests.cast import make_cast

SCRIPT = Path(public.__file__).with_name("visits.js")


def test_the_script_is_less_than_three_kilobytes():
    assert len(SCRIPT.read_bytes()) < 3_000


@pytest.fixture
def site(page_as, live_server):
    """Pages of another origin with our snippet in them: `site(wish)` → the open page, and what it sent."""
    keys.forget()
    rates.forget()
    key = keys.add(name="Site", kind="site", source="website", origins=[], by=make_cast().admin, at=now())[1]
    html = f'<title>Shop</title><script src="{live_server.url}/t/visits.js" data-key="{key}"></script>'

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *args):
            pass

    shop = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{shop.server_port}"

    def visit(wish=""):
        page = page_as(base_url=base)
        if wish:
            page.add_init_script(wish)
        sent = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.goto("/pricing?a=1#top")
        return page, sent, base

    yield visit
    shop.shutdown()
    shop.server_close()


def until(page, done):
    for _ in range(100):
        if done():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It did not come.")


def test_after_consent_pages_and_who_it_is_are_reported(site):
    page, sent, base = site()
    page.evaluate("revopsVisits.identify('ada@one.example', {firstName: 'Ada'})")
    page.wait_for_timeout(500)
    assert (page.context.cookies(), sent, page.evaluate("revopsVisits.id()")) == ([], [], "")
    page.evaluate("revopsVisits.consent(true)")
    page.evaluate("history.pushState({}, '', '/docs'); history.replaceState({}, '', '/docs#x')")
    until(page, lambda: VisitEvent.objects.count() == 3)
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["sameSite"], cookie["domain"]) == ("rv_id", "Lax", "127.0.0.1")
    until(page, lambda: Touch.objects.filter(kind="page_view", person__email="ada@one.example").count() == 2)
    urls = set(Touch.objects.values_list("url", flat=True))
    assert urls == {f"{base}/pricing?a=1", f"{base}/docs"}
    assert stitching.browser_id(cookie["value"]) == page.evaluate("revopsVisits.id()")
    page.evaluate("revopsVisits.consent(false)")
    assert page.context.cookies() == []
    page.evaluate("history.pushState({}, '', '/secret')")
    page.wait_for_timeout(500)
    assert VisitEvent.objects.count() == 3


@pytest.mark.parametrize("wish", [
    "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})",
    pytest.param("Object.defineProperty(navigator, 'doNotTrack', {get: () => '1'})", marks=pytest.mark.long),
])  # fmt: skip
def test_a_browser_that_asks_not_to_be_followed_is_not(site, wish):
    page, sent, _ = site(wish)
    assert page.evaluate("revopsVisits.consent(true)") is False
    page.evaluate("revopsVisits.identify('ada@one.example'); history.pushState({}, '', '/docs')")
    page.wait_for_timeout(500)
    assert (page.context.cookies(), sent, VisitEvent.objects.count()) == ([], [], 0)
