"""A form sent by people: one lead, once, in somebody's queue; what cannot be taken is said and kept."""

import json
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from leads import intake
from leads.consent import texts
from leads.models import ConsentEvent, Lead, Outcome, Submission, Touch
from leads.webforms import forms, reading
from revops.lib.errors import Invalid, Refused
from sla.models import Clock
from tests.leads.webforms.conftest import GOOD, NOW, SITE

pytestmark = pytest.mark.django_db


def test_a_person_who_fills_it_in_is_a_lead_with_a_clock(web_form, filled, cast):
    answer = filled(web_form, utm_source="google", utm_medium="cpc", page_url=f"{SITE}/pricing")
    assert (answer.status_code, answer["Location"]) == (303, f"/f/{web_form.key}/thanks/")
    lead = Lead.objects.select_related("person").get()
    assert (lead.person.email, lead.owner, lead.hand_raise) == (GOOD["email"], cast.owner, "demo")
    assert lead.source_id == "paid_search"
    assert Clock.objects.filter(lead=lead).exists()
    [kept] = Submission.objects.all()
    assert (kept.door, kept.outcome, kept.source) == ("form", "created", web_form.source)
    assert (kept.context["origin"], kept.context["ip"]) == (SITE, "127.0.0.1")
    assert kept.payload["message"] == GOOD["message"]
    assert "form_token" not in kept.payload
    assert Touch.objects.get().kind == "demo_request"


def test_the_words_they_agreed_to_are_kept_by_version(web_form, filled, cast):
    words = texts.add("newsletter", "", "Send me news.", by=cast.admin, at=NOW)
    must = texts.add("contact", "", "You may call me.", by=cast.admin, at=NOW)
    forms.change(web_form, by=cast.admin, at=NOW, consents=[{"text": words.pk}, {"text": must.pk, "required": True}])
    answer = filled(web_form, **{f"consent_{words.pk}": "yes"})
    assert answer.status_code == 422
    assert "We need you to agree" in answer.content.decode()
    assert filled(web_form, **{f"consent_{must.pk}": "yes"}).status_code == 303
    consent = Lead.objects.get().person.consent
    assert set(consent) == {"contact"}, "a box left empty is no answer"
    assert list(ConsentEvent.objects.values_list("text", "state")) == [(must.pk, "granted")]


def test_what_is_wrong_is_said_beside_it_kept_and_can_be_put_right_from_the_same_look(web_form, frozen, stranger):
    with frozen(NOW) as clock:
        token = stranger.get(f"/f/{web_form.key}/challenge/").json()["token"]
        clock.advance(seconds=9)
        bad = GOOD | {"email": "marcus@", "last_name": "", "form_token": token}
        answer = stranger.post(f"/f/{web_form.key}/", bad, headers={"accept": "application/json"})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["email", "last_name"]
        page = stranger.post(f"/f/{web_form.key}/", bad)
        assert f'value="{token}"' in page.content.decode(), "who corrects a slip is not too fast"
        good = stranger.post(
            f"/f/{web_form.key}/", GOOD | {"form_token": token}, headers={"accept": "application/json"}
        )
        assert good.json() == {"ok": True, "thanks": web_form.thanks, "redirect": None}
    assert list(Submission.objects.order_by("id").values_list("outcome", flat=True)) == [
        "refused",
        "refused",
        "created",
    ]


def test_f41_the_same_from_one_look_is_one_and_a_second_person_another(web_form, frozen, stranger):
    with frozen(NOW) as clock:
        token = stranger.get(f"/f/{web_form.key}/challenge/").json()["token"]
        clock.advance(seconds=9)
        for _ in range(3):
            assert stranger.post(f"/f/{web_form.key}/", GOOD | {"form_token": token}).status_code == 303
        clock.advance(hours=2)
        stranger.post(f"/f/{web_form.key}/", GOOD | {"form_token": token})
        assert Submission.objects.count() == Lead.objects.count() == 1
        stranger.post(f"/f/{web_form.key}/", GOOD | {"form_token": token, "email": "grace@pine.example"})
    assert Lead.objects.count() == 2


def test_plain_html_from_a_page_that_never_asked_for_the_form_is_taken(web_form, frozen, stranger):
    with frozen(NOW):
        for _ in range(2):
            stranger.post(
                f"/f/{web_form.key}/", GOOD, headers={"referer": f"{SITE}/contact?utm_source=bing&utm_medium=cpc"}
            )
    lead = Lead.objects.get()
    assert lead.source_id == "paid_search", "known by the page the browser named"
    assert Submission.objects.get().outcome == "created"


def test_json_and_lists_and_what_nobody_asked_for(web_form, frozen, stranger):
    body = GOOD | {"message": None, "colour": ["red", "blue"], "age": 7, "deep": {"a": [1]}}
    with frozen(NOW):
        answer = stranger.post(f"/f/{web_form.key}/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    kept = Submission.objects.get()
    assert (kept.payload["colour"], kept.payload["age"], kept.payload["deep"]) == ("red, blue", "7", '{"a": [1]}')


@pytest.mark.parametrize(
    "body, kind, status",
    [(b"{", "application/json", 400), (b"[1]", "application/json", 400), (b"\xff", "application/json", 400),
     (b'{"a":' * 500 + b"1" + b"}" * 500, "application/json", 400), (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
     (b"--x\r\nbroken", "multipart/form-data; boundary=x", 422), (b"a=1", "multipart/form-data", 400),
     (b"&".join(b"f%d=1" % n for n in range(2_000)), "application/x-www-form-urlencoded", 400),
     (b"email=a%00b%40c.example", "application/x-www-form-urlencoded", 422), (b"", "text/plain", 422)],
)  # fmt: skip
def test_s27_odd_bodies_are_answered_and_break_nothing(web_form, stranger, body, kind, status):
    answer = stranger.post(f"/f/{web_form.key}/", body, content_type=kind, headers={"accept": "application/json"})
    assert answer.status_code == status
    assert Lead.objects.count() == 0
    stranger.get(f"/f/{web_form.key}/")


def test_s30_s31_odd_keys_and_tokens_break_nothing(web_form, stranger):
    for key in ("%00", "f_%00", "%ED%A0%80", "x" * 300):
        assert stranger.get(f"/f/{key}/").status_code == 404, key
        assert stranger.get(f"/f/{key}/challenge/").status_code == 404, key
    for token in ("\ud800.1.x", "1.\ud800.x", "1.2.\ud800", "ü.ü.ü"):
        said = json.dumps(GOOD | {"form_token": token, "altcha": token})
        assert stranger.post(f"/f/{web_form.key}/", said, content_type="application/json").status_code == 200


@pytest.mark.parametrize("fault", [DataError, KeyError])
def test_what_cannot_be_taken_in_is_thanked_kept_as_failed_and_tried_again(web_form, filled, monkeypatch, fault):
    def no(*args, **more):
        raise fault("no")

    with monkeypatch.context() as broken:
        broken.setattr(intake, "capture", no)
        assert filled(web_form).status_code == 303
    failed = Submission.objects.get()
    assert (failed.outcome, failed.errors[0]["code"]) == (Outcome.FAILED, fault.__name__)
    item = reading.again(failed, now=NOW)
    [outcome] = intake.capture([item], by=None, via="form", now=NOW)
    assert outcome.status == "created"
    assert Submission.objects.get(pk=outcome.submission_id).replay_of_id == failed.pk
    failed.source = "form:999999"
    with pytest.raises(Refused):
        reading.again(failed, now=NOW)


def test_a_database_that_is_away_is_said_so_and_nothing_is_acknowledged(web_form, filled, monkeypatch):
    def away(*args, **more):
        raise OperationalError("gone")

    monkeypatch.setattr(intake, "capture", away)
    answer = filled(web_form)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_one_post_costs_one_capture(web_form, filled, django_assert_max_num_queries, stranger, frozen):
    with frozen(NOW) as clock:
        token = stranger.get(f"/f/{web_form.key}/challenge/").json()["token"]
        clock.advance(seconds=9)
        item = reading.incoming(web_form, GOOD | {"email": "first@other.example"}, now=NOW)
        intake.capture([item], by=None, via="form", now=NOW)  # what processes keep is kept now
        second = reading.incoming(web_form, GOOD | {"email": "second@other.example"}, now=NOW)
        with CaptureQueriesContext(connection) as alone:
            intake.capture([second], by=None, via="form", now=NOW)
        cost = len(alone)  # before a request empties the log
        stranger.get(f"/f/{web_form.key}/challenge/")
        with django_assert_max_num_queries(cost + 3):  # a savepoint's two, and the delivery key asked for
            stranger.post(f"/f/{web_form.key}/", GOOD | {"form_token": token})


def test_a_form_leads_on_where_it_was_told_to(web_form, filled, cast, stranger):
    forms.change(web_form, by=cast.admin, at=NOW, redirect_url="https://www.acme.example/thanks")
    assert filled(web_form)["Location"] == "https://www.acme.example/thanks"
    policy = stranger.get(f"/f/{web_form.key}/")["Content-Security-Policy"]
    assert "form-action 'self' https://www.acme.example" in policy
    for odd in (
        "https://a.example; sandbox",
        "https://a.example;sandbox/x",
        "https://a.example, b/",
        "https:///x",
        "https://[::1/x",
    ):
        with pytest.raises(Invalid):
            forms.change(web_form, by=cast.admin, at=NOW, redirect_url=odd)
    assert "Set-Cookie" not in stranger.get(f"/f/{web_form.key}/")


def test_the_script_is_small_and_asked_for_again_only_when_changed(web_form, stranger, cast):
    first = stranger.get(f"/f/{web_form.key}/form.js")
    assert len(first.content) < 10_000
    assert first.content.isascii()
    same = stranger.get(f"/f/{web_form.key}/form.js", headers={"if-none-match": first["ETag"]})
    assert same.status_code == 304
    forms.change(web_form, by=cast.admin, at=NOW + timedelta(days=1), button="Los geht’s </script>")
    changed = stranger.get(f"/f/{web_form.key}/form.js", headers={"if-none-match": first["ETag"]})
    assert (changed.status_code, changed.content.isascii()) == (200, True)
