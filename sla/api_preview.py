"""REST: what other promises would have meant. A draft in the body, its impact in the answer, nothing stored."""

from typing import Any
from uuid import UUID

from rest_framework import serializers as s
from rest_framework.response import Response

from leads.checks import Checks
from revops.lib.endpoint import Endpoint
from revops.lib.errors import Invalid
from revops.lib.openapi import writes
from sla import draft_checks, draft_fields, drafts, replay
from sla import policy_json as shapes
from sla.draft_differences import lines_of
from sla.models import Hours, Policy, Target

LINE = frozenset([*draft_fields.EDITABLE, "line", "ladder"])


class SideRow(s.Serializer):
    clocks = s.IntegerField()
    met = s.IntegerField()
    breached = s.IntegerField()
    cancelled = s.IntegerField()
    moved = s.IntegerField(help_text="How often a lead would have gone on to another rep.")
    notices_a_day = s.FloatField()
    median_wait = s.FloatField(allow_null=True, help_text="Open seconds to the answer, of those answered.")


class RepRow(s.Serializer):
    user = s.IntegerField(allow_null=True)
    name = s.CharField()
    clocks = s.IntegerField()
    met_before = s.IntegerField()
    met_after = s.IntegerField()


class SliceRow(s.Serializer):
    line = s.UUIDField()
    name = s.CharField()
    clocks = s.IntegerField()
    met_before = s.IntegerField()
    met_after = s.IntegerField()
    reps = RepRow(many=True)


class BandRow(s.Serializer):
    leads = s.IntegerField()
    sql = s.IntegerField()
    low = s.FloatField(allow_null=True)
    high = s.FloatField(allow_null=True)
    small = s.BooleanField()


class CostRow(s.Serializer):
    way = s.CharField(help_text="green: late before and in time after; red: the other way.")
    turned = s.IntegerField()
    above = s.IntegerField()
    up_to = s.IntegerField()
    band = BandRow()
    faster = BandRow()
    since = s.DateTimeField()
    until = s.DateTimeField()


class Impact(s.Serializer):
    """People are assumed to answer as they did. `before`: the live lines, `after`: these; both over the promises of
    `tiers` (none = all) begun in [since, until). `hits`: hand-offs each line takes, by `line`."""

    target = s.CharField()
    days = s.IntegerField()
    since = s.DateTimeField()
    until = s.DateTimeField()
    as_of = s.DateTimeField()
    short_of = s.IntegerField(allow_null=True, help_text="Days of history there are, when fewer than asked for.")
    mqls = s.IntegerField()
    every = s.IntegerField(help_text="Only each n-th hand-off was looked at.")
    too_young = s.IntegerField()
    unfinished = s.IntegerField()
    tiers = s.ListField(child=s.CharField())
    before = SideRow()
    after = SideRow()
    slices = SliceRow(many=True)
    reps = RepRow(many=True)
    zone = s.CharField()
    hours_before = s.ListField(child=s.IntegerField(), help_text="Breaches by hour of the day in `zone`.")
    hours_after = s.ListField(child=s.IntegerField())
    hits = s.DictField(child=s.IntegerField())
    hits_before = s.DictField(child=s.IntegerField())
    never = s.ListField(child=s.UUIDField())
    cost = CostRow(allow_null=True)
    took = s.FloatField()
    missing = s.CharField(allow_blank=True)
    problems = shapes.ProblemRow(many=True)


class Preview(Endpoint):
    scopes = {"POST": "admin"}

    @writes("What these lines would have meant", shapes.PreviewBody, {200: Impact},
            codes=(400, 401, 403, 413, 415))  # fmt: skip
    def post(self, request):
        target, days, said = _read(request.data)
        live = lines_of(drafts.live())
        lines = [_line(one, f"lines.{i}", target) for i, one in enumerate(said)]
        twice = len({line.line for line in lines}) < len(lines)
        if twice:
            raise Invalid("The same line is there twice.", code="twice", field="lines")
        found = replay.of_lines(live, lines, days=days, now=request.now, target=target)
        others = [line for line in live if line.target != target]
        wrong = draft_checks.of_lines([*others, *lines], at=request.now, hits=found.hits)
        mine = {line.pk for line in lines} | {None}
        told = [shapes.problem_json(one) for one in wrong if one.line_id in mine]
        for one in told:  # these lines have no ids yet: what names them is their place
            one["line"] = next((i for i, line in enumerate(lines) if line.pk == one["line"]), None)
        return Response({**found.as_json(), "problems": told})


def _read(data: Any) -> tuple[str, int, list]:
    check = Checks()
    if not check.is_object(data, "", frozenset(["target", "days", "lines"])):
        raise check.failed()
    target = check.choice(data, "target", [str(one) for one in replay.REPLAYED]) or Target.FIRST_RESPONSE.value
    days = check.whole(data, "days", 1, replay.MOST_DAYS) or replay.DAYS
    lines = data.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= draft_fields.MOST_LINES:
        check.no("", "lines", "not_a_list", f"Give 1 to {draft_fields.MOST_LINES} lines.")
    if check.errors:
        raise check.failed()
    return target, days, lines


def _line(data: Any, at: str, target: str) -> Policy:
    """A line that is nowhere kept. Raises Invalid with paths like `lines.2.amount`."""
    check = Checks()
    if check.is_object(data, at, LINE):
        for name in ("name", "amount"):
            if data.get(name) is None:
                check.no(at, name, "required", "This field is needed.")
    if check.errors:
        raise check.failed()
    try:
        fields = draft_fields.read({k: v for k, v in data.items() if k in draft_fields.EDITABLE}, target=target)
        rungs = draft_fields.read_ladder(data.get("ladder", []), target=target)
    except Invalid as wrong:
        errors = [{**e, "field": f"{at}.{e['field'].replace('steps', 'ladder', 1)}"} for e in wrong.errors]
        raise Invalid(errors[0]["detail"], code=errors[0]["code"], field=errors[0]["field"], errors=errors) from None
    line = Policy(target=target, **fields)
    if line.hours == Hours.CALENDAR and line.calendar_id is None:
        raise Invalid("Say which calendar.", code="required", field=f"{at}.calendar")
    if data.get("line") is not None:
        try:
            line.line = UUID(str(data["line"]))
        except ValueError:
            raise Invalid("This is not the id of a line.", code="not_an_id", field=f"{at}.line") from None
    line.__dict__["_rungs"] = rungs
    line.__dict__["_ladder"] = tuple((rung["level"], rung["after"]) for rung in rungs)
    return line
