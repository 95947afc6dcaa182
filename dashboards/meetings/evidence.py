"""What came of deals like these: counted, never promised. Sentences say "was followed by", with their n."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deals import stalls
from deals.models import PipelineStage
from deals.stage_times import LOOKS_BACK, Median
from leads.models.touch import COUNTED
from revops.lib import bulk, words

ANSWERS_WITHIN = timedelta(days=7)
PUSHED = """
SELECT count(*) FILTER (WHERE stage = 'won'), count(*) FROM deals_deal
 WHERE stage IN ('won', 'lost') AND pushes >= %(pushed)s AND closed_at >= %(since)s AND closed_at < %(now)s
   AND NOT undated AND kind <> 'renewal'"""
# Deals that stood too long in a stage, were called while they did, and whether both spoke within a week of that call.
CALLED = """
WITH kept AS (SELECT * FROM unnest(%(stages)s::bigint[], %(limits)s::float8[]) AS u(stage_id, days)),
long AS (
    SELECT s.stage_id, s.deal_id, s.entered_at + k.days * interval '1 day' AS over_at,
           coalesce(s.left_at, d.closed_at, %(now)s) AS until
      FROM deals_stint s JOIN kept k ON k.stage_id = s.stage_id JOIN deals_deal d ON d.id = s.deal_id
     WHERE NOT s.skipped AND s.entered_at >= %(since)s
       AND coalesce(s.left_at, d.closed_at, %(now)s) > s.entered_at + k.days * interval '1 day'),
theirs AS (
    SELECT l.*, x.person_id FROM long l JOIN deals_deal d ON d.id = l.deal_id,
   LATERAL (SELECT r.person_id FROM deals_contactrole r WHERE r.deal_id = d.id UNION SELECT d.person_id) x),
called AS (
    SELECT p.stage_id, p.deal_id, min(t.occurred_at) AS at FROM theirs p
      JOIN leads_touch t ON t.person_id = p.person_id AND t.kind = 'call' AND t.direction = 'out'
       AND t.standing = ANY (%(counted)s) AND t.occurred_at >= p.over_at AND t.occurred_at < p.until
     WHERE true GROUP BY p.stage_id, p.deal_id)
SELECT c.stage_id, count(*), count(*) FILTER (WHERE EXISTS (
         SELECT 1 FROM theirs p JOIN leads_touch t ON t.person_id = p.person_id AND t.outcome = 'two_way'
            AND t.standing = ANY (%(counted)s) AND t.occurred_at >= c.at AND t.occurred_at <= c.at + %(within)s
          WHERE p.deal_id = c.deal_id AND p.stage_id = c.stage_id))
  FROM called c WHERE c.at + %(within)s <= %(now)s GROUP BY c.stage_id"""


@dataclass(slots=True)
class Evidence:
    """`usual`: {stage: median of won deals}; `pushed`: (won, decided) of deals put off twice or more; `called`:
    {stage: (answered, called)} of deals that stood there too long."""

    usual: dict[int, Median]
    pushed: tuple[int, int] = (0, 0)
    called: dict[int, tuple[int, int]] = field(default_factory=dict)

    def limit(self, stage: PipelineStage) -> float:
        usual = self.usual.get(stage.pk)
        return stalls.limit(usual.seconds / stalls.DAY if usual else None, usual.n if usual else 0, stage.limit_days)

    def of_pushes(self) -> str:
        won, n = self.pushed
        if not n:
            return ""
        small = ", small sample" if n < words.SMALL_SAMPLE else ""
        return f"Of deals put off twice or more we won {words.number(won)} of {words.number(n)}{small}."

    def of_calls(self, stage: PipelineStage) -> str:
        """in 9 of 14 deals that stood too long in Proposal a call was followed by an answer within a week"""
        answered, n = self.called.get(stage.pk, (0, 0))
        return (
            f"in {words.number(answered)} of {words.number(n)} deals that stood too long in {stage} a call was "
            "followed by an answer within a week"
        ) if n else ""  # fmt: skip


def gather(stages: list[PipelineStage], *, usual: dict[int, Median], now: datetime) -> Evidence:
    """Of the last twelve months; two queries."""
    found = Evidence(usual)
    asked = {"since": now - LOOKS_BACK, "now": now}
    [found.pushed] = bulk.query(PUSHED, {**asked, "pushed": stalls.PUSHED})
    limits = [found.limit(stage) for stage in stages]
    rows = bulk.query(CALLED, {
        **asked, "stages": [stage.pk for stage in stages], "limits": limits, "counted": COUNTED,
        "within": ANSWERS_WITHIN,
    }) if stages else []  # fmt: skip
    found.called = {stage: (answered, n) for stage, n, answered in rows}
    return found
