"""The KPI audit: who owns each number, what it is good for, and which three to five stand on the dashboard (DOMAIN 6).

Two questions decide: does improving it directly raise profit or LTV : CAC, and if it moved by a tenth, what would be
done next week? Yes and an answer: a profit driver. Only an answer: a diagnostic. Neither: vanity.
Evidence: Spearman's rank correlation of its month-end values with the gross profit of the month a median sales cycle
later, from twelve months on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from dashboards.agreed.models import Judgement
from dashboards.kpis import registry
from dashboards.kpis.base import Kpi
from dashboards.snapshots.models import Snapshot
from journal.record import Fact, record
from revops.lib.errors import Forbidden, Invalid
from scoring import approving
from teams import access
from teams.models import Organisation, User

CARDS = ("sales-accepted-pipeline", "pipeline-velocity", "win-rate", "ltv-cac", "net-revenue-retention")
LEAST, MOST = 3, 5
PERIODS = 12
Kind = Judgement.Kind


@dataclass(frozen=True, slots=True)
class Evidence:
    """`rho` None: too few months. `lag`: months between the number and the profit it is held against."""

    rho: float | None
    n: int
    lag: int

    @property
    def words(self) -> str:
        if self.rho is None:
            return f"no evidence: {self.n} of {PERIODS} months"
        strength = abs(self.rho)
        said = "moves with" if self.rho > 0 else "moves against"
        said = "shows no link to" if strength < 0.3 else said
        lag = "of the same month" if not self.lag else f"{self.lag} month{'s' if self.lag > 1 else ''} later"
        return f"{said} gross profit {lag} (ρ {self.rho:+.2f}, {self.n} months)".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Line:
    kpi: Kpi
    judged: Judgement | None
    evidence: Evidence

    @property
    def kind(self) -> str:
        return self.judged.kind if self.judged else self.kpi.badge

    @property
    def kind_words(self) -> str:
        return Kind(self.kind).label


def current() -> dict[str, Judgement]:
    """{kpi key: the newest judgement}; one query."""
    rows = Judgement.objects.select_related("owner", "by").order_by("kpi", "-at", "-id").distinct("kpi")
    return {row.kpi: row for row in rows}


def cards(judged: dict[str, Judgement] | None = None) -> list[str]:
    """Keys of the KPIs on the dashboard in order: those the audit chose, the house's where it chose too few. No vanity
    among them."""
    judged = current() if judged is None else judged
    placed = sorted((row.card, key) for key, row in judged.items() if row.card is not None and registry.find(key))
    chosen = [key for _, key in placed]
    if len(chosen) >= LEAST:
        return chosen[:MOST]
    vain = {key for key, row in judged.items() if row.kind == Kind.VANITY}
    return list(dict.fromkeys([*chosen, *(key for key in CARDS if key not in vain)]))[:MOST]


def kind_of(kpi: Kpi, judged: dict[str, Judgement]) -> str:
    """profit, goal, diagnostic or vanity: as judged, else as the house has it."""
    found = judged.get(kpi.key)
    return found.kind if found else kpi.badge


def lines(now: datetime) -> list[Line]:
    """Every KPI with what was judged and what the past says; three queries."""
    judged, seen = current(), evidence(now)
    return [Line(kpi, judged.get(kpi.key), seen.get(kpi.key, Evidence(None, 0, 0))) for kpi in registry.ALL]


def verdict(*, raises_profit: bool, would_do: str) -> str:
    """What the two answers make of a number."""
    if would_do.strip():
        return Kind.PROFIT if raises_profit else Kind.DIAGNOSTIC
    return Kind.VANITY


def judge(
    kpi: str, *, owner: User | None, tracked: str, raises_profit: bool, would_do: str, by: Any, at: datetime,
    via: str = "page",
) -> Judgement:  # fmt: skip
    """Answer for one KPI; a vanity number loses its card. Raises Forbidden; Invalid naming kpi."""
    _may(by)
    which = _kpi(kpi)
    kind = verdict(raises_profit=raises_profit, would_do=would_do)
    before = current().get(which.key)
    card = None if kind == Kind.VANITY or before is None else before.card
    if kind == Kind.DIAGNOSTIC and which.badge == "goal":
        kind = Kind.GOAL  # a number both sides own stays one
    return _keep(which, before, by=by, at=at, via=via, kind=kind, owner=owner, tracked=tracked.strip()[:120],
                 raises_profit=raises_profit, would_do=would_do.strip()[:300], card=card)  # fmt: skip


def choose(keys: Sequence[str], *, by: Any, at: datetime, via: str = "page") -> list[str]:
    """Which KPIs stand on the dashboard, in this order: three to five, none of them vanity. Raises Invalid,
    Forbidden."""
    _may(by)
    chosen = list(dict.fromkeys(_kpi(key).key for key in keys))
    if not LEAST <= len(chosen) <= MOST:
        raise Invalid(f"Choose {LEAST} to {MOST} numbers for the dashboard.", code="how_many", field="cards")
    judged = current()
    for key in chosen:
        if key in judged and judged[key].kind == Kind.VANITY:
            raise Invalid(f"{_kpi(key).name} was judged vanity.", code="vanity", field="cards")
    with transaction.atomic():
        for key in dict.fromkeys([*judged, *chosen]):
            before, card = judged.get(key), chosen.index(key) + 1 if key in chosen else None
            if (before.card if before else None) == card:
                continue
            kpi = registry.find(key)
            if kpi is not None:
                _keep(kpi, before, by=by, at=at, via=via, card=card)
    return chosen


def evidence(now: datetime) -> dict[str, Evidence]:
    """By KPI key, from month-end snapshots against the gross profit of later months. Two queries."""
    organisation = Organisation.get()
    today = organisation.today(now)
    lag = _lag(now)
    profit = _profit(organisation, until=today.replace(day=1))
    ends: dict[str, dict[date, float]] = {}
    month_ends = [first - timedelta(days=1) for first in profit] + [today.replace(day=1) - timedelta(days=1)]
    for row in Snapshot.objects.filter(day__in=month_ends, value__isnull=False):
        ends.setdefault(row.kpi, {})[row.day.replace(day=1)] = float(row.value or 0)
    found = {}
    for key, values in ends.items():
        pairs = [(value, profit[later]) for month, value in values.items() if (later := _months(month, lag)) in profit]
        found[key] = Evidence(spearman(pairs) if len(pairs) >= PERIODS else None, len(pairs), lag)
    return found


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Rank correlation with midranks for ties; None when one side never moves."""
    xs, ys = (_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    cov = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True))
    sx, sy = sum((x - mx) ** 2 for x in xs) ** 0.5, sum((y - my) ** 2 for y in ys) ** 0.5
    return cov / (sx * sy) if sx and sy else None


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        stop = start
        while stop + 1 < len(order) and values[order[stop + 1]] == values[order[start]]:
            stop += 1
        for place in range(start, stop + 1):
            ranks[order[place]] = (start + stop) / 2 + 1
        start = stop + 1
    return ranks


def _months(first: date, ahead: int) -> date:
    months = first.year * 12 + first.month - 1 + ahead
    return date(months // 12, months % 12 + 1, 1)


def _lag(now: datetime) -> int:
    """The median sales cycle of the last twelve months, in whole months."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - created_at)) / 2629800 "
            "FROM deals_deal WHERE stage = 'won' AND NOT undated AND closed_at >= %s AND closed_at <= %s",
            [now - timedelta(days=365), now],
        )
        months = cursor.fetchone()[0]
    return round(float(months)) if months else 0


def _profit(organisation: Organisation, *, until: date) -> dict[date, float]:
    """{first day: won amount × gross margin} of whole months; the margin is a factor and leaves ranks alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT date_trunc('month', closed_at AT TIME ZONE %(zone)s)::date AS month, sum(amount)
                 FROM deals_deal WHERE stage = 'won' AND NOT undated AND currency = %(currency)s
                  AND (closed_at AT TIME ZONE %(zone)s)::date < %(until)s GROUP BY 1 ORDER BY 1""",
            {"zone": organisation.timezone, "currency": organisation.currency, "until": until},
        )
        return {month: float(amount or 0) for month, amount in cursor.fetchall()}


def _kpi(key: str) -> Kpi:
    found = registry.find(key)
    if found is None:
        raise Invalid(f"There is no KPI {key!r}.", code="unknown", field="kpi")
    return found


def _keep(kpi: Kpi, before: Judgement | None, *, by: Any, at: datetime, via: str, **answers: Any) -> Judgement:
    """A new row with what was said before and what is said now; the same again writes nothing."""
    names = ("kind", "owner", "tracked", "raises_profit", "would_do", "card")
    base = {name: getattr(before, name) for name in names} if before else {"kind": kpi.badge}
    wanted = {**base, **answers}
    if before is not None and wanted == base:
        return before
    with transaction.atomic():
        row = Judgement.objects.create(kpi=kpi.key, at=at, by=by, **wanted)
        data = {"kpi": kpi.key, "kind": str(row.kind), "card": row.card}
        record([Fact("kpi.judged", "judgement", row.pk, at, by=by.pk, via=via, data=data)], now=at)
    return row


def _may(by: Any) -> None:
    if not access.may(by, "administer") and not approving.sides_of(by):
        raise Forbidden("Sales, marketing and administrators judge numbers.", code="role")
