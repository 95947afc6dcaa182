"""Each kind of notice has its sentence: what waits, how late, whose it is, and never whose fault."""

from datetime import timedelta

import pytest

from notify import words
from tests.notify.conftest import NOW

PEOPLE = {7: "Jonah Reyes", 8: "Ada Okafor"}
DUE = (NOW - timedelta(minutes=6)).isoformat()


def clock(target, level=100, **more):
    return {"target": target, "level": level, "owner": 7, "due": DUE, **more}


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("lead.assigned", {"cause": "manual"}, "Priya Raman is yours now, by hand."),
        ("lead.assigned", {"cause": "breach"}, "Priya Raman is yours now, the time was over."),
        ("clock.warned", clock("first_response", 50), "Priya Raman: first response has used 50% of its time."),
        ("clock.breached", clock("disposition"), "Priya Raman: the decision is 6 min late."),
        ("clock.breached", {"target": "disposition"}, "Priya Raman: the decision is late."),
        ("clock.breached", clock("disposition", late=True), "Priya Raman: the decision is 6 min late. This was noticed late."),
        ("clock.escalated", clock("first_response"), "Priya Raman waits for a first response, 6 min late. Jonah Reyes owns it."),
        ("clock.escalated", clock("first_response", 101), "Priya Raman waits for a first response, 6 min late. Jonah Reyes owns it."),
        ("clock.escalated", clock("first_response", 90), "Priya Raman: first response has used 90% of its time. Jonah Reyes owns it."),
        ("clock.escalated", clock("assignment", owner=None), "Priya Raman waits for an owner, 6 min late. Nobody owns it yet."),
        ("clock.escalated", clock("disposition"), "Priya Raman waits for a decision, 6 min late. Jonah Reyes owns it."),
        ("clock.escalated", clock("touch_minimum"), "Priya Raman has fewer touches than agreed, 6 min late. Jonah Reyes owns it."),
        ("clock.escalated", clock("stage_age"), "Priya Raman has been in this stage for longer than agreed, 6 min late. Jonah Reyes owns it."),
        ("clock.escalated", clock("next_step"), "Priya Raman has a next step that is past its time, 6 min late. Jonah Reyes owns it."),
        ("clock.escalated", clock("handoff_sched"), "Priya Raman has no hand-over call booked, 6 min late. Jonah Reyes owns it."),
        ("clock.escalated", clock("handoff_call"), "Priya Raman had no hand-over call yet, 6 min late. Jonah Reyes owns it."),
        ("lead.stuck", {"owner": 7, "because": "nobody"}, "Priya Raman needs you: nobody else can take it now. Jonah Reyes owns it."),
        ("lead.stuck", {"owner": 7, "because": "limit"}, "Priya Raman needs you: it was passed on as often as agreed. Jonah Reyes owns it."),
        ("touch.to_approve", {"by": 7}, "Priya Raman: Jonah Reyes recorded an earlier touch. It counts once you approve it."),
        ("step.set", {"owner": 7}, "Priya Raman: a next step is yours."),
        ("destination.off", {"name": "#inbound", "because": "It answered 410."}, "Posts to #inbound stopped: It answered 410."),
        ("test", {"channel": "email"}, "This is a test. Messages reach you by e-mail."),
        ("deal.won", {}, "Priya Raman: deal won."),
        ("clock.started", clock("next_step"), "Priya Raman: the next step, started."),
    ],
)  # fmt: skip
def test_each_kind_has_its_sentence(kind, data, said):
    assert words.sentence(kind, data, "Priya Raman", people=PEOPLE, at=NOW) == said


@pytest.mark.parametrize("data", [{"due": "yesterday"}, {"due": 5}, {"due": NOW.isoformat()}, {"due": None}])
def test_an_unknown_or_future_due_is_left_out(data):
    assert words.sentence("clock.breached", {"target": "next_step", **data}, "P", at=NOW) == "P: the next step is late."


def test_nobody_is_blamed():
    said = [words.sentence(kind, clock(target, 101), "P", people=PEOPLE, at=NOW).lower()
            for kind in ("clock.breached", "clock.escalated") for target in words.OPEN]  # fmt: skip
    for word in ("fail", "missed", "violat", "breach", "fault", "!"):
        assert not any(word in sentence for sentence in said)
