"""Case 20: a merge taken back leaves both records, their timelines and their clocks as they were."""

from datetime import UTC, datetime, timedelta

import pytest

from deals.models import Deal
from leads import timeline
from leads.duplicates.merging import merge
from leads.duplicates.unmerging import unmerge
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
    Qualification,
    Snapshot,
    Submission,
    Touch,
)
from leads.touches import HumanTouch, log
from revops.lib import bulk
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
    from django.db import transaction

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
