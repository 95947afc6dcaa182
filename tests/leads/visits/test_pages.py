"""The tracking page, and a visit on the timeline of a lead."""

from datetime import UTC, datetime, timedelta

import pytest

from leads import timeline
from leads.models import EventMapping, Touch
from leads.models.visit import WriteKey
from leads.visits import events
from revops.lib.now import now

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(cast, signed_in):
    return signed_in(cast.marketer)


def test_a_key_is_added_shown_once_and_switched_off(keeper):
    page = keeper.post("/intake/tracking/keys/", {"name": "App", "kind": "server"}).content.decode()
    row = WriteKey.objects.get()
    assert (row.source, row.shown[-1]) == ("product", "…") and "not shown again" in page
    assert row.shown[:6] in keeper.get("/intake/tracking/").content.decode()
    assert "works until" in keeper.post(f"/intake/tracking/keys/{row.pk}/rotation/").content.decode()
    keeper.post(f"/intake/tracking/keys/{row.pk}/switch/", {"to": "off"})
    assert not WriteKey.objects.get().is_active
    assert (
        keeper.post("/intake/tracking/keys/", {"name": "", "kind": "site", "origins": "not a site"}).status_code == 422
    )


def test_the_snippet_is_that_of_the_website_s_key(keeper):
    keeper.post(
        "/intake/tracking/keys/",
        {"name": "Site", "kind": "site", "origins": "www.acme.example\nhttps://*.acme.example/x"},
    )
    row = WriteKey.objects.get()
    assert row.origins == ["https://www.acme.example", "https://*.acme.example"]
    assert f"/t/visits.js&quot; data-key=&quot;{row.shown}&quot;" in keeper.get("/intake/tracking/").content.decode()


def test_an_event_is_mapped_and_makes_that_touch(keeper):
    keeper.post("/intake/tracking/mapping/", {"event": "watched DEMO", "kind": "webinar"})
    who = {"userId": "7", "traits": {"email": "a@one.example"}}
    events.take(
        [{"type": "identify", **who, "messageId": "i"}, {"type": "track", "event": "Watched Demo", "userId": "7", "messageId": "m"},
         {"type": "track", "event": "Email Opened", "userId": "7", "messageId": "n"}],
        source="product", by=None, now=now(),
    )  # fmt: skip
    assert Touch.objects.get().kind == "webinar"
    page = keeper.get("/intake/tracking/").content.decode()
    assert "watched DEMO" in page and "Webinar" in page
    row = EventMapping.objects.get(event="watched DEMO")
    keeper.post(f"/intake/tracking/mapping/{row.pk}/removal/")
    assert not EventMapping.objects.filter(pk=row.pk).exists()
    assert keeper.post("/intake/tracking/mapping/", {"event": "x", "kind": "nonsense"}).status_code == 422


def test_ambiguous_ids_are_counted(keeper):
    seen = {"type": "page", "anonymousId": "b1", "messageId": "p", "properties": {"url": "https://x.example/"}}
    names = [
        {"type": "identify", "anonymousId": "b1", "messageId": m, "traits": {"email": m}}
        for m in ("a@x.example", "b@y.example")
    ]
    events.take([seen, *names], source="website", by=None, now=now())
    page = keeper.get("/intake/tracking/").content.decode()
    assert "1 id</b> of two people is ambiguous: 3 reports stay nobody’s" in page or "of two people" in page


def test_who_may_not_keep_doors_sees_none_of_it(cast, signed_in):
    assert signed_in(cast.owner).get("/intake/tracking/").status_code == 403


def test_the_pages_of_a_visit_are_one_line(cast, signed_in, make_lead):
    minutes = [200, 190, 185, 100, 60, 31, 1]
    urls = ["/", "/pricing", "/docs", "/pricing", "/a", "/b-c", "/d"]
    touches = [{"kind": "page_view", "url": f"https://x.example{url}", "external_id": f"v{n}",
                "occurred_at": (NOW - timedelta(minutes=m)).isoformat()} for n, (m, url) in enumerate(zip(minutes, urls, strict=True))]  # fmt: skip
    lead = make_lead(at=NOW, touches=touches)
    lines = [item for item in timeline.of(lead, limit=50, visits_as_one=True) if item.code == "touch.page_view"]
    assert [(item.text, item.note.partition(" · ")[0]) for item in lines] == [
        ("D page", "direct"), ("Visited 2 pages: a, b c", "29 min"), ("Pricing page", "direct"),
        ("Visited 3 pages: front page, pricing, docs", "15 min"),
    ]  # fmt: skip
    assert len(lines[1].others) == 1
    assert len([item for item in timeline.of(lead, limit=50) if item.code == "touch.page_view"]) == 7
    page = signed_in(cast.owner).get(f"/leads/{lead.pk}/").content.decode()
    for touch in Touch.objects.filter(kind="page_view"):
        assert f'id="touch-{touch.pk}"' in page, "the receipt leads to it"
