"""Sources of which much is refused: how often, and for which reasons, over the last day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.submissions.listing import field_name, source_name
from leads.webforms import forms
from revops.lib import bulk

DAY = timedelta(hours=24)
FEWEST, SHARE = 3, 0.05  # below these it is somebody's slip of the pen
MOST_READ = 5_000  # submissions of a source that are counted at most


@dataclass(frozen=True, slots=True)
class Failing:
    """`refused` of the last `total` within the day; `reasons`: [(words, count)], the most frequent first."""

    source: str
    name: str
    total: int
    refused: int
    reasons: list[tuple[str, int]]

    @property
    def share(self) -> float:
        return self.refused / self.total


def sources(*, now: datetime) -> list[Failing]:
    """Worst first. Reads what was not taken by its own index, and of each source in trouble its newest."""
    reasons = bulk.query(
        """
        SELECT source, coalesce(errors -> 0 ->> 'code', 'other'), min(errors -> 0 ->> 'field'),
               (array_agg(errors -> 0 ->> 'detail' ORDER BY id DESC))[1], count(*)
          FROM (SELECT * FROM leads_submission WHERE outcome IN ('suspect', 'spam', 'refused', 'failed')
                 ORDER BY id DESC LIMIT %s) newest
         WHERE outcome IN ('refused', 'failed') AND recorded_at > %s AND recorded_at <= %s AND judged_at IS NULL
         GROUP BY 1, 2 ORDER BY 5 DESC""",
        [MOST_READ, now - DAY, now],
    )
    by_source: dict[str, list[tuple[str, int]]] = {}
    for source, code, field, detail, count in reasons:
        words = detail or code.replace("_", " ")
        by_source.setdefault(source, []).append((f"{field_name(field)}: {words}" if field else words, count))
    names = forms.names() if by_source else {}
    found = []
    for source, said in by_source.items():
        refused = sum(count for _, count in said)
        [(total,)] = bulk.query(
            """SELECT count(*) FROM (SELECT recorded_at FROM leads_submission WHERE source = %s
                                        ORDER BY id DESC LIMIT %s) newest WHERE recorded_at > %s""",
            [source, MOST_READ, now - DAY],
        )
        total = max(total, refused)
        if refused >= FEWEST and refused / total >= SHARE:
            found.append(Failing(source, source_name(source, names), total, refused, said[:4]))
    return sorted(found, key=lambda one: (-one.refused, one.name))
