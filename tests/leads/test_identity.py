"""Who is the same person, which firm (DOMAIN 7.1)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import identity


@pytest.mark.parametrize(
    ("email", "exact", "dedupe"),
    [
        (" John.Smith+x@GoogleMail.com ", "john.smith+x@googlemail.com", "johnsmith@gmail.com"),
        ("a+b@acme.com", "a+b@acme.com", "a+b@acme.com"),
        ("A.B@Acme.COM", "a.b@acme.com", "a.b@acme.com"),
        ("x.y+z@outlook.com", "x.y+z@outlook.com", "x.y@outlook.com"),
        ("x.y+z@hotmail.co.uk", "x.y+z@hotmail.co.uk", "x.y@hotmail.co.uk"),
        ("x.y+z@icloud.com", "x.y+z@icloud.com", "x.y@icloud.com"),
        ("jane-shop@yahoo.com", "jane-shop@yahoo.com", "jane@yahoo.com"),
        ("jane-a-shop@yahoo.de", "jane-a-shop@yahoo.de", "jane-a@yahoo.de"),
        ("Jane@ya.ru", "jane@ya.ru", "jane@yandex.ru"),
        ("jörg@bücher.de", "jörg@xn--bcher-kva.de", "jörg@xn--bcher-kva.de"),
        ("a@acme.com.", "a@acme.com", "a@acme.com"),
    ],
)
def test_the_keys_of_a_mail_address(email, exact, dedupe):
    assert identity.exact_key(email) == exact
    assert identity.dedupe_key(email) == dedupe


@pytest.mark.parametrize(
    "text",
    ["", "@", "jane", "jane@", "@acme.com", "jane@acme", "ja ne@acme.com", "jane@ac me.com", "jane..d@acme.com",
     ".jane@acme.com", "jane.@acme.com", "jane@-acme.com", "jane@acme..com", "jane@1.2.3.4", "a@b@c", "x" * 65 + "@a.com",
     "jane@" + "a" * 64 + ".com", "jane\x00@acme.com", "jane@acme.com, bob@acme.com", "<jane@acme.com>"],
)  # fmt: skip
def test_what_is_no_mail_address(text):
    assert identity.exact_key(text) is None
    assert identity.dedupe_key(text) is None
    assert identity.company_domain(text) is None


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("acme.com", "acme.com"), ("mail.eu.acme.com", "acme.com"), ("mail.acme.co.uk", "acme.co.uk"),
        ("https://www.Acme.com/pricing?x=1", "acme.com"), ("acme.com:8443", "acme.com"), ("foo.com.au", "foo.com.au"),
        ("bücher.de", "xn--bcher-kva.de"), ("t.co", "t.co"), ("co.uk", None), ("localhost", None), ("10.0.0.1", None),
        ("", None), ("https://", None),
    ],
)  # fmt: skip
def test_the_domain_a_firm_registered(host, domain):
    assert identity.registrable(host) == domain


def test_a_free_mailbox_says_nothing_about_the_firm():
    assert identity.company_domain("jane@gmail.com") is None
    assert identity.company_domain("jane@yahoo.co.uk") is None
    assert identity.company_domain("jane@sales.acme.co.uk") == "acme.co.uk"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Acme S.A.R.L.", "acme"), ("ACME, Inc.", "acme"), ("Müller GmbH & Co. KG", "muller"), ("Acme  Analytics", "acme analytics"),
        ("Société Générale S.A.", "societe generale"), ("Booking.com B.V.", "booking.com"), ("Globex Sp. z o.o.", "globex"),
        ("Inc. Magazine", "inc magazine"), ("Limited", "limited"), ("ＡＣＭＥ Ltd", "acme"), ("Straße AG", "strasse"),
        ("A.B. Dick Company", "ab dick"), ("", ""),
    ],
)  # fmt: skip
def test_a_firm_name_for_comparing(name, key):
    assert identity.name_key(name) == key


def test_different_firms_stay_different():
    assert identity.name_key("Initech") != identity.name_key("Intech")
    assert identity.name_key("Acme") != identity.name_key("Acme Analytics")


@given(st.text(max_size=60))
def test_a_name_key_is_idempotent(name):
    once = identity.name_key(name)
    assert identity.name_key(once) == once


@given(st.text(max_size=80))
def test_a_key_is_its_own_key(text):
    for mail in (text, f"{text}@acme.com", f"jane@{text}.com"):
        if (key := identity.exact_key(mail)) is not None:
            assert identity.exact_key(key) == key
        if (key := identity.dedupe_key(mail)) is not None:
            assert identity.exact_key(key) == key


@pytest.mark.parametrize(
    ("phone", "digits"),
    [("+49 30 1234567", "49301234567"), ("0049 30 1234567", "49301234567"), ("+49 (0)30 1234567 ext 12", "49301234567"),
     ("(555) 123-4567 x9", "5551234567"), ("12", None), ("call me", None), ("+1 " + "2" * 20, None), ("", None)],
)  # fmt: skip
def test_the_digits_of_a_phone_number(phone, digits):
    assert identity.phone_digits(phone) == digits


@pytest.mark.parametrize(("text", "code"), [("us", "US"), ("Germany", "DE"), ("UK", "GB"), ("zz", None), ("", None)])
def test_a_country_by_code_or_name(text, code):
    assert identity.country_code(text) == code


@pytest.mark.parametrize("text", ["a" * 100_000, "a." * 50_000, "@" * 100_000, "-" * 100_000 + "@a.com", "é" * 100_000])
def test_long_odd_texts_cost_little(text):
    began = time.perf_counter()
    identity.exact_key(text)
    identity.dedupe_key(f"a@{text}")
    identity.registrable(text)
    identity.phone_digits(text)
    identity.name_key(text)
    assert time.perf_counter() - began < 1.0
