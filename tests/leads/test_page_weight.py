"""How heavy full pages are: sent bytes and elements, so that a phone opens them at once."""

import gzip
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.count = 0

    def handle_starttag(self, tag, attrs):
        self.count += 1


@pytest.fixture
def fifty(cast, frozen):
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    at = NOW - timedelta(minutes=3)
    people = [
        parse(
            {"email": f"buyer{n}@firm{n}.example", "first_name": "Grace", "last_name": f"Lindqvist-{n}", "title": "VP Operations",
             "hand_raise": "demo", "company": {"name": f"Harbor & Pine {n}", "employees": 820, "industry": "Logistics"},
             "message": "We lose carrier quotes between the web form and the desk.", "source": "webinar",
             "touches": [{"kind": "page_view", "url": "https://us.example/pricing", "occurred_at": at.isoformat()}] * 30},
            now=at,
        )
        for n in range(50)
    ]  # fmt: skip
    capture(people, by=None, via="api", now=at)
    with frozen(NOW):
        yield Lead.objects.order_by("id").first()


@pytest.mark.parametrize(
    ("page", "kilobytes", "elements"), [("queue", 18, 1500), ("leads", 18, 1500), ("lead", 22, 1800)]
)
def test_pages_stay_light(cast, signed_in, fifty, page, kilobytes, elements):
    address = {"queue": "/queue/", "leads": "/leads/", "lead": f"/leads/{fifty.pk}/?from=queue"}[page]
    text = signed_in(cast.owner).get(address).content
    counted = Elements()
    counted.feed(text.decode())
    assert len(gzip.compress(text)) <= kilobytes * 1024
    assert counted.count <= elements


def test_an_answer_without_news_is_a_few_bytes(cast, signed_in, fifty):
    client = signed_in(cast.owner)
    tag = client.get("/queue/", headers={"X-Live": "1"})["ETag"]
    answer = client.get("/queue/", headers={"X-Live": "1", "If-None-Match": tag})
    assert answer.content == b""
    assert sum(len(name) + len(value) + 4 for name, value in answer.items()) <= 600
