"""What a draft would have meant: a small history worked out by hand."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

from leads.models import Lead, Person
from sla import drafts, replay, replaying
from sla.models import Clock, Pause, ReplayRun
from teams.models import Calendar, CalendarVersion
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db
WEST = {"attribute": "person.email", "op": "contains", "value": "west"}
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def asked(cast, hand_over):
    """`asked("west", ago=20, answered=6, owner=…)`: a hot lead handed over `ago` days before NOW, answered after so
    many minutes, None = never."""
    made = iter(range(1000))

    def make(territory, *, ago, answered, owner=None, hand_raise="demo", sql=False, **stamps):
        at = NOW - ago * DAY
        lead = hand_over(hand_raise, email=f"{territory}{next(made)}@firm.example", at=at)
        owner = owner or cast.owner
        stamps |= {"sql_at": at + DAY} if sql else {}
        answered_at = None if answered is None else at + answered * MINUTE
        Lead.objects.filter(pk=lead.pk).update(owner=owner, first_response_at=answered_at, **stamps)
        Clock.objects.filter(lead=lead).update(owner=owner)
        return lead

    return make


@pytest.fixture
def history(cast, asked):
    """Nine of the west, three of them of the teammate; two of the east. In minutes to the answer."""
    for minutes in (3, 5, 6, 8, 10, 11):
        asked("west", ago=20, answered=minutes)
    for minutes in (4, 7, None):
        asked("west", ago=30, answered=minutes, owner=cast.teammate)
    asked("east", ago=25, answered=2)
    asked("east", ago=25, answered=7)
    asked("west", ago=2, answered=7)  # too young to tell


@pytest.fixture
def draft(cast):
    """5 → 10 minutes for one territory."""
    draft = drafts.open_draft(by=cast.admin, at=NOW)
    hot = draft.lines.get(tier="hot")
    drafts.add(draft, target="first_response", before=hot, by=cast.admin, at=NOW, fields={
        "name": "Hot, west", "amount": 600, "condition": {"all": [hot.condition, WEST]}})  # fmt: skip
    return draft


def line(draft, name):
    return draft.lines.get(name=name)


def test_ten_minutes_for_one_territory_turn_exactly_four_breaches_green(history, draft):
    told = replay.of(draft, now=NOW)
    assert (told.before.clocks, told.before.met, told.before.breached) == (11, 4, 7)
    assert (told.after.clocks, told.after.met, told.after.breached) == (11, 8, 3)
    assert told.tiers == ["hot"] and (told.mqls, told.too_young, told.unfinished) == (12, 1, 0)
    [west] = told.slices
    assert (west.name, west.clocks, west.met_before, west.met_after) == ("Hot, west", 9, 3, 7)
    assert told.before.median_wait == told.after.median_wait == 6.5 * 60


def test_each_rep_is_counted_in_the_changed_lines_only(history, draft, cast):
    told = replay.of(draft, now=NOW)
    shown = [(rep.name, rep.clocks, rep.met_before, rep.met_after) for rep in told.reps]
    assert shown == [(str(cast.owner), 6, 2, 5), (str(cast.teammate), 3, 1, 2)]
    assert told.slices[0].reps == told.reps


def test_each_line_says_how_many_it_takes_and_which_takes_none(history, draft):
    told = replay.of(draft, now=NOW)
    hits = {draft.lines.get(line=pk).name: n for pk, n in told.hits.items()}
    assert hits == {"Hot, west": 10, "Hot lead answered": 2, "High intent answered": 0, "Any MQL answered": 0}
    assert {draft.lines.get(line=pk).name for pk in told.never} == {"High intent answered", "Any MQL answered"}
    assert sum(told.hits_before.values()) == 12
    never = {p.line_id for p in drafts.problems(draft, at=NOW, hits=told.hits) if p.code == "no_hits"}
    assert line(draft, "High intent answered").pk in never and line(draft, "Hot, west").pk not in never


def test_an_answer_at_due_itself_is_in_time(asked, draft):
    asked("west", ago=20, answered=5)
    told = replay.of(draft, now=NOW)
    assert (told.before.met, told.after.met) == (1, 1)


def test_notices_are_rungs_times_people_until_the_answer(asked, draft):
    # 5 min: 50% owner, 75% owner, 90% owner and manager, due owner and manager, +5 min monitor. Answered after 6 min:
    # five rungs but the last; under 10 min 50% alone (5:00), for 75% is at 7:30.
    asked("west", ago=8, answered=6)
    told = replay.of(draft, now=NOW)
    assert told.short_of == 8 and (told.until - told.since) == DAY
    assert (told.before.notices_a_day, told.after.notices_a_day) == (6, 1)


def test_a_breach_would_have_moved_on_as_often_as_the_line_says(asked, draft):
    asked("west", ago=20, answered=6)
    asked("west", ago=21, answered=11)  # due 5, next due 10: two hops
    asked("west", ago=22, answered=60)
    told = replay.of(draft, now=NOW)
    assert (told.before.moved, told.after.moved) == (5, 3)


def test_what_was_given_up_in_time_is_no_miss_and_late_it_is(asked, draft):
    at = NOW - 20 * DAY
    asked("west", ago=20, answered=None, rejected_at=at + 7 * MINUTE)
    told = replay.of(draft, now=NOW)
    assert (told.before.breached, told.before.cancelled) == (1, 0)
    assert (told.after.breached, told.after.cancelled) == (0, 1)


def test_a_paused_time_does_not_count(asked, draft):
    lead = asked("west", ago=20, answered=14)
    clock = Clock.objects.get(lead=lead, target="first_response", scope="lead")
    begin = clock.started_at
    Pause.objects.create(clock=clock, reason="legal_hold", from_at=begin + MINUTE, to_at=begin + 6 * MINUTE)
    told = replay.of(draft, now=NOW)
    assert (told.before.met, told.after.met, told.after.median_wait) == (0, 1, 540)


def test_hours_of_a_calendar_decide_when_it_was_due(asked, draft, cast):
    denver = Calendar.objects.create(name="Denver")
    week = {str(day): [["07:30", "17:00"]] for day in range(5)}
    CalendarVersion.objects.create(calendar=denver, number=1, tz="America/Denver", weekly=week)
    drafts.change(line(draft, "Hot, west"), {"calendar": denver}, by=cast.admin, at=NOW)
    # 15:00 UTC is 08:00 in Denver. 13 days ago a Wednesday, 10 days ago a Saturday: due Monday 07:40.
    asked("west", ago=13, answered=11)
    asked("west", ago=10, answered=600)
    told = replay.of(draft, now=NOW)
    assert (told.before.met, told.after.met) == (0, 1) and told.zone == "America/Denver"
    assert told.hours_after[8] == 1 and sum(told.hours_after) == 1
    assert told.hours_before[8] == 2 and sum(told.hours_before) == 2


def test_conditions_see_the_record_as_it_stood_at_the_hand_off(asked, draft, cast):
    east = asked("east", ago=20, answered=7)
    Person.objects.filter(pk=east.person_id).update(cell="A1", region="Mountain West")
    cell = {"attribute": "score.cell", "op": "is", "value": "A1"}
    drafts.change(line(draft, "Hot, west"), {"condition": cell}, by=cast.admin, at=NOW)
    assert replay.of(draft, now=NOW).slices == []
    east.snapshot.cell = "A1"
    east.snapshot.save()
    assert replay.of(draft, now=NOW).slices[0].clocks == 1
    region = {"attribute": "person.region", "op": "is", "value": "Mountain West"}
    drafts.change(line(draft, "Hot, west"), {"condition": region}, by=cast.admin, at=NOW)
    assert replay.of(draft, now=NOW).slices == []


def test_leads_without_real_dates_are_left_out(asked, draft):
    for field in ("history", "undated"):
        lead = asked("west", ago=20, answered=7)
        Lead.objects.filter(pk=lead.pk).update(**{field: True})
    told = replay.of(draft, now=NOW)
    assert (told.mqls, told.before.clocks, told.short_of) == (0, 0, 0)


def test_a_short_history_says_how_many_days_there_are(asked, draft):
    asked("west", ago=11, answered=7)
    told = replay.of(draft, now=NOW)
    assert told.short_of == 11 and told.since == NOW - 11 * DAY


def test_a_draft_that_changes_nothing_makes_no_difference(history, cast):
    told = replay.of(drafts.open_draft(by=cast.admin, at=NOW), now=NOW)
    assert told.before == told.after and told.tiers == [] and told.slices == [] and told.cost is None
    assert told.before.clocks == 11


def test_a_line_taken_away_is_shown_with_those_who_lose_it(history, draft, cast):
    drafts.publish(draft, by=cast.admin, at=NOW)
    second = drafts.open_draft(by=cast.admin, at=NOW)
    drafts.remove(line(second, "Hot, west"), by=cast.admin, at=NOW)
    told = replay.of(second, now=NOW)
    [west] = told.slices
    assert (west.name, west.clocks, west.met_before, west.met_after) == ("Hot, west", 9, 7, 3)


def test_the_cost_compares_the_band_with_faster_answers(asked, draft):
    for n in range(4):
        asked("west", ago=20, answered=7, sql=n == 0)
    for n in range(5):
        asked("west", ago=40, answered=2, sql=n < 3)
    asked("west", ago=40, answered=30, sql=True)  # beyond the band
    cost = replay.of(draft, now=NOW).cost
    assert (cost.way, cost.turned, cost.above, cost.up_to) == ("green", 4, 300, 600)
    assert (cost.band.leads, cost.band.sql, cost.faster.leads, cost.faster.sql) == (4, 1, 5, 3)
    assert cost.band.small and round(cost.band.low, 3) == 0.046 and round(cost.band.high, 3) == 0.699


def test_other_targets_are_replayed_from_their_clocks(asked, cast):
    late = asked("west", ago=20, answered=2)
    kept = asked("west", ago=21, answered=2)
    begun = dict(Clock.objects.filter(target="disposition").values_list("lead_id", "started_at"))
    for lead, hours in ((late, 30), (kept, 10)):
        Clock.objects.filter(lead=lead, target="disposition").update(
            phase="stopped", outcome="met", stopped_at=begun[lead.pk] + timedelta(hours=hours),
            next_at=None, next_level=None,
        )  # fmt: skip
    draft = drafts.open_draft(by=cast.admin, at=NOW)
    drafts.change(draft.lines.get(target="disposition"), {"amount": 24 * 3_600}, by=cast.admin, at=NOW)
    told = replay.of(draft, now=NOW, target="disposition")
    assert (told.before.clocks, told.before.met, told.after.met, told.after.breached) == (2, 2, 1, 1)
    assert told.cost is None
    assert replay.of(draft, now=NOW, target="next_step").missing


def test_the_number_of_statements_does_not_grow_with_history(history, draft, asked, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        replay.of(draft, now=NOW)
    for n in range(10):
        asked("west", ago=30 + n, answered=7)
    with django_assert_num_queries(len(few)):
        replay.of(draft, now=NOW)
    assert len(few) <= 12


def test_many_hand_offs_are_sampled_evenly_and_it_is_said(history, draft, monkeypatch):
    monkeypatch.setattr("sla.replay_history.MOST", 6)
    told = replay.of(draft, now=NOW)
    assert (told.mqls, told.every, told.before.clocks) == (12, 2, 5)  # one of the six is too young


def test_one_lead_says_which_line_takes_it_and_when_it_is_due(asked, draft):
    lead = asked("west", ago=20, answered=7)
    before, after = replay.try_one(lead.pk, draft)
    assert (before.name, before.due_at) == ("Hot lead answered", lead.mql_at + 5 * MINUTE)
    assert (after.name, after.due_at) == ("Hot, west", lead.mql_at + 10 * MINUTE)
    assert after.verdicts == [("Hot, west", True)] and "e-mail contains west" in after.why
    other = asked("east", ago=20, answered=7)
    assert replay.try_one(other.pk, draft)[1].verdicts == [("Hot, west", False), ("Hot lead answered", True)]
    assert replay.try_one(999_999, draft) is None


def test_a_replay_survives_being_written_down(history, draft):
    told = replay.of(draft, now=NOW)
    kept = replay.Replay.from_json(json.loads(json.dumps(told.as_json(), default=lambda at: at.isoformat())))
    assert kept == told


# --- kept, watched, stopped --------------------------------------------------


def test_a_replay_is_counted_once_until_the_draft_what_is_live_or_the_day_changes(history, draft, cast):
    first = replaying.begin(draft, now=NOW, by=cast.admin)
    assert (first.state, first.done, first.total) == ("done", 12, 12)
    with CaptureQueriesContext(connection) as again:
        kept = replaying.begin(draft, now=NOW + timedelta(hours=1))
    assert kept == first and len(again) == 2
    assert replaying.result(kept).slices[0].met_after == 7
    drafts.change(line(draft, "Hot, west"), {"amount": 480}, by=cast.admin, at=NOW + MINUTE)
    draft.refresh_from_db()
    edited = replaying.begin(draft, now=NOW + timedelta(hours=1))
    assert edited.key != first.key and replaying.result(edited).slices[0].met_after == 6
    assert replaying.begin(draft, now=NOW + DAY).started_at == NOW + DAY
    assert ReplayRun.objects.count() == 1


@pytest.fixture
def long(monkeypatch):
    monkeypatch.setattr("sla.replaying.AT_ONCE", 5)
    monkeypatch.setattr("sla.replay.LOT", 4)


def test_a_long_one_is_counted_by_a_worker_who_says_how_far_it_is(history, draft, long, frozen):
    run = replaying.begin(draft, now=NOW)
    assert (run.state, run.done, run.total) == ("running", 0, 12) and replaying.result(run) is None
    assert replaying.begin(draft, now=NOW + timedelta(seconds=30)) == run
    with frozen(NOW + MINUTE):
        replaying.count(run.pk)
    run = replaying.progress(run.pk)
    assert (run.state, run.done) == ("done", 12)
    assert replaying.result(run).slices == replay.of(draft, now=NOW).slices


def test_cancelling_stops_it_after_the_lot(history, draft, long, monkeypatch, frozen):
    run = replaying.begin(draft, now=NOW)
    lots = []

    def stories(ids, *args, **more):
        lots.append(len(ids))
        if len(lots) == 2:
            run.cancel(at=NOW)
        return really(ids, *args, **more)

    really = replay.stories
    monkeypatch.setattr("sla.replay.stories", stories)
    with frozen(NOW):
        replaying.count(run.pk)
    assert lots == [4, 4] and replaying.progress(run.pk).state == "cancelled"
    assert replaying.begin(draft, now=NOW).state == "running"  # asked again, it begins anew


def test_who_counts_and_falls_silent_is_taken_over(history, draft, long):
    run = replaying.begin(draft, now=NOW)
    later = replaying.begin(draft, now=NOW + timedelta(seconds=61))
    assert later.pk == run.pk and later.started_at == NOW + timedelta(seconds=61)


def test_without_a_broker_it_is_counted_all_the_same(
    history, draft, long, monkeypatch, frozen, django_capture_on_commit_callbacks
):
    def away(*_args):
        raise OperationalError("no broker")

    monkeypatch.setattr("sla.tasks.count_replay.delay", away)
    with frozen(NOW), django_capture_on_commit_callbacks(execute=True):
        run = replaying.begin(draft, now=NOW)
    assert replaying.progress(run.pk).state == "done"


def test_what_failed_is_not_tried_again_at_every_look(history, draft, long, monkeypatch, frozen):
    run = replaying.begin(draft, now=NOW)
    monkeypatch.setattr("sla.replay.stories", lambda *args, **more: 1 / 0)
    with frozen(NOW), pytest.raises(ZeroDivisionError):
        replaying.count(run.pk)
    assert replaying.begin(draft, now=NOW + timedelta(seconds=30)).state == "failed"
    assert replaying.begin(draft, now=NOW + timedelta(seconds=61)).state == "running"


def test_the_page_shows_how_far_it_is_and_stops_it(history, draft, long, client, cast, frozen):
    client.force_login(cast.admin)
    draft.refresh_from_db()
    address = "/sla/first-response/effect/"
    with frozen(NOW):
        text = client.get(address).content.decode()
        assert "0 of 12" in text and 'hx-trigger="load delay:1s"' in text
        stopped = client.post(address, headers={"HX-Request": "true"}).content.decode()
        assert "Stopped." in stopped and "hx-trigger" not in stopped
        assert ReplayRun.objects.get().state == "cancelled"
        run = replaying.begin(draft, now=NOW)
        replaying.count(run.pk)
        assert "Hot clocks, all territories" in client.get(address).content.decode()
