"""Every KPI at a million leads, 200,000 deals and five million touches against its own SQL written by hand, and
attribution of 10,000 wins under all models."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from dashboards import attribution, sheet
from dashboards.filters import Filters
from dashboards.kpis import registry
from dashboards.kpis.scan import scan
from dashboards.sheet import Sheet
from deals.models import Deal
from marketing.models import Channel
from revops.bench import _hand_kpis, _million, figure
from revops.bench._company import median, moment, scaled, set_up
from teams.models import Role

LEADS = 1_000_000
TIMES = 3
LEAST = 40.0  # ms
DAYS = 90


def figures() -> Iterator[dict[str, Any]]:
    now = moment()
    cast = set_up(now)
    sellers = [user.pk for user in cast.users.values() if user.role == Role.SALES]
    channels = list(Channel.objects.order_by("position").values_list("code", flat=True)[:7])
    began = time.monotonic()
    _million.fill(scaled(LEADS), owners=sellers, channels=channels, now=now)
    print(f"filled in {time.monotonic() - began:.0f} s; {Deal.objects.count():,} deals", file=sys.stderr)
    filters = Filters((now - timedelta(days=DAYS - 1)).date(), now.date())
    populations = list({id(kpi.population): kpi.population for kpi in registry.ALL}.values())
    for population in populations:
        name, kpis = population.name, [kpi for kpi in registry.ALL if kpi.population is population]
        known = [kpi for kpi in kpis if kpi.key in _hand_kpis.KPIS]
        together = _median(lambda kpis=kpis: _ask(kpis, filters, now))
        theirs = 0.0
        for kpi in known:
            by_hand = _median(lambda kpi=kpi: _run(_hand_kpis.KPIS[kpi.key], now))
            theirs += by_hand
            if by_hand >= LEAST:  # below, the statement's own overhead is what would be compared
                alone = _median(lambda kpi=kpi: _ask([*(registry.find(k) for k in kpi.needs), kpi], filters, now))
                yield figure(f"kpi_{kpi.key}", alone, "ms", baseline=by_hand, required=2.0, most=True)
        # What the dashboard pays: all KPIs of a population in one statement, against one statement each.
        yield figure(
            f"numbers_{name.replace(' ', '_')}", together, "ms", baseline=theirs or None,
            required=2.0 if theirs else 1_500.0, most=True,
        )  # fmt: skip
    wins = 10_000
    since = Deal.objects.filter(stage="won").order_by("-closed_at").values_list("closed_at", flat=True)[wins - 1 : wins]
    first = since[0].date() if since else filters.start
    asked = Sheet(Filters(first, now.date(), compare="none"), as_of=now, currency="USD", owners=None, news=None)
    started = time.perf_counter()
    result = attribution.of(asked)
    taken = time.perf_counter() - started
    print(f"attribution: {result.wins:,} wins, {result.touches:,} touches", file=sys.stderr)
    yield figure("attribution_all_models", taken, "s", baseline=None, required=5.0, most=True)


def _ask(kpis: Sequence[Any], filters: Filters, now: datetime) -> None:
    """These KPIs, a statement a population; nothing is kept from before."""
    sheet.forget()
    alone = Sheet(filters, as_of=now, currency="USD", owners=None, news=None)
    together: dict[str, list[Any]] = {}
    for one in kpis:
        together.setdefault(one.population.name, []).append(one)
    for some in together.values():
        scan(some[0].population, some, filters, alone.windows(some[0].population), owners=None, currency="USD")


def _run(statements: list[str], now: datetime) -> None:
    starts = now - timedelta(days=DAYS)
    params = {"now": now, "starts": starts, "before": starts - timedelta(days=DAYS)}
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, params)
            cursor.fetchall()


def _median(call: Callable[[], None]) -> float:
    """Milliseconds, after one call that warms the caches of the database for both."""
    taken = []
    for turn in range(TIMES + 1):
        started = time.perf_counter()
        call()
        if turn:
            taken.append((time.perf_counter() - started) * 1000)
    return median(taken)
