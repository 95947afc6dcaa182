"""Who may stand on which floor, and what the address asks to see of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.text import slugify

from revops.lib.frame import reader_zone
from sla.floor import Floor
from sla.models import Target
from teams.models import Team, TeamKind, User

KINDS = [TeamKind.SALES, TeamKind.SUCCESS]


@dataclass(slots=True)
class Standing:
    """`teams`: those the reader may see; `chosen`: the one in the address; `everybody`: all of them, and what nobody
    owns. `people`: members' ids, None for everybody."""

    teams: list[Team]
    chosen: Team | None
    everybody: bool
    people: tuple[int, ...] | None
    target: str

    @property
    def name(self) -> str:
        if self.chosen:
            return str(self.chosen)
        return "All teams" if self.everybody else "Your teams"

    @property
    def calendar_id(self) -> int | None:
        """Whose hours the floor keeps: those of the one team, else the organisation's."""
        only = self.chosen or (self.teams[0] if len(self.teams) == 1 else None)
        return only.calendar_id if only else None

    def query(self, **changed: str) -> str:
        """The address's `?team=…&promise=…` with some of it changed ("" leaves it out), or ""."""
        asked = {"team": slugify(self.chosen.name) if self.chosen else "", "promise": self.target, **changed}
        text = "&".join(f"{name}={value}" for name, value in asked.items() if value)
        return f"?{text}" if text else ""

    def choices(self) -> list[tuple[str, str, bool]]:
        """(value, words, chosen) of the team filter."""
        every = [("", "All teams" if self.everybody or self.sees_all else "Your teams", self.chosen is None)]
        named = [(slugify(team.name), team.name, team == self.chosen) for team in self.teams]
        return (every if len(self.teams) != 1 or self.sees_all else []) + named

    sees_all: bool = False


def sees_all(user: Any) -> bool:
    return user.is_admin or user.watches_handoffs


def of(request: HttpRequest) -> Standing:
    """Raises PermissionDenied, saying who may; 404 for a team or promise that isn't there. Two queries."""
    user = request.user
    if user.is_service:
        raise PermissionDenied("The floor is for people, not for keys.")
    every = list(Team.objects.filter(kind__in=KINDS).order_by("name"))
    teams = every if sees_all(user) else [team for team in every if team.manager_id == user.pk]
    if not teams and not sees_all(user):
        raise PermissionDenied("The floor is for the managers of teams, the hand-off monitor and RevOps admins.")
    chosen = _chosen(request.GET.get("team", ""), every)
    if chosen and chosen not in teams:
        raise PermissionDenied(
            f"{chosen} is seen by its manager, the hand-off monitor and RevOps admins. You see your own teams."
        )
    if chosen is None and len(teams) == 1 and not sees_all(user):
        chosen = teams[0]
    target = request.GET.get("promise", "")
    if target and target not in Target.values:
        raise Http404
    everybody = chosen is None and sees_all(user)
    people = None
    if not everybody:
        looked_at = [chosen] if chosen else teams
        people = tuple(User.objects.filter(team__in=looked_at).order_by("id").values_list("id", flat=True))
    return Standing(teams, chosen, everybody, people, target, sees_all(user))


def floor(standing: Standing, request: HttpRequest) -> Floor:
    return Floor(standing.people, request.now, day_of(request)[1], standing.target)


def day_of(request: HttpRequest) -> tuple[datetime, datetime]:
    """Where the reader's today begins and ends."""
    local = request.now.astimezone(reader_zone(request))
    begins = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return begins, begins + timedelta(days=1)


def month_of(request: HttpRequest) -> datetime:
    return day_of(request)[0].replace(day=1)


def _chosen(slug: str, teams: list[Team]) -> Team | None:
    if not slug:
        return None
    found = next((team for team in teams if slugify(team.name) == slug), None)
    if found is None:
        raise Http404
    return found
