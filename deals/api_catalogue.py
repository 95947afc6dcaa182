"""REST: what can be sold, what can be given, who may give how much, and the desk's lists and reports."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers as s
from rest_framework.response import Response

from deals import approvers, concessions, discount_report, losses, products
from deals.api_desk import (
    PRICE,
    DeskVerb,
    DiscountRow,
    ObjectionRow,
    discount_json,
    major,
    nothing,
    objection_json,
    price,
    said,
)
from deals.models import Concession, DiscountAuthority, DiscountRequest, Objection, Product
from deals.models.commercial import Billing
from leads.api_verbs import day, needed
from leads.checks import Checks
from leads.company_size import NAMES
from leads.serializers import ID, coded, paging
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.openapi import NoBody, Strict, reads, shaped, writes
from revops.lib.pages import KeysetPagination
from teams.models import Organisation, Role, User

CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$"}


class ProductBody(Strict):
    code = shaped({"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,39}$"}, required=True)
    name = said(120)
    billing = coded(Billing.values)
    list_price = shaped(PRICE, required=True)
    currency = shaped(CURRENCY, required=True)
    is_active = s.BooleanField(required=False, default=True)


class ProductRow(s.Serializer):
    id = s.IntegerField()
    code = s.CharField()
    name = s.CharField()
    billing = s.ChoiceField(Billing.choices)
    list_price = s.CharField()
    currency = s.CharField()
    is_active = s.BooleanField()


def page_of(row: type[s.Serializer], name: str) -> type[s.Serializer]:
    fields = {"next": s.CharField(allow_null=True), "previous": s.CharField(allow_null=True), "results": row(many=True)}
    return type(name, (s.Serializer,), fields)


ProductPage = page_of(ProductRow, "ProductPage")


class _List(DeskVerb):
    orderings = {"id": ["id"]}

    def listed(self, request: Any, rows: Any, to: Any) -> Response:
        pages = KeysetPagination()
        return pages.get_paginated_response([to(row) for row in pages.paginate_queryset(rows, request, self)])


class Products(_List):
    @reads("Products", ProductPage, operation_id="products_list", parameters=paging(_List.orderings))
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        return self.listed(request, Product.objects.all(), product_json)

    @writes("Add a product, or change the one of this code", ProductBody, {200: ProductRow})
    def post(self, request):
        def read(data: dict, check: Checks) -> dict[str, Any]:
            return {
                "code": needed(data, "code", 40, check), "name": needed(data, "name", 120, check),
                "billing": needed(data, "billing", 8, check), "list_price": price(data, "list_price", check),
                "currency": needed(data, "currency", 3, check), "is_active": check.yes_no(data, "is_active", True),
            }  # fmt: skip

        def do(**given: Any) -> Any:
            return product_json(products.keep(Product.objects.filter(code=given["code"]).first(), **given))

        return self.perform(read, {"code", "name", "billing", "list_price", "currency", "is_active"}, do)


def product_json(row: Product) -> dict[str, Any]:
    return {"id": row.pk, "code": row.code, "name": row.name, "billing": row.billing,
            "list_price": major(row.list_price), "currency": row.currency, "is_active": row.is_active}  # fmt: skip


class ConcessionBody(Strict):
    give = said(120)
    cost = shaped(PRICE, required=True, help_text="What it costs us.")
    value = shaped(PRICE, required=True, help_text="What it is worth to them.")
    get = said(160)
    get_value = shaped({**PRICE, "nullable": True})
    currency = shaped(CURRENCY, required=True)
    segments = shaped({"type": "array", "items": {"type": "string", "enum": list(NAMES)}, "maxItems": 4})
    expires_on = s.DateField(required=False, allow_null=True)


class ConcessionRow(s.Serializer):
    id = s.IntegerField()
    give = s.CharField()
    cost = s.CharField()
    value = s.CharField()
    get = s.CharField()
    get_value = s.CharField()
    currency = s.CharField()
    segments = s.ListField(child=s.CharField(), help_text="Empty: all.")
    expires_on = s.DateField(allow_null=True)
    retired_at = s.DateTimeField(allow_null=True)


ConcessionPage = page_of(ConcessionRow, "ConcessionPage")
MATRIX = {"give", "cost", "value", "get", "get_value", "currency", "segments", "expires_on"}


def _matrix(data: dict, check: Checks) -> dict[str, Any]:
    segments = check.texts(data, "segments", 12, 4)
    for n, one in enumerate(segments):
        if one not in NAMES:
            check.no("", f"segments.{n}", "unknown_segment", f"Choose of {', '.join(NAMES)}.")
    return {
        "give": needed(data, "give", 120, check), "cost": price(data, "cost", check),
        "value": price(data, "value", check), "get": needed(data, "get", 160, check),
        "get_value": price(data, "get_value", check) if data.get("get_value") is not None else 0,
        "currency": needed(data, "currency", 3, check), "segments": segments,
        "expires_on": day(data, "expires_on", check),
    }  # fmt: skip


class Concessions(_List):
    @reads("The concession matrix", ConcessionPage, operation_id="concessions_list", parameters=paging(_List.orderings))
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        return self.listed(request, Concession.objects.filter(retired_at=None), concession_json)

    @writes("Add a row to the matrix", ConcessionBody, {201: ConcessionRow})
    def post(self, request):
        return self.perform(_matrix, MATRIX, lambda **given: concession_json(concessions.keep(None, **given)), 201)


class OneConcession(DeskVerb):
    @writes("Change a row of the matrix", ConcessionBody, {200: ConcessionRow})
    def put(self, request, pk: int):
        row = found(Concession.objects.all(), pk=pk)
        return self.perform(_matrix, MATRIX, lambda **given: concession_json(concessions.keep(row, **given)))


class ConcessionRetirement(DeskVerb):
    @writes("Offer it no more", NoBody, {200: ConcessionRow})
    def post(self, request, pk: int):
        row = found(Concession.objects.all(), pk=pk)
        return self.perform(nothing, set(), lambda **by: concession_json(concessions.retire(row, **by)))


def concession_json(row: Concession) -> dict[str, Any]:
    return {
        "id": row.pk, "give": row.give, "cost": major(row.cost), "value": major(row.value), "get": row.get,
        "get_value": major(row.get_value), "currency": row.currency, "segments": row.segments,
        "expires_on": row.expires_on, "retired_at": row.retired_at,
    }  # fmt: skip


class AuthorityRow(s.Serializer):
    level = s.ChoiceField(DiscountAuthority.Level.choices)
    up_to = s.CharField(help_text="Percent of the list, bound included.")
    approver = s.IntegerField(allow_null=True)


class AuthorityList(s.Serializer):
    results = AuthorityRow(many=True)


class AuthorityItem(Strict):
    level = coded(DiscountAuthority.Level.values)
    up_to = shaped({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"}, required=True)
    approver = shaped({**ID, "nullable": True}, help_text="Nobody: the next one up is asked.")


class AuthorityBody(Strict):
    levels = AuthorityItem(many=True, max_length=5)


class Authority(DeskVerb):
    @reads("Who may give how much", AuthorityList)
    def get(self, request):
        known_parameters(request)
        return Response(authority_json())

    @writes("Change who may give how much; levels not named stay", AuthorityBody, {200: AuthorityList})
    def put(self, request):
        def do(**given: Any) -> Any:
            approvers.keep(**given)
            return authority_json()

        return self.perform(_authority, {"levels"}, do)


def _authority(data: dict, check: Checks) -> dict[str, Any]:
    given, rows = data.get("levels"), {}
    if not isinstance(given, list) or len(given) > len(DiscountAuthority.Level.values):
        check.no("", "levels", "not_a_list", "Give a list of levels.")
        return {}
    for n, one in enumerate(given):
        at = f"levels.{n}"
        if not check.is_object(one, at, {"level", "up_to", "approver"}):
            continue
        level, up_to = check.choice(one, "level", DiscountAuthority.Level.values, at), one.get("up_to")
        pk = check.whole(one, "approver", 1, 2**63 - 1, at)
        if not level and not check.has(f"{at}.level"):
            check.no(at, "level", "required", "This field is needed.")
        if not isinstance(up_to, str) or not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", up_to, re.ASCII):
            check.no(at, "up_to", "bad_percent", 'Give the percent as a text like "12.5".')
            continue
        person = User.objects.active().filter(pk=pk, is_service=False).exclude(role=Role.VIEWER).first() if pk else None
        if pk and person is None:
            check.no(at, "approver", "unknown_user", "Nobody who may decide has this id.")
        rows[level] = {"up_to": Decimal(up_to), "approver": person}
    return {"rows": rows}


def authority_json() -> dict[str, Any]:
    rows = DiscountAuthority.objects.all()
    return {"results": [{"level": row.level, "up_to": f"{row.up_to:.2f}", "approver": row.approver_id} for row in rows]}


DiscountPage = page_of(DiscountRow, "DiscountPage")
ObjectionPage = page_of(ObjectionRow, "ObjectionPage")


class Discounts(_List):
    @reads("Discounts that wait for a decision", DiscountPage, operation_id="discounts_list",
           parameters=paging(_List.orderings))  # fmt: skip
    def get(self, request):
        known_parameters(request, "limit", "ordering", "cursor")
        return self.listed(request, DiscountRequest.objects.filter(state="open"), discount_json)


class Objections(_List):
    @reads("Objections, newest first", ObjectionPage, operation_id="objections_list", parameters=[
        OpenApiParameter("kind", {"type": "string", "enum": Objection.Kind.values}), *paging(_List.orderings),
    ])  # fmt: skip
    def get(self, request):
        known_parameters(request, "kind", "limit", "ordering", "cursor")
        check = Checks()
        kind = check.choice(request.query_params, "kind", Objection.Kind.values)
        if check.errors:
            raise check.failed()
        rows = Objection.objects.filter(kind=kind) if kind else Objection.objects.all()
        return self.listed(request, rows, objection_json)


class UnapprovedRow(s.Serializer):
    deal = s.IntegerField()
    name = s.CharField()
    given = s.CharField(help_text="Percent of the list.")
    allowed = s.CharField()
    closed_at = s.DateTimeField()


class UnapprovedAnswer(s.Serializer):
    won = s.IntegerField(help_text="Won in the last 365 days with a list price.")
    unapproved = s.IntegerField()
    results = UnapprovedRow(many=True)


class Unapproved(Endpoint):
    @reads("Won deals that gave more than was allowed", UnapprovedAnswer)
    def get(self, request):
        known_parameters(request)
        since, until, _ = losses.period(365, now=request.now, zone=Organisation.get().timezone)
        won, over, rows = discount_report.unapproved(since=since, until=until)
        return Response({"won": won, "unapproved": over, "results": [
            {"deal": row.deal_id, "name": row.name, "given": f"{row.given:.4f}", "allowed": f"{row.covered:.4f}",
             "closed_at": row.closed_at} for row in rows
        ]})  # fmt: skip


class LossCell(s.Serializer):
    value = s.CharField(allow_blank=True)
    name = s.CharField()
    deals = s.IntegerField()


class LossRow(s.Serializer):
    reason = s.CharField()
    name = s.CharField()
    deals = s.IntegerField()
    cells = LossCell(many=True)


class LossAnswer(s.Serializer):
    by = s.ChoiceField(list(losses.BY))
    deals = s.IntegerField()
    told = s.IntegerField(help_text="Of which somebody looked back on.")
    buyer_said = s.IntegerField()
    results = LossRow(many=True)


class Losses(Endpoint):
    @reads("Why deals were lost in the last 365 days", LossAnswer, parameters=[
        OpenApiParameter("by", {"type": "string", "enum": list(losses.BY)}),
    ])  # fmt: skip
    def get(self, request):
        known_parameters(request, "by")
        check = Checks()
        by = check.choice(request.query_params, "by", list(losses.BY)) or "competitor"
        if check.errors:
            raise check.failed()
        since, until, _ = losses.period(365, now=request.now, zone=Organisation.get().timezone)
        table = losses.table(by, since=since, until=until)
        return Response({
            "by": by, "deals": table.total, "told": table.told, "buyer_said": table.confirmed,
            "results": [
                {"reason": reason, "name": name, "deals": total, "cells": [
                    {"value": value, "name": called, "deals": n}
                    for (value, called), n in zip(table.columns, counts, strict=True)
                ]} for reason, name, counts, total in table.rows
            ],
        })  # fmt: skip
