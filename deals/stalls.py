"""Which open deals are stuck, why, and what to do about it (DOMAIN 6). The rule is pure; `of` asks it of many at once.

A deal is stuck when it stands longer than is usual in its stage, when nobody spoke with the buyer for two weeks, or
when its closing date passed or was put off twice. More than the limit is stuck, the limit itself is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from deals import stage_times
from leads.models.touch import COUNTED
from revops.lib import bulk, words
from teams.models import Organisation

DAY = 86_400.0
LEAST, FACTOR, SAMPLE = 7.0, 1.5, 10
SILENT = 14.0
PUSHED = 2


@dataclass(frozen=True, slots=True)
class Stall:
    """`since`: when the first of the reasons became true. `reasons`: (code, words); codes: stage, silent, late, pushed.
    Days are of 24 hours; `limit`: of the stage; `n_won`: won deals its median is of, whether or not enough."""

    since: datetime
    reasons: list[tuple[str, str]]
    days_in_stage: float
    limit: float
    n_won: int
    silence_days: float
    pushes: int
    proposal: str

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.reasons]


@dataclass(slots=True)
class Standing:
    """An open deal as the rule reads it. `stage_at` None: it stands in no stage. `spoken_at`: last two-way contact.
    `pushed_at`: when it was put off for the second time, if known. `missing`: an exit criterion still open."""

    now: datetime
    stage: str
    stage_at: datetime | None
    created_at: datetime
    close_on: date | None
    zone: str
    limit_days: int = 14
    median: float | None = None
    n_won: int = 0
    spoken_at: datetime | None = None
    pushes: int = 0
    pushed_at: datetime | None = None
    next_step: str = ""
    missing: str = ""
    found: list[tuple[str, datetime, str]] = field(default_factory=list)


def limit(median: float | None, n: int, default: float, *, sample: int = SAMPLE) -> float:
    """Days a deal may stand in a stage: 1.5 times the median days of `n` won deals, or the stage's own until there are
    `sample` of them; never under seven."""
    return max(LEAST, FACTOR * median if median is not None and n >= sample else default)


def judge(deal: Standing) -> Stall | None:
    """Pure. None while nothing holds it up."""
    allowed = limit(deal.median, deal.n_won, deal.limit_days)
    stood = _days(deal.now - deal.stage_at) if deal.stage_at else 0.0
    quiet_since = max(deal.spoken_at or deal.created_at, deal.created_at)
    silence = _days(deal.now - quiet_since)
    found: list[tuple[str, datetime, str]] = []
    if deal.stage_at and stood > allowed:
        usual = (
            f"1.5 × the median of {deal.n_won} deals won in 12 months"
            if deal.n_won >= SAMPLE and FACTOR * (deal.median or 0) > LEAST
            else f"the limit of the stage, {words.plural(deal.n_won, 'won deal')} to judge by"
        )
        found.append((
            "stage", deal.stage_at + timedelta(days=allowed),
            f"{_told(stood)} in {deal.stage}, usually at most {_told(allowed)} ({usual}).",
        ))  # fmt: skip
    if silence > SILENT:
        said = f"Nobody spoke with the buyer for {_told(silence)}." if deal.spoken_at else (
            f"No two-way contact since it was opened {_told(silence)} ago."
        )  # fmt: skip
        found.append(("silent", quiet_since + timedelta(days=SILENT), said))
    today = deal.now.astimezone(ZoneInfo(deal.zone)).date()
    if deal.close_on and deal.close_on < today:
        passed = datetime.combine(deal.close_on + timedelta(days=1), time(), ZoneInfo(deal.zone))
        late = words.plural((today - deal.close_on).days, "day")
        found.append(("late", passed, f"It should have closed {late} ago."))
    if deal.pushes >= PUSHED:
        found.append(("pushed", deal.pushed_at or deal.now, f"The closing date was put off {deal.pushes} times."))
    if not found:
        return None
    return Stall(
        since=min(at for _, at, _ in found), reasons=[(code, text) for code, _, text in found], days_in_stage=stood,
        limit=allowed, n_won=deal.n_won, silence_days=silence, pushes=deal.pushes,
        proposal=_proposal([code for code, *_ in found], deal),
    )  # fmt: skip


def _proposal(codes: list[str], deal: Standing) -> str:
    """The stage's own step comes first: it was chosen for this."""
    if "stage" in codes:
        if deal.next_step:
            return deal.next_step
        if deal.missing:
            return f"Settle what keeps it in {deal.stage}: {deal.missing}"
    if "silent" in codes:
        return "Call the primary contact; if nobody answers, a second person at the account"
    if "late" in codes:
        return "Agree on a new closing date with the buyer, or lose the deal"
    if "pushed" in codes:
        return "Ask the economic buyer what has to happen before the date holds"
    return f"Decide what moves it out of {deal.stage}, or lose the deal"


def _days(length: timedelta) -> float:
    return length.total_seconds() / DAY


def _told(days: float) -> str:
    return words.plural(int(days), "day") if days >= 1 else "less than a day"


STANDINGS = f"""
SELECT d.id, g.id, g.name, d.stage_at, d.created_at, d.close_on, coalesce(g.limit_days, 14),
       spoken.at, d.pushes, pushed.at, coalesce(g.next_step, ''), coalesce(missing.text, '')
  FROM deals_deal d
  LEFT JOIN deals_pipelinestage g ON g.id = d.pipeline_stage_id
  LEFT JOIN LATERAL (
       SELECT max(t.occurred_at) AS at FROM leads_touch t
        WHERE t.person_id IN (SELECT r.person_id FROM deals_contactrole r WHERE r.deal_id = d.id
                              UNION SELECT d.person_id)
          AND t.outcome = 'two_way' AND t.standing = ANY (%(counted)s) AND t.occurred_at <= %(now)s) spoken ON true
  LEFT JOIN LATERAL (
       SELECT e.at FROM journal_entry e
        WHERE d.pushes >= {PUSHED} AND e.subject_kind = 'deal' AND e.subject_id = d.id AND e.kind = 'deal.edited'
          AND e.data ->> 'close_on' > e.data ->> 'was_close_on' ORDER BY e.at, e.id OFFSET {PUSHED - 1} LIMIT 1
       ) pushed ON true
  LEFT JOIN LATERAL (
       SELECT c.text FROM deals_exitcriterion c
        WHERE c.stage_id = d.pipeline_stage_id AND c.retired_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM deals_criterionmet m WHERE m.criterion_id = c.id AND m.deal_id = d.id)
        ORDER BY c.position, c.id LIMIT 1) missing ON true
 WHERE d.stage = 'open'"""


def of(deal_ids: Sequence[int] | None = None, *, now: datetime) -> dict[int, Stall]:
    """{deal: why it is stuck}; a deal that is not, or not open, is absent. None = all open deals. One query beside the
    organisation's and, once an hour, that of the medians."""
    if deal_ids is not None and not deal_ids:
        return {}
    params = {"now": now, "counted": COUNTED}
    text = STANDINGS
    if deal_ids is not None:
        text += " AND d.id = ANY (%(ids)s)"
        params["ids"] = list(deal_ids)
    zone, medians = Organisation.get().timezone, stage_times.medians(now)
    found = {}
    for pk, place, stage, stage_at, created, close_on, days, spoken, pushes, pushed, step, gap in bulk.query(
        text, params
    ):
        usual = medians.get(place)
        stall = judge(
            Standing(
                now, stage or "no stage", stage_at, created, close_on, zone, days,
                usual.seconds / DAY if usual else None, usual.n if usual else 0, spoken, pushes, pushed, step, gap,
            )
        )  # fmt: skip
        if stall:
            found[pk] = stall
    return found
