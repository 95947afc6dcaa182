"""Somebody leaves: their open deals go to whom the administrator names, else to the manager; closed ones stay."""

from datetime import UTC, datetime

import pytest

from deals.handover import hand_over, open_counts
from deals.models import Deal
from journal.models import Entry

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(cast):
    def deal(name, **more):
        return Deal.objects.create(name=name, owner=cast.owner, amount=100, created_at=NOW, **more)

    return [deal("A"), deal("B"), deal("C", stage="won", closed_at=NOW)]


def owners():
    return list(Deal.objects.order_by("id").values_list("owner__name", flat=True))


def test_to_the_team_s_manager(cast, theirs):
    assert hand_over(cast.owner, by=cast.admin, at=NOW) == 2
    assert owners() == ["Ada Okafor", "Ada Okafor", "Jonah Reyes"]
    told = Entry.objects.filter(kind="deal.edited").order_by("id")
    assert [entry.subject_id for entry in told] == [deal.pk for deal in theirs[:2]]
    assert told[0].data == {"fields": ["owner"], "was_owner": cast.owner.pk, "owner": cast.manager.pk}
    assert hand_over(cast.owner, by=cast.admin, at=NOW) == 0


def test_to_whom_the_administrator_names_or_is(cast, theirs):
    assert hand_over(cast.owner, by=cast.admin, at=NOW, to=cast.other) == 2
    assert owners()[:2] == ["Sam Ortega", "Sam Ortega"]
    assert hand_over(cast.other, by=cast.admin, at=NOW) == 2
    assert owners()[:2] == ["Rosa Vidal", "Rosa Vidal"], "Coast has no manager"


def test_with_nobody_to_give_them_to_they_stay(cast, theirs):
    cast.midwest.manager = cast.owner
    cast.midwest.save()
    cast.owner.team.refresh_from_db()
    assert hand_over(cast.owner, by=None, at=NOW) == 0
    assert set(owners()) == {"Jonah Reyes"}


def test_open_deals_are_counted_in_one_query(cast, theirs, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert open_counts([cast.owner.pk, cast.other.pk]) == {cast.owner.pk: 2}
