"""The breach feed: who had it when it fell due, how late it was, what became of it."""

from datetime import UTC, datetime, timedelta

import pytest

from leads import touches
from leads.models import Lead, Pool, PoolMember
from sla import breaches, due, hops
from sla.business_time import Calendar
from sla.models import Clock, Hop, Pause
from teams import calendars

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


def at(**ago):
    return NOW - timedelta(**ago)


def rows(**asked):
    return breaches.page(breaches.Asked(**asked), now=NOW).rows


def late(make_lead, name="Priya Raman", *, minutes=20, noticed=None, **more):
    lead = make_lead(name, at=at(minutes=minutes), **more)
    due.drain(noticed or at(minutes=minutes - 6))
    return lead


def called(lead, cast, *, when):
    touches.log([touches.HumanTouch(lead.pk, "call", when)], by=cast.owner.pk, at=when)


def test_a_breach_is_dated_at_due_and_says_when_it_was_noticed(cast, make_lead):
    late(make_lead, noticed=at(minutes=15) + timedelta(seconds=4))
    [row] = rows()
    assert (row.at, row.owner, row.lag) == (at(minutes=15), cast.owner.pk, 4.0)
    assert row.after == "open" and row.late == 15 * 60


def test_the_lead_and_its_owner_are_late_once(cast, make_lead):
    lead = late(make_lead)
    assert Clock.objects.filter(lead=lead, target="first_response", breached_at__isnull=False).count() == 2
    assert [row.clock.scope for row in rows()] == ["lead"]


def test_newest_first_and_page_by_page(cast, make_lead):
    for number in range(5):
        make_lead(f"Person{number} Somebody", at=at(minutes=20 + number))
    due.drain(NOW)
    found, cursor = [], ""
    while True:
        page = breaches.page(breaches.Asked(), now=NOW, cursor=cursor, size=2)
        found += [row.clock.lead.person.first_name for row in page.rows]
        if not (cursor := page.next):
            break
    assert found == [f"Person{number}" for number in range(5)]
    assert breaches.count(breaches.Asked()) == 5 == len(list(breaches.every(breaches.Asked(), now=NOW)))


def test_what_happened_after(cast, signed_in, make_lead):
    done, voided, moved = (late(make_lead, name) for name in ("Done Late", "In Time", "Moved On"))
    called(done, cast, when=at(minutes=5))
    touches.log([touches.HumanTouch(voided.pk, "call", at(minutes=16))], by=cast.owner.pk, at=NOW, trusted=True)
    own = Clock.objects.get(lead=moved, target="first_response", scope="owner")
    Hop.objects.filter(lead=moved).delete()
    Hop.objects.create(clock=own, lead=moved, at=at(minutes=14), done_at=at(minutes=14), outcome="moved", turn=1,
                       from_owner=cast.owner, to_owner=cast.teammate)  # fmt: skip
    text = {row["name"]: row for row in signed_in(cast.manager).get("/breaches/").context["rows"]}
    assert text["Done Late"]["after"] == "done today 14:55" and text["Done Late"]["late"] == "10 min"
    assert text["In Time"]["voided"] and text["In Time"]["after"].startswith("voided")
    assert text["Moved On"]["after"] == "moved to Lena Fischer, still open"
    assert text["Moved On"]["owner"] == "Jonah Reyes"


def test_a_real_hop_says_to_whom_it_moved(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=20))
    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.teammate)
    due.drain(at(minutes=14))
    hops.drain(at(minutes=14), 100)
    assert Lead.objects.get(pk=lead.pk).owner == cast.teammate
    [row] = signed_in(cast.manager).get("/breaches/").context["rows"]
    assert (row["owner"], row["after"]) == ("Jonah Reyes", "moved to Lena Fischer, still open")


def test_lateness_counts_open_time_only(cast, make_lead):
    hours = calendars.add_calendar("Day", tz="UTC", weekly=calendars.week("09:00", "17:00"), by=cast.admin, at=NOW)
    cast.midwest.calendar = hours
    cast.midwest.save()
    lead = make_lead(at=NOW.replace(day=24, hour=16, minute=50))
    due.drain(NOW.replace(day=24, hour=16, minute=56))
    called(lead, cast, when=NOW.replace(hour=9, minute=10))
    assert rows()[0].late == 5 * 60 + 10 * 60


def test_filters_by_rep_promise_tier_and_period(cast, signed_in, make_lead):
    late(make_lead)
    late(make_lead, "Nora Quist", owner=cast.other)
    client = signed_in(cast.admin)

    def named(query):
        return sorted(row["name"] for row in client.get(f"/breaches/{query}").context["rows"])

    assert named("") == ["Nora Quist", "Priya Raman"]
    assert named("?team=coast") == ["Nora Quist"]
    assert named(f"?rep={cast.owner.pk}") == ["Priya Raman"]
    assert named("?promise=disposition") == []
    assert named("?tier=hot&promise=first_response") == ["Nora Quist", "Priya Raman"]
    assert named("?tier=standard") == []
    assert [row.clock.lead.person.first_name for row in rows(since=at(minutes=15), until=at(minutes=14))] == ["Nora", "Priya"]
    assert rows(since=at(minutes=14)) == []
    for wrong in ("?rep=x", "?days=5", "?tier=warm", "?promise=luck", "?team=nowhere"):
        assert client.get(f"/breaches/{wrong}").status_code == 404, wrong


def test_a_manager_reads_the_own_team_only(cast, signed_in, make_lead):
    late(make_lead)
    late(make_lead, "Nora Quist", owner=cast.other)
    client = signed_in(cast.manager)
    assert [row["name"] for row in client.get("/breaches/").context["rows"]] == ["Priya Raman"]
    assert client.get(f"/breaches/?rep={cast.other.pk}").status_code == 404


def test_the_file_has_every_row_and_no_formula(cast, signed_in, make_lead):
    late(make_lead, "Priya Raman", company={"name": "=2+3 Ltd"}, email="priya@northwind.example")
    answer = signed_in(cast.manager).get("/breaches/export.csv")
    head, line = b"".join(answer.streaming_content).decode().lstrip("\ufeff").splitlines()
    assert head.startswith("Fell due,Lead or deal,Company,Promise")
    assert line.startswith("2026-11-25T14:45:00Z,Priya Raman,'=2+3 Ltd,First response,hot,Jonah Reyes,900,")
    assert 'filename="breaches-2026-11-25.csv"' in answer["Content-Disposition"]


def test_an_imported_past_is_no_news(cast, make_lead):
    lead = late(make_lead)
    Clock.objects.filter(lead=lead).update(history=True)
    assert rows() == []


def test_the_last_open_hours_reach_back_over_a_weekend():
    week = Calendar("UTC", {day: [("09:00", "17:00")] for day in range(5)})
    monday = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert breaches.since_open(week, monday, 3_600) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert breaches.since_open(week, monday, 9 * 3_600) == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert week.elapsed(breaches.since_open(week, monday, 24 * 3_600), monday) == 24 * 3_600


def test_the_floor_names_the_latest_ones(cast, signed_in, make_lead):
    late(make_lead, noticed=at(minutes=15) + timedelta(seconds=4))
    answer = signed_in(cast.manager).get("/floor/")
    assert answer.context["feed_count"] == 1
    text = answer.content.decode()
    assert "Priya Raman</a>, 5 min, owner at due: Jonah Reyes <small>detected 4 s late</small>" in text


def test_the_queries_do_not_grow_with_the_feed(cast, signed_in, make_lead, django_assert_num_queries):
    late(make_lead)
    client = signed_in(cast.manager)
    client.get("/breaches/")
    with django_assert_num_queries(QUERIES):
        client.get("/breaches/")
    for number in range(4):
        make_lead(f"Person{number} Somebody", at=at(minutes=20 + number))
    due.drain(NOW)
    with django_assert_num_queries(QUERIES):
        client.get("/breaches/")
    assert not Pause.objects.exists()


QUERIES = 13
