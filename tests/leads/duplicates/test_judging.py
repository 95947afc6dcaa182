"""Who looks like whom, by DOMAIN 7.1: pure."""

import pytest

from leads import identity
from leads.duplicates.judging import Known, judge, likenesses, names_are_close


def test_the_worked_values_of_jaro_winkler():
    for one, other, value in [
        ("martha", "marhta", 0.961111), ("globex", "globx", 0.966667), ("acme analytics", "acme analytic", 0.985714),
        ("initech", "intech", 0.961905), ("acme", "acme analytics", 0.857143), ("apple", "maple", 0.866667),
    ]:  # fmt: skip
        assert identity.name_likeness(one, other) == pytest.approx(value, abs=5e-7), (one, other)


def test_kept_lists_know_suffixes_and_mailboxes():
    for host, domain in [("mail.acme.co.uk", "acme.co.uk"), ("x.github.io", "x.github.io"), ("co.uk", None),
                         ("shop.acme.com.br", "acme.com.br"), ("foo.k12.ca.us", "foo.k12.ca.us")]:  # fmt: skip
        assert identity.registrable(host) == domain, host
    for mail in ["a@mailinator.com", "a@sub.mailinator.com", "A@YOPMAIL.com"]:
        assert identity.is_disposable(mail) and identity.company_domain(mail) is None, mail
    for mail in ["a@gmail.com", "a@gmx.de", "a@hey.com"]:
        assert identity.company_domain(mail) is None and not identity.is_disposable(mail), mail
    assert not identity.is_disposable("jane@acme.com") and not identity.is_disposable("")


def test_a_gmail_mailbox_is_proof_and_only_gmail():
    assert identity.gmail_key("John.Smith+x@GoogleMail.com") == "johnsmith@gmail.com"
    assert identity.gmail_key("a+b@acme.com") is None and identity.gmail_key("x.y+z@outlook.com") is None
    assert identity.gmail_key("nothing") is None


MARCUS = Known(1, "marcus hale", 7, "DE", ["marcus.hale@lumen.example"], ["49301234567"])


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        (Known(2, "marc hale", 7, "", ["m.hale@lumen.example"]), ["close_name", "company"]),
        (Known(2, "hale marcus", 7, "", ["mh@lumen.example"]), ["same_name", "company"]),
        (Known(2, "marcus hale", None, "", [], ["49301234567"]), ["same_name", "phone"]),
        (Known(2, "", None, "", [], ["49301234567"]), ["phone"]),
        (Known(2, "marcus hale", None, "DE", ["marcushale@gmail.com"]), ["same_name", "mailbox_name"]),
        (Known(2, "anna berg", 7, "", [], ["49301234567"]), []),  # a switchboard
        (Known(2, "marc hale", 8, "", ["mh@globex.example"]), []),  # a name alone
        (Known(2, "marcus hale", 8, "", ["mh@globex.example"]), []),
        (Known(2, "marcus hale", None, "US", ["marcushale@gmail.com"]), []),
    ],
)
def test_a_name_needs_a_support(other, reasons):
    strength, why = judge(MARCUS, other)
    assert why == reasons and bool(strength) == bool(reasons)
    assert judge(other, MARCUS) == (strength, why)
    if reasons:
        assert likenesses(MARCUS) & likenesses(other), "whoever is judged alike must be found"


def test_providers_rules_are_a_hint():
    one = Known(1, "jane doe", None, "", ["x.y+a@outlook.com"])
    other = Known(2, "", None, "", ["x.y+b@outlook.com"])
    assert judge(one, other)[1] == ["mailbox"] and likenesses(one) & likenesses(other)
    assert judge(Known(1, "a b", None, "", ["a+b@acme.com"]), Known(2, "a b", None, "", ["a@acme.com"])) == (0, [])


def test_a_close_name_is_not_a_word_in_common():
    assert names_are_close("martha jones", "marhta jones") and not names_are_close("jan", "jana")
    assert not names_are_close("apple maple", "maple")
