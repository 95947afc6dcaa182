"""REST: leads and touches in, leads out. The verbs are in api_verbs.py, what the bodies look like in serializers.py."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from journal.idempotency import answer, digest, key_of
from leads import answer_serializers as answers
from leads import custom_attributes, lead_json, serializers, timeline, touches
from leads.checks import Checks
from leads.filters import LeadFilter
from leads.identity import exact_key
from leads.incoming import Incoming, IncomingTouch, parse, parse_touch
from leads.intake import Outcome, capture
from leads.models import Lead
from leads.submissions import refusals
from revops.lib.endpoint import Endpoint, known_parameters
from revops.lib.errors import Invalid
from revops.lib.openapi import reads, writes
from revops.lib.pages import KeysetPagination, limit_of
from teams.models import User

MOST_ITEMS = 1_000
REFUSED = {"id": None, "url": None, "created": False, "person": None, "company": None, "cycle": None, "stage": None,
           "score": None, "owner": None, "clocks": []}  # fmt: skip


def base_of(request: Any) -> str:
    return f"{request.scheme}://{request.get_host()}"


def find(pk: int) -> Lead:
    """Everybody signed in reads the shared record, so a lead is there or it isn't."""
    lead = Lead.objects.select_related("person", "company", "owner__team").filter(pk=pk).first()
    if lead is None:
        raise Http404
    return lead


class Leads(Endpoint):
    scopes = {"GET": "read", "POST": "intake"}
    orderings = {"created_at": ["created_at", "id"], "updated_at": ["updated_at", "id"], "id": ["id"]}
    pagination_class = KeysetPagination

    @reads("Leads, newest first", answers.LeadPage, operation_id="leads_list", parameters=[
        OpenApiParameter("stage", serializers.STAGE_LIST, explode=False, style="form"),
        OpenApiParameter("owner", serializers.ID),
        OpenApiParameter("source", {"type": "string", "maxLength": 32, "pattern": serializers.SAID}),
        OpenApiParameter("q", {"type": "string", "maxLength": 200, "pattern": serializers.SAID},
                         description="Part of a name, mail or company."),
        OpenApiParameter("cell", {"type": "string", "pattern": "^[A-C][1-3]$"}),
        OpenApiParameter("updated_after", {"type": "string", "format": "date-time"}),
        *serializers.paging(orderings),
    ])  # fmt: skip
    def get(self, request):
        found = LeadFilter(request.query_params, queryset=Lead.objects.all(), request=request)
        known_parameters(request, *found.filters, "limit", "ordering", "cursor")
        if not found.is_valid():
            raise of_form(found.errors)
        pages = KeysetPagination()
        columns = ("id", "created_at", "updated_at")
        rows = pages.paginate_queryset(found.qs.order_by().values(*columns), request, self)
        ids = [row["id"] for row in rows]
        leads = lead_json.many(ids, now=request.now, base=base_of(request))
        return pages.get_paginated_response([leads[pk] for pk in ids])

    @writes("Take one lead in", serializers.IncomingLead,
            {201: answers.Taken, 200: answers.Taken}, codes=(400, 401, 403, 409, 413, 415, 422))  # fmt: skip
    def post(self, request):
        try:
            item = parse(request.data, now=request.now, types=custom_attributes.types)
            if unknown := unknown_doers({0: item.touches}, "touches"):
                raise Invalid(unknown[0][0]["detail"], code="unknown_user", errors=unknown[0])
        except Invalid as refusal:
            refusals.note(request, [(request.data, refusal.errors)])
            raise
        if not key_of(request):
            item.fingerprint = fingerprint(request, request.data)

        def work() -> tuple[int, Any]:
            [outcome] = capture([item], by=request.user, via="api", now=request.now)
            lead = lead_json.brief([outcome.lead_id], now=request.now, base=base_of(request))[outcome.lead_id]
            created = outcome.status == "created"
            return 201 if created else 200, _taken(outcome, lead)

        return answer(request, request.data, work)


class LeadBatch(Endpoint):
    scopes = {"POST": "intake"}
    body_limit = settings.API_BATCH_LIMIT
    checks_texts = True  # item by item, so that one bad text doesn't fail the others

    @writes("Take up to 1,000 leads in", serializers.IncomingBatch, {200: answers.TakenBatch},
            codes=(400, 401, 403, 409, 413, 415, 422))  # fmt: skip
    def post(self, request):
        items = items_of(request.data, "leads")
        types = custom_attributes.types() if any(isinstance(i, dict) and i.get("attributes") for i in items) else {}
        keyed = bool(key_of(request))
        good: dict[int, Incoming] = {}
        errors: dict[int, list[dict[str, str]]] = {}
        for index, data in enumerate(items):
            try:
                good[index] = parse(data, now=request.now, types=types)
            except Invalid as refusal:
                errors[index] = refusal.errors
                continue
            if not keyed:
                good[index].fingerprint = fingerprint(request, data)
        for index, unknown in unknown_doers({i: item.touches for i, item in good.items()}, "touches").items():
            errors[index] = unknown
            del good[index]
        if errors:
            refusals.note(request, [(items[index], errors[index]) for index in sorted(errors)])

        def work() -> tuple[int, Any]:
            return 200, {"results": _results(request, len(items), good, errors)}

        return answer(request, request.data, work)


def _results(request: Any, size: int, good: dict[int, Incoming], errors: dict[int, list]) -> list[dict[str, Any]]:
    outcomes = dict(zip(good, captured(list(good.values()), by=request.user, now=request.now), strict=True))
    ids = [outcome.lead_id for outcome in outcomes.values() if outcome.lead_id]
    leads = lead_json.brief(ids, now=request.now, base=base_of(request))
    results = []
    for index in range(size):
        outcome = outcomes.get(index) or Outcome("refused", errors=errors.get(index, []))
        taken = _taken(outcome, leads[outcome.lead_id]) if outcome.lead_id else REFUSED
        results.append({"index": index, "status": outcome.status, **taken, "errors": outcome.errors})
    return results


def captured(items: Sequence[Incoming], *, by: User, now: Any) -> list[Outcome]:
    """The batch at once; if PostgreSQL refuses something in it, each alone, so that only the culprit is refused."""
    try:
        # A savepoint: after an error the request's own transaction must still be able to take the others.
        with transaction.atomic():
            return capture(items, by=by, via="api", now=now)
    except (DataError, IntegrityError):
        return [_alone(item, by=by, now=now) for item in items]


def _alone(item: Incoming, *, by: User, now: Any) -> Outcome:
    try:
        with transaction.atomic():
            return capture([item], by=by, via="api", now=now)[0]
    except (DataError, IntegrityError):
        return Outcome(
            "refused", errors=[{"field": "", "code": "unkeepable", "detail": "One of the values cannot be kept."}]
        )


def _taken(outcome: Outcome, lead: dict[str, Any]) -> dict[str, Any]:
    return {"id": lead["id"], "url": lead["url"], "created": outcome.status == "created", **lead,
            "submission": outcome.submission_id}  # fmt: skip


class Touches(Endpoint):
    scopes = {"POST": "intake"}
    body_limit = settings.API_BATCH_LIMIT
    checks_texts = True

    @writes("Report up to 1,000 touches of known people", serializers.IncomingTouches,
            {200: answers.ReportedTouches}, codes=(400, 401, 403, 409, 413, 415, 422))  # fmt: skip
    def post(self, request):
        items = items_of(request.data, "touches")
        checks = [Checks() for _ in items]
        read = [_reported(data, check, request.now) for data, check in zip(items, checks, strict=True)]
        for index, unknown in unknown_doers({i: [r.touch] for i, (r, _) in enumerate(read)}, "").items():
            checks[index].errors += unknown

        def work() -> tuple[int, Any]:
            return 200, {"results": _reported_results(request, read, checks)}

        return answer(request, request.data, work)


def _reported(data: Any, check: Checks, now: Any) -> tuple[touches.ReportedTouch, str]:
    touch = parse_touch(data, now=now, check=check, extra=frozenset(["email", "person", "source"]))
    reported = touches.ReportedTouch(touch)
    if not isinstance(data, dict):
        return reported, ""
    reported.person_id = check.whole(data, "person", 1, 2**63 - 1)
    email = check.text(data, "email", 254)
    if email and (key := exact_key(email)):
        reported.key = ("email", key)
    elif email:
        check.no("", "email", "invalid_email", "This is not a mail address.")
    elif reported.person_id is None and not check.has("email", "person"):
        check.no("", "email", "required", "Say whose touch it is: an email or a person.")
    return reported, check.text(data, "source", 60)


def _reported_results(request: Any, read: Sequence[tuple], checks: Sequence[Checks]) -> list[dict[str, Any]]:
    by_source: dict[str, list[int]] = {}
    for index, (_, source) in enumerate(read):
        if not checks[index].errors:
            by_source.setdefault(source, []).append(index)
    results = [{"index": i, "status": "refused", "person": None, "errors": c.errors} for i, c in enumerate(checks)]
    for source, indexes in by_source.items():
        batch = [read[index][0] for index in indexes]
        told = touches.add(batch, source=source, by=request.user.pk, via="api", now=request.now)
        for index, reported in zip(indexes, told, strict=True):
            if reported.status == "unknown":
                name = "email" if read[index][0].key else "person"
                checks[index].no("", name, "unknown_person", "Nobody is known by this. A lead makes a person known.")
            else:
                results[index] |= {"status": reported.status, "person": reported.person_id}
    return results


class LeadDetail(Endpoint):
    @reads("One lead, with its panels", answers.LeadDetail)
    def get(self, request, pk: int):
        return Response(lead_json.one(find(pk).pk, now=request.now, base=base_of(request)))


class LeadTimeline(Endpoint):
    @reads("Journal and touches of a lead's person, newest first", answers.TimelinePage, parameters=[
        OpenApiParameter("tab", {"type": "string", "enum": [tab for tab in timeline.TABS if tab]}),
        *(one for one in serializers.paging({"at": ["at"]}) if one.name != "ordering"),
    ])  # fmt: skip
    def get(self, request, pk: int):
        lead = find(pk)
        asked = request.query_params
        known_parameters(request, "tab", "limit", "cursor")
        if asked.get("tab", "") not in timeline.TABS:
            raise Invalid(f"Choose one of: {', '.join(filter(None, timeline.TABS))}.", code="not_a_choice", field="tab")
        limit = limit_of(asked.get("limit"))
        try:
            items = timeline.of(lead, limit=limit + 1, before=asked.get("cursor", ""), tab=asked.get("tab", ""))
        except Invalid as refusal:
            raise Invalid(refusal.detail, code=refusal.code, field="cursor") from None
        more = (
            replace_query_param(request.build_absolute_uri(), "cursor", items[limit - 1].cursor)
            if items[limit:]
            else None
        )
        shown = ("at", "code", "text", "note", "source", "id", "by", "lead", "struck", "data")
        results = [{name: getattr(item, name) for name in shown} for item in items[:limit]]
        return Response({"next": more, "previous": None, "results": results})


# --- shared by the calls above -----------------------------------------------------------
def fingerprint(request: Any, data: Any) -> bytes:
    return digest(data, prefix=f"user:{request.user.pk}")


def items_of(data: Any, name: str) -> list:
    check = Checks()
    check.is_object(data, "", {name})
    if check.errors:
        raise check.failed()
    items = data.get(name)
    if not isinstance(items, list):
        code = "required" if name not in data else "not_a_list"
        raise Invalid(f"Give a list of {name}.", code=code, field=name)
    if len(items) > MOST_ITEMS:
        raise Invalid(
            f"Send at most {MOST_ITEMS:,} {name} at once; these are {len(items):,}.", code="too_many", field=name
        )
    return items


def unknown_doers(groups: dict[int, Sequence[IncomingTouch]], at: str) -> dict[int, list[dict[str, str]]]:
    """{index: errors} of touches whose `by` is nobody; one query for all, none when nobody is named."""
    named = {touch.by for group in groups.values() for touch in group if touch.by}
    if not named:
        return {}
    known = set(User.objects.filter(pk__in=named).values_list("pk", flat=True))
    found: dict[int, list[dict[str, str]]] = {}
    for index, group in groups.items():
        for i, touch in enumerate(group):
            if touch.by and touch.by not in known:
                field = f"{at}.{i}.by" if at else "by"
                error = {"field": field, "code": "unknown_user", "detail": "There is no user with this id."}
                found.setdefault(index, []).append(error)
    return found


def of_form(errors: Any) -> Invalid:
    """The errors of a Django form as one Invalid."""
    found = [
        {"field": name, "code": error["code"] or "invalid", "detail": str(error["message"])}
        for name, problems in errors.get_json_data().items()
        for error in problems
    ]
    return Invalid(found[0]["detail"], code=found[0]["code"], field=found[0]["field"], errors=found)
