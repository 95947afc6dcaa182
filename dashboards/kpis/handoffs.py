"""What became of the leads handed over in the period: accepted or not, contacted how soon, qualified how often."""

from dashboards import arithmetic
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Slice, rate
from dashboards.kpis.populations import HANDOFFS
from leads.models.stage import REJECT_REASONS
from revops.lib import words

HANDED = "one lead cycle, by the day it became an MQL"
UNDATED = Excluded("undated", "no dates of their own (import)")


def dispositions(s: Slice) -> arithmetic.Dispositions:
    return arithmetic.Dispositions(
        accepted=s.n("accepted"), rejected=s.n("rejected"), recycled=s.n("recycled"), pending=s.n("pending")
    )


def acceptance(s: Slice) -> Figure:
    d = dispositions(s)
    return rate(
        d.accepted, d.decided,
        none="0 decided in this period",
        formula=_decided("accepted", d.accepted, d),
        beside=(
            Beside("recycled", arithmetic.ratio(d.recycled, d.decided), "share", part="recycled"),
            Beside("pending", d.pending, "count", part="pending"),
        ),
    )  # fmt: skip


def rejection(s: Slice) -> Figure:
    d = dispositions(s)
    faults = s.n("intake_fault")
    notes: tuple[str, ...] = ()
    if d.alarm:
        notes = ("More than 30% rejected: the agreed alarm.",)
    elif d.decided and d.alarm is None:
        notes = (f"{words.number(d.decided)} decided, too few to judge.",)
    without = arithmetic.ratio(d.rejected - faults, d.decided - faults)
    return rate(
        d.rejected, d.decided,
        none="0 decided in this period",
        formula=_decided("rejected", d.rejected, d),
        beside=(
            Beside("without intake's own (duplicate, existing)", without, "share"),
            Beside("pending", d.pending, "count", part="pending"),
        ),
        notes=notes,
    )  # fmt: skip


def _decided(word: str, part: int, d: arithmetic.Dispositions) -> str:
    return f"{words.number(part)} {word} ÷ {words.number(d.decided)} decided; {words.number(d.pending)} pending"


def to_sql(s: Slice) -> Figure:
    hits, n, young = s.n("qualified"), s.n("handed"), s.n("young")
    notes = (f"{words.number(young)} of {words.number(n)} are younger than 90 days and may still qualify.",)
    return rate(
        hits, n,
        none="0 handed over in this period",
        formula=f"{words.number(hits)} SQL within 90 days ÷ {words.number(n)} MQL",
        notes=notes if young else (),
    )  # fmt: skip


def to_won(s: Slice) -> Figure:
    won, n, still = s.n("won"), s.n("handed"), s.n("open")
    return rate(
        won, n,
        none="0 handed over in this period",
        formula=f"{words.number(won)} won ÷ {words.number(n)} MQL; {words.number(still)} still open",
        beside=(Beside("still open", arithmetic.ratio(still, n), "share", part="open"),),
    )  # fmt: skip


def volume(s: Slice) -> Figure:
    return Figure(s.n("handed"), formula=f"{words.plural(s.n('handed'), 'lead')} became an MQL", n=0)


_DECIDED = {"decided": "disposition IN ('accepted', 'rejected', 'recycled')"}
_DISPOSITIONS = {
    "accepted": "disposition = 'accepted'", "rejected": "disposition = 'rejected'",
    "recycled": "disposition = 'recycled'", "pending": "disposition = 'pending'",
}  # fmt: skip
_NAMES = {"accepted": "Accepted", "rejected": "Rejected", "recycled": "Recycled", "pending": "Pending"}
_WHY = {
    "intake_fault": "disposition = 'rejected' AND intake_fault",
    **{f"reason.{r.value}": f"disposition = 'rejected' AND reason = '{r.value}'" for r in REJECT_REASONS},
}
_WHY_NAMES = {"intake_fault": "Duplicate or existing", **{f"reason.{r.value}": r.label for r in REJECT_REASONS}}
_DISQUALIFIED = Excluded("NOT undated AND disposition = 'disqualified'", "disqualified before a decision")

KPIS = [
    Kpi(
        id="K09", key="acceptance-rate", name="Acceptance", unit="share", badge="diagnostic", grain=HANDED,
        population=HANDOFFS,
        definition="Accepted ÷ (accepted + rejected + recycled) of the leads handed over in the period, each by its "
        "first decision. Pending ones stand beside.",
        rows="NOT undated AND disposition <> 'disqualified'", parts=_DISPOSITIONS, part_names=_NAMES,
        excluded={"undated": UNDATED, "disqualified": _DISQUALIFIED},
        measure=acceptance, by_source=True, over_time=True,
    ),
    Kpi(
        id="K09R", key="rejection-rate", name="Rejection", unit="share", better="lower", badge="diagnostic",
        grain=HANDED, population=HANDOFFS,
        definition="Rejected ÷ (accepted + rejected + recycled) of the leads handed over in the period, each by its "
        "first decision. More than 30% of at least 20 decided rings the alarm.",
        rows="NOT undated AND disposition <> 'disqualified'", parts=_DECIDED | _DISPOSITIONS | _WHY,
        part_names=_NAMES | _WHY_NAMES | {"decided": "Decided"},
        excluded={"undated": UNDATED, "disqualified": _DISQUALIFIED},
        measure=rejection, by_source=True, over_time=True,
    ),
    Kpi(
        id="K08", key="mql-to-sql", name="MQL to SQL", unit="share", badge="diagnostic", grain=HANDED,
        population=HANDOFFS,
        definition="Share of the MQLs of the period that became an SQL within 90 days.",
        rows="NOT undated",
        parts={"handed": "true", "qualified": "qualified", "young": "NOT ripe AND NOT qualified"},
        part_names={"handed": "Handed over", "qualified": "SQL within 90 days", "young": "Younger than 90 days"},
        excluded={"undated": UNDATED},
        measure=to_sql, by_source=True,
    ),
    Kpi(
        id="K08W", key="mql-to-won", name="MQL to won", unit="share", badge="diagnostic", grain=HANDED,
        population=HANDOFFS,
        definition="Share of the MQLs of the period that were won, as far as they have come. While many are still open "
        "it says little.",
        rows="NOT undated",
        parts={"handed": "true", "ended": "NOT won AND ended", "won": "won", "open": "NOT won AND NOT ended"},
        part_names={"ended": "Ended without a win", "won": "Won", "open": "Still open"},
        excluded={"undated": UNDATED},
        measure=to_won, by_source=True,
    ),
    Kpi(
        id="K31M", key="mql-volume", name="MQLs", unit="count", better="neither", badge="diagnostic", grain=HANDED,
        population=HANDOFFS,
        definition="Leads handed over to sales in the period. Volume is not value: read it beside what became of them.",
        rows="NOT undated", parts={"handed": "true"},
        excluded={"undated": UNDATED},
        measure=volume, by_source=True,
    ),
]  # fmt: skip
