"""Who enters and who leaves: the leads that draft and live model treat otherwise, newest hand-over first, in pages."""

from dataclasses import dataclass
from datetime import datetime

from revops.lib import bulk, cursors
from revops.lib.runs import RunState
from scoring.models import ReplayRun
from scoring.replay.population import Population

MOST = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """One lead. `at`: when the side that takes it hands it over; cells: there, and at the other side's best.

    `stage`: where it really stands; `worked`: whether it was really handed over at all, else nobody knows what would
    have become of it.
    """

    lead_id: int
    name: str
    company: str
    opened_at: datetime
    at: datetime
    live_cell: str
    draft_cell: str
    stage: str
    worked: bool


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: what to ask for the next page with; "" on the last."""

    rows: list[Moved]
    after: str = ""


def entering(run: ReplayRun, *, after: str = "", limit: int = 50) -> Page:
    """Handed over in the period by the draft and never by the live model. Raises Invalid for an unknown `after`."""
    return _page(run, "draft", "live", after, limit)


def leaving(run: ReplayRun, *, after: str = "", limit: int = 50) -> Page:
    """Handed over in the period by the live model and never by the draft. Raises Invalid for an unknown `after`."""
    return _page(run, "live", "draft", after, limit)


def _page(run: ReplayRun, takes: str, leaves: str, after: str, limit: int) -> Page:
    limit = max(1, min(limit, MOST))
    at, pk = cursors.read(after) if after else (None, 0)
    if run.state != RunState.DONE:
        return Page([])
    rows = bulk.query(
        f"""
        SELECT r.lead_id, trim(p.first_name || ' ' || p.last_name), p.email, coalesce(c.name, ''), r.opened_at,
               r.{takes}_at, r.live_cell, r.draft_cell, l.stage,
               coalesce(l.mql_at, l.sal_at, l.sql_at, l.opportunity_at, l.won_at) IS NOT NULL
          FROM scoring_replaylead r
          JOIN leads_lead l ON l.id = r.lead_id
          JOIN leads_person p ON p.id = l.person_id
          LEFT JOIN leads_company c ON c.id = p.company_id
         WHERE r.run_id = %(run)s AND r.{takes}_at >= %(since)s AND r.{leaves}_at IS NULL
           AND (%(at)s::timestamptz IS NULL OR (r.{takes}_at, r.lead_id) < (%(at)s::timestamptz, %(pk)s))
         ORDER BY r.{takes}_at DESC, r.lead_id DESC LIMIT %(limit)s""",
        {"run": run.pk, "since": Population(run.days, run.started_at).since, "at": at, "pk": pk, "limit": limit + 1},
    )
    shown = [Moved(lead, name or mail or f"Lead {lead}", *rest) for lead, name, mail, *rest in rows[:limit]]
    return Page(shown, cursors.write(shown[-1].at, shown[-1].lead_id) if len(rows) > limit else "")
