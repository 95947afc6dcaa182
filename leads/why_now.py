"""Why somebody is worth a call now, in a few words for a list; one query each, whatever the length of the list."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from leads import touch_words
from revops.lib import bulk

LOOK_BACK = timedelta(days=30)
MOST_WORDS = 2
QUIET = ["email_open", "ad_click"]  # noise beside what somebody really did


def reasons(leads: Iterable[Any], *, now: datetime) -> dict[int, str]:
    """{lead id: "Demo request, pricing ×3"}: the hand raised, then what the person did most recently."""
    leads = list(leads)
    rows = bulk.query(
        """
        SELECT person_id, kind, label, url, n FROM (
            SELECT t.person_id, t.kind, t.asset AS label, max(t.url) AS url, count(*) AS n,
                   row_number() OVER (PARTITION BY t.person_id ORDER BY max(t.occurred_at) DESC) AS place
              FROM leads_touch t
             WHERE t.person_id = ANY (%s::bigint[]) AND t.side <> 'sales' AND t.direction = 'in'
               AND t.kind <> ALL (%s) AND t.occurred_at > %s AND t.occurred_at <= %s
             GROUP BY t.person_id, t.kind, t.asset, split_part(t.url, '?', 1)) x
         WHERE place <= 4 ORDER BY person_id, place""",
        [[lead.person_id for lead in leads], QUIET, now - LOOK_BACK, now],
    )
    did: dict[int, list[str]] = {}
    for person, kind, asset, url, count in rows:
        words = touch_words.title(kind, asset, url)
        did.setdefault(person, []).append(f"{words} ×{count}" if count > 1 else words)
    return {lead.pk: _sentence(touch_words.hand_raise(lead.hand_raise), did.get(lead.person_id, [])) for lead in leads}


def _sentence(raised: str, did: Sequence[str]) -> str:
    words = [raised] if raised else []
    words += [word for word in did if word.partition(" ×")[0] != raised]
    picked = words[:MOST_WORDS]
    return ", ".join([*picked[:1], *(f"{word[:1].lower()}{word[1:]}" for word in picked[1:])])


def last_touches(person_ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    """{person id: (when, "pricing")}: the newest touch of each."""
    rows = bulk.query(
        """SELECT p.id, t.occurred_at, t.kind, t.asset, t.url, t.outcome
             FROM unnest(%s::bigint[]) AS p(id) JOIN LATERAL (
                  SELECT * FROM leads_touch t WHERE t.person_id = p.id
                   ORDER BY t.occurred_at DESC LIMIT 1) t ON true""",
        [list(person_ids)],
    )
    return {pk: (at, touch_words.short(kind, asset, url, outcome)) for pk, at, kind, asset, url, outcome in rows}


def attempts(lead_ids: Sequence[int]) -> dict[int, str]:
    """{lead id: "called twice, no answer"}: what we did so far; who wasn't tried is left out."""
    rows = bulk.query(
        """SELECT lead_id, count(*) FILTER (WHERE kind = 'call'), count(*) FILTER (WHERE kind <> 'call'),
                  bool_or(outcome = 'two_way'), max(occurred_at)
             FROM leads_touch
            WHERE lead_id = ANY (%s::bigint[]) AND side = 'sales' AND kind <> 'note' GROUP BY lead_id""",
        [list(lead_ids)],
    )
    found = {}
    for lead, calls, others, spoke, _ in rows:
        parts = [f"called {_times(calls)}"] if calls else []
        parts += [f"wrote {_times(others)}"] if others else []
        found[lead] = f"{', '.join(parts)}, {'reached' if spoke else 'no answer'}"
    return found


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")
