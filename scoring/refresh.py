"""Scores that change by time alone: what fades, and windows that close. The pulse drains the people who are due."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from revops.lib import bulk
from scoring.rescore import rescore

log = logging.getLogger("revops.scoring")
PARKED_FOR = timedelta(hours=1)


def drain(now: datetime, limit: int) -> int:
    """Rescore up to `limit` people whose `score_due_at` has come, the longest due first; how many were done.

    Several workers may drain at once. When a lot raises, its people are scored one by one, and those who still raise
    are parked for an hour, so that one bad row can not stop the rest.
    """
    with transaction.atomic():
        ids = _claimed(now, limit)
        if not ids:
            return 0
        try:
            with transaction.atomic():
                rescore(ids, now=now, news=False)
        except Exception:
            log.exception("Scoring %s people at once failed; trying one by one.", len(ids))
            for person in ids:
                _one(person, now)
    return len(ids)


def soon(company_ids: Sequence[int], *, now: datetime) -> None:
    """Everybody at these firms is due at the next look, and waits no more for something new. Who is held by somebody
    else is being scored by them."""
    bulk.run([(
        "DELETE FROM scoring_waiting w USING leads_lead l JOIN leads_person p ON p.id = l.person_id "
        "WHERE l.id = w.lead_id AND p.company_id = ANY (%s)",
        [list(company_ids)],
    ), (
        "UPDATE leads_person SET score_due_at = %s WHERE id IN (SELECT id FROM leads_person "
        "WHERE company_id = ANY (%s) AND (score_due_at IS NULL OR score_due_at > %s) FOR NO KEY UPDATE SKIP LOCKED)",
        [now, list(company_ids), now],
    )])  # fmt: skip


def _claimed(now: datetime, limit: int) -> list[int]:
    return [
        row[0]
        for row in bulk.query(
            "SELECT id FROM leads_person WHERE score_due_at <= %s ORDER BY score_due_at LIMIT %s "
            "FOR NO KEY UPDATE SKIP LOCKED",
            [now, limit],
        )
    ]


def _one(person: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            rescore([person], now=now, news=False)
    except Exception:
        log.exception("Scoring person %s failed; parked for an hour.", person)
        bulk.run([("UPDATE leads_person SET score_due_at = %s WHERE id = %s", [now + PARKED_FOR, person])])
