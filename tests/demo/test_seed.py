"""A small company, told to its end: believable, whole, and the same for the same seed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from deals.models import Deal
from leads.models import OPEN_STAGES, Lead, Person, Touch
from revops.demo import log_ins
from sla.models import Clock
from teams.models import User

UNTIL = datetime(2026, 11, 18, 16, 14, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """One telling for the whole file; rolled back afterwards."""
    from django.db import transaction

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            call_command("seed_demo", "--people", "600", "--until", UNTIL.isoformat(), verbosity=0)
            yield
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


@pytest.fixture
def company(told, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def the_sizes_keep_their_proportions():
    assert 580 <= Person.objects.count() <= 680
    assert 150 <= Lead.objects.count() <= 230
    assert Deal.objects.count() >= 5
    assert User.objects.active().count() == 25
    assert {"mql", "rejected", "recycled"} <= set(Lead.objects.values_list("stage", flat=True))


def every_stage_was_entered_in_its_order():
    for earlier, later in (("mql_at", "sal_at"), ("sal_at", "sql_at"), ("sql_at", "opportunity_at"),
                           ("opportunity_at", "won_at"), ("opportunity_at", "lost_at"), ("mql_at", "rejected_at")):  # fmt: skip
        wrong = Lead.objects.exclude(**{later: None}).exclude(**{f"{later}__gte": F(earlier)})
        assert not wrong.exists(), (earlier, later)
    assert not Lead.objects.filter(stage_at__gt=UNTIL).exists()
    assert not Touch.objects.filter(occurred_at__gt=UNTIL).exists()


def nobody_is_without_an_owner_and_no_stage_without_its_deal():
    assert not Lead.objects.without_owner().exists()
    assert Lead.objects.filter(stage__in=["opportunity", "won", "lost"], deal=None).count() == 0
    assert not Deal.objects.filter(stage="won").exclude(lead__stage="won").exists()


def the_present_is_lively():
    """Jonah has clocks that are late, that are urgent, and that leave him time."""
    jonah = User.objects.get(name="Jonah Reyes")
    open_clocks = Clock.objects.filter(lead__owner=jonah, lead__stage__in=OPEN_STAGES).exclude(phase="stopped")
    late = open_clocks.filter(due_at__lt=UNTIL)
    urgent = open_clocks.filter(due_at__range=(UNTIL, UNTIL + timedelta(hours=1)))
    assert late.exists() and urgent.exists()
    assert open_clocks.filter(due_at__gt=UNTIL + timedelta(hours=4)).exists()
    marcus = Lead.objects.get(person__first_name="Marcus", person__last_name="Hale")
    assert timedelta(0) < marcus.next_due_at - UNTIL < timedelta(minutes=5)
    priya = Lead.objects.get(person__first_name="Priya", person__last_name="Raman")
    assert priya.next_due_at < UNTIL
    # What was late when the story ended is known to be late.
    assert not Clock.objects.filter(next_at__lt=UNTIL - timedelta(seconds=2)).exists()


def somebody_of_each_role_can_sign_in():
    assert len(log_ins()) == 6
    for _, mail, password in log_ins():
        assert User.objects.get(email=mail).check_password(password)
        assert mail.endswith(".example")


def all_addresses_reach_nobody():
    assert not Person.objects.exclude(email__endswith=".example").exists()


def a_second_telling_is_refused():
    with pytest.raises(CommandError, match="already"):
        call_command("seed_demo")


CHECKS = [
    the_sizes_keep_their_proportions,
    every_stage_was_entered_in_its_order,
    nobody_is_without_an_owner_and_no_stage_without_its_deal,
    the_present_is_lively,
    somebody_of_each_role_can_sign_in,
    all_addresses_reach_nobody,
    a_second_telling_is_refused,
]


def test_the_story_of_a_small_company_holds(company):
    """One test, so that one worker tells the story once: it takes longer than all that is asked of it."""
    for check in CHECKS:
        check()


@pytest.mark.django_db
def test_the_story_cannot_end_in_the_future():
    with pytest.raises(CommandError, match="future"):
        call_command("seed_demo", "--until", "2126-01-01")
