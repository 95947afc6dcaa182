"""Money kept in minor units, and where a fact comes from, for templates."""

from decimal import Decimal

from django import template

from customers import movements
from deals import money

register = template.Library()


@register.filter
def major(cents: int | None) -> Decimal | None:
    return money.major(cents)


@register.filter
def whence(source: str) -> str:
    """Where a price or a reading comes from, in words; another system goes by its own name."""
    return movements.whence(source)
