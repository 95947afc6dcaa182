"""Who needs help: every open clock of the people on a floor, by urgency (UX 3, Team floor).

Whose a clock is: of its lead's or deal's present owner. A clock that isn't late is charged to that owner, so its own
column says so and one partial index serves it; a late one stays charged to whoever had it at due and is found by its
lead or deal. The owner's own response clock says what the lead's says and is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import prefetch_related_objects

from leads.models.stage import OPEN_STAGES
from revops.lib import bulk, cursors
from sla.models import Clock

SOON = timedelta(minutes=15)
GROUPS = {"late": "Late", "soon": "Next 15 minutes", "today": "Today", "later": "Later", "paused": "Paused"}
DUE = "due"  # everything owed until the day is over: a group of groups, behind the number "Due today"
OWED = ("late", "soon", "today")
SHOWN = {"late": 25, "soon": 25, "today": 5}
PAGE = 50
QUARTER = 900
AHEAD = 16  # quarters of an hour: the next four


@dataclass(frozen=True, slots=True)
class Floor:
    """What is looked at. `people`: user ids, None = everybody and what nobody owns; `target`: one promise, "" = all.

    `tomorrow`: where today ends, in the reader's zone.
    """

    people: tuple[int, ...] | None
    now: datetime
    tomorrow: datetime
    target: str = ""


@dataclass(slots=True)
class Summary:
    """`groups`: {late, soon, today, later, paused: count}; `oldest`: when the longest late one fell due; `kinds`:
    {target: count} of what is late or due today; `late_of`: {user id or None: count}; `quarters`: deadlines in each of
    the next 16 quarters of an hour; `waiting`: (count, first due) of what only runs in opening hours and isn't late;
    `rows`: {group: clock ids, due first}."""

    groups: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GROUPS, 0))
    oldest: datetime | None = None
    kinds: dict[str, int] = field(default_factory=dict)
    late_of: dict[int | None, int] = field(default_factory=dict)
    quarters: list[int] = field(default_factory=lambda: [0] * AHEAD)
    waiting: tuple[int, datetime | None] = (0, None)
    rows: dict[str, list[int]] = field(default_factory=dict)

    @property
    def today(self) -> int:
        """Everything owed until the day is over, what is late included."""
        return sum(self.groups[key] for key in OWED)


# Requests about data and for content and asked discounts have pages of their own, with people of their own.
COUNTED = """NOT c.history AND coalesce(c.lead_id, c.deal_id) IS NOT NULL AND c.target <> 'discount'
             AND NOT (c.scope = 'owner' AND c.target = 'first_response')
             AND (%(target)s = '' OR c.target = %(target)s)"""
COLUMNS = "c.id, c.due_at, c.target, c.phase, c.calendar_version_id"
OF_SOME = f"""
    SELECT {COLUMNS}, c.owner_id AS answers FROM sla_clock c
     WHERE c.phase <> 'stopped' AND c.owner_id = ANY (%(people)s) AND (c.due_at >= %(now)s OR c.due_at IS NULL)
       AND {COUNTED}
    UNION ALL
    SELECT {COLUMNS}, l.owner_id FROM leads_lead l JOIN sla_clock c ON c.lead_id = l.id
     WHERE l.owner_id = ANY (%(people)s) AND l.stage = ANY (%(open)s) AND l.next_due_at < %(now)s
       AND c.phase = 'running' AND c.due_at < %(now)s AND {COUNTED}
    UNION ALL
    SELECT {COLUMNS}, d.owner_id FROM deals_deal d JOIN sla_clock c ON c.deal_id = d.id
     WHERE d.owner_id = ANY (%(people)s) AND c.phase = 'running' AND c.due_at < %(now)s AND {COUNTED}"""
OF_ALL = f"""
    SELECT {COLUMNS}, CASE WHEN c.due_at < %(now)s THEN coalesce(l.owner_id, d.owner_id) ELSE c.owner_id END AS answers
      FROM sla_clock c
      LEFT JOIN leads_lead l ON l.id = c.lead_id AND c.due_at < %(now)s
      LEFT JOIN deals_deal d ON d.id = c.deal_id AND c.due_at < %(now)s
     WHERE c.phase <> 'stopped' AND {COUNTED}"""
GROUPED = """grouped AS MATERIALIZED (
        SELECT o.*, CASE WHEN o.phase = 'paused' OR o.due_at IS NULL THEN 'paused' WHEN o.due_at < %(now)s THEN 'late'
                         WHEN o.due_at <= %(soon)s THEN 'soon' WHEN o.due_at < %(tomorrow)s THEN 'today'
                         ELSE 'later' END AS grp
          FROM open o)"""


def summary(floor: Floor) -> Summary:
    """All that the floor counts, and the first clocks of each group; one statement."""
    shown = " ".join(f"WHEN '{group}' THEN {n}" for group, n in SHOWN.items())
    rows = bulk.query(
        f"""
        WITH open AS ({_open(floor)}), {GROUPED}
        SELECT 'group', grp, NULL::bigint, count(*), min(due_at) FROM grouped GROUP BY grp
        UNION ALL
        SELECT 'kind', target, NULL, count(*), NULL FROM grouped WHERE grp IN ('late', 'soon', 'today') GROUP BY target
        UNION ALL
        SELECT 'late', '', answers, count(*), NULL FROM grouped WHERE grp = 'late' GROUP BY answers
        UNION ALL
        SELECT 'quarter', '', (extract(epoch FROM due_at - %(now)s) / {QUARTER})::int, count(*), NULL
          FROM (SELECT due_at - interval '{QUARTER // 2} seconds' AS due_at FROM grouped
                 WHERE grp <> 'late' AND due_at < %(ahead)s) q GROUP BY 3
        UNION ALL
        SELECT 'waiting', '', NULL, count(*), min(due_at) FROM grouped
         WHERE grp IN ('soon', 'today', 'later') AND calendar_version_id IS NOT NULL
        UNION ALL
        (SELECT 'row', grp, id, n, due_at
           FROM (SELECT grp, id, due_at, row_number() OVER (PARTITION BY grp ORDER BY due_at, id) AS n
                   FROM grouped WHERE grp IN ('late', 'soon', 'today')) ranked
          WHERE n <= CASE grp {shown} END ORDER BY n)""",
        _bound(floor),
    )
    found = Summary()
    for what, name, number, count, due in rows:
        if what == "group":
            found.groups[name] = count
            if name == "late":
                found.oldest = due
        elif what == "kind":
            found.kinds[name] = count
        elif what == "late":
            found.late_of[number] = count
        elif what == "quarter":
            found.quarters[min(max(number, 0), AHEAD - 1)] += count
        elif what == "waiting":
            found.waiting = (count, due)
        else:
            found.rows.setdefault(name, []).append(number)
    return found


@dataclass(slots=True)
class Page:
    """`ids`: clocks due first; `next`: the cursor of the page after, or ""."""

    ids: list[int]
    next: str = ""


def page(floor: Floor, *, group: str = "", cursor: str = "", size: int = PAGE) -> Page:
    """One page of the floor's open clocks by keyset: all, of one group, or what is DUE. What is paused stands at the
    end, as it began to wait. Raises Invalid for a cursor that we never wrote."""
    edge, text = cursors.read(cursor) if cursor else None, ""
    if edge:
        # A paused clock has no due: it sorts after everything that has.
        text = " AND due_at IS NULL AND id > %(pk)s"
        if edge[0]:
            text = " AND (due_at IS NULL OR (due_at, id) > (%(at)s, %(pk)s))"
    rows = bulk.query(
        f"""
        WITH open AS ({_open(floor)}), {GROUPED}
        SELECT id, due_at FROM grouped WHERE (%(group)s = '' OR grp = ANY (%(groups)s)){text}
         ORDER BY due_at, id LIMIT %(size)s""",
        {
            **_bound(floor), "group": group, "groups": list(OWED) if group == DUE else [group],
            "at": edge and edge[0], "pk": edge and edge[1], "size": size + 1,
        },
    )  # fmt: skip
    found = Page([row[0] for row in rows[:size]])
    if len(rows) > size:
        found.next = cursors.write(rows[size - 1][1], rows[size - 1][0])
    return found


def clocks(ids: Sequence[int]) -> list[Clock]:
    """The clocks in this order, with everything a row shows; one query, one more where any is paused."""
    found = Clock.objects.select_related(
        "lead__person", "lead__company", "lead__owner", "deal__company", "deal__owner", "owner", "calendar_version",
        "policy",
    ).in_bulk(ids)  # fmt: skip
    prefetch_related_objects([clock for clock in found.values() if clock.phase == "paused"], "pauses")
    return [found[pk] for pk in ids if pk in found]


def _open(floor: Floor) -> str:
    return OF_ALL if floor.people is None else OF_SOME


def _bound(floor: Floor) -> dict[str, Any]:
    return {
        "people": list(floor.people or ()), "target": floor.target, "open": [str(stage) for stage in OPEN_STAGES],
        "now": floor.now, "soon": floor.now + SOON, "tomorrow": floor.tomorrow,
        "ahead": floor.now + timedelta(seconds=QUARTER * AHEAD),
    }  # fmt: skip
