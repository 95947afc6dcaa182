"""Every provider sample ends in the right person, touch and cycle; twice posted is once.

The samples are real posts that stay out of the repository; where they are absent, this is skipped. Secrets they were
signed with are not known, so they are signed anew.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction

from customers.models import SubscriptionMovement
from leads.hooks import asking
from leads.models import Lead, Person, PersonKey, Submission, Touch
from leads.models.hook import Delivery, HookEvent
from notify.fetch import Fetched
from revops.lib.now import frozen
from tests.leads.hooks.posting import NOW, connect, post

DATA = Path(os.environ.get("REVOPS_REAL_INPUT") or Path(__file__).parents[4] / "shared" / "data")
FOLDER = DATA / "webhooks"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the samples of providers are not on this machine"),
]


def event(kind, subject, pk):
    return {"id": pk, "object": "event", "type": kind, "created": 1_677_834_420, "data": {"object": subject}}


def subscription(body):
    return event("customer.subscription.created", body, f"evt_{body['id']}")


def customer(body):
    return event("customer.created", body, f"evt_{body['id']}")


def ids_only(body):
    """The sample is the answer to the question; this is the post that leads to it."""
    value = {"leadgen_id": "444", "form_id": "3", "page_id": "2", "created_time": 1_425_113_354}
    return {"object": "page", "entry": [{"id": "1", "changes": [{"field": "leadgen", "value": value}]}]}


# provider, file: what becomes of it. `who`: mail or id over there; `touch`: kinds; `cycle`: 1, or None = none opened;
# `at`: when it happened; `states`: of its events in the order of the post.
SAMPLES = [
    ("typeform", "typeform/form_response_text_email.json", None,
     {"who": "an_account@example.com", "touch": ["form"], "cycle": 1, "at": "2019-08-16T15:19:14", "states": ["done"]}),
    ("calendly", "calendly/invitee_created_utm.json", None,
     {"who": "invitee@example.com", "name": "John Doe", "touch": ["demo_request", "meeting"], "cycle": 1,
      "hand": "demo", "campaign": "demo", "at": "2023-01-15T10:30:00", "states": ["done"]}),
    ("meta", "meta_lead_ads/graph_lead_detail.json", ids_only,
     {"who": "joe@example.com", "name": "Joe Example", "touch": ["form"], "cycle": 1, "channel": "paid_social",
      "at": "2015-02-28T08:49:14", "states": ["done"]}),
    ("hubspot", "hubspot_crm_objects/form_submission.json", None,
     {"who": "test@sample.com", "touch": ["form"], "cycle": 1, "at": "2024-06-24T18:09:22", "states": ["done"]}),
    ("hubspot", "hubspot_crm_objects/contact_lifecycle_change.json", None,
     {"who": "hubspot:32192850234", "touch": ["form"], "cycle": 1, "states": ["done"]}),
    ("hubspot", "hubspot_crm_objects/deal_in_stage.json", None, {"states": ["ignored"]}),
    ("hubspot", "hubspot_v3_subscriptions/batch.json", None,
     {"who": "hubspot:508369434347", "name": "Maton", "touch": ["form"], "cycle": 1, "at": "2026-06-25T07:19:29",
      "states": ["done", "done", *["ignored"] * 6]}),
    ("hubspot", "hubspot_v3_subscriptions/deal_stage_change_2019.json", None, {"states": ["ignored"]}),
    ("hubspot", "hubspot_workflow_hookdeck/CONTACT.json", None,
     {"who": "kovatif642@cyclesat.com", "name": "Kovat Tif", "title": "Writer", "touch": ["form"], "cycle": 1,
      "states": ["done"]}),
    ("hubspot", "hubspot_workflow_hookdeck/COMPANY.json", None, {"states": ["ignored"]}),
    ("hubspot", "hubspot_workflow_hookdeck/DEAL.json", None, {"states": ["ignored"]}),
    ("stripe", "stripe_hookdeck/customer.created.json", None,
     {"who": "hook@me.com", "name": "Martin", "country": "CM", "touch": [], "cycle": None, "states": ["done"]}),
    ("stripe", "stripe_hookdeck/customer.updated.json", None,
     {"who": "hook@me.com", "name": "Martin", "touch": [], "cycle": None, "states": ["done"]}),
    ("stripe", "stripe_hookdeck/checkout.session.completed.json", None,
     {"who": "hook@me.com", "name": "Martin", "touch": [], "cycle": None, "states": ["done"]}),
    # A trial pays nothing yet; whose it is, is not known yet.
    ("stripe", "stripe_hookdeck/customer.subscription.created.json", None, {"states": ["waiting"], "movements": []}),
    *[("stripe", f"stripe_hookdeck/{name}.json", None, {"states": ["ignored"]})
      for name in ("invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded",
                   "payment_link.created", "payment_link.updated", "payment_method.attached", "setup_intent.created",
                   "setup_intent.succeeded")],
    ("stripe", "stripe_objects_djstripe/customer_cus_6lsBvm5rJ0zyHc.json", customer,
     {"who": "michael.smith@example.com", "touch": [], "cycle": None, "states": ["done"]}),
    *[("stripe", f"stripe_objects_djstripe/subscription_sub_fakefakefakefakefake000{n}.json", subscription,
       {"states": ["done"], "movements": [("new", 0, paid, "USD")]})
      for n, paid in ((1, 2_000), (2, 4_000), (3, 2_000), (4, 6_000))],
]  # fmt: skip


def body_of(file, made):
    body = json.loads((FOLDER / file).read_text())
    body = body["body"] if isinstance(body, dict) and {"body", "topic"} <= body.keys() else body
    return made(body) if made else body


def test_every_provider_sample_ends_in_the_right_person_touch_and_cycle_and_twice_is_once(client, cast, monkeypatch):
    answer = (FOLDER / "meta_lead_ads/graph_lead_detail.json").read_bytes()
    monkeypatch.setattr(asking, "fetch", lambda url, headers: Fetched(200, answer))
    monkeypatch.setattr(asking, "_hand_over", lambda ids: asking.ask(ids, now=NOW))
    wrong = []
    for provider, file, made, wanted in SAMPLES:
        # Each is told to an empty house.
        savepoint = transaction.savepoint()
        with frozen(NOW):
            sent = connect(provider, name=file, access="graph-token" if provider == "meta" else "")
            answers = [post(client, sent, body_of(file, made)) for _ in range(2)]
            if provider == "meta":
                asking.drain(NOW, 100)
        try:
            assert [answer.status_code for answer in answers] == [200, 200]
            assert answers[1].json()["new"] == 0
            check(sent, wanted)
        except AssertionError as error:
            wrong.append(
                (file, str(error).splitlines()[:6], [(e.kind, e.state, e.why) for e in HookEvent.objects.all()])
            )
        transaction.savepoint_rollback(savepoint)
    assert not wrong


def check(sent, wanted):
    events = list(HookEvent.objects.filter(connection=sent).order_by("id"))
    assert sorted(one.state for one in events) == sorted(wanted["states"])
    assert all(one.sent == 2 for one in events) and all(one.why for one in events)
    assert Delivery.objects.filter(connection=sent).count() == 1
    movements = SubscriptionMovement.objects.values_list("kind", "before", "after", "currency")
    assert list(movements) == wanted.get("movements", [])
    if "who" not in wanted:
        assert not Lead.objects.exists() and not Person.objects.exists()
        return
    key = PersonKey.objects.get(key=wanted["who"])
    person = Person.objects.get()
    assert key.person_id == person.pk
    for name in ("name", "title", "country"):
        if name in wanted:
            assert getattr(person, name) == wanted[name], name
    touches = Touch.objects.order_by("kind")
    assert [touch.kind for touch in touches] == wanted["touch"]
    assert Submission.objects.count() == 1
    leads = list(Lead.objects.all())
    assert [lead.cycle for lead in leads] == ([wanted["cycle"]] if wanted["cycle"] else [])
    if "at" in wanted:
        at = datetime.fromisoformat(wanted["at"]).replace(tzinfo=UTC)
        assert all(abs((touch.occurred_at - at).total_seconds()) < 1 for touch in touches)
        assert abs((leads[0].created_at - at).total_seconds()) < 1
    if leads:
        assert leads[0].hand_raise == wanted.get("hand", "")
        assert leads[0].source_id == wanted.get("channel", leads[0].source_id)
        assert (leads[0].campaign.code if leads[0].campaign else "") == wanted.get("campaign", "")


def test_every_segment_sample_is_taken_once(client, cast):
    """What becomes of them is told by the tests of visits."""
    files = sorted((FOLDER / "segment_spec" / "json").glob("*.json"))
    with frozen(NOW):
        sent = connect("segment")
        bodies = [json.loads(file.read_text()) for file in files]
        answers = [[post(client, sent, body).json()["new"] for body in bodies] for _ in range(2)]
    assert files and sum(answers[1]) == 0
    different = {body.get("messageId") or json.dumps(body, sort_keys=True) for body in bodies}
    events = HookEvent.objects.filter(connection=sent)
    assert sum(answers[0]) == len(different) == events.count()
    assert not events.filter(state__in=["failed", "waiting"]).exists()
    assert not Lead.objects.exists()
