"""What sites, products and Segment report: once, at the right moment, of the right person."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.incoming import parse
from leads.intake import capture
from leads.models import Company, Lead, Person, PersonKey, Submission, Touch, Visit, VisitEvent, Visitor
from leads.visits import events
from leads.visits.reading import read

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
BROWSER, OTHER = "b7a6c1f0-0001", "b7a6c1f0-0002"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(request, monkeypatch):
    """Intake alone, but where there is a cast to react."""
    if "cast" not in request.fixturenames:
        monkeypatch.setattr("journal.record.reactions", lambda: ())


def take(*batch, now=NOW, source="site", **more):
    return events.take(batch, source=source, by=None, now=now, forwarded=more.pop("forwarded", False), **more)


def page(url="https://www.example.com/pricing", *, visitor=BROWSER, ago=0.0, **more):
    """A page seen `ago` minutes before NOW."""
    at = (NOW - timedelta(minutes=ago)).isoformat()
    return {"type": "page", "anonymousId": visitor, "messageId": f"{visitor}{url}{ago}", "originalTimestamp": at,
            "properties": {"url": url}, **more}  # fmt: skip


def identify(email, *, visitor=BROWSER, **more):
    return {"type": "identify", "anonymousId": visitor, "messageId": f"i{email}{visitor}", "traits": {"email": email},
            **more}  # fmt: skip


def enquire(email="grace@harborpine.example", *, visitor=BROWSER, now=NOW):
    item = parse({"email": email}, now=now)
    item.visitor = visitor
    [outcome] = capture([item], by=None, via="form", now=now)
    return outcome


def moment(**times):
    body = {"type": "track", "event": "Used", **times}
    at = datetime(2026, 11, 24, 11, 58, 45, tzinfo=UTC)
    found = read(body, source="s", now=at, forwarded=False, public=False, types={})
    return found.occurred_at.strftime("%H:%M:%S"), found.clamped


def test_the_clock_of_the_sender_is_taken_out():
    """DOMAIN 1.6: original 12:00:30, sent 12:00:40, received 11:58:45 → 11:58:35."""
    day = "2026-11-24T"
    assert moment(originalTimestamp=f"{day}12:00:30Z", sentAt=f"{day}12:00:40Z") == ("11:58:35", False)
    assert moment(timestamp=f"{day}12:00:30Z", sentAt=f"{day}12:00:40Z") == ("11:58:35", False)
    assert moment(originalTimestamp=f"{day}12:03:45Z") == ("11:58:45", False)
    assert moment(originalTimestamp=f"{day}12:03:46Z") == ("11:58:45", True)
    assert moment(timestamp="1850-01-01T00:00:00Z") == ("11:58:45", True)
    assert moment(timestamp="soon") == ("11:58:45", False)


def test_segment_has_received_it_before_us_and_corrected_its_timestamp():
    day = "2026-11-24T"
    body = {"type": "track", "receivedAt": f"{day}11:58:45Z", "sentAt": f"{day}12:00:40Z"}
    later = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    for more in ({"originalTimestamp": f"{day}12:00:30Z"}, {"timestamp": f"{day}11:58:35Z"}):
        found = read(body | more, source="s", now=later, forwarded=True, public=False, types={})
        assert found.occurred_at.isoformat() == f"{day}11:58:35+00:00"


def test_pages_of_nobody_are_kept_in_visits_of_thirty_idle_minutes():
    taken = take(page(ago=100), page("https://www.example.com/docs", ago=75), page(ago=40), page(ago=39))
    assert [one.status for one in taken] == ["kept"] * 4
    assert list(Visit.objects.order_by("started_at").values_list("events", flat=True)) == [2, 2]
    take(page(ago=20))
    assert list(Visit.objects.order_by("started_at").values_list("events", flat=True)) == [2, 3]
    assert not Touch.objects.exists() and not Person.objects.exists()


def test_a_visit_keeps_the_channel_it_came_by():
    first = page("https://www.example.com/?utm_source=google&utm_medium=cpc", ago=5)
    take(first, page("https://www.example.com/pricing", ago=4))
    take(page("https://www.example.com/docs", ago=3))
    enquire()
    assert set(Touch.objects.filter(kind="page_view").values_list("channel_id", flat=True)) == {"paid_search"}
    assert Person.objects.get().first_channel_id == "paid_search"


def test_who_asks_brings_along_what_they_saw():
    take(page(ago=60 * 24 * 364), page(ago=60 * 24 * 366), page(ago=5))
    outcome = enquire()
    seen = Touch.objects.filter(kind="page_view").order_by("occurred_at")
    assert [(touch.person_id, touch.lead_id) for touch in seen] == [(outcome.person_id, outcome.lead_id)] * 2
    assert seen[0].occurred_at == NOW - timedelta(days=364), "365 days back, and no further"
    assert Person.objects.get().first_touch_at == Lead.objects.get().first_touch_at == seen[0].occurred_at
    [later] = take(page("https://www.example.com/docs"))
    assert (later.status, later.person_id) == ("touch", outcome.person_id)


def test_an_id_of_two_people_stays_nobodys():
    take(page(ago=9))
    first = enquire()
    enquire("sam@brightleaf.example")
    [taken] = take(page("https://www.example.com/docs"))
    assert (taken.status, taken.person_id) == ("kept", None)
    enquire()
    assert Visitor.objects.get().is_ambiguous
    assert list(Touch.objects.filter(kind="page_view").values_list("person_id", flat=True)) == [first.person_id]
    assert VisitEvent.objects.filter(person=None, visitor__is_ambiguous=True).count() == 1


def test_two_people_in_one_batch_share_nothing():
    take(page(ago=9))
    take(identify("a@one.example"), identify("b@two.example"))
    assert Visitor.objects.get().is_ambiguous and not Touch.objects.exists()


def test_who_was_merged_is_one_person():
    take(identify("a@one.example"))
    kept = enquire("b@two.example", visitor="").person_id
    Person.objects.exclude(pk=kept).update(merged_into=kept)
    take(page(ago=2))
    enquire("b@two.example")
    assert not Visitor.objects.get().is_ambiguous
    assert set(Touch.objects.filter(kind="page_view").values_list("person_id", flat=True)) == {kept}


def test_a_message_is_taken_once():
    take(identify("a@one.example"), page())
    again = take(page(), page(), identify("a@one.example"))
    assert [one.status for one in again] == ["duplicate"] * 3
    [one, two] = take(page("/x"), page("/x"))
    assert (one.status, two.status) == ("touch", "duplicate")
    assert Touch.objects.count() == 2


def test_identify_makes_a_person_and_no_cycle():
    [taken] = take(identify("a@one.example", userId="42", traits={
        "email": "A@one.example", "name": "Ada Example Lane", "title": "VP Operations", "plan": "pro",
        "company": {"name": "One Ltd", "employee_count": 40}}))  # fmt: skip
    person = Person.objects.get(pk=taken.person_id)
    assert (taken.status, person.first_name, person.last_name, person.seniority) == (
        "learnt",
        "Ada",
        "Example Lane",
        "vp",
    )
    assert person.company.employees == 40
    assert set(person.keys.values_list("key", flat=True)) == {"a@one.example", "site:42"}
    assert not Lead.objects.exists() and not Submission.objects.exists()
    [used] = take({"type": "track", "userId": 42, "event": "Report Built", "messageId": "m1"})
    touch = Touch.objects.get()
    assert (used.person_id, touch.kind, touch.side, touch.asset) == (
        person.pk,
        "feature_use",
        "product",
        "Report Built",
    )


def test_a_user_nobody_knows_waits_until_they_are_known():
    [taken] = take({"type": "track", "userId": "42", "event": "Trial Started", "messageId": "m1"})
    assert (taken.status, Touch.objects.count(), Person.objects.count()) == ("kept", 0, 0)
    [known] = take({"type": "identify", "userId": "42", "traits": {"email": "a@one.example"}, "messageId": "m2"})
    assert (Touch.objects.get().kind, Touch.objects.get().person_id) == ("trial_start", known.person_id)


def test_a_group_tells_of_the_firm():
    take(identify("a@one.example", userId="42"))
    take(
        {
            "type": "group",
            "userId": "42",
            "messageId": "g",
            "traits": {"name": "One", "industry": "Freight", "employees": 329},
        }
    )
    assert (Company.objects.get().industry, Company.objects.get().employees) == ("Freight", 329)


def test_anybody_may_send_what_a_browser_sends_so_it_changes_nobody_known():
    take(identify("a@one.example", traits={"email": "a@one.example", "title": "CTO", "lastName": "Lane"}))
    stranger = identify("a@one.example", visitor=OTHER, userId="42", traits={
        "email": "a@one.example", "title": "Fool", "lastName": "Fool", "phone": "+4930123456", "company": "Foo"})  # fmt: skip
    [taken] = take(stranger, public=True)
    person = Person.objects.get(pk=taken.person_id)
    assert (person.title, person.last_name, person.phone) == ("CTO", "Lane", "")
    assert PersonKey.objects.count() == 1
    refused = take({"type": "track", "event": "x", "anonymousId": OTHER}, page(visitor="user:site:42"), 7, public=True)
    assert [one.status for one in refused] == ["refused"] * 3
    take(page("https://x.example/?utm_campaign=made-up", visitor=OTHER), public=True)
    from marketing.models import Campaign

    assert not Campaign.objects.filter(code="made-up").exists()


def test_a_browser_cannot_claim_to_be_a_user_of_the_product():
    take({"type": "track", "userId": "42", "event": "Used", "messageId": "m1"})
    enquire(visitor="user:site:42")
    assert not Touch.objects.filter(kind="feature_use").exists()


@pytest.mark.parametrize("nonsense", [
    "\0", "\ud800", "a" * 100_000, {"a": {"b": "\0"}}, ["x"], 10**400, -1, True, "user:x", "javascript:alert(1)",
])  # fmt: skip
def test_nonsense_anywhere_is_left_out(nonsense):
    names = ["anonymousId", "userId", "messageId", "event", "traits", "properties", "context", "timestamp", "sentAt",
             "groupId", "previousId", "name"]  # fmt: skip
    inner = {"email": nonsense, "url": nonsense, "company": nonsense, "name": nonsense, "employees": nonsense}
    kinds = ["track", "identify", "group", "page", "alias", "screen"]
    batch = [{"type": kind, name: nonsense} for kind in kinds for name in names]
    batch += [
        {"type": kind, "traits": inner, "properties": inner, "context": {"page": inner, "campaign": inner}}
        for kind in kinds
    ]
    assert len(take(*batch)) == len(batch)
    assert not VisitEvent.objects.filter(url__startswith="javascript").exists()


def test_what_is_stitched_is_scored(cast):
    take(page(ago=3), page("https://www.example.com/docs", ago=2))
    [taken] = take(identify("a@one.example"))
    assert Person.objects.get(pk=taken.person_id).scored_at == NOW
    outcome = enquire("a@one.example")
    assert Lead.objects.get(pk=outcome.lead_id).person_id == taken.person_id
