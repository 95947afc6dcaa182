"""Where demand came from: a named source, tags, click ids, the referrer, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.channels import DEFAULT_ALIASES, DEFAULTS, campaign_code, known, resolve, tags
from marketing.models import Channel

CODES = {kind.code for kind in DEFAULTS}
SITE = "https://acme.example/demo"


@pytest.mark.parametrize(
    ("source", "medium", "channel"),
    [
        ("google", "cpc", "paid_search"),
        ("Google", "PPC", "paid_search"),
        ("bing", "paidsearch", "paid_search"),
        ("linkedin", "cpc", "paid_social"),
        ("facebook.com", "paid-social", "paid_social"),
        ("t.co", "cpm", "paid_social"),
        ("criteo", "retargeting", "other"),
        ("somewhere", "cpm", "display"),
        ("somewhere", "banner", "display"),
        ("google", "organic", "organic_search"),
        ("linkedin", "organic", "organic_social"),
        ("google", "", "organic_search"),
        ("linkedin", "", "organic_social"),
        ("newsletter", "email", "email"),
        ("newsletter", "", "email"),
        ("acme", "social-media", "organic_social"),
        ("techblog", "referral", "referral"),
        ("partnerstack", "affiliate", "partner"),
        ("zoom", "webinar", "webinar"),
        ("saastr", "event", "event"),
        ("app", "in-app", "product"),
        ("nobody-knows", "", "other"),
        ("", "nobody-knows", "other"),
    ],
)
def test_tags_name_the_channel(source, medium, channel):
    assert resolve({"utm_source": source, "utm_medium": medium}, "", SITE) == channel


@pytest.mark.parametrize(
    ("page", "referrer", "channel"),
    [
        (f"{SITE}?gclid=x", "https://www.google.com/", "paid_search"),
        (f"{SITE}?msclkid=x", "", "paid_search"),
        (f"{SITE}?FBCLID=x", "", "paid_social"),
        (f"{SITE}?gclid=x&utm_source=news&utm_medium=email", "", "email"),
        (SITE, "https://www.google.co.uk/search?q=acme", "organic_search"),
        (SITE, "https://duckduckgo.com/", "organic_search"),
        (SITE, "https://www.linkedin.com/feed/", "organic_social"),
        (SITE, "https://t.co/abc", "organic_social"),
        (SITE, "https://t.me/abc", "referral"),
        (SITE, "https://techblog.example/post", "referral"),
        (SITE, "https://www.acme.example/", "direct"),
        (SITE, "", "direct"),
        ("", "", "direct"),
        ("http://[broken", "http://[broken", "direct"),
    ],
)
def test_click_ids_then_referrer_then_direct(page, referrer, channel):
    assert resolve({}, referrer, page) == channel


@pytest.mark.parametrize(
    ("source", "channel"),
    [("webinar", "webinar"), ("Organic Search", "organic_search"), ("  Paid  Social ", "paid_social"),
     ("Reference", "referral"), ("Google", "organic_search"), ("olist", "other"), ("Direct Traffic", "direct")],
)  # fmt: skip
def test_a_named_source(source, channel):
    assert resolve(source=source) == channel


def test_a_named_source_beats_tags_but_a_brand_does_not():
    paid = {"source": "google", "medium": "cpc"}
    assert resolve(paid, source="webinar") == "webinar"
    assert resolve(paid, source="google") == "paid_search"
    assert resolve(paid, source="website form") == "paid_search"
    assert resolve({}, "", SITE, source="website form") == "direct"


def test_names_are_read_without_regard_to_case_and_the_first_counts():
    page = f"{SITE}?UTM_Source=Google&utm_source=bing&utm_medium=cpc&utm_campaign=Spring+Sale%2B"
    assert tags({}, page) == {"source": "google", "medium": "cpc", "campaign": "spring sale+"}
    assert campaign_code({}, page) == "spring sale+"
    assert tags({"utm_source": "News ", "Medium": "E-Mail"}, page)["source"] == "news"
    assert campaign_code(None) == ""
    assert len(campaign_code({"campaign": "x" * 500})) == 120


def test_the_company_s_own_aliases_are_used():
    own = known({"event": ["Dreamforce"], "other": []})
    assert resolve(source="dreamforce", aliases=own) == "event"
    assert resolve({"source": "Dreamforce"}, aliases=own) == "event"
    assert own["event"] == "event"


def test_an_alias_names_one_channel_and_never_shadows_a_code():
    every = [alias for kind in DEFAULTS for alias in kind.aliases]
    assert len(every) == len(set(every))
    assert all(DEFAULT_ALIASES[code] == code for code in CODES)


@pytest.mark.django_db
def test_a_fresh_installation_has_them_all():
    assert set(Channel.objects.values_list("code", flat=True)) == CODES
    assert list(Channel.objects.filter(paid=True).values_list("code", flat=True)) == [
        "paid_search", "paid_social", "display",
    ]  # fmt: skip


anything = st.text(max_size=40)


@given(st.dictionaries(anything, anything, max_size=4), anything, anything, anything)
def test_whatever_comes_the_answer_is_a_channel(utm, referrer, page, source):
    assert resolve(utm, referrer, page, source) in CODES
