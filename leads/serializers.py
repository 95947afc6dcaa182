"""The shapes of the REST API's leads and touches, for the OpenAPI document only: `incoming.parse` does the checking.

Both say the same: tests/api/test_contract.py drives the calls with bodies made from these shapes.
"""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s

from leads.models.stage import DISQUALIFY_REASONS, RECYCLE_REASONS, REJECT_REASONS, TRACKS, Stage
from revops.lib.openapi import SAID, TEXT, Strict, shaped, text
from revops.lib.pages import KeysetPagination

ID = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
STAGE_LIST = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(Stage.values)}}
MAIL = r"^[A-Za-z0-9_+\-]{1,20}(\.[A-Za-z0-9_+\-]{1,20}){0,2}@[a-z][a-z0-9]{0,20}(\.[a-z]{2,10}){1,2}$"
COUNTRY = "^[A-Za-z]{2}$"
MOMENT_HELP = "ISO 8601 with offset. Not before 2000, not more than 5 minutes ahead of our clock."


def paging(orderings) -> list:
    view = type("View", (), {"orderings": orderings})
    return [
        OpenApiParameter(p["name"], p["schema"], OpenApiParameter.QUERY, description=p.get("description", ""))
        for p in KeysetPagination().get_schema_operation_parameters(view)
    ]


def web_address(longest: int = 4000):
    return shaped(
        {
            "type": "string",
            "maxLength": longest,
            "pattern": r"^(https?://[a-z0-9.\-]+)?(/[^\u0000]*)?$",
            "nullable": True,
        }
    )


class IncomingCompany(Strict):
    name = text(200)
    domain = shaped(
        {"type": "string", "pattern": r"^[a-z][a-z0-9]{0,20}\.[a-z]{2,10}$", "maxLength": 255, "nullable": True}
    )
    industry = text(80)
    employees = shaped({"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "nullable": True})
    country = shaped(
        {"type": "string", "pattern": COUNTRY, "nullable": True},
        help_text="ISO 3166; English names are understood too.",
    )
    technologies = shaped(
        {
            "type": "array",
            "maxItems": 100,
            "items": {"type": "string", "maxLength": 60, "pattern": TEXT},
            "nullable": True,
        }
    )


class IncomingTouch(Strict):
    kind = shaped(
        {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,19}$"},
        required=True,
        help_text="page_view, form, demo_request, email_click, webinar, download, call, email … or your own.",
    )
    channel = text(60, help_text="A channel's code, name or alias.")
    direction = shaped({"type": "string", "enum": ["in", "out"], "nullable": True})
    automatic = shaped(
        {"type": "boolean", "nullable": True}, help_text="true unless a human being did it. Default true."
    )
    by = shaped({**ID, "nullable": True}, help_text="The user who did it.")
    occurred_at = shaped(
        {"type": "string", "format": "date-time", "nullable": True}, help_text=MOMENT_HELP + " Default: now."
    )
    sent_at = shaped(
        {"type": "string", "format": "date-time", "nullable": True},
        help_text="When your clock said this was sent; what your clock is off by is taken out of `occurred_at`.",
    )
    url = web_address()
    asset = text(120)
    campaign = text(120)
    external_id = text(120, help_text="Yours; once per source, a repeat changes nothing.")
    outcome = shaped(
        {"type": "string", "enum": ["attempt", "two_way"], "nullable": True}, help_text="Of a call, mail or meeting."
    )


CUSTOM = {
    "type": "object",
    "additionalProperties": True,
    "nullable": True,
    "description": "Custom attributes by name, as defined.",
}


class IncomingLead(Strict):
    """One of `email`, `phone`, or `external_id` with `source` is needed."""

    email = shaped({"type": "string", "maxLength": 254, "pattern": MAIL, "nullable": True})
    phone = text(40, help_text="With the country: +49 30 1234567.")
    external_id = text(120, help_text="Your id of the person; known together with `source`.")
    source = text(60, help_text="Who sends this: website, typeform, … ; also names the channel when nothing else does.")
    first_name = text(100)
    last_name = text(100)
    title = text(160)
    country = shaped(
        {"type": "string", "pattern": COUNTRY, "nullable": True},
        help_text="ISO 3166; English names are understood too.",
    )
    region = text(80)
    message = text(10_000)
    attributes = shaped(
        {
            "type": "object",
            "nullable": True,
            "additionalProperties": False,
            "properties": {"person": CUSTOM, "company": CUSTOM, "lead": CUSTOM},
        }
    )
    company = IncomingCompany(required=False, allow_null=True)
    utm = shaped(
        {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": 500, "pattern": TEXT},
            "maxProperties": 30,
            "nullable": True,
        },
        help_text="source, medium, campaign, term, content; with or without utm_.",
    )
    referrer = web_address()
    page_url = web_address()
    consent = shaped(
        {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 30, "nullable": True},
        help_text="By purpose or channel: true, false, or {state, at, text}.",
    )
    product_interest = text(80)
    hand_raise = shaped(
        {"oneOf": [{"type": "string", "maxLength": 20, "pattern": TEXT}, {"type": "boolean"}], "nullable": True},
        help_text="demo, contact, trial …: the person asks to be called. true means contact.",
    )
    touches = s.ListField(child=IncomingTouch(), required=False, allow_null=True, max_length=100)


class IncomingBatch(Strict):
    leads = shaped(
        {"type": "array", "maxItems": 1000, "items": {"type": "object", "additionalProperties": True}},
        required=True,
        help_text="Each an IncomingLead. What is wrong with one is said in its result.",
    )


class IncomingTouches(Strict):
    touches = shaped(
        {"type": "array", "maxItems": 1000, "items": {"type": "object", "additionalProperties": True}},
        required=True,
        help_text="Each an IncomingTouch with `email` or `person`, and `source`.",
    )


# --- verbs -------------------------------------------------------------------------------
def coded(codes) -> s.ChoiceField:
    return s.ChoiceField([str(code) for code in codes])


class Rejection(Strict):
    reason = coded(REJECT_REASONS)
    note = text(2_000, help_text="Needed with `other`.")


class Recycling(Strict):
    reason = coded(RECYCLE_REASONS)
    track = shaped(
        {"type": "string", "maxLength": 40, "pattern": SAID},
        required=True,
        help_text=f"For example {', '.join(TRACKS)}.",
    )
    revisit_on = shaped({"type": "string", "format": "date", "nullable": True})
    note = text(2_000)


class Disqualification(Strict):
    reason = coded(DISQUALIFY_REASONS)
    note = text(2_000)


class Confirmed(Strict):
    value = shaped({"type": "string", "maxLength": 400, "pattern": SAID}, required=True)
    evidence = shaped({"type": "string", "maxLength": 1000, "pattern": SAID}, required=True)


class Qualification(Strict):
    """At least one item; the lead becomes an SQL when enough are confirmed."""

    budget = Confirmed(required=False, allow_null=True)
    authority = Confirmed(required=False, allow_null=True)
    need = Confirmed(required=False, allow_null=True)
    timeline = Confirmed(required=False, allow_null=True)
