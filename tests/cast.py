"""The people of the tests, by the part they play: owner and teammate in one team under a manager, somebody of another
team, a marketer, an administrator, a viewer, and a stranger who never signed in."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from teams.models import Role, Team, TeamKind, User


def make_cast() -> SimpleNamespace:
    midwest = Team.objects.create(name="Midwest", kind=TeamKind.SALES)
    coast = Team.objects.create(name="Coast", kind=TeamKind.SALES)

    def person(name: str, role: str = Role.SALES, team: Team | None = None, **more: Any) -> User:
        email = f"{name.split()[0].lower()}@cast.example"
        return User.objects.create_user(email, name=name, role=role, team=team, **more)

    cast = SimpleNamespace(
        midwest=midwest,
        coast=coast,
        owner=person("Jonah Reyes", team=midwest),
        teammate=person("Lena Fischer", team=midwest),
        manager=person("Ada Okafor", team=midwest),
        other=person("Sam Ortega", team=coast),
        marketer=person("Mei Tan", Role.MARKETING),
        admin=person("Rosa Vidal", Role.ADMIN),
        viewer=person("Viktor Lund", Role.VIEWER),
        stranger=AnonymousUser(),
    )
    midwest.manager = cast.manager
    midwest.save()
    return cast


@pytest.fixture
def cast(db) -> SimpleNamespace:
    return make_cast()


@pytest.fixture
def signed_in(client) -> Callable[[User], Any]:
    """`signed_in(cast.owner).get("/queue/")`."""

    def sign_in(user: User) -> Any:
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def make_lead(cast) -> Callable[..., Any]:
    """`make_lead("Marcus Hale", owner=cast.owner, at=NOW)`: an enquiry through the front door that asked for a demo, so
    it is scored, handed over to that owner and on the clock. `hand_raise=""` leaves it an inquiry of nobody.

    More keywords are of the REST shape (`title`, `company`, `touches`, `message` …).
    """
    from leads.incoming import parse
    from leads.intake import capture
    from leads.models import Lead, Pool, PoolMember

    def make(name: str = "Marcus Hale", *, owner: User | None = None, at: Any, **more: Any) -> Lead:
        pool = Pool.objects.get(is_fallback=True)
        PoolMember.objects.filter(pool=pool).delete()
        PoolMember.objects.create(pool=pool, user=owner or cast.owner)
        first, _, last = name.partition(" ")
        firm = more.pop("company", {"name": f"{last or first} Freight"})
        body = {"email": f"{first}.{last or 'x'}@{firm['name'].split()[0]}.example".lower(), "first_name": first, "last_name": last,
                "hand_raise": "demo", "company": firm, "title": "Director Sales Ops", **more}  # fmt: skip
        [outcome] = capture([parse(body, now=at)], by=None, via="api", now=at)
        return Lead.objects.with_names().get(pk=outcome.lead_id)

    return make


def handed_over(deal: Any) -> Any:
    """The deal, its handover complete and accepted by a customer success manager, so that it can be won."""
    from customers.models import Handover, HandoverAnswer, HandoverItem

    csm = User.objects.filter(email="iris@cast.example").first() or User.objects.create_user(
        "iris@cast.example", name="Iris Bauer", role=Role.SUCCESS
    )
    row, made = Handover.objects.get_or_create(
        deal=deal, defaults={"csm": csm, "state": "accepted", "opened_at": deal.created_at,
                             "decided_at": deal.created_at, "decided_by": csm},
    )  # fmt: skip
    if made:
        HandoverAnswer.objects.bulk_create(
            HandoverAnswer(handover=row, item=item, text="As agreed.", at=deal.created_at)
            for item in HandoverItem.objects.filter(required=True, is_active=True)
        )
    return deal
