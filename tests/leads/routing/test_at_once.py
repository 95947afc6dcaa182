"""Leads that come in at the same moment are shared as fairly as those that queue up: the turn has a lock of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from leads import ownership, routing
from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Ownership, Pool, PoolMember, Rotation, Waiting
from leads.routing import picking
from revops.lib.errors import Refused
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


def test_f45_two_who_pick_the_same_lead_one_gets_it():
    picked = reps(*(f"Picker {n}" for n in range(AT_ONCE)))
    queue = Pool.objects.create(name="Inbound", method="claim", picks_open=1)
    PoolMember.objects.bulk_create(PoolMember(pool=queue, user=user) for user in picked)
    [lead, *others] = leads(3)
    why = {"cause": "claim", "pool": queue.pk, "pool_name": "Inbound"}
    Waiting.objects.bulk_create(
        Waiting(lead_id=pk, kind="claim", pool=queue, since=NOW, why=why) for pk in (lead, *others)
    )

    def pick(user):
        try:
            return picking.pick(Lead.objects.get(pk=lead), by=user, at=NOW).owner_id
        except Refused as refused:
            return refused.code

    told = in_threads(pick, picked)
    winner = Lead.objects.get(pk=lead).owner_id
    assert sorted(map(str, told)) == sorted([str(winner), *["taken"] * (AT_ONCE - 1)])
    assert Ownership.objects.filter(lead_id=lead).count() == 1
    # One person, several tabs: the limit of one open pick holds. Who has none may have two tabs as well.
    hasty = next(user for user in picked if user.pk != winner)
    told = in_threads(lambda _: take_next(queue, hasty), list(range(AT_ONCE)))
    assert (told.count("limit"), Lead.objects.filter(owner=hasty).count()) == (AT_ONCE - 1, 1)


def take_next(queue, user):
    try:
        lead = picking.pick_next(queue, by=user, at=NOW)
        return lead and lead.owner_id
    except Refused as refused:
        return refused.code


@pytest.mark.long
def test_f45_case_13_a_thousand_parallel_creates_differ_by_one_at_most():
    five = reps("Ann", "Bea", "Cai", "Dan", "Eve")
    pool("", five, fallback=True)

    def create(n):
        body = {"email": f"p{n}@thousand.example", "hand_raise": "demo", "title": "Director", "country": "US"}
        [outcome] = capture([parse(body, now=NOW)], by=None, via="api", now=NOW)
        return outcome.lead_id

    made = in_threads(create, list(range(1_000)))
    given = Counter(Lead.objects.filter(pk__in=made).values_list("owner", flat=True))
    assert set(given) == {user.pk for user in five}
    assert max(given.values()) - min(given.values()) <= 1
