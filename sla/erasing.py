"""The clocks' part in an erasure: what runs for them is cancelled, and what somebody wrote beside it is emptied."""

from collections.abc import Sequence
from datetime import datetime

from journal import erasing as journal
from revops.lib import bulk
from sla import clocks
from sla.clocks import Stop
from sla.models import Target

REASON = "erased"
DEALS = "SELECT id FROM deals_deal WHERE person_id = ANY (%(people)s) OR lead_id = ANY (%(leads)s)"
CLOCKS = f"SELECT id FROM sla_clock WHERE lead_id = ANY (%(leads)s) OR deal_id IN ({DEALS})"
STEPS = f"lead_id = ANY (%(leads)s) OR deal_id IN ({DEALS})"


def erase(person_ids: Sequence[int], lead_ids: Sequence[int], *, at: datetime) -> None:
    """Clocks of their open deals go on: the deal is the company's."""
    targets = tuple(Target.values)
    clocks.stop([Stop(lead, targets, at, fulfil=False, reason=REASON) for lead in lead_ids], now=at)
    params = {"people": list(person_ids), "leads": list(lead_ids), "at": at}
    # Before the steps are emptied: their rows are found by what they belong to.
    journal.forget("sla_nextstep", _ids(f"SELECT id FROM sla_nextstep WHERE {STEPS}", params))
    clocked = _ids(CLOCKS, params)
    journal.forget("sla_clock", clocked)
    journal.forget("sla_hop", clocked)
    for table in ("sla_pause", "sla_effect"):
        journal.forget(table, _ids(f"SELECT id FROM {table} WHERE clock_id IN ({CLOCKS})", params))
    for text in (
        f"UPDATE sla_nextstep SET what = '' WHERE {STEPS}",
        """UPDATE sla_nextstep SET state = 'dropped', closed_at = %(at)s
            WHERE lead_id = ANY (%(leads)s) AND state = 'open'""",
        f"UPDATE sla_pause SET note = '' WHERE clock_id IN ({CLOCKS})",
        f"UPDATE sla_parked SET error = '' WHERE clock_id IN ({CLOCKS})",
    ):
        bulk.change(text, params)


def _ids(text: str, params: dict) -> list[int]:
    return [pk for (pk,) in bulk.query(text, params)]
