"""The reverse alarm: who accepts everything at once, and what was accepted only to be rejected later."""

from typing import Any

from dashboards import arithmetic
from dashboards.filters import Window
from dashboards.kpis.base import Beside, Excluded, Figure, Kpi, Population, Slice, rate
from dashboards.kpis.populations import LEAD_SOURCE, LIVES_ON
from revops.lib import words
from sla import commitments
from teams.models import Organisation

SECONDS = 5


def binds(window: Window) -> dict[str, Any]:
    """How fast is too fast to have read it: what both sides agreed."""
    # A month begins at the organisation's midnight, which in UTC may be the day before.
    promise = commitments.in_force(Organisation.get().today(window.starts)).get("rubber_stamp")
    return {"at_once": int(promise.inputs.get("seconds", SECONDS)) if promise else SECONDS}


# From the moment the lead lay before somebody (not from a colleague's taking it by accepting) to the first decision,
# which counts for whoever had the lead then.
DECIDED = Population(
    name="decided",
    subject="lead",
    source="l.source_id",
    owner="COALESCE(had.owner_id, l.owner_id)",
    kinds=("undated", "outcome", "at_once", "later_rejected"),
    binds=binds,
    select=f"""
      SELECT x.*, x.seconds < {{at_once}} AS at_once
        FROM (SELECT l.id, l.id AS key, d.at, {LEAD_SOURCE}, l.undated OR l.history AS undated,
                     COALESCE(had.owner_id, l.owner_id) AS owner,
                     CASE d.at WHEN l.sal_at THEN 'accepted' WHEN l.rejected_at THEN 'rejected'
                          ELSE 'recycled' END AS outcome,
                     date_part('epoch', d.at - GREATEST(l.mql_at, COALESCE(lay.from_at, l.mql_at))) AS seconds,
                     COALESCE(d.at = l.sal_at AND l.rejected_at > l.sal_at AND l.rejected_at <= {{seen}}, false)
                     AS later_rejected
                FROM leads_lead l
               CROSS JOIN LATERAL (SELECT LEAST(l.sal_at, l.rejected_at, l.recycled_at) AS at) d
                LEFT JOIN LATERAL (SELECT o.owner_id FROM leads_ownership o WHERE o.lead_id = l.id AND o.from_at <= d.at
                                    ORDER BY o.from_at DESC, o.id DESC LIMIT 1) had ON true
                LEFT JOIN LATERAL (SELECT o.from_at FROM leads_ownership o WHERE o.lead_id = l.id AND o.from_at <= d.at
                                      AND o.cause <> 'accepted' ORDER BY o.from_at DESC, o.id DESC LIMIT 1) lay ON true
               WHERE l.mql_at >= {{starts}} AND l.mql_at < {{ends}} AND d.at >= l.mql_at AND d.at <= {{seen}}
                     {LIVES_ON} {{only}}) x""",
)


def accepted_at_once(s: Slice) -> Figure:
    hits, n = s.n("at_once"), s.n("")
    return rate(
        hits, n,
        none="0 decided in this period",
        formula=f"{words.number(hits)} accepted at once ÷ {words.number(n)} decided",
        beside=(
            Beside("accepted, rejected later", s.n("later_rejected"), "count", part="later_rejected"),
            Beside("median to accept", s.spread("accepted").median, "seconds", na="0 accepted", part="accepted"),
            Beside("accepted", arithmetic.ratio(s.n("accepted"), n), "share", part="accepted"),
        ),
    )  # fmt: skip


KPIS = [
    Kpi(
        id="RUBBER_STAMP", key="accepted-at-once", name="Accepted at once", unit="share", better="lower",
        badge="diagnostic", grain="one decided lead cycle, by the day it became an MQL", population=DECIDED,
        definition="Leads handed over in the period that were accepted within the seconds nobody can read them in, ÷ "
        "all that were decided. Counted for whoever had the lead; leads accepted and rejected later stand beside, so "
        "that accepting everything hides nothing.",
        rows="NOT undated",
        parts={"at_once": "outcome = 'accepted' AND at_once", "accepted": "outcome = 'accepted'",
               "later_rejected": "later_rejected"},
        part_names={"accepted": "Accepted", "at_once": "Accepted at once",
                    "later_rejected": "Accepted, rejected later"},
        spreads={"accepted": ("seconds", "NOT undated AND outcome = 'accepted'")},
        excluded={"undated": Excluded("undated", "from an import")},
        columns=(("seconds", "To the decision", "seconds"),),
        measure=accepted_at_once,
    ),
]  # fmt: skip
