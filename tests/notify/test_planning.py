"""From a notice to its deliveries: the policy's wish, the person's choice, quiet and opening hours."""

from datetime import UTC, datetime, time, timedelta

import pytest

from notify import planning, preferences
from notify.models import Attention, Delivery, Destination, Notice, Preference
from teams.calendars import add_calendar, week
from tests.notify.conftest import NOW

pytestmark = pytest.mark.django_db


def choose(user, promise="first_response:hot", channels=None, breaks=None):
    Preference.objects.create(user=user, promise=promise, channels=channels, breaks_quiet=breaks)


def quiet(user, begins=19, ends=8, days=range(7), zone="America/Chicago"):
    user.timezone = zone
    user.save()
    Attention.objects.create(user=user, quiet_from=time(begins), quiet_to=time(ends), quiet_days=list(days))


def test_what_the_step_asks_holds(cast, notice, waiting, slack):
    notice(how=["app", "browser", "email", "slack"])
    assert waiting() == [("Jonah", "browser"), ("Jonah", "email"), ("#inbound", "slack")]
    assert Notice.objects.get().planned_at == NOW


def test_in_the_app_alone_nothing_leaves(cast, notice, waiting):
    notice(how=["app"])
    notice(how=[])
    assert waiting() == [] and not Notice.objects.filter(planned_at=None).exists()


def test_the_persons_choice_for_the_promise_wins(cast, notice, waiting):
    choose(cast.owner, channels=["email"])
    notice(how=["browser"])
    notice(how=["browser"], tier="intent")
    assert [row for row in waiting() if row[1] != "browser"] == [("Jonah", "email"), ("Jonah", "email")]
    assert Delivery.objects.filter(channel="browser", notice__data__tier="intent").count() == 1
    assert not Delivery.objects.filter(channel="browser", notice__data__tier="hot").exists()


def test_no_channel_chosen_means_the_app_alone(cast, notice, waiting):
    choose(cast.owner, channels=[])
    notice(how=["email"])
    assert waiting() == []


def test_a_warning_kept_in_the_app_stays_there(cast, notice, waiting):
    choose(cast.owner, channels=["email"])
    notice(kind="clock.warned", how=["app"], level=50)
    notice(kind="clock.warned", how=["browser"], level=75)
    assert waiting() == [("Jonah", "email")]
    assert Delivery.objects.get().notice.data["level"] == 75


@pytest.mark.parametrize("kind", ["clock.breached", "clock.escalated"])
def test_a_breach_that_would_reach_nobody_is_mailed(cast, notice, waiting, kind):
    notice(kind=kind, how=["browser", "slack"])
    assert waiting() == [("Jonah", "browser"), ("Jonah", "email")]


def test_a_breach_that_reaches_a_tab_or_a_channel_is_not_mailed_too(cast, notice, waiting, slack):
    notice(how=["browser", "slack"])
    Attention.objects.create(user=cast.other, listening_at=NOW - timedelta(minutes=1))
    notice(cast.other, how=["browser"], data={"owner": cast.other.pk})
    assert waiting() == [("Jonah", "browser"), ("#inbound", "slack"), ("Sam", "browser")]


def test_an_early_warning_is_not_mailed_by_itself(cast, notice, waiting):
    notice(kind="clock.warned", how=["browser"], level=75)
    assert waiting() == [("Jonah", "browser")]


def test_one_post_an_event_however_many_people_are_told(cast, notice, waiting, slack):
    for user in (cast.owner, cast.manager):
        notice(user, key="clock:7:100", how=["slack"])
    assert waiting() == [("#inbound", "slack")]


def test_the_team_s_channel_else_the_company_s(cast, notice, waiting, slack):
    Destination.objects.create(name="#all", kind="slack", url="https://x.example/1", made_at=NOW)
    Destination.objects.create(name="#off", kind="slack", url="https://x.example/2", made_at=NOW, active=False)
    notice(how=["slack"])
    notice(cast.other, how=["slack"], data={"owner": cast.other.pk})
    assert waiting() == [("#inbound", "slack"), ("#all", "slack")]


def test_the_channel_of_the_owners_team_whoever_is_told(cast, notice, waiting, slack):
    notice(cast.admin, kind="clock.escalated", how=["slack"])
    assert waiting() == [("#inbound", "slack")]


def test_planned_once_whoever_plans(cast, notice, waiting):
    one = notice(how=["email"])
    assert waiting() == [("Jonah", "email")]
    Notice.objects.filter(pk=one.pk).update(planned_at=None)
    assert waiting() == [("Jonah", "email")]


def test_who_left_is_told_nothing(cast, notice, waiting):
    notice(how=["email"])
    cast.owner.is_active = False
    cast.owner.save()
    assert waiting() == []


def test_quiet_hours_hold_a_mail_until_they_end(cast, notice, waiting):
    quiet(cast.owner)
    late = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)  # Wednesday 21:00 in Chicago
    notice(how=["email", "browser"], tier="standard", at=late)
    waiting(late)
    assert set(Delivery.objects.values_list("not_before", flat=True)) == {datetime(2026, 11, 26, 14, 0, tzinfo=UTC)}


def test_a_hot_promise_breaks_the_quiet_unless_they_said_otherwise(cast, notice, waiting):
    late = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    quiet(cast.owner)
    quiet(cast.teammate)
    choose(cast.teammate, breaks=False)
    choose(cast.owner, "disposition", breaks=True)
    notice(how=["email"])
    notice(cast.teammate, how=["email"])
    notice(how=["email"], data={"target": "disposition", "tier": ""})
    waiting(late)
    held = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    assert list(Delivery.objects.order_by("id").values_list("not_before", flat=True)) == [late, held, late]


def test_a_channel_of_slack_knows_no_quiet_hours(cast, notice, waiting, slack):
    quiet(cast.owner)
    late = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    notice(how=["slack"], tier="standard")
    waiting(late)
    assert Delivery.objects.get().not_before == late


def test_a_promise_of_business_hours_waits_for_the_opening(cast, notice, waiting, slack):
    calendar = add_calendar("Office", tz="America/Chicago", weekly=week("09:00", "17:00"), by=cast.admin, at=NOW)
    hours = calendar.versions.get().pk
    friday_night = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
    notice(how=["email", "slack"], hours_id=hours)
    waiting(friday_night)
    monday = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    assert set(Delivery.objects.values_list("not_before", flat=True)) == {monday}


def test_open_and_loud_must_meet(cast, notice, waiting):
    calendar = add_calendar("Office", tz="America/Chicago", weekly=week("09:00", "17:00"), by=cast.admin, at=NOW)
    quiet(cast.owner, 0, 12)  # silent until noon
    notice(how=["email"], tier="standard", hours_id=calendar.versions.get().pk)
    waiting(datetime(2026, 11, 28, 2, 0, tzinfo=UTC))
    assert Delivery.objects.get().not_before == datetime(2026, 11, 30, 18, 0, tzinfo=UTC)


def test_a_test_goes_at_once_by_its_channel_alone(cast, notice, waiting, slack):
    quiet(cast.owner)
    choose(cast.owner, "default", channels=[])
    notice(kind="test", how=["email"])
    notice(cast.admin, kind="test", how=["slack"], data={"destination": slack.pk})
    late = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
    assert waiting(late) == [("Jonah", "email"), ("#inbound", "slack")]
    assert set(Delivery.objects.values_list("not_before", flat=True)) == {late}


def test_statements_do_not_grow_with_notices(cast, notice, slack, django_assert_num_queries):
    calendar = add_calendar("Office", tz="UTC", weekly=week("09:00", "17:00"), by=cast.admin, at=NOW)
    hours = calendar.versions.get().pk
    people = [cast.owner, cast.teammate, cast.manager, cast.other, cast.admin]
    for user in people:
        choose(user, channels=["email", "slack"])
    for turn in range(40):
        notice(people[turn % 5], how=["browser", "slack"], hours_id=hours)
    with django_assert_num_queries(7):  # savepoint twice, claim, choices, hours, destinations, rows and marks
        assert planning.drain(NOW, 2_000) == 40
    assert Delivery.objects.count() == 80  # a mail each, and a post for each clock


def test_the_pulse_plans_little_at_a_time(notice, monkeypatch):
    monkeypatch.setattr(planning, "A_TICK", 3)
    for _ in range(5):
        notice(how=["email"])
    assert [planning.drain(NOW, 2_000), planning.lot(NOW), planning.lot(NOW)] == [3, 2, 0]


def test_quiet_hours_that_never_end_are_refused(cast):
    from revops.lib.errors import Invalid

    with pytest.raises(Invalid, match="Leave some time"):
        preferences.keep(cast.owner, {}, preferences.Quiet(time(0), time(0), tuple(range(7))))
    with pytest.raises(Invalid, match="days"):
        preferences.keep(cast.owner, {}, preferences.Quiet(time(19), time(8), ()))
