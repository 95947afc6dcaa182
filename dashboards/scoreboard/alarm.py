"""The rejection alarm (DOMAIN 2.5): strictly above what was agreed, with its interval, reasons and whom it concerns."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dashboards import arithmetic, told
from dashboards.filters import UNKNOWN
from dashboards.kpis import grouped, say
from dashboards.kpis.base import Figure
from dashboards.kpis.handoffs import dispositions
from dashboards.sheet import Sheet
from leads.models.stage import POINTS_AT, REJECT_REASONS, Reason
from marketing.models import Channel
from revops.lib import words
from sla.models import Commitment
from teams.models import User

KPI = "rejection-rate"
OTHER_IS_MUCH = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Alarm:
    """`rings` None: too few to judge. `without`: without what intake let in (duplicates, existing)."""

    rings: bool | None
    figure: Figure
    without: Figure
    rejected: int
    decided: int
    pending: int
    percent: Decimal
    least: int
    href: str
    pending_href: str
    before: Figure | None = None

    @property
    def interval(self) -> str:
        return told.interval_words(self.figure)

    @property
    def rate(self) -> str:
        return say.share(self.figure.value) if self.figure.value is not None else ""

    @property
    def short(self) -> str:
        """31.6%, or why there is no number to judge."""
        if self.rings is None:
            return f"{words.plural(self.decided, 'lead')} decided, too few to judge"
        return self.rate

    @property
    def counts(self) -> str:
        """127 of 402 (95% interval 27.2–36.3%); without duplicates 119 of 394, 30.2%."""
        text = f"{words.number(self.rejected)} of {words.number(self.decided)} ({self.interval})"
        if self.without.n and self.without.n != self.decided:
            text += (
                f"; without duplicates and existing {words.number(self.without.hits or 0)} of "
                f"{words.number(self.without.n)}, {say.share(self.without.value or 0)}"
            )
        return text + "."


def of(sheet: Sheet, agreed: dict[str, Commitment]) -> Alarm:
    answer = sheet.answer(KPI)
    d, faults = dispositions(answer.found.now), answer.found.now.n("intake_fault")
    promise = agreed.get("rejection")
    percent = promise.goal if promise else Decimal(30)
    least = int(promise.inputs.get("least", arithmetic.SMALL_SAMPLE)) if promise else arithmetic.SMALL_SAMPLE
    n, hits = d.decided - faults, d.rejected - faults
    return Alarm(
        arithmetic.rejection_rings(d.rejected, d.decided, percent=Fraction(percent), least=least),
        answer.figure, Figure(arithmetic.ratio(hits, n), hits=hits, n=n), d.rejected, d.decided, d.pending, percent,
        least, told.rows_href(sheet, KPI, part="rejected"), told.rows_href(sheet, KPI, part="pending"), answer.before,
    )  # fmt: skip


def reasons(sheet: Sheet) -> list[dict[str, Any]]:
    """Most frequent first: {label, points_at, n, width (per cent of the longest), href, much}."""
    found = sheet.answer(KPI).found.now
    rejected = found.n("rejected")
    rows = [(reason, n) for reason in REJECT_REASONS if (n := found.n(f"reason.{reason.value}"))]
    rows.sort(key=lambda row: -row[1])
    longest = max((n for _, n in rows), default=1)
    return [
        {
            "code": reason.value, "label": "Other, with text" if reason == Reason.OTHER else reason.label,
            "points_at": POINTS_AT[reason], "n": n, "width": round(100 * n / longest, 2),
            "href": told.rows_href(sheet, KPI, part=f"reason.{reason.value}"),
            "much": reason == Reason.OTHER and Fraction(n, rejected or 1) > OTHER_IS_MUCH,
        }
        for reason, n in rows
    ]  # fmt: skip


def by_source(sheet: Sheet, alarm: Alarm) -> list[dict[str, Any]]:
    names = {UNKNOWN: "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    rows = [
        _row(names.get(code, code), figure, alarm, told.rows_href(sheet, KPI, part="decided", source=code), code=code)
        for code, figure in sheet.answer(KPI).sources.items()
        if figure.n
    ]
    # What cannot be judged is not ranked: it stands below.
    return sorted(rows, key=lambda row: (row["small"] != "", -row["value"], row["name"]))


def by_rep(sheet: Sheet, alarm: Alarm) -> list[dict[str, Any]]:
    """By name: no ranking of people on a page that is shown to many."""
    kpi = sheet.answer(KPI).kpi
    found = {owner: kpi.measure(piece) for owner, piece in grouped.by_owner(sheet, kpi).items()}
    names = dict(User.objects.filter(pk__in=[owner for owner in found if owner]).values_list("pk", "name"))
    rows = [
        _row(names.get(owner or 0, "Nobody"), figure, alarm,
             # No filter asks for leads that nobody owns: without one the link would open everybody's.
             told.rows_href(sheet, KPI, part="decided", owner=owner) if owner else "", code=owner)
        for owner, figure in found.items()
        if figure.n
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["name"])


def _row(name: str, figure: Figure, alarm: Alarm, href: str, *, code: Any) -> dict[str, Any]:
    rings = arithmetic.rejection_rings(
        figure.hits or 0, figure.n, percent=Fraction(alarm.percent), least=alarm.least
    )  # fmt: skip
    return {
        "name": name, "code": code, "fraction": f"{words.number(figure.hits or 0)} of {words.number(figure.n)}",
        "share": say.share(figure.value or 0), "value": float(figure.value or 0), "href": href, "rings": bool(rings),
        "small": "small sample" if figure.small else "", "interval": told.interval_words(figure),
        "hits": figure.hits, "n": figure.n,
    }  # fmt: skip
