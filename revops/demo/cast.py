"""Who works at Northwind: 25 people in seven teams, their hours, their habits, and the pools leads go to."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from django.contrib.auth.hashers import make_password

from leads import territories
from leads.models import Pool, PoolMember, Rotation, RoutingPlan, RoutingRule
from sla import business_time
from teams import calendars, people, public_holidays
from teams.models import Calendar, Leave, Organisation, Role, Team, TeamKind, User

PASSWORD = "demo-demo-demo"
EUROPE = ["GB", "IE", "DE", "AT", "CH", "FR", "NL", "BE", "ES", "PT", "IT", "DK", "SE", "NO", "FI", "PL", "CZ"]


@dataclass(frozen=True, slots=True)
class Habit:
    """How somebody works. `pace`: 1 = the usual delay; `misses`: share of leads that slip; `yes`, `closes`: leaning
    towards accepting and winning."""

    pace: float = 1.0
    misses: float = 0.06
    yes: float = 1.0
    closes: float = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    kind: str
    tz: str
    opens: str
    closes: str
    country: str = ""
    region: str = ""
    lunch: tuple[str, str] | None = None


PLACES = [
    Place("Midwest", TeamKind.SALES, "America/Chicago", "08:00", "17:30", "US", "IL"),
    Place("East", TeamKind.SALES, "America/New_York", "09:00", "17:30", "US", "NY"),
    Place("Europe", TeamKind.SALES, "Europe/Berlin", "09:00", "18:00", "DE", "BE", lunch=("12:30", "13:15")),
    Place("Round the clock", TeamKind.SALES, "UTC", "00:00", "24:00"),
    Place("Marketing", TeamKind.MARKETING, "America/Chicago", "09:00", "17:30", "US", "IL"),
    Place("Success", TeamKind.SUCCESS, "America/New_York", "09:00", "17:30", "US", "NY"),
    Place("RevOps", TeamKind.REVOPS, "America/Chicago", "08:00", "17:00", "US", "IL"),
]
# Public holidays on which they work all the same.
WORKED = ("Lincoln", "Columbus", "Veterans", "Election", "Susan B. Anthony", "Pulaski")
# (name, team, role, manages it, habit)
PEOPLE: list[tuple[str, str, str, bool, Habit]] = [
    ("Dana Whitfield", "Midwest", Role.SALES, True, Habit(0.8, 0.03, closes=1.2)),
    ("Jonah Reyes", "Midwest", Role.SALES, False, Habit(0.8, 0.05, closes=1.1)),
    ("Sam Ortega", "Midwest", Role.SALES, False, Habit(1.5, 0.17, 0.9, 0.8)),
    ("Lena Fischer", "Midwest", Role.SALES, False, Habit(0.6, 0.02, 1.05, 1.2)),
    ("Marek Nowak", "Midwest", Role.SALES, False, Habit(0.9, 0.04)),
    ("Aisha Bello", "Midwest", Role.SALES, False, Habit(1.0, 0.06)),
    ("Ken Ito", "Midwest", Role.SALES, False, Habit(1.2, 0.08)),
    ("Ruben Castillo", "East", Role.SALES, True, Habit(1.0, 0.05)),
    ("Nadia Haddad", "East", Role.SALES, False, Habit(0.7, 0.03, 1.0, 1.15)),
    ("Owen Clarke", "East", Role.SALES, False, Habit(1.3, 0.10, 1.1, 0.8)),
    ("Tessa Brandt", "East", Role.SALES, False, Habit(0.9, 0.05)),
    ("Henrik Sand", "Europe", Role.SALES, True, Habit(0.9, 0.04)),
    ("Giulia Moretti", "Europe", Role.SALES, False, Habit(0.7, 0.03, 1.0, 1.1)),
    ("Piotr Zielinski", "Europe", Role.SALES, False, Habit(1.3, 0.10)),
    ("Amara Okoye", "Europe", Role.SALES, False, Habit(0.8, 0.04)),
    ("Yuki Tanaka", "Round the clock", Role.SALES, False, Habit(0.6, 0.03)),
    ("Leo Marchetti", "Round the clock", Role.SALES, True, Habit(0.9, 0.06)),
    ("Carla Mendes", "Round the clock", Role.SALES, False, Habit(1.0, 0.07)),
    ("Camille Roy", "Marketing", Role.MARKETING, True, Habit()),
    ("Felix Braun", "Marketing", Role.MARKETING, False, Habit()),
    ("Sofia Lindgren", "Marketing", Role.MARKETING, False, Habit()),
    ("Hannah Weiss", "Success", Role.SUCCESS, True, Habit()),
    ("Tariq Aziz", "Success", Role.SUCCESS, False, Habit()),
    ("Ruth Adeyemi", "RevOps", Role.ADMIN, True, Habit()),
    ("Grace Holm", "RevOps", Role.VIEWER, False, Habit()),
]
# Three shifts of one pool: somebody is always on.
SHIFTS = {
    "Yuki Tanaka": ("Asia/Tokyo", "08:00", "17:00"),
    "Leo Marchetti": ("Europe/Rome", "09:00", "18:00"),
    "Carla Mendes": ("America/Los_Angeles", "08:00", "17:00"),
}
LOG_INS = ["Jonah Reyes", "Dana Whitfield", "Camille Roy", "Hannah Weiss", "Ruth Adeyemi", "Grace Holm"]
TITLES = {"Jonah Reyes": "sales", "Dana Whitfield": "sales, manager", "Camille Roy": "marketing",
          "Hannah Weiss": "success", "Ruth Adeyemi": "RevOps admin", "Grace Holm": "viewer"}  # fmt: skip


@dataclass(slots=True)
class Cast:
    users: dict[str, User]
    habits: dict[int, Habit]
    hours: dict[int, object]
    admin: User
    midwest: business_time.Calendar


def mail(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@northwind.example"


def log_ins() -> list[tuple[str, str, str]]:
    """[(role, mail, password)], one a role."""
    return [(TITLES[name], mail(name), PASSWORD) for name in LOG_INS]


def gather(rng: Random, *, start: datetime, until: datetime) -> Cast:
    """Set the company up and invite everybody, at `start`."""
    years = list(range(start.year, until.year + 2))
    kept: dict[str, Calendar] = {}
    admin = User.objects.create_user(
        mail("Ruth Adeyemi"), name="Ruth Adeyemi", role=Role.ADMIN, timezone="America/Chicago"
    )
    teams: dict[str, Team] = {}
    for place in PLACES:
        kept[place.name] = calendars.add_calendar(
            place.name, tz=place.tz, weekly=_weekly(place), country=place.country, region=place.region,
            worked=_worked(place, years), own=_own(place, years), by=admin, at=start,
        )  # fmt: skip
        teams[place.name] = Team.objects.create(name=place.name, kind=place.kind, calendar=kept[place.name])
    Organisation.objects.update_or_create(
        id=1, defaults={"name": "Northwind", "timezone": "America/Chicago", "currency": "USD",
                        "calendar": kept["Midwest"], "set_up_at": start},
    )  # fmt: skip
    for name, (tz, opens, closes) in SHIFTS.items():
        label = f"Round the clock, {tz.partition('/')[2].replace('_', ' ')}"
        kept[name] = calendars.add_calendar(
            label, tz=tz, weekly=calendars.week(opens, closes, range(7)), by=admin, at=start
        )
    password = make_password(PASSWORD)
    zones = {place.name: place.tz for place in PLACES}
    users: dict[str, User] = {"Ruth Adeyemi": admin}
    for name, team, role, _, _ in PEOPLE:
        zone = SHIFTS[name][0] if name in SHIFTS else zones[team]
        if name not in users:
            invited = people.invite(
                email=mail(name), name=name, role=role, by=admin, at=start, team=teams[team], timezone=zone,
                calendar=kept.get(name),
            )  # fmt: skip
            users[name] = invited.user
    people.change(admin, by=admin, at=start, team=teams["RevOps"], watches_handoffs=True)
    User.objects.filter(is_service=False).update(password=password, joined_at=start)
    for name, team, _, manages, _ in PEOPLE:
        if manages:
            Team.objects.filter(pk=teams[team].pk).update(manager=users[name])
    Organisation.objects.filter(id=1).update(executive=users["Grace Holm"])
    _leaves(rng, users, start=start, until=until)
    _pools(users)
    territories.seed(by=admin, at=start)
    habits = {users[name].pk: replace(habit) for name, _, _, _, habit in PEOPLE}
    versions = calendars.current_versions()
    hours = {}
    for name, team, _, _, _ in PEOPLE:
        calendar = kept.get(name) or kept[team]
        hours[users[name].pk] = versions[calendar.pk].hours()
    return Cast({name: User.objects.get(pk=user.pk) for name, user in users.items()}, habits, hours, admin,
                versions[kept["Midwest"].pk].hours())  # fmt: skip


def _weekly(place: Place) -> dict[str, list[list[str]]]:
    if place.closes == "24:00":
        return calendars.ALWAYS
    if place.lunch is None:
        return calendars.week(place.opens, place.closes)
    begins, ends = place.lunch
    return {str(day): [[place.opens, begins], [ends, place.closes]] for day in range(5)}


def _worked(place: Place, years: list[int]) -> list[str]:
    days = public_holidays.dates(place.country, place.region, years)
    return [day.isoformat() for day, name in days.items() if any(word in name for word in WORKED)]


def _own(place: Place, years: list[int]) -> dict[str, dict]:
    """Half a day before Christmas; Midwest is also away on the day after Thanksgiving."""
    if not place.country:
        return {}
    half = {f"{year}-12-24": {"name": "Christmas Eve", "windows": [[place.opens, "12:00"]]} for year in years}
    if place.name != "Midwest":
        return half
    days = public_holidays.dates(place.country, place.region, years)
    thursdays = [day for day, name in days.items() if name.startswith("Thanksgiving")]
    after = {
        (day + timedelta(days=1)).isoformat(): {"name": "Day after Thanksgiving", "windows": []} for day in thursdays
    }
    return half | after


def _leaves(rng: Random, users: dict[str, User], *, start: datetime, until: datetime) -> None:
    """Two holidays each; Ken is away just now."""
    rows = []
    months = (until - start).days // 30
    for user in users.values():
        if user.name == "Grace Holm":
            continue  # somebody always hears
        for part in (0.3, 0.8):
            day = start + timedelta(days=rng.uniform(part - 0.2, part) * months * 30)
            rows.append(
                Leave(
                    user=user, starts_at=day, ends_at=day + timedelta(days=rng.choice([5, 7, 9, 14])), reason="Holiday"
                )
            )
    ken = users["Ken Ito"]
    rows = [row for row in rows if row.user_id != ken.pk or row.ends_at < until]
    rows.append(
        Leave(user=ken, starts_at=until - timedelta(days=5), ends_at=until + timedelta(days=4), reason="Holiday")
    )
    Leave.objects.bulk_create(row for row in rows if row.ends_at < until - timedelta(days=3) or row.user_id == ken.pk)


def _pools(users: dict[str, User]) -> None:
    caps = {
        "Sam Ortega": 25,
        "Lena Fischer": 20,
        "Marek Nowak": 25,
        "Aisha Bello": 25,
        "Ken Ito": 25,
        "Jonah Reyes": 40,
    }
    pools = {}
    for team in ("Midwest", "East", "Europe", "Round the clock"):
        pool = pools[team] = Pool.objects.create(name=team)
        Rotation.objects.create(pool=pool)
        members = [
            name for name, where, _, manages, _ in PEOPLE if where == team and (not manages or team != "Midwest")
        ]
        PoolMember.objects.bulk_create(
            PoolMember(
                pool=pool, user=users[name], position=n, cap=caps.get(name), weight=2 if name == "Jonah Reyes" else 1
            )
            for n, name in enumerate(members)
        )
    rules = [
        ("Europe", {"attribute": "person.country", "op": "in", "value": EUROPE}, "Europe"),
        ("Midwest", {"attribute": "person.region", "op": "is", "value": "Midwest"}, "Midwest"),
        ("East coast and Canada", {"any": [
            {"attribute": "person.region", "op": "in", "value": ["Northeast", "South"]},
            {"attribute": "person.country", "op": "is", "value": "CA"},
        ]}, "East"),
        ("Everywhere else", {}, "Round the clock"),
    ]  # fmt: skip
    plan = RoutingPlan.objects.get(state="live")
    RoutingRule.objects.bulk_create(
        RoutingRule(plan=plan, position=n, name=name, condition=condition, pool=pools[pool])
        for n, (name, condition, pool) in enumerate(rules, 1)
    )
