"""The OpenAPI document is true: schemathesis drives every call with bodies made from it, and with spoilt ones."""

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from leads.models import Lead
from revops.lib.now import frozen
from revops.wsgi import application
from teams.models import User
from tests.api.conftest import Api

with frozen(datetime(2026, 11, 27, tzinfo=UTC)):  # so that reading the document needs no database yet
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
numbers = itertools.count()
# bin/check asks more of each call than a commit does.
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "2"))
ALWAYS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance, ignored_auth, unsupported_method, missing_required_header, negative_data_rejection,
    positive_data_acceptance,
]  # fmt: skip


@pytest.fixture
def key(db) -> Iterator[str]:
    api = Api("contract")
    for i in range(3):
        api.post("leads/", {"email": f"p{i}@acme.example", "hand_raise": "demo"})
    assert Lead.objects.count() == 3
    User.objects.create_user("reader@acme.example", name="Mina Farah", role="marketing")
    # Django's test client takes care of this itself: else each request would close the connection of our transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield api.key
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
def test_the_document_can_be_read_by_machines_and_people(client):
    document = client.get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert document["openapi"].startswith("3.") and len(document["paths"]) > 15
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"https://" not in page.content  # all of it is served by us


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate], deadline=None
)
def test_every_call_is_as_its_document_says(case, key):
    if case.meta.generation.mode.is_positive:
        make_possible(case)
    case.call_and_validate(headers={"Authorization": f"Api-Key {key}"}, checks=ALWAYS)


def make_possible(case) -> None:
    """What a good request needs beyond the form: only this installation, the clock or another field decides it."""
    for name in ("cursor", "from", "to", "days", "as_of", "month", "in_force", "own"):  # only handed out; a period of ten years at most; not all weights are nothing
        (case.query or {}).pop(name, None)
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = f"unique {next(numbers)}"
    if isinstance(case.body, dict) and case.path.endswith(("/next-step/", "/handover-booking/", "/handover-call/")):
        case.body.pop("owner", None)  # somebody who exists
        for name, moment in (("by_when", "2090-01-01T00:00:00Z"), ("when", "2090-01-01T00:00:00Z"), ("held_at", "2026-01-01T00:00:00Z")):
            case.body.update({name: moment} if name in case.body else {})
    if case.path.endswith(("/scoring/preview/", "/routing/dry-run/")) and isinstance(case.body, dict):
        if "enquiry" in case.body:  # one of both
            case.body.pop("lead", None)
            make_acceptable(case.body["enquiry"])
            for name in ("consent", "utm"):  # names that nobody can write down
                case.body["enquiry"].pop(name, None)
        else:
            case.body.setdefault("lead", 1)
    if case.path.endswith(("/dashboard/views/", "/mailings/")) and isinstance(case.body, dict):
        case.body.pop("query", None)  # an address that the page can read
        if "to" in case.body:
            case.body["to"] = list(User.objects.active().values_list("pk", flat=True)[:1])
    if case.path.endswith("/discounts/authority/") and isinstance(case.body, dict):
        case.body["levels"] = [{"level": "rep", "up_to": "10"}]  # each once, each higher than the one below
    if case.path.endswith("/data-requests/") and isinstance(case.body, dict):
        case.body.pop("received_at", None)  # neither future nor long ago
    if case.path.endswith("/leads/") and isinstance(case.body, dict):
        make_acceptable(case.body)


def make_acceptable(lead: dict) -> None:
    lead["email"] = f"p{next(numbers)}@harborpine.example"  # one of three ways to say who it is
    lead.pop("attributes", None)  # as they are defined here
    for touch in lead.get("touches") or []:
        touch.pop("by", None)  # somebody who exists
        touch.pop("occurred_at", None)  # neither future nor long ago
