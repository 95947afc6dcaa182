"""/hooks/<token>/: S30, S31, S49, F42, F43; what is refused, sent again, out of order, odd or broken."""

import json

import pytest

from leads.hooks import acting, asking
from leads.models import Lead, Person, PersonKey, Submission, Touch
from leads.models.hook import Delivery, HookEvent
from leads.submissions import replaying
from notify.fetch import Fetched
from revops.lib import rates
from revops.lib.errors import Invalid, Refused
from revops.lib.now import frozen
from tests.leads.hooks.posting import NOW, connect, post, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast")]


@pytest.fixture(autouse=True)
def at_noon():
    rates.forget()
    with frozen(NOW) as clock:
        yield clock


def typeform(email="grace@harborpine.example", token="t1", **more):
    answers = [{"type": "email", "email": email, "field": {"id": "a", "type": "email", "ref": "mail"}}]
    return {"event_id": token, "event_type": "form_response",
            "form_response": {"form_id": "f", "token": token, "submitted_at": "2026-11-24T14:58:00Z", "answers": answers, **more}}  # fmt: skip


def test_s49_an_altered_or_unsigned_body_is_refused_and_only_its_reason_is_kept(client):
    ours = connect("typeform")
    body = json.dumps(typeform()).encode()
    altered = client.post(f"/hooks/{ours.token}/", body.replace(b"grace", b"grane"), content_type="application/json",
                          headers=signed(ours, body))  # fmt: skip
    assert (altered.status_code, altered.json()["code"]) == (401, "bad_signature")
    assert post(client, ours, body, headers={}).json()["code"] == "no_signature"
    assert not HookEvent.objects.exists() and not Delivery.objects.exists()
    kept = Submission.objects.order_by("id")
    assert [(one.outcome, one.errors[0]["code"], one.payload) for one in kept] == [
        ("refused", "bad_signature", {}), ("refused", "no_signature", {})]  # fmt: skip
    ours.refresh_from_db()
    assert "missing" in ours.last_error


def test_s49_a_replay_after_five_minutes_is_refused_and_within_them_it_counts_once(client, at_noon):
    ours = connect("calendly")
    body = {"event": "invitee.created", "created_at": "2026-11-24T14:59:00Z",
            "payload": {"uri": "https://api.calendly.com/e/1/invitees/2", "email": "ann@acme.example", "name": "Ann Lee"}}  # fmt: skip
    assert post(client, ours, body).json() == {"events": 1, "new": 1}
    at_noon.advance(minutes=4)
    assert post(client, ours, body).json() == {"events": 1, "new": 0}
    at_noon.advance(minutes=2)
    assert post(client, ours, body).json()["code"] == "stale"
    assert (Lead.objects.count(), Touch.objects.filter(kind="meeting").count(), HookEvent.objects.get().sent) == (
        1,
        1,
        2,
    )


def change(kind, occurred, **more):
    return {"eventId": 1, "subscriptionId": 7, "objectId": 42, "occurredAt": occurred, "subscriptionType": kind, **more}


def test_s49_events_in_another_order_and_in_other_company_end_the_same(client):
    """HubSpot repeats `eventId`; and a batch that overlaps an earlier one brings only what is new."""
    made = change("contact.creation", 1_763_990_000_000)
    mail = change("contact.propertyChange", 1_763_990_001_000, propertyName="email", propertyValue="kim@acme.example")
    name = change("contact.propertyChange", 1_763_990_002_000, propertyName="firstname", propertyValue="Kim")
    ours = connect("hubspot")
    answers = [post(client, ours, batch).json()["new"] for batch in ([name], [mail, name], [name, made, mail])]
    assert answers == [1, 1, 1]
    person, lead = Person.objects.get(), Lead.objects.get()
    assert (person.first_name, person.email, lead.person_id, lead.cycle) == ("Kim", "kim@acme.example", person.pk, 1)
    assert set(PersonKey.objects.values_list("key", flat=True)) == {"hubspot:42", "kim@acme.example"}


def test_news_of_somebody_opens_no_cycle_even_after_the_last_one_ended(client):
    ours = connect("hubspot")
    post(client, ours, [change("contact.creation", 1_763_990_000_000)])
    Lead.objects.update(stage="recycled")
    title = change("contact.propertyChange", 1_763_990_005_000, propertyName="jobtitle", propertyValue="CFO")
    post(client, ours, [title])
    assert (Lead.objects.count(), Person.objects.get().title) == (1, "CFO")


def test_s30_s31_odd_bodies_never_break_us(client, monkeypatch):
    """Refused with a reason or taken without what no column can hold; 0 five-hundreds."""
    monkeypatch.setattr(rates, "hit", lambda *_: True)
    odd = [
        b"", b"null", b"[]", b"{}", b"1", b'"x"', b"\xff\xfe", b"{", b"[" * 1_000 + b"]" * 1_000, b"[" * 100_000,
        b'{"a":' * 1_000 + b"1" + b"}" * 1_000, b'{"form_response": 1e999}', b'{"form_response": NaN}',
        b'{"form_response": []}', b'{"event_id": {}, "form_response": {"token": [], "answers": {"a": 1}}}',
        b'{"form_response": {"token": "' + b"9" * 300 + b'", "submitted_at": "9999999999999999999999"}}',
        b'{"form_response": {"submitted_at": 1' + b"0" * 400 + b"}}", b'{"entry": [{"changes": [{"field": 1}]}], "object": "page"}',
        b'{"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": {"a": 1}}}]}]}',
        b'{"object": "event", "type": "customer.created", "id": "e", "data": {"object": []}}',
        b'{"object": "event", "type": "customer.subscription.updated", "id": "e2", "data": {"object": {"object": '
        b'"subscription", "status": "active", "items": {"data": [{"price": {"unit_amount": 1e30}, "quantity": -1}]}}}}',
        b'{"properties": {"email": {"value": {"a": 1}}}, "vid": 3}', b'{"submittedAt": "x", "fields": [1, {"name": 2}]}',
        b'[{"subscriptionType": 1, "objectId": null}, 2, "x"]', b'{"event": "invitee.created", "payload": {"uri": 1}}',
        json.dumps(typeform("nul\0@acme.example", hidden={"utm_source": "\ud800", "\0": "\u202eevil"})).encode(),
        json.dumps(typeform("x" * 100_000)).encode(), json.dumps({"type": "track", "event": "\0", "userId": 5}).encode(),
        b'{"batch": [1, {"type": null}, {"type": "identify", "traits": []}]}', b"x" * (1024 * 1024 + 1),
    ]  # fmt: skip
    for provider in ("typeform", "meta", "hubspot", "calendly", "stripe", "segment"):
        ours = connect(provider)
        for body in odd:
            answer = post(client, ours, body)
            assert answer.status_code in {200, 400, 413}, (provider, body[:80], answer.content[:300])
    assert not HookEvent.objects.filter(state="failed").exists()


def test_one_odd_answer_does_not_lose_the_lead(client):
    hidden = {"utm_source": "\ud800x", "utm_campaign": "spring\0sale"}
    assert post(client, connect("typeform"), typeform(hidden=hidden)).status_code == 200
    assert Lead.objects.get().person.email == "grace@harborpine.example"


def test_strangers_learn_nothing(client):
    ours = connect("meta")
    for token in ("no-such-token", "%00", "%ED%A0%80", "x" * 300):
        assert client.post(f"/hooks/{token}/", b"{}", content_type="application/json").status_code == 404
    asked = f"/hooks/{ours.token}/?hub.mode=subscribe&hub.challenge=77&hub.verify_token="
    assert client.get(asked + "wrong").status_code == 403
    assert client.get(asked + ours.token).content == b"77"
    assert client.delete(f"/hooks/{ours.token}/").status_code == 405
    ours.is_active = False
    ours.save()
    assert post(client, ours, {}).status_code == 404


def leadgen(*ids):
    changes = [{"field": "leadgen", "value": {"leadgen_id": pk, "created_time": 1_763_990_000}} for pk in ids]
    return {"object": "page", "entry": [{"id": 1, "changes": changes}]}


def test_meta_is_asked_again_until_it_answers_and_a_dead_answer_can_be_replayed(client, cast, monkeypatch, at_noon):
    answers = [Fetched(0, said="The address didn't answer."), Fetched(500, b"{}"),
               Fetched(200, json.dumps({"field_data": [{"name": "email", "values": ["kim@acme.example"]}]}).encode())]  # fmt: skip
    monkeypatch.setattr(asking, "fetch", lambda url, headers: answers.pop(0))
    monkeypatch.setattr(asking, "_hand_over", lambda ids: asking.ask(ids, now=at_noon.at))
    post(client, connect("meta", access="token"), leadgen("9", "9"))
    for _ in range(3):
        assert asking.drain(at_noon.at, 10) == 1
        assert asking.drain(at_noon.at, 10) == 0  # leased, or due later
        at_noon.advance(minutes=1)
    event = HookEvent.objects.get()
    assert (event.state, event.attempts, Person.objects.get().email) == ("done", 3, "kim@acme.example")
    # Another one, of which nothing can be known; then its token is renewed.
    gone = Fetched(400, b'{"error": {"message": "Unsupported get request"}}')
    answers[:] = [gone, Fetched(200, b'{"field_data": [{"name": "email", "values": ["lee@acme.example"]}]}')]
    post(client, event.connection, leadgen("10"), at=at_noon.at)
    asking.drain(at_noon.at, 10)
    failed = Submission.objects.get(outcome="failed")
    assert "Unsupported" in failed.errors[0]["detail"]
    assert replaying.replay(failed, by=cast.admin, at=at_noon.at).outcome is None
    asking.drain(at_noon.at, 10)
    taken = Submission.objects.get(replay_of=failed)
    assert (taken.outcome, taken.person.email) == ("created", "lee@acme.example")


def test_what_was_refused_is_replayed_by_the_mapping_of_today_and_once(client, cast, at_noon):
    ours = connect("typeform")
    nobody = typeform(answers=[{"type": "text", "text": "Ann Lee, ann@acme.example", "field": {"id": "q", "ref": "who", "type": "short_text"}},
                               {"type": "text", "text": "ann@acme.example", "field": {"id": "r", "ref": "reach", "type": "short_text"}}])  # fmt: skip
    assert post(client, ours, nobody).status_code == 200
    refused = Submission.objects.get()
    assert (refused.outcome, HookEvent.objects.get().state) == ("refused", "refused")
    with pytest.raises(Invalid):
        replaying.replay(refused, by=cast.admin, at=NOW)
    ours.mapping["fields"].append({"from": "reach", "to": "email"})
    ours.save()
    at_noon.advance(hours=3)
    outcome = replaying.replay(refused, by=cast.admin, at=at_noon.at).outcome
    lead = Lead.objects.get()
    assert (outcome.lead_id, lead.person.email) == (lead.pk, "ann@acme.example")
    assert lead.created_at.isoformat() == "2026-11-24T14:58:00+00:00"  # when it was sent, not when it was replayed
    refused.refresh_from_db()
    with pytest.raises(Refused):
        replaying.replay(refused, by=cast.admin, at=at_noon.at)
    assert refused.outcome == "refused" and HookEvent.objects.get().state == "done"


def test_a_fault_of_ours_is_kept_as_failed_and_the_others_of_the_post_go_on(client, cast, monkeypatch):
    real = acting.capture

    def breaks(items, **more):
        if any(item.first_name == "Bad" for item in items):
            raise RuntimeError("a fault of ours")
        return real(items, **more)

    monkeypatch.setattr(acting, "capture", breaks)
    changes = [change("contact.propertyChange", 1_763_990_000_000, propertyName="firstname", propertyValue=name) | {"objectId": n}
               for n, name in enumerate(["Ann", "Bad", "Cem"], 1)]  # fmt: skip
    assert post(client, connect("hubspot"), changes).status_code == 200
    assert sorted(HookEvent.objects.values_list("state", flat=True)) == ["done", "done", "failed"]
    monkeypatch.setattr(acting, "capture", real)
    replaying.replay(Submission.objects.get(outcome="failed"), by=cast.admin, at=NOW)
    assert sorted(Person.objects.values_list("first_name", flat=True)) == ["Ann", "Bad", "Cem"]


def test_segment_goes_on_to_the_room_of_visits_once(client):
    ours = connect("segment")
    known = {"type": "identify", "messageId": "m1", "userId": "u1", "traits": {"email": "kim@acme.example", "firstName": "Kim"},
             "timestamp": "2026-11-24T14:00:00Z", "sentAt": "2026-11-24T14:00:00Z"}  # fmt: skip
    for _ in range(2):
        assert post(client, ours, known).status_code == 200
    assert (Person.objects.get().email, Lead.objects.count()) == ("kim@acme.example", 0)
    assert HookEvent.objects.get().state == "done"


def test_a_company_that_is_known_learns_what_hubspot_says_of_it(client):
    post(client, connect("typeform"), typeform())
    firm = {
        "objectType": "COMPANY",
        "objectId": 1,
        "properties": {"domain": {"value": "harborpine.example"}, "numberofemployees": {"value": "120"}},
    }
    post(client, connect("hubspot"), firm)
    assert Lead.objects.get().company.employees == 120


def test_f27_a_connection_that_floods_is_asked_to_wait(client):
    ours = connect("typeform")
    for _ in range(600):
        rates.hit("hook", str(ours.pk), "600 per minute")
    assert post(client, ours, typeform()).status_code == 429
    assert not HookEvent.objects.exists()
