"""The company's present, on a Wednesday morning in Chicago: a floor at work, with the numbers of one."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db.models import F
from django.test import Client

from leads import touches
from leads.models import Lead, Touch
from leads.models.touch import Standing
from notify.models import Destination
from revops.lib.now import frozen
from sla import breaches, floor, limbo, rebuild
from sla.models import Clock, Hop, NextStep, Pause, PolicySet
from teams import calendars
from teams.models import Calendar, Leave, Organisation, Team, User

pytestmark = pytest.mark.long  # another company is told; test_seed tells one in the short suite
UNTIL = datetime(2026, 11, 18, 16, 14, 22, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 19, 6, tzinfo=UTC)
OLDEST = timedelta(days=15)  # nothing is late for longer


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """One telling for the whole file; rolled back afterwards."""
    from django.db import transaction

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            call_command("seed_demo", "--people", "3000", "--until", UNTIL.isoformat(), verbosity=0)
            yield
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


@pytest.fixture
def company(told, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def midwest(company):
    return tuple(User.objects.filter(team__name="Midwest").values_list("pk", flat=True))


def lead(name: str) -> Lead:
    first, _, last = name.partition(" ")
    return Lead.objects.get(person__first_name=first, person__last_name=last, person__email__contains=".9000")


def test_the_floor_is_busy_and_not_on_fire(midwest):
    found = floor.summary(floor.Floor(midwest, UNTIL, TOMORROW))
    assert 2 <= found.groups["late"] <= 7
    assert 2 <= found.groups["soon"] <= 5
    assert 8 <= found.today <= 40
    assert found.groups["paused"] >= 1


def test_nothing_is_late_for_weeks(company):
    late = Clock.objects.filter(phase="running", due_at__lt=UNTIL)
    assert late.count() <= 40
    assert not late.filter(due_at__lt=UNTIL - OLDEST).exists()


def test_some_are_nobodys_and_only_some(midwest):
    counts = limbo.counts(midwest)
    assert 2 <= sum(counts.values()) <= 6
    assert counts["owner"] == counts["parked"] == counts["date"] == 0
    assert sum(limbo.counts(None).values()) <= 15


def test_there_were_breaches_and_not_too_many(midwest):
    asked = breaches.Asked(midwest, since=UNTIL - timedelta(days=4))
    assert 5 <= breaches.count(asked) <= 25


def test_each_late_breach_was_noticed_at_once(company):
    lags = [row.lag for row in breaches.every(breaches.Asked(since=UNTIL - timedelta(days=4)), now=UNTIL)]
    assert len(lags) > 5 and sorted(lags)[len(lags) * 8 // 10] < 1


@pytest.mark.parametrize(
    ("target", "low", "high"),
    [("first_response", 0.85, 0.96), ("disposition", 0.85, 0.98), ("stage_age", 0.85, 0.99), ("next_step", 0.75, 0.95)],
)
def test_most_promises_were_kept(company, target, low, high):
    judged = Clock.objects.filter(target=target, outcome__in=["met", "met_late", "breached_cancelled"])
    judged = judged.exclude(target="first_response", scope="owner")
    kept = judged.filter(outcome="met").count() / judged.count()
    assert judged.count() > 100 and low <= kept <= high


def test_the_rebuild_finds_nothing_to_say(company):
    wrong: list[str] = []
    done = rebuild.check(at=UNTIL, tell=lambda difference: wrong.append(str(difference)))
    assert not wrong and done.clocks > 1_000


def test_a_lead_with_two_hops_is_the_managers(company):
    noor = lead("Noor Aziz")
    outcomes = list(Hop.objects.filter(lead=noor).order_by("at").values_list("outcome", flat=True))
    assert outcomes == ["moved", "moved", "limit"]


def test_people_promise_and_do_what_they_promised(company):
    done = NextStep.objects.filter(state="done")
    assert done.filter(closed_at__lte=F("by_when")).count() > 100
    assert done.filter(closed_at__gt=F("by_when")).exists()
    assert NextStep.objects.filter(deal__isnull=False, state="open").exists()


def test_won_deals_were_handed_over(company):
    owed = Clock.objects.filter(target__in=["handoff_sched", "handoff_call"])
    assert owed.filter(outcome="met").count() > owed.exclude(outcome="met").count()


def test_pauses_benches_leaves_and_what_waits_for_a_manager(company):
    assert Pause.objects.filter(to_at=None, clock__lead=lead("Olga Petrov")).exists()
    assert Pause.objects.exclude(to_at=None).exists()
    assert User.objects.exclude(benched_at=None).get().name == "Owen Clarke"
    assert Leave.objects.filter(starts_at__lt=UNTIL, ends_at__gt=UNTIL).get().user.name == "Ken Ito"
    waiting = touches.waiting_for(User.objects.get(name="Dana Whitfield")).get()
    assert (waiting.lead, waiting.standing) == (lead("Adaeze Obi"), Standing.WAITS)
    assert Touch.objects.filter(standing=Standing.WAITS).count() == 1


def test_two_records_of_one_woman_became_one(company):
    assert Lead.objects.get(stage="merged").person.last_name == "Ellis"


def test_every_team_has_a_manager_and_somebody_hears_in_the_end(company):
    assert not Team.objects.filter(manager=None).exists()
    assert Organisation.get().executive is not None
    assert User.objects.filter(watches_handoffs=True).exists()


def test_calendars_know_the_holidays_of_their_place(company):
    hours = {c.name: calendars.current_versions()[c.pk] for c in Calendar.objects.all()}
    assert hours["Midwest"].names["2026-11-26"] == "Thanksgiving Day"
    assert hours["Midwest"].names["2026-11-27"] == "Day after Thanksgiving"
    assert hours["East"].own["2026-12-24"]["windows"] == [["09:00", "12:00"]]
    assert len(hours["Europe"].weekly["0"]) == 2  # lunch
    assert (hours["Europe"].country, hours["Europe"].region) == ("DE", "BE")
    assert "2026-11-11" in hours["Midwest"].worked


def test_promises_have_a_history_to_go_back_to(company):
    sets = list(PolicySet.objects.order_by("version"))
    assert [s.state for s in sets] == ["retired", "retired", "published"]
    assert sets[-1].note and UNTIL - timedelta(days=200) < sets[-1].published_at < UNTIL - timedelta(days=100)
    assert Clock.objects.filter(policy__policy_set=sets[1]).exists()
    assert Clock.objects.filter(policy__policy_set=sets[2]).exists()


def test_nothing_leaves_the_house(company):
    assert not Destination.objects.exists()


@pytest.mark.parametrize(
    ("who", "path"),
    [("Dana Whitfield", "/floor/"), ("Dana Whitfield", "/limbo/"), ("Dana Whitfield", "/breaches/"),
     ("Dana Whitfield", "/scoreboard/"), ("Jonah Reyes", "/queue/"), ("Ruth Adeyemi", "/floor/"),
     ("Ruth Adeyemi", "/sla/history/"), ("Grace Holm", "/scoreboard/")],
)  # fmt: skip
def test_its_people_open_their_pages(company, who, path):
    client = Client()
    client.force_login(User.objects.get(name=who))
    with frozen(UNTIL):
        answer = client.get(path)
    words = {"/floor/": "Noor Aziz", "/limbo/": "Anders Holm", "/breaches/": "Priya Raman", "/queue/": "Marcus Hale",
             "/scoreboard/": "%", "/sla/history/": "15 minutes"}  # fmt: skip
    assert answer.status_code == 200
    assert words[path] in answer.content.decode()
