"""The desk's part of a deal's page: lines, what is given for what, who must approve, objections, competitors, and of a
decided deal its retrospective (settings.DEAL_SECTIONS)."""

from fractions import Fraction
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from deals import authority, concessions, discounts, money, retrospectives, upward
from deals.approvers import may_decide
from deals.lines import A_YEAR
from deals.models import Deal, DiscountRequest
from deals.models.commercial import Billing
from deals.retrospectives import POINTS_AT, reason_words
from leads import clock_words
from revops.lib.errors import DomainError
from teams import access
from teams.models import Organisation


def of(request: HttpRequest, deal: Deal) -> str:
    """Its HTML; twelve queries at most."""
    desk = standing(deal)
    asked = [told(row) for row in deal.discounts.select_related("approver", "asked_by", "decided_by")]
    waiting = next((one for one in asked if one.state == discounts.OPEN), None)
    worth = _percent_off(deal, waiting, asked)
    matrix = []
    if deal.stage == "open":
        matrix = [
            {"row": row, "cost": money.major(row.cost), "value": money.major(row.value), **_kept(deal, row.cost, worth)}
            for row in concessions.allowed(deal, on=Organisation.get().today(request.now))
            if row.pk not in {give.concession_id for give in desk["gives"]}
        ]
    firms = list(deal.competitors.select_related("competitor"))
    looked = getattr(deal, "retrospective", None)
    looked = looked if retrospectives.of_now(deal, looked) else None
    context = {
        **desk, "deal": deal, "base": deal.get_absolute_url(), "waiting": waiting, "asked": asked[:5],
        "may": access.can_work(request.user, deal, "edit"), "may_touch": access.can_work(request.user, deal, "touch"),
        "may_decide": waiting is not None and _may(waiting, request.user),
        "clock": _clock(request, deal) if waiting else None,
        "matrix": matrix, "firms": firms, "told": looked, "worth": authority.said(worth, 1),
        "told_reason": reason_words(deal.stage, looked.reason) if looked else "",
        "points_at": POINTS_AT.get(looked.points_at) if looked else None,
        "objections": list(deal.objections.select_related("request", "by", "answered_by")),
    }  # fmt: skip
    return render_to_string("deals/desk/panel.html", context, request)


def told(row: DiscountRequest) -> DiscountRequest:
    """With `off_said` and `given_said`: its shares as they are read; `may_give`: whose word it needs."""
    row.off_said, row.given_said = authority.said(row.percent), authority.said(row.combined)  # type: ignore[attr-defined]
    row.may_give = authority.may_give(row.level)  # type: ignore[attr-defined]
    return row


def standing(deal: Deal) -> dict[str, Any]:
    """How the deal stands: {lines, gives, list, net, acv, off, share, level, allowed, covered}; four queries."""
    lines, gives = list(deal.lines.select_related("product")), list(deal.gives.all())
    bounds = discounts.bounds()
    share = discounts.given_away(deal, sum(give.cost for give in gives))
    approved = discounts.approved([deal.pk]).get(deal.pk)
    rep = bounds.get("rep", 0)
    allowed = max(Fraction(rep), Fraction(approved or 0))
    level = authority.level_of(share, bounds) if share is not None and bounds else ""
    return {
        "lines": [
            {"line": line, "unit_list": money.major(line.unit_list), "unit_net": money.major(line.unit_net),
             "net": money.major(A_YEAR[Billing(line.billing)] * line.quantity * line.unit_net),
             "off": _off(line.unit_list, line.unit_net)}
            for line in lines
        ],
        "gives": gives, "list": money.major(deal.list_amount), "net": money.major(deal.amount),
        "acv": money.major(deal.acv), "off": _off(deal.list_amount, deal.amount),
        "share": None if share is None else authority.said(share),
        "level": authority.may_give(level), "covered": share is None or share <= allowed,
        "allowed": authority.said(allowed, bound=True),
        "by_approval": approved is not None and Fraction(approved) > Fraction(rep),
    }  # fmt: skip


def _off(full: int | None, net: int | None) -> str:
    """12.5% off; "" at list price or without one."""
    if not full or net is None or net >= full:
        return ""
    return f"{authority.said(Fraction(100 * (full - net), full), 1)}% off"


def _percent_off(deal: Deal, waiting: DiscountRequest | None, asked: list[DiscountRequest]) -> Fraction:
    """The discount that a give could take the place of: what is asked, else what the lines give."""
    last = waiting or (asked[0] if asked else None)
    if last is not None:
        return Fraction(last.percent)
    share = authority.combined(deal.list_amount, (deal.list_amount or 0) - (deal.amount or 0))
    return share or Fraction(0)


def _kept(deal: Deal, cost: int, worth: Fraction) -> dict[str, Any]:
    if not deal.list_amount:
        return {"share": None, "kept": None}
    share = Fraction(100 * cost, deal.list_amount)
    kept = authority.kept(deal.list_amount, worth, share)
    return {"share": authority.said(share, 1), "kept": money.major(kept) if kept > 0 else None}


def _may(waiting: DiscountRequest, user: Any) -> bool:
    try:
        may_decide(waiting, user)
    except DomainError:
        return False
    return True


def _clock(request: HttpRequest, deal: Deal) -> dict[str, Any] | None:
    clocks = upward.panel("clocks")([deal.pk], now=request.now).get(deal.pk, [])
    found = next((one for one in clocks if one["target"] == "discount" and not one["closed"]), None)
    return clock_words.face(found, deal, request.user) | {"who": deal.name} if found else None
