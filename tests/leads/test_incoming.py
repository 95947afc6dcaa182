"""One enquiry, checked: everything that is wrong at once, each with its field."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.incoming import parse
from revops.lib.errors import Invalid

NOW = datetime(2026, 11, 27, 8, 38, 40, tzinfo=UTC)
TYPES = {
    ("person", "shirt"): ("text", []),
    ("person", "age"): ("number", []),
    ("company", "since"): ("date", []),
    ("lead", "urgent"): ("yes_no", []),
    ("lead", "topics"): ("list", ["price", "security"]),
}


def refused(data, **more) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse(data, now=NOW, types=TYPES, **more)
    return {error["field"]: error["code"] for error in caught.value.errors}


def test_a_full_enquiry():
    found = parse(
        {
            "email": " Jane.Doe@Mail.Acme.co.uk ", "phone": "+44 20 1234 5678", "external_id": "77", "source": "website",
            "first_name": "  Jane ", "last_name": "Doe", "title": "VP  Ops", "country": "gb", "region": "London",
            "message": "Hello\nthere", "attributes": {"person": {"age": 41}, "lead": {"urgent": True, "topics": "price"}},
            "company": {"name": "Acme Ltd", "domain": "https://www.acme.co.uk/", "employees": 500, "technologies": ["aws", "aws", "crm"]},
            "utm": {"UTM_Source": "Google", "source": "later", "medium": "cpc"}, "referrer": "https://google.com",
            "page_url": "/pricing", "consent": {"email": True}, "product_interest": "pro", "hand_raise": "demo",
            "touches": [{"kind": "page_view", "url": "https://acme.com/pricing", "occurred_at": "2026-11-27T09:00:00+01:00"}],
        },
        now=NOW, types=TYPES,
    )  # fmt: skip
    assert found.keys() == [("email", "jane.doe@mail.acme.co.uk"), ("external", "website:77")]
    assert found.email == "Jane.Doe@Mail.Acme.co.uk"
    assert (found.first_name, found.title, found.country) == ("Jane", "VP Ops", "GB")
    assert found.message == "Hello\nthere"
    assert found.person_attributes == {"age": 41}
    assert found.lead_attributes == {"urgent": True, "topics": ["price"]}
    assert found.company.domain == found.company_domain() == "acme.co.uk"
    assert found.company.technologies == ["aws", "crm"]
    assert found.utm == {"source": "Google", "medium": "cpc"}
    assert found.touches[0].occurred_at == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    assert found.touches[0].automatic is True


@pytest.mark.parametrize("data", [None, 5, "x", [], [{}]])
def test_not_an_object(data):
    assert refused(data) == {"": "not_an_object"}


@pytest.mark.parametrize(
    ("data", "field", "code"),
    [
        ({}, "email", "required"),
        ({"email": ""}, "email", "required"),
        ({"email": None, "phone": ""}, "email", "required"),
        ({"email": "jane"}, "email", "invalid_email"),
        ({"email": 5}, "email", "not_a_text"),
        ({"email": "a" * 300 + "@a.com"}, "email", "too_long"),
        ({"phone": "12"}, "phone", "invalid_phone"),
        ({"external_id": "7"}, "source", "required"),
        ({"email": "a@b.co", "first_name": "x" * 101}, "first_name", "too_long"),
        ({"email": "a@b.co", "first_name": "a\x00"}, "first_name", "nul"),
        ({"email": "a@b.co", "message": "\ud800"}, "message", "surrogate"),
        ({"email": "a@b.co", "country": "Atlantis"}, "country", "invalid_country"),
        ({"email": "a@b.co", "page_url": "javascript:alert(1)"}, "page_url", "invalid_url"),
        ({"email": "a@b.co", "referrer": " data:text/html,x"}, "referrer", "invalid_url"),
        ({"email": "a@b.co", "hand_raise": 5}, "hand_raise", "not_a_text"),
        ({"email": "a@b.co", "company": "Acme"}, "company", "not_an_object"),
        ({"email": "a@b.co", "company": {"employees": -1}}, "company.employees", "not_a_whole_number"),
        ({"email": "a@b.co", "company": {"employees": 10**30}}, "company.employees", "not_a_whole_number"),
        ({"email": "a@b.co", "company": {"employees": True}}, "company.employees", "not_a_whole_number"),
        ({"email": "a@b.co", "company": {"domain": "acme"}}, "company.domain", "invalid_domain"),
        ({"email": "a@b.co", "company": {"technologies": [5]}}, "company.technologies.0", "not_a_text"),
        ({"email": "a@b.co", "company": {"nmae": "x"}}, "company.nmae", "unknown_field"),
        ({"email": "a@b.co", "utm": []}, "utm", "not_an_object"),
        ({"email": "a@b.co", "utm": {"source": 5}}, "utm.source", "not_a_text"),
        ({"email": "a@b.co", "consent": {"email": [1]}}, "consent.email", "invalid"),
        ({"email": "a@b.co", "consent": {"email": "a\x00"}}, "consent.email", "nul"),
        ({"email": "a@b.co", "touches": {}}, "touches", "not_a_list"),
        ({"email": "a@b.co", "touches": [{}]}, "touches.0.kind", "required"),
        ({"email": "a@b.co", "touches": [{"kind": "Page View"}]}, "touches.0.kind", "invalid"),
        ({"email": "a@b.co", "touches": [{"kind": "call", "automatic": "no"}]}, "touches.0.automatic", "not_yes_or_no"),
        ({"email": "a@b.co", "touches": [{"kind": "call", "direction": "up"}]}, "touches.0.direction", "not_a_choice"),
        ({"email": "a@b.co", "touches": [{"kind": "call", "by": 0}]}, "touches.0.by", "not_a_whole_number"),
        ({"email": "a@b.co", "attributes": {"person": {"hat": 1}}}, "attributes.person.hat", "unknown_attribute"),
        ({"email": "a@b.co", "attributes": {"deal": {}}}, "attributes.deal", "unknown_field"),
        ({"email": "a@b.co", "attributes": {"person": {"age": "41"}}}, "attributes.person.age", "invalid"),
        ({"email": "a@b.co", "attributes": {"person": {"age": 10**400}}}, "attributes.person.age", "invalid"),
        ({"email": "a@b.co", "attributes": {"company": {"since": "2026-02-30"}}}, "attributes.company.since", "invalid"),
        ({"email": "a@b.co", "attributes": {"lead": {"topics": ["cats"]}}}, "attributes.lead.topics", "invalid"),
        ({"email": "a@b.co", "attributes": {"person": {"shirt": "\x00"}}}, "attributes.person.shirt", "nul"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(data, field, code):
    assert refused(data).get(field) == code


def test_everything_wrong_is_said_at_once():
    assert refused({"email": "x", "nmae": 1, "first_name": 5, "touches": [{"kind": ""}]}) == {
        "nmae": "unknown_field", "first_name": "not_a_text", "touches.0.kind": "required", "email": "invalid_email",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("occurred_at", "code"),
    [
        ("2026-11-27T08:43:41Z", "future"),
        ("2999-01-01T00:00:00Z", "future"),
        ("1970-01-01T00:00:00Z", "too_old"),
        ("1999-12-31T23:59:59Z", "too_old"),
        ("2026-11-27", "invalid_moment"),
        ("2026-11-27T08:00:00", "invalid_moment"),
        ("2026-13-01T00:00:00Z", "invalid_moment"),
        ("0001-01-01T00:00:00+23:59", "invalid_moment"),
        ("yesterday", "invalid_moment"),
        (1764232720, "invalid_moment"),
    ],
)
def test_moments_that_cannot_be(occurred_at, code):
    data = {"email": "a@b.co", "touches": [{"kind": "form", "occurred_at": occurred_at}]}
    assert refused(data) == {"touches.0.occurred_at": code}


def test_a_phone_is_a_key_only_when_there_is_nothing_better():
    assert parse({"phone": "+44 20 1234 5678"}, now=NOW).keys() == [("phone", "442012345678")]
    assert parse({"phone": "+44 20 1234 5678", "email": "a@b.co"}, now=NOW).keys() == [("email", "a@b.co")]


def test_a_clock_a_little_ahead_becomes_now():
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    found = parse({"email": "a@b.co", "touches": [{"kind": "form", "occurred_at": ahead}]}, now=NOW)
    assert found.touches[0].occurred_at == NOW


def test_a_free_mail_domain_is_no_firm():
    found = parse({"email": "jane@gmail.com", "company": {"name": "Acme", "domain": "gmail.com"}}, now=NOW)
    assert found.company.domain == found.company_domain() == ""


def test_a_bare_true_means_call_me():
    assert parse({"email": "a@b.co", "hand_raise": True}, now=NOW).hand_raise == "contact"
    assert parse({"email": "a@b.co", "hand_raise": False}, now=NOW).hand_raise == ""


def test_types_are_only_looked_up_when_there_are_attributes():
    def look_up():
        raise AssertionError("asked for nothing")

    parse({"email": "a@b.co"}, now=NOW, types=look_up)
    parse({"email": "a@b.co", "attributes": {"person": {}}}, now=NOW, types=look_up)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(alphabet=st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet=st.characters(), max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
NAMES = """email phone external_id source first_name country message attributes company utm referrer page_url consent
hand_raise touches nonsense""".split()
PARTS = """kind channel direction automatic by occurred_at url external_id name domain employees technologies person
source""".split()


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING | st.dictionaries(st.sampled_from(PARTS), ANYTHING) | st.lists(
    st.dictionaries(st.sampled_from(PARTS), ANYTHING), max_size=2)))  # fmt: skip
def test_any_body_is_either_clean_or_refused(data):
    try:
        found = parse(data, now=NOW, types=TYPES)
    except Invalid as refusal:
        assert refusal.errors
        assert all(set(error) == {"field", "code", "detail"} for error in refusal.errors)
        for error in refusal.errors:
            error["field"].encode()
    else:
        assert found.keys()
        assert "\0" not in found.message + found.first_name + found.hand_raise
