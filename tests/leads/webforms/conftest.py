"""A form, a page that shows it, and a stranger who sends it."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from leads.models import Pool, PoolMember
from leads.webforms import forms, known
from revops.lib import rates

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
SITE = "https://www.acme.example"
GOOD = {"email": "marcus@halefreight.example", "first_name": "Marcus", "last_name": "Hale", "company": "Hale Freight",
        "message": "We want a demo before the January peak."}  # fmt: skip


@pytest.fixture(autouse=True)
def clean():
    rates.forget()
    known.forget()
    yield
    rates.forget()
    known.forget()


@pytest.fixture
def web_form(cast):
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    return forms.create("Demo request", by=cast.marketer, at=NOW, hand_raise="demo", title="See it")


@pytest.fixture
def stranger():
    return Client(headers={"origin": SITE})


@pytest.fixture
def filled(frozen, stranger):
    """`filled(form, seconds=8, **fields)`: asks for the form, waits as people do, and sends it as its own page does."""

    def fill(form, *, seconds=8, client=stranger, at=NOW, **more):
        with frozen(at) as clock:
            page = client.get(f"/f/{form.key}/").content.decode()
            token = re.search(r'name="form_token" value="([^"]+)"', page)[1]
            clock.advance(seconds=seconds)
            return client.post(f"/f/{form.key}/", GOOD | {"form_token": token} | more)

    return fill
