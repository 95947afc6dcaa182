"""Two records of one human being: nothing known or owed is lost, and the journal could take it back."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from dashboards.kpis import populations
from deals.models import Deal
from journal.models import Entry
from leads import finding, timeline
from leads.duplicates.merging import current, merge, strictest
from leads.incoming import parse
from leads.intake import capture
from leads.models import AttributeFact, Lead, Ownership, Person, PersonKey, Qualification, Submission, Touch
from leads.touches import HumanTouch, log
from revops.lib import bulk
from revops.lib.errors import Forbidden, Invalid, Refused
from sla.models import Clock

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=4)


@pytest.fixture
def two(make_lead):
    """Marcus twice: by his work address, and two minutes later by his own."""
    kept = make_lead("Marcus Hale", at=NOW, phone="")
    lost = make_lead("Marc Hale", at=NOW + timedelta(minutes=2), phone="+49 30 1234567", country="DE",
                     message="Call me about prices", company={"name": "Lumen"})  # fmt: skip
    return kept, lost


def comes_in(email: str, *, at=LATER, **more) -> Lead:
    [outcome] = capture([parse({"email": email, **more}, now=at)], by=None, via="api", now=at)
    return Lead.objects.get(pk=outcome.lead_id)


def test_everything_that_hung_on_the_loser_hangs_on_the_survivor(two, cast):
    kept, lost = two
    log([HumanTouch(lost.pk, "email", LATER)], by=cast.owner.pk, at=LATER)
    touches = set(Touch.objects.values_list("pk", flat=True))
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    for model in (PersonKey, Touch, Submission):
        assert set(model.objects.values_list("person_id", flat=True)) == {kept.person_id}, model
    assert set(Touch.objects.filter(lead=kept).values_list("pk", flat=True)) <= touches
    assert not Touch.objects.filter(lead=lost).exists() and not Submission.objects.filter(lead=lost).exists()
    assert set(AttributeFact.objects.filter(subject_kind="person").values_list("subject_id", flat=True)) == {
        kept.person_id
    }
    person = Person.objects.get(pk=kept.person_id)
    assert (person.phone, person.country, person.first_name) == ("+49 30 1234567", "DE", "Marcus")
    gone = Person.objects.get(pk=lost.person_id)
    assert (gone.merged_into_id, gone.search) == (kept.person_id, "")


def test_one_open_lead_and_a_tombstone(two, cast):
    kept, lost = two
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    kept, lost = Lead.objects.get(pk=kept.pk), Lead.objects.get(pk=lost.pk)
    assert (kept.stage, kept.message, kept.owner) == ("mql", "Call me about prices", cast.owner)
    assert (lost.stage, lost.merged_into_id, lost.next_due_at) == ("merged", kept.pk, None)
    assert not Ownership.objects.filter(lead=lost, to_at=None).exists()
    assert current(kept.person) == kept


def test_mail_to_the_old_address_finds_the_survivor(two, cast):
    kept, lost = two
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    assert comes_in(lost.person.email) == kept
    [hit] = finding.people("marc hale", limit=5)
    assert hit.href == f"/leads/{kept.pk}/"


def test_bant_of_both_is_kept_and_the_survivors_word_counts(two, cast):
    kept, lost = two
    for lead, item, value in ((kept, "need", "Routing"), (lost, "need", "Scoring"), (lost, "budget", "50k")):
        Qualification.objects.create(lead=lead, item=item, value=value, evidence="said so", confirmed_at=NOW,
                                     confirmed_by=cast.owner)  # fmt: skip
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    assert dict(Qualification.objects.filter(lead=kept).values_list("item", "value")) == {
        "need": "Routing", "budget": "50k",
    }  # fmt: skip


def test_cycles_are_numbered_in_the_order_they_began(two, cast):
    kept, lost = two
    lost.reject(by=cast.admin, at=LATER, reason="bad_data")
    Lead.objects.filter(pk=lost.pk).update(created_at=NOW - timedelta(days=9))
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    assert list(Lead.objects.filter(person=kept.person).order_by("cycle").values_list("pk", "cycle", "stage")) == [
        (lost.pk, 1, "rejected"), (kept.pk, 2, "mql"),
    ]  # fmt: skip
    assert not Entry.objects.filter(kind="lead.merged").exists(), "nobody had two open leads"
    kept.refresh_from_db()
    kept.reject(by=cast.admin, at=LATER, reason="bad_data")
    assert comes_in(kept.person.email, hand_raise="demo", at=LATER + timedelta(days=1)).cycle == 3


def test_an_open_lead_of_the_loser_alone_goes_on_as_it_is(two, cast):
    kept, lost = two
    kept.reject(by=cast.admin, at=LATER, reason="bad_data")
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    lost.refresh_from_db()
    assert (lost.person_id, lost.stage, lost.cycle) == (kept.person_id, "mql", 2)
    assert Clock.objects.filter(lead=lost, phase="running").exists()


def test_deals_follow(two, cast):
    kept, lost = two
    deal = Deal.objects.create(name="Lumen", person=lost.person, created_at=NOW)
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    deal.refresh_from_db()
    assert deal.person_id == kept.person_id


def test_the_score_is_of_all_touches(two, cast):
    kept, lost = two
    before = Person.objects.get(pk=kept.person_id).engagement
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    assert Person.objects.get(pk=kept.person_id).engagement > before


def test_the_journal_keeps_what_an_unmerge_needs_and_no_names(two, cast):
    kept, lost = two
    keys = set(PersonKey.objects.filter(person=lost.person).values_list("pk", flat=True))
    stage_at = kept.stage_at
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    person = Entry.objects.get(kind="person.merged")
    assert (person.subject_id, person.data["loser"], person.by_id) == (kept.person_id, lost.person_id, cast.admin.pk)
    assert set(person.data["keys"]) == keys and set(person.data["filled"]) >= {"phone", "country"}
    lead = Entry.objects.get(kind="lead.merged")
    assert (lead.subject_id, lead.data["loser"], lead.data["person_from"]) == (kept.pk, lost.pk, lost.person_id)
    assert datetime.fromisoformat(lead.data["before"]["survivor"]["stage_at"]) == stage_at
    assert "marc" not in str(person.data).lower() + str(lead.data).lower()
    clock = Entry.objects.filter(kind="clock.merged").first()
    assert clock.data["before"]["survivor"]["due_at"] and clock.data["before"]["loser"]["due_at"]


def test_the_timeline_tells_both_stories(two, cast):
    kept, lost = two
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    told = [item.text for item in timeline.of(Lead.objects.get(pk=kept.pk), limit=50)]
    assert told.count("Cycle 1 opened") == 2
    assert "Rosa Vidal merged another record into this one" in told


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ({"email": True}, {"email": False}, {"email": False}),
        ({"email": False}, {"email": True}, {"email": False}),
        ({"email": True}, {"phone": {"state": "denied"}}, {"email": True, "phone": {"state": "denied"}}),
        ({"email": {"state": "granted"}}, {"email": {"state": "withdrawn"}}, {"email": {"state": "withdrawn"}}),
    ],
)
def test_any_opt_out_wins(one, other, kept):
    assert strictest(one, other) == kept


def test_who_may(two, cast, make_lead):
    kept, lost = two
    Lead.objects.filter(pk=lost.pk).update(owner=cast.other)
    for who in (cast.owner, cast.other, cast.teammate, cast.marketer, cast.viewer):
        with pytest.raises(Forbidden, match="owner of both"):
            merge(kept.person, lost.person, by=who, at=LATER)
    Lead.objects.filter(pk=lost.pk).update(owner=cast.owner)
    merge(kept.person, lost.person, by=cast.owner, at=LATER)
    third = make_lead("Third Person", at=LATER, owner=cast.other)
    merge(kept.person, third.person, by=cast.manager, at=LATER)
    assert Entry.objects.filter(kind="person.merged").count() == 2


def test_twice_is_once_and_a_tombstone_is_no_survivor(two, cast, make_lead):
    kept, lost = two
    for _ in range(2):
        merge(kept.person, lost.person, by=cast.admin, at=LATER)
    assert Entry.objects.filter(kind="person.merged").count() == 1
    third = make_lead("Third Person", at=LATER)
    with pytest.raises(Refused, match="was merged into"):
        merge(lost.person, third.person, by=cast.admin, at=LATER)
    with pytest.raises(Invalid):
        merge(kept.person, kept.person, by=cast.admin, at=LATER)


def test_the_number_of_questions_does_not_grow_with_the_story(two, make_lead, cast):
    kept, lost = two
    counts = []
    for n, many in enumerate((1, 12)):
        other = lost if n == 0 else make_lead(f"Other{n} Hale", at=LATER)
        log([HumanTouch(other.pk, "note", LATER) for _ in range(many)], by=cast.owner.pk, at=LATER)
        with CaptureQueriesContext(connection) as caught:
            merge(kept.person, other.person, by=cast.admin, at=LATER + timedelta(seconds=n))
        counts.append(len(caught))
    assert abs(counts[0] - counts[1]) <= 4 and max(counts) <= 130, counts


@pytest.mark.django_db(transaction=True)
def test_mail_that_comes_in_while_two_become_one_belongs_to_one(make_lead, cast):
    pairs = [(make_lead(f"Kept{n} Hale", at=NOW), make_lead(f"Lost{n} Hale", at=NOW)) for n in range(10)]
    barrier = Barrier(2)

    def join():
        barrier.wait()
        for kept, lost in pairs:
            merge(kept.person, lost.person, by=cast.admin, at=LATER)
        connections.close_all()

    def write():
        barrier.wait()
        for _, lost in pairs:
            comes_in(lost.person.email, message="Are you there?")
        connections.close_all()

    threads = [Thread(target=join), Thread(target=write)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for kept, lost in pairs:
        assert Person.objects.get(pk=lost.person_id).merged_into_id == kept.person_id
        assert not Touch.objects.filter(person=lost.person).exists()
        assert not Lead.objects.filter(person=lost.person).exclude(stage="merged").exists()
        assert Lead.objects.open().filter(person=kept.person).count() == 1


def test_a_tombstone_counts_in_no_figure_from_then_on(two, cast):
    """Arrivals, hand-overs, moves and stints; looked at as of before, both records still count."""
    kept, lost = two
    merge(kept.person, lost.person, by=cast.admin, at=LATER)
    for name in ("ARRIVALS", "HANDOFFS", "MOVES"):
        select = getattr(populations, name).select
        for seen, expected in ((LATER, {kept.pk}), (LATER - timedelta(seconds=1), {kept.pk, lost.pk})):
            text = select.format(starts="%(s)s", ends="%(e)s", seen="%(n)s", only="")
            params = {"s": NOW - timedelta(days=1), "e": NOW + timedelta(days=1), "n": seen}
            assert {row[0] for row in bulk.query(text, params)} == expected, (name, seen)
