"""Clocks of imported hand-overs: computed for reports, firing nothing, undated leads left out."""

from datetime import timedelta

import pytest

from journal.models import Entry
from leads.models import Lead
from notify.models import Notice
from sla import history
from sla.due import drain
from sla.models import Clock
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(lead):
    Clock.objects.all().delete()
    Entry.objects.all().delete()
    Notice.objects.all().delete()
    Lead.objects.update(history=True, first_response_at=NOW + timedelta(minutes=9), sal_at=NOW + timedelta(hours=3))
    return Lead.objects.get()


def test_what_the_past_says_is_timed_and_nobody_is_told(past):
    history.keep_time([], [past.pk], now=NOW + timedelta(days=400))
    shown = {(c.target, c.outcome, c.history) for c in Clock.objects.all()}
    assert shown == {("first_response", "met_late", True), ("disposition", "met", True)}
    drain(NOW + timedelta(days=401))
    assert not Notice.objects.exists() and not Entry.objects.exists()


def test_twice_is_once(past):
    history.keep_time([], [past.pk], now=NOW)
    history.keep_time([], [past.pk], now=NOW)
    assert Clock.objects.count() == 2


def test_undated_leads_have_no_times_to_keep(past):
    Lead.objects.update(undated=True)
    history.keep_time([], [past.pk], now=NOW)
    assert not Clock.objects.exists()
