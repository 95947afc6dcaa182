"""Case 20: a merge taken back leaves both records, their timelines and their clocks as they were."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from deals.models import Deal
from journal.models import Change, Entry
from leads import ownership, timeline
from leads.duplicates import unmerging
from leads.duplicates.merging import merge
from leads.duplicates.unmerging import unmerge
from leads.handover import hand_over
from leads.incoming import parse
from leads.intake import capture
from leads.models import (
    AttributeFact,
    ConsentEvent,
    Lead,
    Merge,
    Ownership,
    Pair,
    Person,
    PersonKey,
    Pool,
    Qualification,
    Snapshot,
    Submission,
    Touch,
    Waiting,
)
from leads.routing import Decision, waiting
from leads.touches import HumanTouch, log
from revops.lib import bulk
from revops.lib.errors import Forbidden, Refused
from scoring.rescore import rescore
from sla import rebuild
from sla.due import drain as fire
from sla.models import Clock, Effect, NextStep, Pause

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TABLES = [Person, PersonKey, Lead, Touch, Submission, Ownership, AttributeFact, Qualification, Snapshot, ConsentEvent,
          Clock, Pause, Effect, NextStep, Deal]  # fmt: skip
# What background work renews, whenever it comes round.
RENEWED = ["score_due_at", "scored_at", "score_version", "updated_at"]


def at(minute: float) -> datetime:
    return NOW + timedelta(minutes=minute)


def rows() -> dict[str, list]:
    """Every row of every table that a merge touches."""
    return {
        model._meta.db_table: [
            row for (row,) in bulk.query(
                f"SELECT (to_jsonb(t) - %s::text[])::text FROM {model._meta.db_table} t ORDER BY 1", [RENEWED]
            )
        ]
        for model in TABLES
    }  # fmt: skip


def story(lead: Lead) -> list:
    """What the timeline tells that counts: what was taken back is struck, and that it was is a line of its own."""
    items = timeline.of(Lead.objects.get(pk=lead.pk), limit=500)
    return [(i.at, i.code, i.text, i.note, i.id, i.lead) for i in items if not i.struck and i.code != "lead.unmerged"]


def clocks(lead: Lead) -> list[dict]:
    """All of a lead's clocks, with the breach that was told of each; when it was noticed is the pulse's affair, and of
    warnings that passed unseen only the last is told."""
    leave = {"id", "detected_at"}
    return [
        {name: value for name, value in row.items() if name not in leave}
        | {"told": sorted(Effect.objects.filter(clock=row["id"], event="breach").values_list("level", "effective_at"))}
        for row in Clock.objects.filter(lead=lead).order_by("target", "scope", "run").values()
    ]


def comes_in(email: str, *, when: datetime, **more) -> Lead:
    [outcome] = capture([parse({"email": email, **more}, now=when)], by=None, via="api", now=when)
    return Lead.objects.get(pk=outcome.lead_id)


@pytest.fixture
def two(make_lead):
    """Marcus twice, handed over at 10:00 and at 10:02."""
    kept = make_lead("Marcus Hale", at=at(0), consent={"email": True})
    lost = make_lead("Marc Hale", at=at(2), phone="+49 30 1234567", country="DE", message="Call me about prices",
                     consent={"email": False, "phone": True}, company={"name": "Lumen"})  # fmt: skip
    return kept, lost


def joined(kept: Lead, lost: Lead, by, when: datetime) -> Merge:
    merge(kept.person, lost.person, by=by, at=when)
    return Merge.objects.get(survivor=kept.person_id, loser=lost.person_id, unmerged_at=None)


BEFORE = {
    "handed over": lambda two, cast: None,
    "the first is late": lambda two, cast: fire(at(5.1)),
    "both are late": lambda two, cast: fire(at(8)),
    "warned": lambda two, cast: fire(at(3)),
    "the second is answered": lambda two, cast: log([HumanTouch(two[1].pk, "call", at(4))], by=cast.owner.pk, at=at(4)),
    "the first is answered": lambda two, cast: log([HumanTouch(two[0].pk, "call", at(4))], by=cast.owner.pk, at=at(4)),
    "the second is accepted": lambda two, cast: two[1].accept(by=cast.owner, at=at(4)),
    "the first is closed": lambda two, cast: two[0].reject(by=cast.admin, at=at(4), reason="bad_data"),
    "the second is closed": lambda two, cast: two[1].reject(by=cast.admin, at=at(4), reason="bad_data"),
    "the second has two cycles": lambda two, cast: (
        two[1].reject(by=cast.admin, at=at(3), reason="bad_data"),
        comes_in(two[1].person.email, when=at(4), hand_raise="demo"),
    ),
    "a deal": lambda two, cast: Deal.objects.create(name="Lumen", person=two[1].person, lead=two[1], created_at=at(3)),
    "qualified": lambda two, cast: Qualification.objects.create(
        lead=two[1], item="need", value="Routing", evidence="said so", confirmed_at=at(3), confirmed_by=cast.owner
    ),
    "an inquiry and a hot one": lambda two, cast: None,
}  # fmt: skip


@pytest.mark.parametrize("story_so_far", BEFORE)
def test_case_20_merge_then_unmerge_restores_both_timelines_and_clocks(two, cast, story_so_far):
    if story_so_far == "an inquiry and a hot one":
        two = comes_in("quiet@lumen.example", when=at(1), first_name="Marc", last_name="Hale"), two[1]
        assert two[0].stage == "inquiry"
    for turned in (False, True):
        kept, lost = reversed(two) if turned else two
        if not turned:
            BEFORE[story_so_far](two, cast)
            rescore([kept.person_id, lost.person_id], now=at(9), crossings=False)
        before, told, timed = rows(), [story(one) for one in two], [clocks(one) for one in two]
        done = joined(kept, lost, cast.admin, at(9))
        assert rows() != before
        unmerge(done, by=cast.admin, at=at(9))
        assert [clocks(one) for one in two] == timed
        assert [story(one) for one in two] == told
        after = rows()
        for table, was in before.items():
            assert after[table] == was, table
        heard: list = []
        rebuild.check(at=at(9), tell=heard.append)
        assert [str(one) for one in heard] == []
    assert Pair.objects.filter(state="open").count() == 0


BETWEEN = {
    "nothing": lambda kept, cast: None,
    "the pulse": lambda kept, cast: (fire(at(4)), fire(at(5.1)), fire(at(7.5))),
    "a call in time": lambda kept, cast: log([HumanTouch(kept.pk, "call", at(4))], by=cast.owner.pk, at=at(4)),
    "a call in time by its own promise only": lambda kept, cast: (
        fire(at(5.1)), log([HumanTouch(kept.pk, "call", at(6))], by=cast.owner.pk, at=at(6)),
    ),
    "a late call": lambda kept, cast: (
        fire(at(8)), log([HumanTouch(kept.pk, "call", at(9))], by=cast.owner.pk, at=at(9))),
    "accepted": lambda kept, cast: (fire(at(5.1)), Lead.objects.get(pk=kept.pk).accept(by=cast.owner, at=at(6))),
    "rejected": lambda kept, cast: (
        fire(at(5.1)), Lead.objects.get(pk=kept.pk).reject(by=cast.admin, at=at(6), reason="bad_data")),
}  # fmt: skip


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("between", BETWEEN)
def test_clocks_are_as_if_the_two_had_never_been_one(two, cast, between, turned):
    """The same story told twice, once without the merge: whatever happened in between, each keeps its own promise."""
    kept, lost = reversed(two) if turned else two
    untold = transaction.savepoint()
    BETWEEN[between](kept, cast)
    fire(at(12))
    fire(at(12))
    expected = [clocks(kept), clocks(lost)]
    transaction.savepoint_rollback(untold)
    done = joined(kept, lost, cast.admin, at(2.5))
    BETWEEN[between](kept, cast)
    unmerge(done, by=cast.admin, at=at(11))
    fire(at(12))
    fire(at(12))
    for lead, wanted in zip((kept, lost), expected, strict=True):
        assert len(clocks(lead)) == len(wanted)
        for mine, other in zip(clocks(lead), wanted, strict=True):
            assert mine == other, {k: (mine[k], other[k]) for k in mine if mine[k] != other[k]}
    heard: list = []
    rebuild.check(at=at(12), tell=heard.append)
    assert [str(one) for one in heard] == []


def test_what_came_to_a_lead_that_goes_back_goes_with_it(two, cast):
    """The survivor had no open lead: the other's goes on, is called, and becomes a deal; then all of it goes back."""
    kept, lost = two
    kept.reject(by=cast.admin, at=at(3), reason="bad_data")
    done = joined(kept, lost, cast.admin, at(3))
    log([HumanTouch(lost.pk, "call", at(4))], by=cast.owner.pk, at=at(4))
    deal = Deal.objects.create(name="Lumen", person=kept.person, lead=lost, created_at=at(5))
    comes_in(lost.person.email, when=at(6), message="Are you there?")
    unmerge(done, by=cast.admin, at=at(7))
    assert set(Touch.objects.filter(lead=lost).values_list("person_id", flat=True)) == {lost.person_id}
    assert set(Submission.objects.filter(lead=lost).values_list("person_id", flat=True)) == {lost.person_id}
    deal.refresh_from_db()
    assert deal.person_id == lost.person_id
    assert Clock.objects.get(lead=lost, target="first_response", scope="lead").outcome == "met"
    assert set(Touch.objects.filter(person=kept.person_id).values_list("lead", flat=True)) == {kept.pk}


def test_what_was_decided_since_stays_decided(make_lead, cast):
    """A quiet record took a hot lead over and was accepted and qualified: it keeps its standing and its clocks, and the
    other one has its own again."""
    lost = make_lead("Marc Hale", at=at(2), company={"name": "Lumen"})
    kept = comes_in("quiet@lumen.example", when=at(1), first_name="Marc", last_name="Hale")
    before = clocks(lost)
    done = joined(kept, lost, cast.admin, at(3))
    lead = Lead.objects.get(pk=kept.pk)
    lead.accept(by=cast.owner, at=at(3.5))
    log([HumanTouch(kept.pk, "call", at(4))], by=cast.owner.pk, at=at(4))
    unmerge(done, by=cast.admin, at=at(4.5))
    kept, lost = Lead.objects.get(pk=kept.pk), Lead.objects.get(pk=lost.pk)
    assert (kept.stage, kept.owner, kept.mql_at) == ("sal", cast.owner, at(2))
    assert (lost.stage, lost.owner, lost.merged_into) == ("mql", cast.owner, None)
    assert clocks(lost) == before
    assert set(Clock.objects.filter(lead=kept, phase="stopped").values_list("outcome", flat=True)) <= {"met", "cancelled"}
    assert Ownership.objects.filter(lead=kept, to_at=None).count() == 1
    heard: list = []
    rebuild.check(at=at(4.5), tell=heard.append)
    assert [str(one) for one in heard if one.lead_id == lost.pk] == []


def test_nobody_s_lead_is_left_behind(two, cast):
    """The other's owner has left since, or it was held and nobody tried it while it was part of the other."""
    kept, lost = two
    pool = Pool.objects.get(is_fallback=True)
    pool.members.all().delete()
    for n, user in enumerate([cast.other]):
        pool.members.create(user=user, position=n)
    done = joined(kept, lost, cast.admin, at(3))
    cast.owner.is_active = False
    cast.owner.save()
    hand_over(cast.owner, by=cast.admin, at=at(4))
    unmerge(done, by=cast.admin, at=at(5))
    assert set(Lead.objects.values_list("owner", flat=True)) == {cast.other.pk}
    assert Ownership.objects.filter(to_at=None).count() == 2

    with transaction.atomic():
        ownership.release([lost.pk], at=at(6), cause="handover")
        waiting.keep({lost.pk: Decision(None, "nobody")}, at=at(6))
    again = joined(Lead.objects.get(pk=kept.pk), Lead.objects.get(pk=lost.pk), cast.admin, at(7))
    waiting.drain(at(8), 10)
    assert not Waiting.objects.exists()
    pool.members.all().delete()
    unmerge(again, by=cast.admin, at=at(9))
    assert list(Waiting.objects.values_list("lead", "kind")) == [(lost.pk, "held")]


def test_an_owner_who_lost_it_and_got_it_back_keeps_it(make_lead, cast):
    lost = make_lead("Marc Hale", at=at(2), company={"name": "Lumen"})
    kept = comes_in("quiet@lumen.example", when=at(1), first_name="Marc", last_name="Hale")
    done = joined(kept, lost, cast.admin, at(3))
    for minute, user in ((4, cast.other), (5, cast.owner)):
        with transaction.atomic():
            ownership.assign([ownership.Assignment(kept.pk, user.pk, "manual")], at=at(minute), now=at(minute))
    unmerge(done, by=cast.admin, at=at(6))
    for lead in Lead.objects.all():
        assert list(Ownership.objects.filter(lead=lead, to_at=None).values_list("owner", flat=True)) == [lead.owner_id]


def test_what_was_learnt_since_is_kept(two, cast):
    kept, lost = two
    done = joined(kept, lost, cast.admin, at(3))
    Person.objects.filter(pk=kept.person_id).update(country="FR", region="Lyon")
    unmerge(done, by=cast.admin, at=at(4))
    person = Person.objects.get(pk=kept.person_id)
    assert (person.country, person.region, person.phone) == ("FR", "Lyon", "")
    assert Person.objects.get(pk=lost.person_id).phone == "+49 30 1234567"
    assert comes_in(lost.person.email, when=at(5)).pk == lost.pk


def test_a_no_stays_with_whoever_said_it(two, cast):
    kept, lost = two
    consents = [one.person.consent for one in two]
    done = joined(kept, lost, cast.admin, at(3))
    assert Person.objects.get(pk=kept.person_id).consent["email"] == consents[1]["email"]
    unmerge(done, by=cast.admin, at=at(4))
    assert [Person.objects.get(pk=one.person_id).consent for one in two] == consents


def test_thirty_days_and_who_may(two, cast):
    kept, lost = two
    done = joined(kept, lost, cast.admin, at(3))
    Lead.objects.filter(pk__in=[kept.pk]).update(owner=cast.other)
    with pytest.raises(Forbidden):
        unmerge(done, by=cast.owner, at=at(4))
    with pytest.raises(Refused) as late:
        unmerge(done, by=cast.admin, at=at(3) + timedelta(days=30, seconds=1))
    assert late.value.code == "too_late"
    before = rows()
    Change.objects.filter(work=done.work_id).delete()
    with pytest.raises(Refused) as gone:
        unmerge(done, by=cast.admin, at=at(4))
    assert gone.value.code == "forgotten" and rows() == before
    assert not Entry.objects.filter(kind="person.unmerged").exists()


def test_taken_back_twice_is_once_and_a_new_merge_may_follow(two, cast):
    kept, lost = two
    done = joined(kept, lost, cast.admin, at(3))
    for _ in range(2):
        unmerge(done, by=cast.admin, at=at(4))
    assert Entry.objects.filter(kind="person.unmerged").count() == 1
    again = joined(lost, kept, cast.admin, at(5))
    assert unmerging.of(Person.objects.get(pk=kept.person_id)) == again
    unmerge(again, by=cast.admin, at=at(6))
    assert not Person.objects.exclude(merged_into=None).exists()


def test_two_merges_into_one_go_back_from_the_last_on(two, cast, make_lead):
    kept, lost = two
    third = make_lead("Marcus Hal", at=at(2), owner=cast.other)
    rescore([one.person_id for one in (kept, lost, third)], now=at(4), crossings=False)
    before = rows()
    first = joined(kept, lost, cast.admin, at(3))
    second = joined(kept, third, cast.admin, at(4))
    with pytest.raises(Refused, match="Marcus Hal was merged into"):
        unmerge(first, by=cast.admin, at=at(4))
    for one in (second, first):
        unmerge(one, by=cast.admin, at=at(4))
    after = rows()
    for table, was in before.items():
        assert after[table] == was, table
