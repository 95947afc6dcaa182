"""Reviews: numbers frozen once, decisions kept, shown and ticked off the next time."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from dashboards import rows, sheet
from dashboards.filters import parse
from dashboards.kpis import registry
from dashboards.meetings import pages, verbs
from dashboards.meetings.models import Decision, Meeting
from journal.models import Entry
from revops.lib.errors import Forbidden, Invalid, Refused
from teams.models import Organisation

NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def company(make_lead, make_clock, ago, cast, organisation):
    for n in range(24):
        make_lead(ago(9), mql_at=ago(8), owner=cast.owner,
                  **({"sal_at": ago(7), "sql_at": ago(6)} if n % 3 else {"rejected_at": ago(7), "reason": "no_need"}))  # fmt: skip
        make_clock(ago(5), outcome="met" if n % 4 else "met_late", owner=cast.owner)
    return cast


def started(cast, now, **more):
    return verbs.start("sla", period=NOVEMBER, by=cast.manager, at=now, **more)


def test_starting_freezes_every_number_with_its_versions_and_moment(company, now):
    meeting = started(company, now)
    assert (meeting.frozen_at, meeting.versions["definition"], meeting.versions["promises"]) == (now, 1, 2)
    slides = list(meeting.slides.all())
    assert [s.key for s in slides] == ["sales", "marketing", "rejection", "breaches", "touches", "velocity"]
    hot = slides[0].facts[0]
    assert (hot["name"], hot["value"]) == ("Hot leads in 5 min", "75.0%")
    assert "as_of=2026-11-26T18%3A00%3A00" in hot["href"]
    assert Entry.objects.get(kind="meeting.started").data["definition"] == 1


def test_started_twice_is_one_meeting(company, now):
    first = started(company, now)
    assert verbs.start("sla", period=date(2026, 11, 17), by=company.admin, at=now + timedelta(hours=1)) == first
    verbs.close(first, by=company.manager, at=now)
    assert started(company, now) != first


def test_what_happens_later_is_a_dot_and_changes_no_frozen_number(company, make_clock, ago, now, organisation):
    meeting = started(company, now)
    for _ in range(20):
        make_clock(ago(1), outcome="met_late", owner=company.owner)
    sheet.forget()
    later = now + timedelta(hours=2)
    shown = pages.screens(meeting, list(meeting.slides.all()), now=later, organisation=organisation)[0]
    facts = {fact["key"]: fact for fact in shown["facts"]}
    assert (facts["first_response.hot"]["value"], facts["first_response.hot"]["moved"]) == ("75.0%", True)
    assert facts["disposition"]["moved"] is False
    verbs.close(meeting, by=company.manager, at=later)
    shown = pages.screens(meeting, list(meeting.slides.all()), now=later, organisation=organisation)[0]
    assert not any(fact["moved"] for fact in shown["facts"])


def decide(meeting, cast, now, text="Ask for firm size", **more):
    given = {"topic": "rejection", "owner": cast.marketer, "due_on": now.date() + timedelta(days=7)} | more
    return verbs.decide(meeting, text=text, by=given.pop("by", cast.manager), at=now, **given)


def test_a_decision_has_words_an_owner_and_a_day(company, now):
    meeting = started(company, now)
    made = decide(meeting, company, now, "  Ask for   firm size ")
    assert (made.text, made.owner, made.done_at) == ("Ask for firm size", company.marketer, None)
    assert decide(meeting, company, now) == made
    with pytest.raises(Invalid, match="over"):
        decide(meeting, company, now, "Late", due_on=date(2026, 11, 1))
    with pytest.raises(Invalid):
        decide(meeting, company, now, " ")
    company.other.is_active = False
    for wrong in ({"owner": company.other}, {"owner": company.viewer}, {"topic": "nowhere"}):
        with pytest.raises(Invalid):
            decide(meeting, company, now, "X", **wrong)
    with pytest.raises(Invalid, match="300"):
        decide(meeting, company, now, "x" * 301)
    assert decide(meeting, company, now, topic="sales") != made  # the same words over another screen
    drawn = Meeting.objects.get()
    verbs.close(meeting, by=company.manager, at=now)
    with pytest.raises(Refused, match="closed"):  # closed by somebody else since the page was drawn
        decide(drawn, company, now, "Too late")


def test_the_next_review_shows_what_was_decided_done_or_not(company, now):
    first = started(company, now)
    kept, done = decide(first, company, now), decide(first, company, now, "Cover the lunch hour", topic="sales")
    verbs.finish(done, by=company.marketer, at=now + timedelta(days=1))
    verbs.finish(done, by=company.marketer, at=now + timedelta(days=2))
    verbs.close(first, by=company.manager, at=now + timedelta(hours=1))
    assert Entry.objects.filter(kind="meeting.decision_done").count() == 1
    second = verbs.start("sla", period=NOVEMBER, by=company.manager, at=now + timedelta(days=9))
    assert pages.brought_along(second) == [kept, done]
    chicago = Organisation(timezone="America/Chicago")
    assert pages.standing(kept, date(2026, 12, 4), chicago) == ("not done", "late")
    assert pages.standing(done, date(2026, 12, 4), chicago) == ("done", "ok")
    done.done_at = datetime(2026, 12, 4, 3, tzinfo=UTC)  # still Thursday evening there
    assert pages.standing(done, date(2026, 12, 4), chicago) == ("done Thu", "ok")
    verbs.close(second, by=company.manager, at=now + timedelta(days=9, hours=1))
    third = verbs.start("sla", period=NOVEMBER, by=company.manager, at=now + timedelta(days=12))
    assert pages.brought_along(third) == [kept]  # what is done was shown once; what is open comes along
    verbs.finish(kept, by=company.manager, at=now + timedelta(days=13))
    assert pages.brought_along(third) == [kept]  # done during the meeting, or after: it stays on its screen


def test_who_may(company, now):
    for who in (company.owner, company.marketer, company.viewer):
        with pytest.raises(Forbidden):
            verbs.start("sla", period=NOVEMBER, by=who, at=now)
    meeting = started(company, now)
    with pytest.raises(Forbidden):
        decide(meeting, company, now, by=company.viewer)
    made = decide(meeting, company, now, by=company.owner)
    with pytest.raises(Forbidden):
        verbs.finish(made, by=company.other, at=now)
    with pytest.raises(Forbidden):
        verbs.close(meeting, by=company.owner, at=now)
    verbs.close(meeting, by=company.admin, at=now)
    with pytest.raises(Refused, match="closed"):
        decide(meeting, company, now, "One more")
    with pytest.raises(Invalid):
        verbs.start("sla", period=date(2027, 1, 1), by=company.admin, at=now)
    with pytest.raises(Invalid):
        verbs.start("party", period=NOVEMBER, by=company.admin, at=now)
    for kind in ("quarter", "sla"):
        with pytest.raises(Invalid, match="before anything"):
            verbs.start(kind, period=date(1, 1, 1), by=company.admin, at=now)
    with pytest.raises(Invalid, match="running one"):
        verbs.start("pipeline", period=now.date() - timedelta(days=7), by=company.admin, at=now)


def test_late_answers_are_charged_to_whose_delay_it_was(company, make_clock, ago, now):
    """Nobody had it; it reached its owner late, who was in time; its owner had it."""
    make_clock(ago(5), outcome="met_late", owner=None)
    routed = make_clock(ago(5), outcome="met_late", owner=company.other)
    other = make_clock(ago(5), outcome="met", scope="owner", owner=company.other, stopped_at=ago(5, hours=1))
    assert routed.lead_id == other.lead_id
    facts = {f["key"]: f["value"] for f in started(company, now).slides.get(key="breaches").facts}
    assert facts["cause.nobody"] == "1" and int(facts["cause.routing"]) >= 1


def test_what_was_late_opens_as_many_rows_as_it_says(company, make_clock, ago, now):
    make_clock(ago(5), outcome="met_late", owner=None)
    make_clock(ago(5), outcome="breached_cancelled", tier="standard", owner=company.other)
    make_clock(ago(4), owner=company.other)  # late, and still open
    make_clock(ago(4), outcome="met", owner=company.other)
    slide = started(company, now).slides.get(key="breaches")
    found = {}
    for fact in slide.facts:
        address, _, query = fact["href"].partition("?")
        asked = dict(parse_qsl(query))
        filters = parse(asked, zone=Organisation.get().timezone, now=now)
        behind = sheet.opened(filters, now=now, organisation=Organisation.get())
        found[fact["key"]] = rows.count(behind, registry.find(address.split("/")[2]), asked["part"])
    assert found == {fact["key"]: int(fact["value"]) for fact in slide.facts}
    assert (found["late"], found["cause.nobody"], found["cause.owner"]) == (9, 1, 8)


# --- pages ---------------------------------------------------------------------------


def test_a_review_is_run_from_its_pages(company, client, frozen, now):
    with frozen(now) as clock:
        client.force_login(company.manager)
        assert "Start the monthly review" in client.get("/scoreboard/").text
        answer = client.post("/reviews/", {"month": "2026-11"})
        meeting = Meeting.objects.get()
        assert answer["Location"] == f"/reviews/{meeting.pk}/1/"
        for n in range(1, 7):
            page = client.get(f"/reviews/{meeting.pk}/{n}/")
            assert page.status_code == 200 and f"{n} of 6" in page.text
        assert client.get(f"/reviews/{meeting.pk}/7/").status_code == 404
        given = {"topic": "rejection", "text": "Ask for firm size", "owner": company.marketer.pk, "due_on": "2026-12-03"}
        assert client.post(f"/reviews/{meeting.pk}/decisions/", given)["Location"] == f"/reviews/{meeting.pk}/3/#decided"
        assert client.post(f"/reviews/{meeting.pk}/decisions/", given | {"text": ""}).status_code == 400
        assert client.post(f"/reviews/{meeting.pk}/decisions/", given | {"due_on": "2026-01-01"}).status_code == 400
        assert "Ask for firm size" in client.get(f"/reviews/{meeting.pk}/3/").text
        assert client.post(f"/reviews/{meeting.pk}/closing/").status_code == 302
        clock.advance(days=10)
        listed = client.get("/reviews/").text
        assert "Ask for firm size" in listed and "not done" in listed
        client.force_login(company.marketer)
        decision = Decision.objects.get()
        assert client.post(f"/reviews/decisions/{decision.pk}/done/", {"back": "//evil.example"})["Location"] == "/reviews/"
        assert client.post(f"/reviews/decisions/{decision.pk}/done/", {"done": "no"}).status_code == 302
        decision.refresh_from_db()
        assert decision.done_at is None
        client.force_login(company.other)
        assert client.post(f"/reviews/decisions/{decision.pk}/done/").status_code == 403
        assert client.post("/reviews/", {"month": "2026-11"}).status_code == 403
