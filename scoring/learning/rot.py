"""Does the score still order the leads as sales judges them? Each week, by the cell they had at the hand-off.

Accepted of decided by the week of the hand-off, and won within 180 days where that long has passed. The alarm: among
the hand-offs of the last RECENT weeks the score (fit plus engagement) no longer tells accepted from sent back, or tells
it clearly worse than in the half year before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from notify.models import Notice
from revops.lib import bulk, words
from revops.lib.statistics import is_small, wilson
from scoring.learning import honesty
from scoring.learning.honesty import Auc
from scoring.models import ScoringModel
from teams.models import Organisation, User

BANDS = [("A1", ("A1",)), ("A2 and B1", ("A2", "B1")), ("Others", ())]
SHOWN = 12  # weeks of the table
RECENT, BEFORE = 8, 26  # weeks
FEWEST = 100  # decided hand-offs in the recent weeks
RIPE = 180  # days until “won” is known
BACK = 18  # months looked at for won


@dataclass(slots=True)
class Cell:
    """`accepted` of `decided`, in one band and week."""

    accepted: int = 0
    decided: int = 0

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.accepted, self.decided)

    @property
    def share(self) -> str:
        """“64.3%”; counts alone for a small sample."""
        if not self.decided:
            return "–"
        return "" if is_small(self.decided) else words.share(self.accepted / self.decided)

    @property
    def counts(self) -> str:
        return f"{words.number(self.accepted)} of {words.number(self.decided)}" if self.decided else ""

    @property
    def spread(self) -> str:
        """“41–78%”: the 95% interval."""
        if self.interval is None:
            return ""
        low, high = self.interval
        return f"{words.share(low, 0).rstrip('%')}–{words.share(high, 0)}"


@dataclass(slots=True)
class Rot:
    """`weeks`: (Monday, a Cell a band), newest first. `accepted`, `won`: a Cell a band over the whole time.

    `state`: holds, lost, worse, never (it never told them apart) or too_few.
    """

    bands: list[str]
    weeks: list[tuple[date, list[Cell]]]
    accepted: list[Cell]
    won: list[Cell]
    recent: Auc
    before: Auc
    state: str
    sentence: str
    rings: bool = field(default=False)


def look(now: datetime) -> Rot:
    """One query over the snapshots of the last eighteen months."""
    rows = _rows(now, Organisation.get().timezone)
    weeks: dict[date, list[Cell]] = {}
    accepted, won = _cells(), _cells()
    recent: list[tuple[float, bool]] = []
    before: list[tuple[float, bool]] = []
    first = now - timedelta(weeks=RECENT + BEFORE)
    for week, at, cell, priority, sal, sold in rows:
        place = _band(cell)
        if sal is not None and at >= first:
            if at >= now - timedelta(weeks=SHOWN):
                _count(weeks.setdefault(week, _cells())[place], sal)
            _count(accepted[place], sal)
            (recent if at >= now - timedelta(weeks=RECENT) else before).append((priority, sal))
        if at < now - timedelta(days=RIPE):
            _count(won[place], sold)
    new, old = _auc(recent), _auc(before)
    state, sentence = judged(new, old)
    return Rot(
        [name for name, _ in BANDS], sorted(weeks.items(), reverse=True), accepted, won, new, old, state, sentence,
        rings=state in ("lost", "worse"),
    )  # fmt: skip


def judged(recent: Auc, before: Auc) -> tuple[str, str]:
    """(state, sentence). Too few recent decisions never ring."""
    n = recent.positives + recent.negatives
    if n < FEWEST or recent.value is None:
        return "too_few", (
            f"n/a: {words.plural(n, 'hand-off')} of the last {RECENT} weeks decided; it takes {FEWEST} to judge them."
        )
    now = f"AUC {recent.said} on {words.number(n)} hand-offs of the last {RECENT} weeks"
    then = (
        f"{before.said} in the {BEFORE} weeks before" if before.value is not None else "nothing to compare with before"
    )
    if recent.covers_chance or (recent.high or 0) < 0.5:
        if before.low is not None and before.low > 0.5:
            return "lost", f"The score no longer orders the leads as sales judges them: {now}; {then}."
        return "never", f"The score does not tell what sales accepts: {now}; {then}."
    if before.low is not None and (recent.high or 1) < before.low:
        return "worse", f"The score orders the leads clearly worse than it did: {now}; {then}."
    return "holds", f"The score orders the leads as sales judges them: {now}; {then}."


def ring(now: datetime) -> int:
    """Tell every administrator once about the model that is live; answers with the notices written."""
    model = ScoringModel.objects.filter(state="published").first()
    if model is None:
        return 0
    key = f"alarm:score_rot:{model.pk}"
    admins = list(User.objects.active().filter(role="admin").values_list("pk", flat=True))
    told = set(Notice.objects.filter(key=key, user_id__in=admins).values_list("user_id", flat=True))
    missing = [user for user in admins if user not in told]
    if not missing:
        return 0
    found = look(now)
    if not found.rings:
        return 0
    data = {"state": found.state, "version": model.version}
    made = [
        Notice(user_id=user, kind="alarm.score_rot", subject_kind="scoring_model", subject_id=model.pk, key=key,
               at=now, data=data, how=["email"])
        for user in missing
    ]  # fmt: skip
    Notice.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def names(models: Iterable[int]) -> dict[int, tuple[str, str]]:
    """For notices: {model id: ("Scoring v3", "/scoring/learning/")}."""
    found = ScoringModel.objects.filter(pk__in=list(models)).values_list("pk", "version")
    return {pk: (f"Scoring v{version}", "/scoring/learning/#rot") for pk, version in found}


def _rows(now: datetime, zone: str) -> list[tuple]:
    """(week, hand-off, cell, priority, accepted | None = pending, won in time) of real hand-overs."""
    return bulk.query(
        "SELECT date_trunc('week', s.at AT TIME ZONE %(zone)s)::date, s.at, s.cell, s.fit + s.engagement, "
        "CASE WHEN l.sal_at IS NOT NULL THEN TRUE WHEN l.stage <> 'mql' THEN FALSE END, "
        "COALESCE(l.won_at <= s.at + %(ripe)s * interval '24 hours', FALSE) "
        "FROM leads_snapshot s JOIN leads_lead l ON l.id = s.lead_id "
        "WHERE s.because NOT IN ('import', 'override') AND NOT l.undated AND l.merged_into_id IS NULL "
        "AND s.at >= %(since)s AND s.at < %(now)s",
        {"zone": zone, "ripe": RIPE, "since": now - timedelta(days=30 * BACK), "now": now},
    )


def _auc(rows: Sequence[tuple[float, bool]]) -> Auc:
    return honesty.auc([priority for priority, _ in rows], [sal for _, sal in rows])


def _cells() -> list[Cell]:
    return [Cell() for _ in BANDS]


def _band(cell: str) -> int:
    return next((i for i, (_, cells) in enumerate(BANDS) if cell in cells), len(BANDS) - 1)


def _count(cell: Cell, hit: Any) -> None:
    cell.decided += 1
    cell.accepted += bool(hit)
