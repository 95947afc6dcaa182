"""Touches after the enquiry: what people do on a lead, and what sites and products report of a person."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from journal.record import Fact, record
from leads import arrivals, heard_late, recognition
from leads.incoming import IncomingTouch
from leads.models.touch import ANSWERING_KINDS, COUNTED, Standing, Touch
from marketing import campaigns, vocabulary
from revops.lib import bulk, lots
from revops.lib.errors import Forbidden, Refused

if TYPE_CHECKING:
    from teams.models import User

# A moment typed in by hand further back than this is kept, but stops no clock until a manager approves (DOMAIN 1.6).
BACKDATED_AFTER = timedelta(minutes=15)
log_of = logging.getLogger("revops.leads")
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class HumanTouch:
    """A call, mail, message, meeting or note. `outcome`: attempt or two_way. `by`: the doer's id, else the verb's."""

    lead_id: int
    kind: str
    occurred_at: datetime
    outcome: str = "attempt"
    direction: str = "out"
    note: str = ""
    by: int | None = None


HUMAN = {
    "lead_id": "bigint", "kind": "text", "occurred_at": "timestamptz", "outcome": "text", "direction": "text",
    "note": "text", "by_id": "bigint",
}  # fmt: skip


def log(
    touches: Sequence[HumanTouch], *, by: int | None, at: datetime, via: str = "page", trusted: bool = False
) -> list[int]:
    """Write what people did; the first that answers stamps `lead.first_response_at`. Answers the touches' ids.

    Answering: an attempt to reach the buyer (no note), not before the MQL, not in the future and not backdated by more
    than 15 minutes. A touch of a lead that is only an inquiry answers nothing, there is nothing to answer yet.
    One of the future counts, and is told of, when it happens; one of long ago that could stop a clock waits for a
    manager. `trusted`: the moments come from a dialler or a mail system, not from memory, and count however old
    (DOMAIN 1.6).
    """
    if not touches:
        return []
    rows = [
        (t.lead_id, t.kind, t.occurred_at, "" if t.kind == "note" else t.outcome, t.direction, t.note, t.by or by)
        for t in touches
    ]
    relation, params = bulk.source(HUMAN, rows)
    with transaction.atomic():
        _hold_people([t.lead_id for t in touches])
        made = bulk.query(
            f"""
            WITH made AS (
                INSERT INTO leads_touch (person_id, lead_id, kind, side, direction, automatic, outcome, by_id, note,
                                         asset, url, source, occurred_at, received_at, recorded_at, standing)
                SELECT l.person_id, l.id, v.kind, 'sales', v.direction, false, v.outcome, v.by_id, v.note,
                       '', '', '', v.occurred_at, %s, %s, {STANDING}
                  FROM {relation} JOIN leads_lead l ON l.id = v.lead_id
                RETURNING {MADE}),
            {JUDGED}""",
            [at, at, at, ANSWERING_KINDS, EVER if trusted else at - BACKDATED_AFTER, *params,
             *_judging(at, since=EVER if trusted else at - BACKDATED_AFTER)],
        )  # fmt: skip
        record(_logged([row for row in made if row[7] != Standing.AHEAD], by=by, via=via), now=at)
    return [row[0] for row in made]


# Of a touch being typed in at %s: one of the future; one of before %s that a running clock could be stopped by (nothing
# is owed a first answer any more, and no touches after accepting, where it is left to count as what it says).
LATE = """{0}.kind = ANY (%s) AND {0}.occurred_at >= l.mql_at AND {0}.occurred_at < %s
                         AND (l.stage = 'sal' OR l.stage IN ('mql', 'sql') AND l.first_response_at IS NULL)"""
STANDING = f"""CASE WHEN v.occurred_at > %s THEN 'ahead'
                    WHEN {LATE.format("v")}
                    THEN 'waits' ELSE '' END"""
# The same of what a person, not a system, reported by a way that systems have.
HELD_BACK = f"""UPDATE leads_touch t SET standing = 'waits', by_id = coalesce(t.by_id, u.id)
                  FROM leads_lead l, teams_user u
                 WHERE t.id = ANY (%s) AND l.id = t.lead_id AND u.id = %s AND NOT u.is_service AND t.standing = ''
                   AND {LATE.format("t")}"""
TYPED = {"api", "page"}  # where a person may be behind it; imports and stories tell the past
MADE = "id, lead_id, person_id, kind, outcome, occurred_at, by_id, standing"
# What of `made` answers its lead, and the lead's stamps.
JUDGED = """judged AS (
                SELECT m.*, m.kind = ANY (%s) AND m.standing IN ('', 'approved') AND l.mql_at IS NOT NULL
                            AND m.occurred_at >= l.mql_at AND m.occurred_at BETWEEN %s AND %s AS answers
                  FROM made m JOIN leads_lead l ON l.id = m.lead_id),
            summed AS (
                SELECT lead_id, min(occurred_at) FILTER (WHERE answers) AS answered,
                       max(occurred_at) FILTER (WHERE standing <> 'ahead') AS latest
                  FROM judged GROUP BY lead_id),
            stamped AS (
                UPDATE leads_lead l SET first_response_at = least(l.first_response_at, s.answered),
                       last_touch_at = greatest(l.last_touch_at, s.latest), updated_at = %s
                  FROM summed s WHERE l.id = s.lead_id)
            SELECT id, lead_id, person_id, kind, outcome, occurred_at, by_id, standing, answers
              FROM judged ORDER BY id"""


def _judging(at: datetime, *, since: datetime = EVER) -> list:
    """The parameters of JUDGED."""
    return [ANSWERING_KINDS, since, at, at]


def _logged(judged: Sequence[tuple], *, by: int | None, via: str) -> list[Fact]:
    """`counts`: it is what it says; `answers`: it counts and is a first answer or could be."""
    return [Fact("touch.logged", "lead", row[1], row[5], by=row[6] or by, via=via, data=_told(row)) for row in judged]


def _told(judged: tuple) -> dict[str, Any]:
    pk, _, person, kind, outcome, occurred, _, standing, answers = judged
    return {"touch": pk, "kind": kind, "person": person, "answers": answers, "outcome": outcome,
            "counts": standing in COUNTED, "occurred_at": occurred.isoformat()}  # fmt: skip


def _hold_people(lead_ids: Sequence[int]) -> None:
    """People before their leads, as everywhere: scoring takes them in this order. And a statement does not see what was
    committed while it waited, so two touches at once would each be scored without the other."""
    bulk.query(
        "SELECT id FROM leads_person WHERE id IN (SELECT person_id FROM leads_lead WHERE id = ANY (%s)) "
        "ORDER BY id FOR NO KEY UPDATE",
        [list(lead_ids)],
    )


@dataclass(slots=True)
class ReportedTouch:
    """A touch of a known person, by `key` (kind, key) or by `person_id`."""

    touch: IncomingTouch
    key: tuple[str, str] | None = None
    person_id: int | None = None


@dataclass(slots=True)
class Reported:
    """status: created, duplicate (that external id was here before) or unknown (nobody is known by that key)."""

    status: str
    person_id: int | None = None


@dataclass(slots=True)
class _People:
    by_key: dict = field(default_factory=dict)
    open_leads: dict[int, int | None] = field(default_factory=dict)


def add(
    batch: Sequence[ReportedTouch], *, source: str, by: int | None, via: str, now: datetime, dated: bool = False
) -> list[Reported]:
    """Append touches to people already known; one Reported each, in order. A touch opens no cycle by itself.

    A call, mail or meeting of a human being that went out or was a conversation answers the open lead, as if logged by
    hand; its moment is taken from the system that reports it, however old. A person who reports is no system. `dated`:
    whoever qualifies by these touches did so when the last of them happened (heard_late).
    """
    if not batch:
        return []
    with transaction.atomic():
        known = _known(batch)
        codes = campaigns.ids(t.touch.campaign for t in batch)
        rows, answers, numbers = [], [Reported("unknown") for _ in batch], {}
        for index, item in enumerate(batch):
            person = item.person_id if item.person_id in known.open_leads else known.by_key.get(item.key)
            if person is None:
                continue
            t = item.touch
            answers[index] = Reported("duplicate" if t.external_id else "created", person)
            if t.external_id:
                numbers.setdefault(t.external_id, index)
            rows.append(
                (person, known.open_leads[person], t.kind, arrivals.side_of(t), vocabulary.named(t.channel),
                 codes.get(campaigns.code_of(t.campaign)), t.asset, t.url, t.direction, t.automatic, t.outcome, t.by,
                 source, t.external_id, t.occurred_at, now, now, t.sent_at, t.clamped)
            )  # fmt: skip
        if rows:
            made = bulk.query(*bulk.insert("leads_touch", arrivals.TOUCH, rows, f"{arrivals.TOUCH_EXTRA} {REPORTED}"))
            for _, external_id, _, _ in made:
                if external_id:
                    answers[numbers[external_id]].status = "created"
            facts = _news(made, known, by=by, via=via, now=now, dated=dated)
            record(facts + _answers([row[3] for row in made if row[3]], by=by, via=via, now=now), now=now)
    return answers


MAY_ANSWER = "(direction = 'out' OR outcome = 'two_way')"
# The last column: the touch's id when it may answer the lead.
REPORTED = f"""RETURNING person_id, external_id, occurred_at,
    CASE WHEN side = 'sales' AND lead_id IS NOT NULL AND {MAY_ANSWER} THEN id END"""


def _answers(touch_ids: Sequence[int], *, by: int | None, via: str, now: datetime) -> list[Fact]:
    """Which of these answer their leads. After `_news`, which holds the people: people before leads, as everywhere.
    What a person reports of long ago waits for a manager, as if logged by hand."""
    if not touch_ids:
        return []
    if by is not None and via in TYPED:
        bulk.run([(HELD_BACK, [list(touch_ids), by, ANSWERING_KINDS, now - BACKDATED_AFTER])])
    judged = bulk.query(
        f"WITH made AS (SELECT {MADE} FROM leads_touch WHERE id = ANY (%s)), {JUDGED}",
        [list(touch_ids), *_judging(now)],
    )
    return _logged(judged, by=by, via=via)


def answer_with(lead_ids: Sequence[int], *, by: int | None, via: str, now: datetime) -> None:
    """The calls, mails and meetings that an enquiry brought along at `now` answer the cycle they joined."""
    found = bulk.query(
        f"SELECT t.id FROM leads_touch t WHERE t.lead_id = ANY (%s) AND t.side = 'sales' AND t.recorded_at = %s "
        f"AND {MAY_ANSWER}",
        [list(lead_ids), now],
    )
    record(_answers([pk for (pk,) in found], by=by, via=via, now=now), now=now)


def _known(batch: Sequence[ReportedTouch]) -> _People:
    found = _People()
    keyed = recognition.people({t.key for t in batch if t.key}, [], holding=False)
    found.by_key = {key: person.id for key, person in keyed.items()}
    wanted = {*found.by_key.values(), *(t.person_id for t in batch if t.person_id)}
    found.open_leads = dict(
        bulk.query(
            """SELECT p.id, l.id FROM leads_person p LEFT JOIN leads_lead l
                   ON l.person_id = p.id AND l.stage IN ('inquiry', 'mql', 'sal', 'sql')
                WHERE p.id = ANY (%s::bigint[])""",
            [sorted(wanted)],
        )
    )
    return found


def _news(made: list[tuple], known: _People, *, by: int | None, via: str, now: datetime, dated: bool) -> list[Fact]:
    """Hold the people, keep their first and last touch, and say who was touched how often."""
    moments: dict[int, list[datetime]] = {}
    for person, _, occurred, _ in made:
        moments.setdefault(person, []).append(occurred)
    rows = [(person, min(at), max(at)) for person, at in moments.items()]
    relation, params = bulk.source({"id": "bigint", "first": "timestamptz", "last": "timestamptz"}, rows)
    bulk.run([
        ("SELECT id FROM leads_person WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [list(moments)]),
        (f"""UPDATE leads_person p SET last_touch_at = greatest(p.last_touch_at, v.last),
                    first_touch_at = least(p.first_touch_at, v.first) FROM {relation} WHERE p.id = v.id""", params),
    ])  # fmt: skip
    return [
        Fact("person.touched", "person", person, now, by=by, via=via,
             data={"touches": len(at), "lead": known.open_leads[person],
                   **(heard_late.told(heard_late.since(max(at), now=now)) if dated else {})})
        for person, at in moments.items()
    ]  # fmt: skip


# --- what waits: for a manager, or for its moment ------------------------------


def waiting_for(user: "User"):
    """The backdated touches `user` may approve or decline, oldest first: those of the teams they manage, all for an
    administrator; never their own."""
    waiting = Touch.objects.filter(standing=Standing.WAITS, lead__stage__in=["mql", "sal", "sql"]).exclude(by=user)
    if not user.is_admin:
        waiting = waiting.filter(lead__owner__team__manager=user)
    return waiting.select_related("lead__person", "lead__company", "lead__owner", "by").order_by("recorded_at", "id")


def waiting_count(user: "User") -> int:
    """The number beside To approve."""
    return waiting_for(user).order_by().count()


def approve(touch: Touch, *, by: "User", at: datetime, via: str = "page") -> Touch:
    """A touch typed in late happened when it says: it counts from then, and stops what it would have stopped.

    Raises Forbidden for all but the owner's manager and administrators, and for whoever logged it; Refused when it was
    declined. Records `touch.approved`.
    """
    return _judge(touch, Standing.APPROVED, by=by, at=at, via=via)


def decline(touch: Touch, *, by: "User", at: datetime, via: str = "page") -> Touch:
    """It stays on the timeline and never counts. Records `touch.declined`."""
    return _judge(touch, Standing.DECLINED, by=by, at=at, via=via)


def _judge(touch: Touch, standing: Standing, *, by: "User", at: datetime, via: str) -> Touch:
    _require_judge(touch, by)
    with transaction.atomic():
        if touch.lead_id is not None:
            _hold_people([touch.lead_id])
        judged = bulk.query(
            f"""WITH made AS (
                UPDATE leads_touch SET standing = %s, judged_at = %s, judged_by_id = %s
                 WHERE id = %s AND standing = 'waits' RETURNING {MADE}),
            {JUDGED}""",
            [standing, at, by.pk, touch.pk, *_judging(at)],
        )
        kind = f"touch.{standing}"
        record([Fact(kind, "lead", row[1], at, by=by.pk, via=via, data={**_told(row), "approved_by": by.pk}
                     if standing == Standing.APPROVED else _told(row)) for row in judged], now=at)  # fmt: skip
    touch.refresh_from_db()
    if touch.standing != standing:
        raise Refused(f"Not {standing}: it {SETTLED[touch.standing]}. Nothing was changed.", code="settled")
    return touch


SETTLED = {
    Standing.APPROVED.value: "was approved a moment ago", Standing.DECLINED.value: "was declined a moment ago",
    Standing.COUNTS.value: "counts already", Standing.AHEAD.value: "has not happened yet",
}  # fmt: skip


def _require_judge(touch: Touch, by: "User") -> None:
    owner = touch.lead.owner if touch.lead else None
    if by.is_service or not (by.is_admin or (owner and by.manages_team(owner.team_id))):
        raise Forbidden(
            "Only the manager of the owner’s team or an administrator may approve or decline this.", code="not_yours"
        )
    if touch.by_id == by.pk:
        raise Forbidden("You logged this one: another manager or an administrator decides.", code="own_touch")


def drain(now: datetime, limit: int) -> int:
    """Touches dated ahead whose moment has come are logged now, as of that moment; answers how many. One that the
    database refuses waits for a manager's word, and the others count."""
    rows = bulk.query(
        """SELECT id FROM leads_touch WHERE standing = 'ahead' AND occurred_at <= %s
            ORDER BY occurred_at, id LIMIT %s""",
        [now, limit],
    )
    return lots.apart([row[0] for row in rows], lambda ids: _count(ids, now), _leave_waiting)


def _count(ids: Sequence[int], now: datetime) -> int:
    with transaction.atomic():
        # People before what hangs on them: a merge takes them in this order too.
        leads = bulk.query("SELECT DISTINCT lead_id FROM leads_touch WHERE id = ANY (%s)", [list(ids)])
        _hold_people([lead for (lead,) in leads if lead is not None])
        found = bulk.query(
            """SELECT id FROM leads_touch WHERE id = ANY (%s) AND standing = 'ahead'
                ORDER BY occurred_at, id FOR NO KEY UPDATE SKIP LOCKED""",
            [list(ids)],
        )
        if not found:
            return 0
        judged = bulk.query(
            f"""WITH made AS (
                UPDATE leads_touch SET standing = '' WHERE id = ANY (%s) RETURNING {MADE}),
            {JUDGED}""",
            [[pk for (pk,) in found], *_judging(now)],
        )
        record(_logged(judged, by=None, via="task"), now=now)
    return len(found)


def _leave_waiting(touch_id: int, error: str) -> None:
    log_of.error("Touch %s cannot be counted and waits for approval: %s", touch_id, error.strip())
    Touch.objects.filter(pk=touch_id, standing=Standing.AHEAD).update(standing=Standing.WAITS)
