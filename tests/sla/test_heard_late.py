"""What providers tell late: clocks start at the event, not when we heard of it (DOMAIN 7.3, 7.5, 1.7)."""

import json
from datetime import timedelta

import pytest

from journal.models import Entry
from leads.hooks import asking
from leads.incoming import Incoming, IncomingCompany
from leads.intake import capture
from leads.models import Lead, Ownership, Snapshot
from leads.timeline import of as timeline_of
from leads.touches import HumanTouch, log
from leads.visits import events
from notify.fetch import Fetched
from notify.models import Notice
from revops.lib import rates
from sla import rebuild
from sla.due import drain as fire
from sla.models import Clock, Effect
from tests.leads.hooks.posting import connect, post
from tests.sla.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pool")]


def ago(**how):
    return NOW - timedelta(**how)


def told(email="kim@acme.example", *, at, via="hook", now=NOW, **more):
    item = Incoming(email=email, source="typeform", occurred_at=at, **({"hand_raise": "demo"} | more))
    [outcome] = capture([item], by=None, via=via, now=now)
    return Lead.objects.get(pk=outcome.lead_id)


def clock(lead, target="first_response", scope="lead"):
    return Clock.objects.filter(lead=lead, target=target, scope=scope).order_by("-run").first()


def test_a_meta_lead_of_20_minutes_ago_is_late_at_created_plus_5_and_twice_delivered_is_one_clock(
    client, cast, monkeypatch, frozen
):
    rates.forget()
    field = [{"name": "email", "values": ["kim@acme.example"]}]
    monkeypatch.setattr(asking, "fetch", lambda *_: Fetched(200, json.dumps({"field_data": field}).encode()))
    monkeypatch.setattr(asking, "_hand_over", lambda ids: asking.ask(ids, now=NOW))
    ours = connect("meta", access="token")
    ours.mapping["always"]["hand_raise"] = "demo"
    ours.save()
    value = {"leadgen_id": "9", "created_time": int(ago(minutes=20).timestamp())}
    body = {"object": "page", "entry": [{"id": 1, "changes": [{"field": "leadgen", "value": value}]}]}
    with frozen(NOW):
        for new in (1, 0):
            assert post(client, ours, body).json() == {"events": 1, "new": new}
            asking.drain(NOW, 10)
    lead = Lead.objects.get()
    created, due = ago(minutes=20), ago(minutes=15)
    assert (lead.created_at, lead.mql_at, lead.stage_at, lead.assigned_at) == (created, created, created, NOW)
    assert (lead.owner, Ownership.objects.get().from_at, Snapshot.objects.get().at) == (cast.owner, NOW, NOW)
    fire(NOW + timedelta(seconds=1))
    fire(NOW + timedelta(seconds=2))
    late, own, assigned, decided = (clock(lead), clock(lead, scope="owner"), clock(lead, "assignment"),
                                    clock(lead, "disposition"))  # fmt: skip
    assert Clock.objects.count() == 4
    assert (late.started_at, late.due_at, late.breached_at, late.detected_at) == (
        created, due, due, NOW + timedelta(seconds=1))  # fmt: skip
    assert late.owner_id is None  # nobody had it when it fell due
    assert (own.started_at, own.due_at, own.breached_at, own.owner) == (
        NOW,
        NOW + timedelta(minutes=5),
        None,
        cast.owner,
    )
    assert (assigned.started_at, assigned.outcome, decided.started_at) == (NOW, "met", NOW)
    assert list(Effect.objects.order_by("level").values_list("clock", "event", "effective_at")) == [
        (late.pk, "breach", due), (late.pk, "chain", due + timedelta(minutes=5))]  # fmt: skip
    # One notice a person, though three warnings passed as well, and it says that it was noticed late.
    notices = list(Notice.objects.filter(subject_id=lead.pk, kind__startswith="clock."))
    assert notices and len(notices) == len({notice.user_id for notice in notices})
    assert all(notice.data["late"] is True and notice.data["level"] > 100 for notice in notices)
    # The journal tells when it happened and when we heard.
    opened, mql, given = (Entry.objects.get(kind=kind) for kind in ("lead.opened", "lead.mql", "lead.assigned"))
    assert (opened.at, mql.at, given.at) == (created, created, NOW)
    assert (mql.recorded_at, mql.data["late"]) == (NOW, 1_200)
    said = [
        item.text for item in timeline_of(lead, limit=50) if item.code in ("lead.opened", "lead.mql", "lead.assigned")
    ]
    assert said[0].startswith("Assigned") and said[1].startswith("Became MQL") and said[2].startswith("Cycle 1")
    assert any("heard of 20 min later" in item.note for item in timeline_of(lead, limit=50))
    differences = []
    rebuild.check(at=NOW, tell=differences.append)
    assert not differences
    # A call five minutes later is the answer, as late as the buyer felt it and in time for the owner.
    log([HumanTouch(lead.pk, "call", NOW + timedelta(minutes=4))], by=cast.owner.pk, at=NOW + timedelta(minutes=4))
    assert [clock(lead, scope=scope).outcome for scope in ("lead", "owner")] == ["met_late", "met"]


def test_what_is_not_due_yet_runs_from_the_event(cast):
    lead = told(at=ago(minutes=3))
    late = clock(lead)
    assert (late.due_at, late.owner) == (NOW + timedelta(minutes=2), cast.owner)
    fire(NOW + timedelta(seconds=1))
    assert [effect.level for effect in Effect.objects.filter(clock=late)] == [50]  # the highest that passed, once


def test_what_is_older_than_three_days_counts_from_when_we_heard_and_the_cycle_shows_it():
    inside, older = told("a@acme.example", at=ago(hours=72)), told("b@acme.example", at=ago(hours=72, seconds=1))
    assert (inside.mql_at, inside.created_at) == (ago(hours=72), ago(hours=72))
    assert (older.mql_at, older.created_at) == (NOW, ago(hours=72, seconds=1))
    assert clock(older).due_at == NOW + timedelta(minutes=5)


def test_only_providers_are_believed_and_never_before_the_cycle():
    assert told("a@acme.example", at=ago(minutes=20), via="form").mql_at == NOW
    assert told("b@acme.example", at=NOW + timedelta(minutes=4)).mql_at == NOW
    inquiry = told("c@acme.example", at=ago(minutes=10), hand_raise="")
    assert inquiry.mql_at is None
    # Told out of order: the demo was asked for before the form that opened the cycle.
    lead = told("c@acme.example", at=ago(minutes=20))
    assert (lead.pk, lead.mql_at) == (inquiry.pk, ago(minutes=10))
    # And never before the cycle ahead of it ended.
    Lead.objects.filter(pk=lead.pk).update(stage="recycled", stage_at=ago(minutes=5), recycled_at=ago(minutes=5))
    again = told("c@acme.example", at=ago(minutes=7))
    assert (again.cycle, again.mql_at) == (2, ago(minutes=5))


def test_of_several_told_at_once_the_first_raised_hand_counts():
    items = [Incoming(email="kim@acme.example", source="hubspot", occurred_at=ago(minutes=minutes), hand_raise=hand)
             for minutes, hand in ((30, ""), (20, "demo"), (10, "contact"), (5, ""))]  # fmt: skip
    capture(items, by=None, via="hook", now=NOW)
    assert Lead.objects.get().mql_at == ago(minutes=20)


def test_a_hand_raised_again_is_hot_since_the_event_and_for_the_owner_since_we_heard(hand_over):
    lead = hand_over("trial", at=ago(minutes=30))
    before = clock(lead)
    assert before is not None and before.tier != "hot"
    told("marcus@lumen.example", at=ago(minutes=3))
    hot, own = clock(lead), clock(lead, scope="owner")
    assert (hot.tier, hot.started_at, hot.due_at) == ("hot", ago(minutes=3), NOW + timedelta(minutes=2))
    assert (own.tier, own.started_at, own.due_at) == ("hot", NOW, NOW + timedelta(minutes=5))
    before.refresh_from_db()
    assert (before.outcome, before.stopped_at) == ("cancelled", NOW)


def test_product_usage_told_late_counts_from_the_last_of_it():
    """PQL by using a feature five times; the server sent it a quarter of an hour late, and twice."""
    lead = told("kim@acme.example", at=None, via="api", hand_raise="", now=ago(hours=1), title="VP Sales",
                company=IncomingCompany("Acme", "acme.example", "software", 400, "US"))  # fmt: skip
    who = {"type": "identify", "messageId": "i", "userId": "u1", "traits": {"email": "kim@acme.example"}}
    events.take([who], source="product", by=None, now=ago(minutes=50), via="api", forwarded=False)
    reports = [{"type": "track", "event": "Report opened", "messageId": f"m{n}", "userId": "u1",
                "sentAt": NOW.isoformat(), "originalTimestamp": ago(minutes=20 - n).isoformat()} for n in range(5)]  # fmt: skip
    for _ in range(2):
        events.take(reports, source="product", by=None, now=NOW, via="api", forwarded=False)
    lead.refresh_from_db()
    assert (lead.stage, lead.mql_at, lead.snapshot.because) == ("mql", ago(minutes=16), "pql")
    assert Clock.objects.filter(lead=lead, target="first_response", scope="lead").count() == 1
    assert clock(lead).started_at == ago(minutes=16)
