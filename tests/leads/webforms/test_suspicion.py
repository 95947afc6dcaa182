"""S28 and S32, without a database: what is held, what is not, and how long it takes to say so."""

import time
from datetime import UTC, datetime, timedelta

import altcha
import pytest

from leads.webforms import origins, suspicion, tokens
from leads.webforms.fields import BUILT_IN
from leads.webforms.known import Shown
from leads.webforms.limits import DEFAULTS, flaw
from leads.webforms.markup import inside, plain
from leads.webforms.reading import keepable

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
# What machines and advertisers send …
BOTS = {
    "links": {"message": "see https://a.example http://b.example www.c.example https://d.example"},
    "link for a name": {"first_name": "Win 5000 https://bit.example/x", "message": "hi"},
    "forum code": {"message": "[url=https://pills.example]pills[/url]"},
    "html": {"message": 'Great site <a href="https://x.example">here</a>'},
    "advertising": {"message": "We offer SEO services, backlinks and guest posts for your website."},
    "throw-away mail": {"email": "x@mailinator.com", "message": "Hello"},
    "throw-away mail below a name": {"email": "x@abc.mailinator.com", "message": "Hello"},
    "casino": {"company": "Best casino betting jackpot", "message": "hi"},
}
# … and what people write who mean it.
PEOPLE = [
    {"message": "We want a demo. Our site: https://halefreight.example"},
    {"message": "Compare https://a.example with https://b.example please, we use both."},
    {"first_name": "Zoë", "last_name": "O’Brien-Ξένος", "company": "Müller & Søn GmbH & Co. KG", "message": "Grüße 你好"},
    {"email": "ann@gmail.com", "message": ""},
    {"message": "Do you work with casinos? We run the lottery of a small country."},
    {"title": "VP, SEO & Content", "message": "a < b and b > a"},
]  # fmt: skip


def test_s28_machines_are_held_and_people_are_not():
    assert {name: suspicion.in_text(said) for name, said in BOTS.items() if not held(said)} == {}
    assert [said for said in PEOPLE if held(said)] == []


def held(said):
    return suspicion.is_enough(suspicion.in_text(said))


@pytest.mark.parametrize(
    "codes, enough",
    [(["no_token"], False), (["no_origin"], False), (["no_token", "no_origin"], True), (["honeypot"], True),
     (["too_fast"], True), (["no_token", "some_links"], False), (["old_token"], False), (["no_proof"], True)],
)  # fmt: skip
def test_s28_signs_add_up(codes, enough):
    assert suspicion.is_enough(codes) is enough
    assert all(word for word in suspicion.words(codes))


def test_s32_odd_texts_of_100_kb_take_no_time():
    """The corpus that makes backtracking patterns explode, through everything that reads a stranger's text."""
    size = 100_000
    corpus = ["a" * size, "<a " * (size // 3), "http://" * (size // 7), "w" * size, "[" * size, " " * size, "\0" * size,
              "www." * (size // 4), "seo service " * (size // 12), "a@" * (size // 2), "😀" * (size // 4), "\ud800" * size,
              "a." * (size // 2) + "@", "@" + "a." * (size // 2)]  # fmt: skip
    for text in corpus:
        began = time.perf_counter()
        kept = keepable(dict.fromkeys(("email", "message", "first_name", "company", "phone"), text))
        suspicion.in_text(kept)
        assert origins.cleaned(text) is None or len(text) < 300
        tokens.read(text, 1, now=NOW)
        tokens.proved(text, 1, now=NOW)
        assert time.perf_counter() - began < 0.25, text[:20]  # five fields and four readers: 50 ms for one of them
        assert all("\0" not in value and value.encode() is not None for value in kept.values())


def test_a_token_is_of_one_form_and_of_the_past():
    token = tokens.issue(7, now=NOW)
    assert tokens.read(token, 7, now=NOW + timedelta(seconds=9)).at == NOW
    assert tokens.read(token, 8, now=NOW) is None
    assert tokens.read(token, 7, now=NOW - timedelta(minutes=1)) is None
    assert [
        tokens.read(wrong, 7, now=NOW) for wrong in ("", ".", "..", "1.2.3", token[:-1], "x" + token, token * 9)
    ] == [None] * 7


def test_the_sum_is_altchas_and_good_for_its_form_and_hour():
    asked = tokens.challenge(7, now=NOW)
    assert set(asked) == {"algorithm", "challenge", "maxNumber", "salt", "signature"}
    solved = altcha.solve_challenge_v1(asked["challenge"], asked["salt"], "SHA-256", asked["maxNumber"])
    proof = altcha.PayloadV1(
        "SHA-256", asked["challenge"], solved.number, asked["salt"], asked["signature"]
    ).to_base64()
    assert tokens.proved(proof, 7, now=NOW) == asked["salt"]
    assert tokens.proved(proof, 8, now=NOW) == ""
    assert tokens.proved(proof, 7, now=NOW + timedelta(hours=1)) == ""
    other = altcha.PayloadV1("SHA-256", asked["challenge"], solved.number + 1, asked["salt"], asked["signature"])
    later = altcha.PayloadV1(
        "SHA-256", asked["challenge"], solved.number, asked["salt"] + "expires=9999999999&", asked["signature"]
    )
    junk = ["", "x", "e30=", "bnVsbA==", "WzFd", "IiI=", "MQ==", other.to_base64(), later.to_base64(), "A" * 5_000]
    assert [tokens.proved(wrong, 7, now=NOW) for wrong in junk] == [""] * len(junk)


@pytest.mark.parametrize(
    "origin, listed, may",
    [("https://www.acme.example", [], True), ("https://www.acme.example", ["https://www.acme.example"], True),
     ("http://www.acme.example", ["https://www.acme.example"], False), ("https://acme.example", ["https://*.acme.example"], False),
     ("https://a.b.acme.example", ["https://*.acme.example"], True), ("https://evilacme.example", ["https://*.acme.example"], False),
     ("https://www.acme.example.evil.example", ["https://*.acme.example"], False), ("null", ["https://a.example"], True),
     ("", ["https://a.example"], True), ("https://crm.example", ["https://a.example"], True), ("https://[", ["https://a.example"], False)],
)  # fmt: skip
def test_s27_only_pages_on_the_list(origin, listed, may):
    assert origins.allowed(origin, listed, "crm.example") is may


def test_origins_and_limits_are_read_as_people_write_them():
    assert origins.cleaned(" WWW.Acme.example/pricing?x=1 ") == "https://www.acme.example"
    assert [origins.cleaned(wrong) for wrong in ("", "javascript:alert(1)", "https://a b", "*", "https://<x>")] == [
        None
    ] * 5
    assert flaw("50 per 10 seconds") == ""
    assert flaw("many") and flaw("0 per minute")


def test_what_is_pasted_or_shown_cannot_break_out():
    bad = '"><script>alert(1)</script>'
    asked = BUILT_IN["email"].__class__("email", bad, "email", options=())
    form = Shown(1, "f_x", bad, bad, bad, bad, bad, "", (asked,), (), (), "", "", "", 3, False, DEFAULTS, True)
    drawn = f"{inside(form, values={'email': bad}, errors={'email': bad})}{plain(form, 'https://crm.example/f/f_x/')}"
    assert "<script>" not in drawn
