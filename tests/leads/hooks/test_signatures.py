"""S49: signatures on the raw body. The vectors are published or of DOMAIN 7.5."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from leads.hooks.signatures import BadSignature, Post, verify

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
BODY = b'{"event_id":"01","event_type":"form_response"}'
HUBSPOT = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
STAMPED = datetime.fromtimestamp(1564113600.5, UTC)


def check(provider, headers, *, secret="secret", body=BODY, now=NOW, **more):
    verify(provider, Post(body, headers, **more), secrets=[secret], now=now)


def test_typeform_vector():
    check("typeform", {"typeform-signature": "sha256=PPZMS6muCZ8PMNNsMTs0pJHYCLnguImHzGkAmUNn1WA="})


def test_meta_vector():
    digest = "3cf64c4ba9ae099f0f30d36c313b34a491d808b9e0b88987cc6900994367d560"
    check("meta", {"x-hub-signature-256": f"sha256={digest}"})


def test_hubspot_v2_vector():
    said = {"x-hubspot-signature": "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"}
    check("hubspot", said, secret=HUBSPOT, body=b"", method="GET", uri="https://www.example.com/webhook_uri")


V3 = {
    "x-hubspot-signature-v3": "FPgGYTtvvMFHzogNEZU7tR5Owi4UrUHHgVYRnvut0yc=",
    "x-hubspot-request-timestamp": "1564113600500",
}
AT = {"secret": HUBSPOT, "body": b"{}", "uri": "https://www.example.com/webhook_uri"}


def test_hubspot_v3_vector():
    check("hubspot", V3, now=STAMPED, **AT)


def test_hubspot_v1_is_a_plain_hash_of_secret_and_body():
    check("hubspot", {"x-hubspot-signature": hashlib.sha256(b"secret" + BODY).hexdigest()})


def test_hubspot_v3_counts_where_it_is_sent():
    """Else a wrong v3 could be made good by leaving it to v1."""
    good_v1 = hashlib.sha256(HUBSPOT.encode() + b"{}").hexdigest()
    wrong = V3 | {"x-hubspot-signature-v3": "AAAA", "x-hubspot-signature": good_v1}
    with pytest.raises(BadSignature):
        check("hubspot", wrong, now=STAMPED, **AT)


def stamped(name, t, secret=b"secret", body=BODY):
    return {name: f"t={t},v1={hmac.new(secret, f'{t}.'.encode() + body, hashlib.sha256).hexdigest()},v0=00"}


@pytest.mark.parametrize("provider", ["stripe", "calendly"])
def test_stamped_signatures(provider):
    name = {"stripe": "stripe-signature", "calendly": "calendly-webhook-signature"}[provider]
    check(provider, stamped(name, int(NOW.timestamp())))
    check(provider, stamped(name, int(NOW.timestamp()) - 300))
    for off in (-301, 301):
        with pytest.raises(BadSignature) as refusal:
            check(provider, stamped(name, int(NOW.timestamp()) + off))
        assert refusal.value.code == "stale"


def test_hubspot_v3_is_good_for_five_minutes():
    check("hubspot", V3, now=STAMPED + timedelta(minutes=5), **AT)
    with pytest.raises(BadSignature) as refusal:
        check("hubspot", V3, now=STAMPED + timedelta(minutes=5, seconds=1), **AT)
    assert refusal.value.code == "stale"


def test_segment_signs_with_sha1():
    check("segment", {"x-signature": hmac.new(b"secret", BODY, hashlib.sha1).hexdigest()})


@pytest.mark.parametrize("provider", ["typeform", "meta", "hubspot", "calendly", "segment", "stripe"])
def test_what_is_missing_wrong_or_odd_is_refused(provider):
    names = ["typeform-signature", "x-hub-signature-256", "x-hubspot-signature", "x-hubspot-signature-v3",
             "x-hubspot-request-timestamp", "calendly-webhook-signature", "stripe-signature", "x-signature"]  # fmt: skip
    for said in ["", "sha256=", "t=1,v1=", "t=,v1=x", "é" * 10, "t=9" * 9999, "\udcff", "v1=a,t=" + "9" * 5000]:
        with pytest.raises(BadSignature):
            check(provider, dict.fromkeys(names, said))
    with pytest.raises(BadSignature):
        check(provider, {})


def test_while_a_secret_is_changed_both_count():
    said = {"typeform-signature": "sha256=PPZMS6muCZ8PMNNsMTs0pJHYCLnguImHzGkAmUNn1WA="}
    verify("typeform", Post(BODY, said), secrets=["newer", "secret"], now=NOW)
    with pytest.raises(BadSignature):
        verify("typeform", Post(BODY, said), secrets=["newer", ""], now=NOW)
