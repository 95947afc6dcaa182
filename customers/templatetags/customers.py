"""Money kept in minor units, for templates."""

from decimal import Decimal

from django import template

from deals import money

register = template.Library()


@register.filter
def major(cents: int | None) -> Decimal | None:
    return money.major(cents)
