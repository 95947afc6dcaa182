"""Leads that come in at the same moment are shared as fairly as those that queue up: the turn has a lock of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from leads import ownership, routing
from leads.models import Lead, PoolMember, Rotation
from tests.leads.routing.test_deciding import NOW, leads, pool, reps, rule

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 7


def in_threads(work, items):
    """`work(item)` in AT_ONCE threads that start together, each with a connection of its own."""
    together = Barrier(AT_ONCE)

    def run(share):
        try:
            together.wait(10)
            return [work(item) for item in share]
        finally:
            connection.close()

    shares = [items[start::AT_ONCE] for start in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [answer for answers in threads.map(run, shares) for answer in answers]


def take(lead):
    """What the hand-off does: decide and store in one transaction."""
    with transaction.atomic():
        decision = routing.route([lead], at=NOW)[lead]
        ownership.assign([ownership.Assignment(lead, decision.owner_id, decision.cause, decision.why)], at=NOW, now=NOW)
    return decision.owner_id


def test_seventy_leads_at_once_are_fifty_ten_and_ten():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    pool("", [ann, bea, cai], weights={ann: 5}, fallback=True)
    given = Counter(in_threads(take, leads(70)))
    assert given == {ann.pk: 50, bea.pk: 10, cai.pk: 10}
    assert Counter(Lead.objects.values_list("owner", flat=True)) == given
    assert set(Rotation.objects.get().current.values()) == {0}


def test_a_cap_holds_when_leads_come_at_once():
    ann, bea = reps("Ann", "Bea")
    pool("", [ann, bea], caps={ann: 3}, fallback=True)
    given = Counter(in_threads(take, leads(28)))
    assert given == {ann.pk: 3, bea.pk: 25}


def test_two_pools_and_the_fallback_never_wait_for_each_other():
    ann, bea, cai = reps("Ann", "Bea", "Cai")
    rule(1, "All", {"attribute": "person.country", "op": "is", "value": "US"}, pool("States", [ann]))
    rule(2, "Rest", {"attribute": "person.country", "op": "is", "value": "DE"}, pool("Empty", []))
    pool("", [bea, cai], fallback=True)
    batches = [[*leads(2, country="US"), *leads(2, country="DE"), *leads(2)] for _ in range(21)]

    def take_batch(ids):
        with transaction.atomic():
            return [decision.owner_id for decision in routing.route(ids, at=NOW).values()]

    given = Counter(owner for owners in in_threads(take_batch, batches) for owner in owners)
    assert given == {ann.pk: 42, bea.pk: 42, cai.pk: 42}


def test_the_first_turn_of_a_new_pool_is_taken_once():
    ann, bea = reps("Ann", "Bea")
    team = pool("Team", [ann, bea])
    rule(1, "All", {}, team)
    assert not Rotation.objects.filter(pool=team).exists()
    assert Counter(in_threads(take, leads(14))) == {ann.pk: 7, bea.pk: 7}
    assert PoolMember.objects.filter(pool=team).count() == 2
