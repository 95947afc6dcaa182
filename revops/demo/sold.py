"""What the company sells, what it may give away, what it spends and aims at, and how its customers are doing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from deals import concessions, products
from deals.models import DiscountAuthority
from marketing import spend, time
from marketing.spend import Amount
from teams.models import User

VIA = "demo"
PRODUCTS = [("seat", "Seat", "annual", 60_000), ("start", "Start", "one_off", 250_000), ("care", "Care", "monthly", 40_000)]
MATRIX = [
    ("Premium onboarding", 120_000, 600_000, "Case study and signature this quarter", 800_000),
    ("Two more months at the end", 90_000, 300_000, "Two years instead of one", 1_500_000),
    ("A pilot of a month", 60_000, 250_000, "A named project lead and a date to decide", 0),
    ("Data migration", 150_000, 500_000, "Reference calls, two a quarter", 400_000),
]
# Minor units a month; webinar and referral cost people's time more than money, e-mail almost nothing.
MONTHLY = {"paid_search": 9_450_000, "paid_social": 5_880_000, "webinar": 5_640_000, "event": 3_520_000,
           "organic_search": 3_420_000, "email": 490_000}  # fmt: skip
TOOLS = 2_380_000


def found(users: Mapping[str, User], *, start: datetime) -> None:
    """What stands from the first day."""
    ruth, dana = users["Ruth Adeyemi"], users["Dana Whitfield"]
    for code, name, billing, price in PRODUCTS:
        products.keep(None, code=code, name=name, billing=billing, list_price=price, currency="USD", is_active=True,
                      by=ruth, at=start, via=VIA)  # fmt: skip
    for give, cost, value, get, worth in MATRIX:
        concessions.keep(None, give=give, cost=cost, value=value, get=get, get_value=worth, by=dana, at=start, via=VIA)
    DiscountAuthority.objects.filter(level="director").update(approver=users["Leo Marchetti"])
    DiscountAuthority.objects.filter(level="vp").update(approver=ruth)
    for role, hourly in (("sales", 6_000), ("marketing", 5_500), ("success", 5_000)):
        time.set_rate(role=role, hourly=hourly, currency="USD", from_on=start.date().replace(day=1), by=ruth, at=start)
    time.set_margin(Decimal(80), by=ruth, at=start, via=VIA)


def spent(users: Mapping[str, User], *, start: datetime, until: datetime) -> None:
    """By channel and month, as entered by marketing; nothing was entered for referral and the product."""
    rng, amounts, month = Random(77), [], start.date().replace(day=1)
    while month < until.date():
        for channel, usual in MONTHLY.items():
            swing = rng.uniform(0.8, 1.2) * (1.25 if month.month in (9, 10, 11) else 0.7 if month.month == 12 else 1)
            amounts.append(Amount(month, channel, amount=round(usual * swing / 1000) * 1000))
        amounts.append(Amount(month, None, kind="tools", amount=TOOLS))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    spend.keep(amounts, by=users["Camille Roy"], at=until - timedelta(days=2), via=VIA)
