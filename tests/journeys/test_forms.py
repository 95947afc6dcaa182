"""A form on a foreign page, of another origin: sent by its script and, without JavaScript, as plain HTML. Each time
somebody has a lead in their queue."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from leads.consent import texts
from leads.models import Lead, Pool, PoolMember, Submission, Touch
from leads.webforms import forms, known, markup
from revops.lib import rates
from revops.lib.now import now
from sla import policies
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def site(pages: dict[str, str]):
    """Somebody's website: {path: what stands in its body}."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages.get(self.path.partition("?")[0])
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Acme</title><h1>Acme</h1>{body or ''}".encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def people(transactional_db):
    policies.forget()
    known.forget()
    rates.forget()
    cast = make_cast()
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    return cast


def make(people, **more):
    words = texts.add("newsletter", "email", "Send me the newsletter once a month.", by=people.admin, at=now())
    given = {"hand_raise": "demo", "min_seconds": 1, "proof_of_work": True, "consents": [{"text": words.pk}], **more}
    return forms.create("Demo request", by=people.admin, at=now(), **given)


def fill(page, first, last):
    page.get_by_label("E-mail").fill(f"{first}@{last}.example".lower())
    page.get_by_label("First name").fill(first)
    page.get_by_label("Last name").fill(last)
    page.get_by_label("Company").fill(f"{last} Freight")
    page.get_by_label("Message").fill("A demo before the January peak, please.")


def in_the_queue(page, lead):
    page.goto("/queue/")
    page.wait_for_selector(f"#row-{lead.pk}")


def test_by_script_with_proof_of_work_into_the_queue(page_as, live_server, people):
    form = make(people)
    place = (
        f'<div data-revops-form="{form.key}"></div><script src="{live_server.url}/f/{form.key}/form.js" async></script>'
    )
    with site({"/demo": place}) as acme:
        forms.change(form, by=people.admin, at=now(), origins=[acme])
        page = page_as(None, base_url=acme)
        page.goto("/demo?utm_source=linkedin&utm_medium=paid_social&utm_campaign=January")
        fill(page, "Marcus", "Hale")
        page.get_by_label("newsletter").check()
        page.get_by_label("E-mail").fill("marcus@hale")
        page.get_by_role("button", name="Send").click()
        # The browser lets this address pass, we don't: said beside it, and what was typed stays.
        page.wait_for_selector(".revops-wrong:has-text('not a mail address')")
        assert page.get_by_label("Last name").input_value() == "Hale"
        page.get_by_label("E-mail").fill("marcus@hale.example")
        page.get_by_role("button", name="Send").click()
        page.wait_for_selector(".revops-thanks:has-text('Thank you')")
        assert page.url.startswith(acme)
        assert page.context.cookies() == []
    lead = Lead.objects.select_related("person", "campaign").get()
    assert (lead.owner, lead.source_id, lead.hand_raise) == (people.owner, "paid_social", "demo")
    assert lead.person.consent
    assert Touch.objects.get().url.startswith(f"{acme}/demo")
    assert sorted(Submission.objects.values_list("outcome", flat=True)) == ["created", "refused"]
    in_the_queue(page_as(people.owner), lead)


def test_without_javascript_as_plain_html_into_the_queue(page_as, live_server, people):
    form = make(people, proof_of_work=False)
    address = f"{live_server.url}/f/{form.key}/"
    with site({"/contact": markup.plain(known.of(form), address)}) as acme:
        forms.change(form, by=people.admin, at=now(), origins=[acme])
        page = page_as(None, base_url=acme, java_script_enabled=False)
        page.goto("/contact")
        fill(page, "Grace", "Lindqvist")
        page.get_by_role("button", name="Send").click()
        page.wait_for_url(f"{address}thanks/")
        assert page.get_by_role("status").inner_text().startswith("Thank you")
        # The same on a page that is not on the list.
        with site({"/copy": markup.plain(known.of(form), address)}) as thief:
            page.goto(f"{thief}/copy")
            fill(page, "Mallory", "Copy")
            page.get_by_role("button", name="Send").click()
            page.wait_for_selector("h1:has-text('does not take entries from that page')")
    lead = Lead.objects.select_related("person").get()
    assert (lead.person.first_name, lead.owner) == ("Grace", people.owner)
    assert Submission.objects.get().context["page"].startswith(acme)
    in_the_queue(page_as(people.owner), lead)
