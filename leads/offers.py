"""Which verbs a page offers on a lead, and which of them stops the most urgent running clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from leads.models import Lead
from leads.models.stage import OPEN_STAGES, Stage
from leads.progress import FROM
from teams import access

REVIEWABLE = {Stage.REJECTED, Stage.RECYCLED, Stage.DISQUALIFIED}


@dataclass(frozen=True, slots=True)
class Offer:
    """`noun`: its address under the lead. `at_once`: a form that acts; else a dialog asks first. `tone`: primary, quiet
    or "". `stops`: the clock's target it fulfils."""

    verb: str
    label: str
    noun: str
    key: str = ""
    at_once: bool = False
    tone: str = ""
    stops: str = ""
    query: str = ""


CALL = Offer("touch", "Call", "touches", "p", query="kind=call", stops="first_response")
EMAIL = Offer("touch", "E-mail", "touches", "e", query="kind=email")
ACCEPT = Offer("accept", "Accept", "acceptance", "a", at_once=True, stops="disposition")
QUALIFY = Offer("qualify", "Qualify…", "qualification", "q")
CONVERT = Offer("convert", "Open a deal…", "conversion", "d")
REJECT = Offer("reject", "Reject…", "rejection", "r")
RECYCLE = Offer("recycle", "Recycle…", "recycling", "c")
TOUCH = Offer("touch", "Log touch", "touches", "t")
REASSIGN = Offer("reassign", "Reassign…", "reassignment", "g", tone="quiet")
DISQUALIFY = Offer("disqualify", "Disqualify…", "disqualification", tone="quiet")
MERGE = Offer("merge", "Merge…", "merging", tone="quiet")
OVERRIDE = Offer("override", "Hand over anyway…", "override", tone="quiet")
REOPEN = Offer("reopen", "Reopen", "reopening", at_once=True)

WHEN: tuple[tuple[Offer, frozenset[str]], ...] = (
    (CALL, frozenset(OPEN_STAGES)),
    (ACCEPT, frozenset(FROM[Stage.SAL])),
    (QUALIFY, frozenset([Stage.SAL])),
    (CONVERT, frozenset([Stage.SQL])),
    (REJECT, frozenset(FROM[Stage.REJECTED])),
    (RECYCLE, frozenset(FROM[Stage.RECYCLED])),
    (EMAIL, frozenset(OPEN_STAGES)),
    (TOUCH, frozenset(OPEN_STAGES)),
    (REASSIGN, frozenset(OPEN_STAGES)),
    (DISQUALIFY, frozenset(OPEN_STAGES)),
    (OVERRIDE, frozenset([Stage.INQUIRY])),
    (REOPEN, frozenset(REVIEWABLE)),
    (MERGE, frozenset(Stage.values) - {Stage.MERGED.value}),
)
# Without a clock, the verb that takes a lead on.
ONWARD = (CONVERT, QUALIFY, ACCEPT, REOPEN, CALL)


def of(lead: Lead, user: Any, clocks: Iterable[dict[str, Any]]) -> list[Offer]:
    """Those the lead's stage and the reader's rights allow, in their order; exactly one is primary when any is there.

    `clocks`: of `sla.panels`, open ones due first. At most two queries, however many verbs.
    """
    found = [offer for offer, stages in WHEN if lead.stage in stages and access.can_work(user, lead, offer.verb)]
    running = [clock["target"] for clock in clocks if not clock["closed"]]
    chosen = next((offer for target in running for offer in found if offer.stops == target), None)
    if chosen is None:
        chosen = next((wanted for wanted in ONWARD if wanted in found), None)
    primary = [replace(offer, tone="primary") for offer in found if offer is chosen]
    return primary + [offer for offer in found if offer is not chosen]
