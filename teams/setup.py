"""The first run of a company: everything a first lead needs, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, time

from django.db import connection, transaction

from revops.lib.errors import Refused
from teams.calendars import ALWAYS, add_calendar, week
from teams.keys import create_api_key
from teams.models import Organisation, Role, Team, User
from teams.people import arrive


@dataclass(frozen=True)
class Company:
    """What is asked. `opens`, `closes`: None = round the clock."""

    name: str
    timezone: str
    currency: str
    opens: time | None
    closes: time | None
    team: str
    kind: str


def set_up(company: Company, *, admin_name: str, email: str, password: str, at: datetime) -> tuple[User, str]:
    """The administrator, and the plain text of a key that may only send forms in, shown this once.

    Raises Refused when somebody is here already: of two set-ups at once one wins.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('set up'))")
        if User.objects.filter(is_service=False).exists():
            raise Refused("This installation is set up already. Sign in instead.", code="set_up")
        weekly = ALWAYS if company.opens is None else week(f"{company.opens:%H:%M}", f"{company.closes:%H:%M}")
        admin = User.objects.create_user(
            email, password, name=admin_name, role=Role.ADMIN, timezone=company.timezone, watches_handoffs=True
        )
        calendar = add_calendar("Working hours", tz=company.timezone, weekly=weekly, by=admin, at=at)
        admin.team = Team.objects.create(name=company.team, kind=company.kind, manager=admin)
        admin.save(update_fields=["team"])
        Organisation.objects.update_or_create(
            id=1,
            defaults={
                "name": company.name, "timezone": company.timezone, "currency": company.currency,
                "calendar": calendar, "set_up_at": at,
            },
        )  # fmt: skip
        arrive(admin, by=admin, at=at)
        _, plain = create_api_key("First form", ["intake"])
    return admin, plain
