"""A model in the shadow scores silently beside the live one: nobody is told, nothing is handed over."""

from datetime import timedelta

import pytest
from django.db import transaction

from leads.models import Lead, Snapshot
from notify.models import Notice
from scoring import shadow
from scoring.models import ScoringModel, ShadowScore
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db
LIVE = [
    {"kind": "fit", "points": 80, "condition": {}},
    {"kind": "engagement", "points": 60, "at_least": 1, "touches": {"kind": ["webinar"]}},
]
DRAFT = [
    {"kind": "fit", "points": 80, "condition": {}},
    {"kind": "engagement", "points": 60, "at_least": 1, "touches": {"kind": ["download"]}},
]


@pytest.fixture
def beside(cast):
    """A live model for webinars, and one for downloads in the shadow since T − 1 d."""
    made = model(*DRAFT, published=False)
    ScoringModel.objects.filter(pk=made.pk).update(
        state="shadow", shadow_from=T - days(1), shadow_until=T + days(13)
    )  # fmt: skip
    model(*LIVE)
    return ScoringModel.objects.get(pk=made.pk)


def someone(*acts, at=T, **lead):
    made = person(lead=lead, last_touch_at=at)
    for kind in acts:
        touch(made, kind, at)
    rescore([made.pk], now=at)
    return made


def test_both_are_kept_beside_each_other_and_nobody_is_told(beside):
    both, live, quiet, neither = someone("webinar", "download"), someone("webinar"), someone("download"), someone()
    stages, told = dict(Lead.objects.values_list("person_id", "stage")), Notice.objects.count()
    assert shadow.look(T, 10) == 4
    assert dict(Lead.objects.values_list("person_id", "stage")) == stages, "it hands over nobody"
    assert Notice.objects.count() == told
    assert {one.person_id: (one.fit, one.engagement, one.cell) for one in ShadowScore.objects.all()} == {
        both.pk: (80, 60, "A1"), live.pk: (80, 0, "A3"), quiet.pk: (80, 60, "A1"), neither.pk: (80, 0, "A3"),
    }  # fmt: skip
    found = shadow.compared(T + timedelta(minutes=1))
    assert (found.scored, found.live_handed, found.shadow_handed) == (4, 2, 2)
    assert (found.both, found.only_live, found.only_shadow, found.at_once) == (1, 1, 1, 0)
    assert {which: [lead.lead_id for lead in leads] for which, leads in found.lists.items()} == {
        "both": [both.leads.get().pk], "only_live": [live.leads.get().pk], "only_shadow": [quiet.leads.get().pk],
    }  # fmt: skip
    [one] = found.lists["only_shadow"]
    assert (one.live_at, one.shadow_at, one.shadow_cell) == (None, T, "A1")


def test_what_the_live_model_ignores_is_seen_too_and_the_first_moment_stays(beside):
    made = someone()
    assert shadow.look(T, 10) == 1
    assert shadow.look(T + timedelta(minutes=1), 10) == 1, "once more, for what was committed a moment after the look"
    assert shadow.look(T + timedelta(minutes=2), 10) == 0, "nothing new"
    later = T + timedelta(hours=1)
    touch(made, "download", later)
    made.last_touch_at = later
    made.save(update_fields=["last_touch_at"])
    assert shadow.look(later, 10) == 1
    assert ShadowScore.objects.get().met_at == later
    assert shadow.look(later + days(2), 10) == 1, "everybody once a day"
    assert ShadowScore.objects.get().met_at == later


def test_whom_it_meets_without_anything_new_would_wait(beside):
    someone("download", at=T - days(3), created_at=T - days(4))
    shadow.look(T, 10)
    found = shadow.compared(T + days(1))
    assert (found.only_shadow, found.at_once) == (1, 1)


def test_leads_handed_over_before_it_or_by_hand_are_no_part_of_it(beside):
    someone("webinar", "download", at=T - days(2))
    mine = someone("webinar")
    Snapshot.objects.filter(lead__person=mine).update(because="override")
    shadow.look(T, 10)
    found = shadow.compared(T + days(1))
    assert (found.live_handed, found.shadow_handed) == (0, 0)


def test_a_kill_in_the_middle_loses_nothing(beside, monkeypatch):
    for _ in range(3):
        someone("download")
    assert shadow.look(T, 2) == 2
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        shadow.look(T, 2)
        raise KeyboardInterrupt
    assert ShadowScore.objects.count() == 2
    assert shadow.look(T, 2) == 1
    assert ShadowScore.objects.filter(met_at=T).count() == 3


def test_its_end_is_said_once_to_each_administrator(beside, cast):
    someone("download")
    end = T + days(13)
    assert shadow.look(end - timedelta(seconds=1), 10) == 1
    for n in range(3):
        assert shadow.look(end + days(n), 10) == 0
    [notice] = Notice.objects.all()
    assert (notice.user.role, notice.kind) == ("admin", "model.shadow_over")
    from notify.said import said

    told = said([notice])[notice.pk]
    assert told.text.startswith(f"Model v{beside.version}: its time in the shadow is over.")
    found = shadow.compared(end + days(3))
    assert (found.over, found.until) == (True, end)


def test_without_one_there_is_nothing_to_do(cast, monkeypatch):
    model(*LIVE)
    monkeypatch.setattr(shadow, "_next_look", 0.0)
    assert shadow.drain(T, 10) == 0
    assert shadow.compared(T) is None
    assert shadow._next_look > 0
