"""REST: what somebody agreed to: GET /people/12/consent/ tells it, POST writes the next yes or no."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers as s
from rest_framework.response import Response

from journal.idempotency import answer
from leads import serializers
from leads.checks import Checks, body
from leads.consent import giving, saying
from leads.models import ConsentEvent, ConsentState, ConsentText, Person
from revops.lib import openapi
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.errors import Missing, Refused
from revops.lib.openapi import Strict, reads, shaped, writes
from revops.lib.pages import KeysetPagination

FIELDS = frozenset(["purpose", "channel", "state", "text", "said"])
SLUG = "^[a-z][a-z0-9_]*$"


class ConsentHeld(s.Serializer):
    """The newest of a purpose and a channel. `since` null: it came without a moment."""

    purpose = s.CharField()
    channel = s.CharField(allow_blank=True)
    agreed = s.BooleanField()
    since = s.DateTimeField(allow_null=True)


class ConsentRow(s.Serializer):
    """One yes or no. `version` and `text`: of our words that they saw; `words`: those, or what was shown elsewhere."""

    id = s.IntegerField()
    purpose = s.CharField()
    channel = s.CharField(allow_blank=True)
    state = s.ChoiceField(list(ConsentState.values))
    text = s.IntegerField(allow_null=True)
    version = s.IntegerField(allow_null=True)
    words = s.CharField(allow_blank=True)
    how = s.CharField()
    at = s.DateTimeField()
    by = s.IntegerField(allow_null=True)


class Consents(s.Serializer):
    """`suppressed`: they want no contact at all, whatever holds. `results`: every yes and no, newest first."""

    person = s.IntegerField()
    suppressed = s.BooleanField()
    now = ConsentHeld(many=True)
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = ConsentRow(many=True)


class NewConsent(Strict):
    """`text`: the id of the version they saw; `said`: the words, where none of ours was shown."""

    purpose = shaped({"type": "string", "pattern": SLUG, "maxLength": 40}, required=True)
    channel = shaped({"type": "string", "pattern": SLUG, "maxLength": 20}, help_text="Left out: all channels.")
    state = shaped({"type": "string", "enum": list(ConsentState.values)}, required=True)
    text = shaped({**serializers.ID, "nullable": True})
    said = openapi.text(4_000)


class ConsentTextRow(s.Serializer):
    id = s.IntegerField()
    purpose = s.CharField()
    channel = s.CharField(allow_blank=True)
    version = s.IntegerField()
    text = s.CharField()
    at = s.DateTimeField()


class ConsentTextPage(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = ConsentTextRow(many=True)


class PersonConsent(Endpoint):
    scopes = {"GET": "read", "POST": "work"}
    orderings = {"at": ["at", "id"]}

    @reads("What a person agreed to", Consents, operation_id="consent_list", parameters=serializers.paging(orderings))
    def get(self, request, pk: int):
        known_parameters(request, "limit", "ordering", "cursor")
        person = find(pk)
        pages = KeysetPagination()
        events = pages.paginate_queryset(person.consent_events.select_related("text"), request, self)
        told = pages.get_paginated_response([as_json(event) for event in events]).data
        return Response({"person": person.pk, "suppressed": person.suppressed, "now": _held(person), **told})

    @writes("Write down a yes, a no, or that a yes was taken back", NewConsent, {201: ConsentRow})
    def post(self, request, pk: int) -> HttpResponse:
        person = find(pk)
        said = _read(request.data)

        def work() -> tuple[int, Any]:
            if person.merged_into_id:
                detail = f"This record went into person {person.merged_into_id}: say it there. Nothing was changed."
                raise Refused(detail, code="merged")
            event = saying.say(person, **said, by=request.user, at=request.now, how="api")
            return 201, as_json(event)

        return answer(request, request.data, work)


class ConsentTexts(Endpoint):
    orderings = {"id": ["id"]}

    @reads("The words people agree to, in all versions, newest first", ConsentTextPage,
           operation_id="consent_texts_list", parameters=serializers.paging(orderings))  # fmt: skip
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        pages = KeysetPagination()
        found = pages.paginate_queryset(ConsentText.objects.values("id", *ConsentTextRow().fields), request, self)
        return pages.get_paginated_response(found)


def find(pk: int) -> Person:
    return found(Person.objects.filter(erased_at=None), pk=pk)


def as_json(event: ConsentEvent) -> dict[str, Any]:
    return {
        "id": event.pk, "purpose": event.purpose, "channel": event.channel, "state": event.state,
        "text": event.text_id, "version": event.text.version if event.text else None,
        "words": event.text.text if event.text else event.said, "how": event.how, "at": event.at, "by": event.by_id,
    }  # fmt: skip


def _held(person: Person) -> list[dict[str, Any]]:
    held = []
    for name, value in sorted(person.consent.items()):
        purpose, _, channel = name.partition(".")
        since = value.get("at") if isinstance(value, dict) else None
        held.append({"purpose": purpose, "channel": channel, "agreed": not giving.is_no(value), "since": since})
    return held


def _read(data: Any) -> dict[str, Any]:
    body(data, FIELDS, needed=("purpose", "state"))
    check = Checks()
    said = {
        "purpose": check.slug(data, "purpose", 40),
        "channel": check.slug(data, "channel", 20) if data.get("channel") not in (None, "") else "",
        "state": check.choice(data, "state", ConsentState.values),
        "said": check.text(data, "said", 4_000, lines=True),
    }
    if not said["state"] and not check.has("state"):
        check.no("", "state", "required", "Say granted, denied or withdrawn.")
    shown = check.whole(data, "text", 1, 2**63 - 1)
    if check.errors:
        raise check.failed()
    text = ConsentText.objects.filter(pk=shown).first() if shown else None
    if shown and text is None:
        raise Missing("There is no text with this id.", code="unknown_text", field="text")
    return {**said, "text": text}
