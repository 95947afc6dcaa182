"""REST: wallboards, for administrators, and what one shows now."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s
from rest_framework.response import Response

from dashboards.wall import board, walls
from dashboards.wall.models import Wall
from journal.idempotency import answer
from leads.checks import Checks
from leads.serializers import ID
from revops.lib.endpoint import Endpoint, found, known_parameters
from revops.lib.openapi import SAID, NoBody, Strict, reads, shaped, writes
from teams import access
from teams.models import Organisation, Team


class WallRow(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    team = s.IntegerField(allow_null=True)
    made_at = s.DateTimeField()
    made_by = s.IntegerField(allow_null=True)
    seen_at = s.DateTimeField(allow_null=True)
    revoked_at = s.DateTimeField(allow_null=True)


class MadeWall(WallRow):
    address = s.CharField(help_text="Shown this once: whoever has it sees the wall without signing in.")


class WallList(s.Serializer):
    next = s.CharField(allow_null=True)
    previous = s.CharField(allow_null=True)
    results = WallRow(many=True)


class Tile(s.Serializer):
    key = s.CharField()
    name = s.CharField()
    value = s.CharField(allow_null=True)
    note = s.CharField(allow_blank=True)
    tone = s.CharField(allow_blank=True)
    share = s.FloatField(allow_null=True)
    mark = s.FloatField(allow_null=True)
    due_at = s.DateTimeField(allow_null=True)
    then_due_at = s.DateTimeField(allow_null=True)


class WallBoard(s.Serializer):
    as_of = s.DateTimeField()
    team = s.CharField(allow_null=True)
    tiles = Tile(many=True)
    last_win = extend_schema_field({
        "type": "object", "nullable": True, "properties": {"when": {"type": "string"}, "what": {"type": "string"}},
    })(s.JSONField(allow_null=True))  # fmt: skip


class NewWall(Strict):
    name = shaped({"type": "string", "minLength": 1, "maxLength": 80, "pattern": SAID}, required=True)
    team = shaped({**ID, "nullable": True}, help_text="Whose numbers; null: everybody's.")


class Walls(Endpoint):
    scopes = {"GET": "admin", "POST": "admin"}

    @reads("Wallboards", WallList, operation_id="walls_list")
    def get(self, request):
        known_parameters(request)
        access.require(request.user, "administer")
        rows = Wall.objects.order_by("-id")[:500]
        return Response({"next": None, "previous": None, "results": [row_json(one) for one in rows]})

    @writes("Make a wallboard; its address is told once", NewWall, {201: MadeWall})
    def post(self, request):
        check, name, team = Checks(), "", None
        if check.is_object(request.data, "", {"name", "team"}):
            name = check.text(request.data, "name", 80)
            given = request.data.get("team")
            if given is not None:
                whole = isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**63
                team = Team.objects.filter(pk=given).first() if whole else None
                if team is None:
                    check.no("", "team", "unknown", "The id of a team, or null.")
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            made, token = walls.make(name, team=team, by=request.user, at=request.now, via="api")
            address = f"{request.scheme}://{request.get_host()}/wall/{token}/"
            return 201, row_json(made) | {"address": address}

        return answer(request, request.data, work)


class WallRevocation(Endpoint):
    scopes = {"POST": "admin"}

    @writes("Revoke a wallboard's address", NoBody, {200: WallRow})
    def post(self, request, pk: int):
        shown, check = found(Wall.objects, pk=pk), Checks()
        check.is_object(request.data, "", frozenset())
        if check.errors:
            raise check.failed()

        def work() -> tuple[int, Any]:
            return 200, row_json(walls.revoke(shown, by=request.user, at=request.now, via="api"))

        return answer(request, request.data, work)


class WallNow(Endpoint):
    scopes = {"GET": "admin"}

    @reads("What a wallboard shows now", WallBoard, operation_id="wall_board")
    def get(self, request, pk: int):
        known_parameters(request)
        access.require(request.user, "administer")
        shown = found(Wall.objects.select_related("team"), pk=pk)
        return Response(board.as_json(board.of(shown, now=request.now, organisation=Organisation.get())))


def row_json(wall: Wall) -> dict[str, Any]:
    return {
        "id": wall.pk, "name": wall.name, "team": wall.team_id, "made_at": wall.made_at, "made_by": wall.made_by_id,
        "seen_at": wall.seen_at, "revoked_at": wall.revoked_at,
    }  # fmt: skip
