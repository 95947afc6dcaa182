"""What is stored of each clock follows from its story; random stories leave nothing to say, tampering is found."""

from datetime import timedelta

import hypothesis.strategies as st
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings

from journal.models import Entry
from leads.duplicates.merging import merge
from leads.models import Lead, PoolMember
from leads.touches import HumanTouch, log
from revops.lib.errors import DomainError
from sla import hops, pausing, policies, rebuild, replanning
from sla.due import drain as fire
from sla.models import Clock, Effect, Hop, Pause, PolicySet
from sla.next_steps import set_step
from teams.models import CalendarVersion, Organisation
from tests.sla.conftest import NOW

pytestmark = pytest.mark.django_db


def after(**delta):
    return NOW + timedelta(**delta)


def found(*, at=NOW, repair=False) -> list[str]:
    said: list[str] = []
    rebuild.check(at=at, repair=repair, tell=lambda difference: said.append(str(difference)))
    return said


@pytest.fixture
def filled(hand_over, cast, pool):
    """Leads in every state a clock can be in."""
    PoolMember.objects.create(pool=pool, user=cast.teammate, position=1)
    made = [hand_over(email=f"p{n}@rebuild.example", at=after(seconds=n)) for n in range(8)]
    log([HumanTouch(made[0].pk, "call", after(minutes=1))], by=cast.owner.pk, at=after(minutes=1))
    made[1].accept(by=cast.admin, at=after(minutes=2))
    made[2].reject(by=cast.admin, at=after(minutes=2), reason="bad_data")
    set_step(made[1], what="Write", by_when=after(hours=3), by=cast.admin, at=after(minutes=3))
    fire(after(minutes=6))
    hops.drain(after(minutes=6), 100)
    log([HumanTouch(made[3].pk, "call", after(minutes=7))], by=cast.owner.pk, at=after(minutes=7))
    made[4].reject(by=cast.admin, at=after(minutes=7), reason="bad_data")
    made[4].undo(by=cast.admin, at=after(minutes=8))
    decide = Clock.objects.get(lead=made[5], target="disposition")
    pausing.pause(decide, by=cast.admin, at=after(minutes=8), reason="legal_hold", until=after(hours=9))
    stage = Clock.objects.get(lead=made[6], target="disposition")
    pausing.pause(stage, by=cast.admin, at=after(minutes=8), reason="legal_hold", until=after(minutes=20))
    pausing.drain(after(minutes=21), 10)
    merge(made[6].person, made[7].person, by=cast.admin, at=after(minutes=22))
    fire(after(minutes=30))
    return made


def test_a_healthy_database_has_nothing_to_say(filled, capsys):
    assert found(at=after(minutes=31)) == []
    call_command("sla_rebuild")
    assert f"{Clock.objects.count()} clocks compared, 0 differences." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("first_response", {"due_at": F("due_at") + timedelta(hours=1)}),
        ("disposition", {"due_at": F("due_at") - timedelta(hours=1)}),
        ("disposition", {"next_at": None}),
        ("disposition", {"next_level": 90}),
        ("first_response", {"breached_at": None}),
        ("disposition", {"phase": "stopped", "outcome": "met", "stopped_at": NOW, "next_at": None}),
    ],
)
def test_what_was_tampered_with_is_found_and_repaired(lead, cast, target, wrong, capsys):
    fire(after(minutes=6))
    clocks = Clock.objects.filter(lead=lead, target=target, scope="lead")
    before = list(clocks.values(*rebuild.FIELDS, "levels", "marks"))
    clocks.update(**wrong)
    assert found() and list(clocks.values(*rebuild.FIELDS)) != before
    with pytest.raises(SystemExit):
        call_command("sla_rebuild")
    assert "the journal says" in capsys.readouterr().out
    call_command("sla_rebuild", "--repair")
    assert "repaired." in capsys.readouterr().out
    assert list(clocks.values(*rebuild.FIELDS, "levels", "marks")) == before
    assert found() == []
    told = Entry.objects.filter(kind="clock.repaired").first()
    assert told.subject_id == lead.pk and set(told.data["was"]) >= set(wrong) - {"levels"}


def test_an_outcome_that_was_turned_green_is_found(lead, cast):
    fire(after(minutes=6))
    log([HumanTouch(lead.pk, "call", after(minutes=7))], by=cast.owner.pk, at=after(minutes=7))
    late = Clock.objects.filter(lead=lead, target="first_response")
    late.update(outcome="met", breached_at=None)
    assert {line.split(": ")[1].split(" ")[0] for line in found()} == {"outcome", "breached_at"}
    found(repair=True)
    assert set(late.values_list("outcome", flat=True)) == {"met_late"}


def test_a_lead_that_remembers_another_deadline_is_found(lead):
    Lead.objects.filter(pk=lead.pk).update(next_due_at=after(days=9))
    assert [line.split(":")[0] for line in found()] == [f"lead {lead.pk}"]
    found(repair=True)
    assert Lead.objects.get(pk=lead.pk).next_due_at == after(minutes=5)


def test_the_memory_of_a_pause_is_proved_too(hand_over, cast):
    lead = hand_over(email="p@rebuild.example")
    clock = Clock.objects.get(lead=lead, target="disposition")
    pausing.pause(clock, by=cast.admin, at=after(hours=1), reason="legal_hold", until=after(hours=5))
    Clock.objects.filter(pk=clock.pk).update(resume_at=None)
    assert found() == [f"clock {clock.pk}: resume_at is nothing, the journal says {after(hours=5).isoformat()}"]


def test_questions_do_not_grow_with_the_clocks(hand_over):
    counts = []
    for n in range(2):
        for k in range(1 + 9 * n):
            hand_over(email=f"p{n}-{k}@rebuild.example")
        found()
        with CaptureQueriesContext(connection) as caught:
            assert found() == []
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 18


# --- any story at all --------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from([
            "hand", "call", "accept", "reject", "undo", "reopen", "reassign", "pause", "pause", "resume", "drain",
            "drain", "wait", "carry", "hours", "merge", "step", "reply",
        ]),
        st.integers(0, 3),
        st.sampled_from([20, 61, 150, 299, 301, 1_000, 4_000, 40_000, 200_000]),
    ),
    min_size=4, max_size=14,
)  # fmt: skip


# Without shrinking: a story is short enough to read, and a failure should not take minutes.
@settings(max_examples=25, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
@given(steps=STEPS)
def test_whatever_happens_the_books_agree(steps, hand_over, cast, pool):
    """Random verbs of people and of the pulse: rebuild has nothing to say, and I1, I2 and I4 of the fault rules hold."""
    PoolMember.objects.get_or_create(pool=pool, user=cast.teammate, defaults={"position": 1})
    with transaction.atomic():
        now = NOW
        leads = [hand_over(email=f"s{n}@story.example", at=now) for n in range(2)]
        for verb, which, seconds in steps:
            now += timedelta(seconds=seconds)
            try:
                with transaction.atomic():
                    act(verb, leads, which, now, hand_over, cast)
            except DomainError:
                pass
        assert found(at=now) == [], (steps, found(at=now))
        for _ in range(9):
            fire(now)
        assert found(at=now) == [], steps
        invariants(now)
        transaction.set_rollback(True)
    policies.forget()


def act(verb, leads, which, now, hand_over, cast):
    lead = Lead.objects.get(pk=leads[which % len(leads)].pk)
    clocks = list(Clock.objects.filter(lead=lead).order_by("pk"))
    clock = clocks[(which * 7) % len(clocks)] if clocks else None
    if verb == "hand":
        leads.append(hand_over(email=f"s{len(leads)}@story.example", at=now))
    elif verb in ("call", "reply"):
        log([HumanTouch(lead.pk, "call", now, outcome="two_way" if verb == "reply" else "attempt")],
            by=cast.owner.pk, at=now)  # fmt: skip
    elif verb == "accept":
        lead.accept(by=cast.admin, at=now)
    elif verb == "reject":
        lead.reject(by=cast.admin, at=now, reason="bad_data")
    elif verb == "undo":
        lead.undo(by=cast.admin, at=now)
    elif verb == "reopen":
        lead.reopen(by=cast.admin, at=now)
    elif verb == "reassign":
        lead.reassign(by=cast.admin, at=now, to=cast.other if which % 2 else cast.teammate)
    elif verb == "pause" and clock:
        until = None if which == 0 else now + timedelta(hours=which)
        pausing.pause(clock, by=cast.admin, at=now, reason="legal_hold", until=until)
    elif verb == "resume":
        for paused in Clock.objects.filter(lead=lead, phase="paused"):
            pausing.resume(paused, by=cast.admin, at=now)
    elif verb == "drain":
        fire(now)
        hops.drain(now, 100)
        pausing.drain(now, 100)
    elif verb == "carry":
        fresh = copied(amount=1_800 if which % 2 else 172_800)
        replanning.carry(fresh, by=cast.admin, at=now)
    elif verb == "hours":
        version = CalendarVersion.objects.filter(calendar=Organisation.get().calendar_id).order_by("-number").first()
        if version is not None:
            day = now.date() + timedelta(days=which)
            newer = CalendarVersion.objects.create(
                calendar_id=version.calendar_id, number=version.number + 1, tz=version.tz, weekly=version.weekly,
                closed={**version.closed, day.isoformat(): []},
            )  # fmt: skip
            replanning.recalendar(newer, by=cast.admin, at=now)
    elif verb == "merge" and len(leads) > 1:
        other = Lead.objects.get(pk=leads[(which + 1) % len(leads)].pk)
        merge(lead.person, other.person, by=cast.admin, at=now)
    elif verb == "step":
        set_step(lead, what="Call", by_when=now + timedelta(hours=1 + which), by=cast.admin, at=now)


def copied(*, amount: int) -> PolicySet:
    """The next version of the promises, with another time to decide."""
    former = PolicySet.objects.get(state="published")
    lines = list(former.lines.prefetch_related("steps"))
    PolicySet.objects.filter(pk=former.pk).update(state="retired")
    fresh = PolicySet.objects.create(version=former.version + 1, state="published", change_mode="carry")
    for line in lines:
        steps = list(line.steps.all())
        line.pk, line.policy_set, line._state.adding = None, fresh, True
        line.amount = amount if line.target == "disposition" else line.amount
        line.save()
        for step in steps:
            step.pk, step.policy, step._state.adding = None, line, True
            step.save()
    policies.forget()
    return fresh


def invariants(now):
    for clock in Clock.objects.filter(history=False).prefetch_related("effects"):
        effects = {(e.event, e.level): e for e in clock.effects.all()}
        assert len(effects) == clock.effects.count(), "I2: each once"
        if clock.phase == "running" and clock.due_at < now:
            assert ("breach", 100) in effects and clock.breached_at == clock.due_at, "I1: nothing lost"
        if clock.outcome == "met_late" or clock.outcome == "breached_cancelled":
            assert clock.breached_at is not None
        for effect in effects.values():
            assert effect.detected_at >= effect.effective_at, "I4: nothing early"
        assert (clock.phase == "paused") == Pause.objects.filter(clock=clock, to_at=None, stands=False).exists()
    assert not Hop.objects.filter(outcome="moved", to_owner=F("from_owner")).exists()
    assert not Effect.objects.filter(clock__phase="paused", level=100, effective_at__gt=now).exists()
