"""What strangers may not: S27 keys and limits, S28 machines, S35 foreign origins, S36 no mail to a victim."""

import json
import re

import altcha
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from leads.intake import capture
from leads.models import Lead, Submission
from leads.webforms import forms, reading
from notify.models import Delivery
from revops.lib import callers, rates
from tests.leads.webforms.conftest import GOOD, NOW, SITE

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json", "origin": SITE}


def test_s28_machines_read_what_people_read_and_nothing_comes_of_them(web_form, filled, stranger, frozen):
    human = filled(web_form)
    said = {
        "honeypot": filled(web_form, contact_reference="x", email="a@a.example"),
        "too_fast": filled(web_form, seconds=1, email="b@b.example"),
        "disposable_mail": filled(web_form, email="c@mailinator.com"),
        "advertising": filled(web_form, email="d@d.example", message="casino viagra backlinks"),
        "bad_token": filled(web_form, email="e@e.example", form_token="1.2.3"),
        "no_origin": filled(web_form, email="f@f.example", form_token="", client=Client()),
        "honeypot, and no mail address": filled(web_form, contact_reference="x", email="nobody"),
    }
    same = (human.status_code, human["Location"], human.content)
    assert {why: (one.status_code, one["Location"], one.content) for why, one in said.items()} == dict.fromkeys(
        said, same
    )
    assert Lead.objects.count() == 1
    held = Submission.objects.filter(outcome="suspect").order_by("id")
    assert [why.split(",")[0] in one.suspicions for why, one in zip(said, held, strict=True)] == [True] * len(said)


def test_s28_with_proof_of_work_a_solved_sum_passes_and_none_is_held(web_form, stranger, cast, frozen):
    forms.change(web_form, by=cast.admin, at=NOW, proof_of_work=True)
    with frozen(NOW) as clock:
        told = stranger.get(f"/f/{web_form.key}/challenge/").json()
        sum_ = told["altcha"]
        solved = altcha.solve_challenge_v1(sum_["challenge"], sum_["salt"], "SHA-256", sum_["maxNumber"])
        proof = altcha.PayloadV1(
            "SHA-256", sum_["challenge"], solved.number, sum_["salt"], sum_["signature"]
        ).to_base64()
        clock.advance(seconds=5)
        sent = [GOOD | {"form_token": told["token"], "email": f"{n}@a.example"} for n in range(7)]
        stranger.post(f"/f/{web_form.key}/", sent[0])
        assert Submission.objects.get().suspicions == ["no_proof"]
        for one in sent[1:]:
            stranger.post(f"/f/{web_form.key}/", one | {"altcha": proof})
    assert Lead.objects.count() == 4, "one look at the form is good for five submissions, the first was held"
    assert Submission.objects.filter(suspicions=["token_reused"]).count() == 2


def test_s27_a_key_may_only_create_and_is_rotated_and_switched_off(web_form, filled, stranger, cast, frozen):
    filled(web_form)
    old = web_form.key
    for path in ("", "thanks/", "challenge/", "form.js"):
        assert GOOD["email"] not in stranger.get(f"/f/{old}/{path}").content.decode()
    assert stranger.put(f"/f/{old}/").status_code == 405
    with frozen(NOW) as clock:
        forms.rotate(web_form, by=cast.marketer, at=NOW)
        assert [stranger.get(f"/f/{key}/").status_code for key in (old, web_form.key)] == [200, 200]
        clock.advance(days=31)
        assert [stranger.get(f"/f/{key}/").status_code for key in (old, web_form.key)] == [404, 200]
    forms.disable(web_form, by=cast.marketer, at=NOW)
    for path in ("", "challenge/", "form.js"):
        assert stranger.get(f"/f/{web_form.key}/{path}").status_code == 403
    assert stranger.post(f"/f/{web_form.key}/", GOOD).status_code == 403
    assert stranger.get("/f/f_nosuchkey/").status_code == 404


def test_s27_limits_by_address_mail_and_form(web_form, cast, frozen, stranger):
    forms.change(
        web_form, by=cast.admin, at=NOW, limits={"ip": "4 per minute", "email": "2 per hour", "form": "6 per hour"}
    )
    with frozen(NOW):
        answers = [
            stranger.post(f"/f/{web_form.key}/", GOOD | {"message": f"Call {n}"}, headers=JSON).status_code
            for n in range(6)
        ]
        assert answers == [200, 200, 200, 200, 429, 429]
        assert sorted(Submission.objects.values_list("outcome", flat=True)) == [
            "created",
            "existing",
            "suspect",
            "suspect",
        ]
        elsewhere = [
            stranger.post(
                f"/f/{web_form.key}/", GOOD | {"email": f"{n}@x.example"}, headers=JSON, REMOTE_ADDR=f"10.0.0.{n}"
            )
            for n in range(3)
        ]
        assert [one.status_code for one in elsewhere] == [200, 200, 429]
        assert elsewhere[-1]["Retry-After"] == "10"
        page = stranger.post(f"/f/{web_form.key}/", GOOD)
        assert page.status_code == 429
        assert GOOD["message"] in page.content.decode(), "nothing typed is lost"


def test_s27_refusals_are_kept_but_not_without_end(web_form, stranger, cast, frozen, monkeypatch):
    monkeypatch.setattr("leads.webforms.limits.KEPT_REFUSALS", "3 per minute")
    with frozen(NOW):
        for n in range(5):
            stranger.post(f"/f/{web_form.key}/", GOOD | {"email": f"wrong{n}"})
    assert Submission.objects.filter(outcome="refused").count() == 3


def test_s27_an_address_is_what_our_own_proxy_says(rf, settings):
    said = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9", "REMOTE_ADDR": "10.0.0.1"}
    assert callers.address(rf.get("/", **said)) == "10.0.0.1"
    settings.PROXIES = 1
    assert callers.address(rf.get("/", **said)) == "203.0.113.9"
    assert callers.address(rf.get("/", HTTP_X_FORWARDED_FOR="junk")) == ""
    assert callers.group("2001:db8::1:2") == callers.group("2001:db8::9") == "2001:db8::/64"
    assert callers.group("::ffff:203.0.113.9") == "203.0.113.9"


def test_s35_a_foreign_page_is_let_in_by_name_without_credentials(web_form, cast, stranger):
    forms.change(web_form, by=cast.admin, at=NOW, origins=[SITE])
    for ask in (stranger.get, stranger.options):
        answer = ask(f"/f/{web_form.key}/challenge/")
        assert answer["Access-Control-Allow-Origin"] == SITE
        assert "Access-Control-Allow-Credentials" not in answer
        assert "Origin" in answer["Vary"]
    foreign = Client(headers={"origin": "https://evil.example"})
    for ask in (foreign.get, foreign.options, foreign.post):
        answer = ask(f"/f/{web_form.key}/")
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer
    assert Lead.objects.count() == 0


def addresses(patterns, base=""):
    for one in patterns:
        path = base + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from addresses(one.url_patterns, path)
        elif "^" not in path and "\\" not in path:
            yield f"/{path}"


def test_s35_no_other_address_answers_a_foreign_origin(web_form, cast, signed_in):
    """Every address there is, asked by a page of another site; those of REST with somebody signed in."""
    stranger, client = Client(), signed_in(cast.admin)
    client.raise_request_exception = False
    opened = []
    for path in sorted(set(addresses(get_resolver().url_patterns))):
        if path.startswith(("/f/", "/t/", "/v1/")) or "admin/" in path:
            continue
        answer = (client if path.startswith("/api/") else stranger).options(
            re.sub("<[^>]*>", "1", path),
            headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
        )
        opened += [path] if "Access-Control-Allow-Origin" in answer else []
    assert opened == []


def test_s36_a_thousand_leads_with_a_victims_address_send_them_nothing(web_form, cast):
    items = [reading.incoming(web_form, GOOD | {"message": f"No {n}"}, now=NOW) for n in range(1_000)]
    capture(items, by=None, via="form", now=NOW)
    assert Lead.objects.count() == 1
    assert [one for one in mail.outbox if GOOD["email"] in one.recipients()] == []
    assert GOOD["email"] not in json.dumps(list(Delivery.objects.values()), default=str)


def test_f27_a_forms_row_is_never_locked_by_intake(web_form, filled):
    """Somebody holds the row; posts go on. (Reading it is all that intake ever does, and not at every post.)"""
    with CaptureQueriesContext(connection) as seen:
        filled(web_form)
    touching = [one["sql"] for one in seen if "leads_form" in one["sql"]]
    assert touching and not any("UPDATE" in sql or "FOR " in sql for sql in touching)


def test_s29_the_fallback_forgets_the_oldest_and_never_grows_without_end(monkeypatch):
    monkeypatch.setattr(rates, "MOST_KEYS", 100)
    for n in range(1_000):
        assert rates.hit("x", str(n), "1 per minute")
    assert len(rates._here.moments) <= 100
    assert not rates.hit("x", "999", "1 per minute")
