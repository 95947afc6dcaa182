"""The other alarm: rubber-stamping, and what was accepted only to be rejected later."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dashboards import told
from dashboards.kpis import grouped, say
from dashboards.kpis.base import Slice
from dashboards.sheet import Sheet
from sla.models import Commitment
from teams.models import User

KPI = "accepted-at-once"


@dataclass(frozen=True, slots=True)
class Stamps:
    """`ringing`: who accepted that share at once, with the numbers; `reps`: everybody with decisions, by name."""

    ringing: list[dict[str, Any]]
    reps: list[dict[str, Any]]
    sentence: str
    rule: str
    later: int
    accepted: int
    later_href: str
    href: str


def of(sheet: Sheet, agreed: dict[str, Commitment]) -> Stamps:
    promise = agreed.get("rubber_stamp")
    percent = Fraction(promise.goal) if promise else Fraction(98)
    least = int(promise.inputs.get("least", 20)) if promise else 20
    seconds = int(promise.inputs.get("seconds", 5)) if promise else 5
    answer = sheet.answer(KPI)
    found = grouped.by_owner(sheet, answer.kpi)
    names = dict(User.objects.filter(pk__in=[owner for owner in found if owner]).values_list("pk", "name"))
    reps = sorted(
        (
            _rep(names.get(owner or 0, "Nobody"), piece, percent=percent, least=least, sheet=sheet, owner=owner)
            for owner, piece in found.items()
        ),
        key=lambda rep: rep["name"],
    )
    ringing = [rep for rep in reps if rep["rings"]]
    now = answer.found.now
    return Stamps(
        ringing, reps, _sentence(ringing, reps, least),
        f"Rings at {percent}% accepted in under {seconds} s, n ≥ {least}." if percent.denominator == 1
        else f"Rings at {float(percent):g}% accepted in under {seconds} s, n ≥ {least}.",
        now.n("later_rejected"), now.n("accepted"), told.rows_href(sheet, KPI, part="later_rejected"),
        told.rows_href(sheet, KPI),
    )  # fmt: skip


def _rep(
    name: str, piece: Slice, *, percent: Fraction, least: int, sheet: Sheet, owner: int | None
) -> dict[str, Any]:
    n, at_once, accepted = piece.n(""), piece.n("at_once"), piece.n("accepted")
    median = piece.spread("accepted").median
    judged = n >= least
    return {
        "name": name, "owner": owner, "n": n, "at_once": at_once, "accepted": accepted, "median": median,
        "median_text": say.seconds(median) if median is not None else "n/a", "judged": judged,
        "rings": judged and at_once * 100 >= percent * n,
        "share": say.share(Fraction(accepted, n)) if judged else f"{accepted} of {n}",
        "later": piece.n("later_rejected"),
        "href": told.rows_href(sheet, KPI, owner=owner) if owner else "",
    }  # fmt: skip


def _sentence(ringing: list[dict[str, Any]], reps: list[dict[str, Any]], least: int) -> str:
    if ringing:
        who = ", ".join(f"{rep['name']} ({rep['at_once']} of {rep['n']})" for rep in ringing)
        return f"Accepted at once, unread: {who}."
    judged = [rep for rep in reps if rep["judged"] and rep["median"] is not None]
    if not judged:
        return f"Nobody has decided {least} leads yet: too few to judge."
    fastest = min(judged, key=lambda rep: rep["median"])
    return f"Quiet. The fastest accepter takes {fastest['median_text']} at the median and accepts {fastest['share']}."
