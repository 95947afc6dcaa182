"""A deal to hand over and win, a success manager to take it over, and the moment everything happens at."""

import pytest

from customers.models import Customer
from deals.models import Deal
from teams.models import Role, User
from tests.cast import handed_over
from tests.deals.conftest import NOW, deal, now, open_it, sql_lead  # noqa: F401


@pytest.fixture
def csm(cast):
    return User.objects.create_user("iris@cast.example", name="Iris Bauer", role=Role.SUCCESS)


@pytest.fixture
def fresh(sql_lead, cast):  # noqa: F811
    """An open deal that nobody has handed over yet."""
    from datetime import date

    from deals.conversion import convert

    return convert(sql_lead, name="Kestrel rollout", amount=5_200_000, currency="USD", close_on=date(2027, 1, 15),
                   by=cast.owner, at=NOW)  # fmt: skip


@pytest.fixture
def won(fresh, csm, cast):
    """The deal, won, with 24,000.00 of it recurring in a year."""
    Deal.objects.filter(pk=fresh.pk).update(acv=2_400_000)
    return handed_over(fresh).win(by=cast.owner, at=NOW)


@pytest.fixture
def customer(won):
    return Customer.objects.select_related("company", "csm").get()
