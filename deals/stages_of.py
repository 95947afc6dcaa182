"""Where deals stand, for one or ten thousand: the only place that writes stints and their copies on the deal.

Call it before the fact is recorded: reactions read where the deal stands by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from revops.lib import bulk

FIRST = """(SELECT s.id FROM deals_pipelinestage s JOIN deals_pipeline p ON p.id = s.pipeline_id
             WHERE p.is_default AND s.retired_at IS NULL ORDER BY s.position, s.id LIMIT 1)"""
STANDS = {"deal_id": "bigint", "stage_id": "bigint", "at": "timestamptz", "by_id": "bigint"}
SKIPS = {**STANDS, "place": "int"}


@dataclass(slots=True)
class Stand:
    """A deal comes to stand in a stage; `stage_id` None: the first of the default pipeline. `skipped`: stages passed
    on the way, kept as stays of no length."""

    deal_id: int
    at: datetime
    by: int | None = None
    stage_id: int | None = None
    skipped: Sequence[int] = ()


def put(stands: Sequence[Stand]) -> None:
    """Ends the stay before, begins the new one; each deal at most once in a batch. Three statements, one round trip."""
    if not stands:
        return
    relation, params = bulk.source(STANDS, [(s.deal_id, s.stage_id, s.at, s.by) for s in stands])
    passed, skips = bulk.source(
        SKIPS, [(s.deal_id, stage, s.at, s.by, n) for s in stands for n, stage in enumerate(s.skipped)]
    )
    bulk.run([
        _ended(relation, params),
        (f"""INSERT INTO deals_stint (deal_id, stage_id, entered_at, left_at, skipped, by_id)
             SELECT v.deal_id, v.stage_id, v.at, v.at, true, v.by_id FROM {passed} ORDER BY v.deal_id, v.place""",
         skips) if skips[0] else (),
        (f"""WITH begun AS (
                 INSERT INTO deals_stint (deal_id, stage_id, entered_at, by_id, skipped)
                 SELECT v.deal_id, coalesce(v.stage_id, {FIRST}), v.at, v.by_id, false FROM {relation}
                 ORDER BY v.deal_id RETURNING deal_id, stage_id, entered_at)
             UPDATE deals_deal d SET pipeline_id = s.pipeline_id, pipeline_stage_id = b.stage_id,
                    stage_at = b.entered_at, updated_at = greatest(d.updated_at, b.entered_at)
               FROM begun b JOIN deals_pipelinestage s ON s.id = b.stage_id WHERE d.id = b.deal_id""", params),
    ])  # fmt: skip


def hold(stage_id: int) -> bool:
    """Whether deals go to this stage. Nobody retires it before the transaction ends; who is at it is waited for."""
    return bool(bulk.query(
        """SELECT s.id FROM deals_pipelinestage s JOIN deals_pipeline p ON p.id = s.pipeline_id
            WHERE s.id = %s AND s.retired_at IS NULL AND p.is_active FOR KEY SHARE OF s""", [stage_id]))  # fmt: skip


def leave(ended: Sequence[tuple[int, datetime]]) -> None:
    """(deal, moment) of deals that are won or lost: they stand nowhere any more; the pipeline stays."""
    if not ended:
        return
    relation, params = bulk.source({"deal_id": "bigint", "at": "timestamptz"}, list(ended))
    bulk.run([
        _ended(relation, params),
        (f"UPDATE deals_deal d SET pipeline_stage_id = NULL, stage_at = NULL FROM {relation} WHERE d.id = v.deal_id",
         params),
    ])  # fmt: skip


def settle(deal_ids: Sequence[int], *, named: dict[int, str] | None = None) -> None:
    """Deals an import wrote: the open ones stand since they were opened in the stage of that name of the default
    pipeline, else of any, else in the first; those that ended stand nowhere. Nothing changes what is so already."""
    if not deal_ids:
        return
    rows = bulk.query(
        "SELECT id, stage = 'open', created_at, closed_at FROM deals_deal d WHERE id = ANY (%s)"
        " AND (stage = 'open') <> EXISTS (SELECT 1 FROM deals_stint s WHERE s.deal_id = d.id AND s.left_at IS NULL)",
        [list(deal_ids)],
    )
    told = {pk: (named or {}).get(pk, "").strip().casefold() for pk, is_open, *_ in rows if is_open}
    stages = _named(set(told.values()) - {""})
    put([Stand(pk, created, stage_id=stages.get(told[pk])) for pk, is_open, created, _ in rows if is_open])
    leave([(pk, closed) for pk, is_open, _, closed in rows if not is_open])


def last(deal_id: int) -> int | None:
    """The stage a deal stood in when it ended, if deals still go there; None: it begins at the first again."""
    rows = bulk.query(
        """SELECT CASE WHEN g.retired_at IS NULL AND p.is_active THEN g.id END
             FROM deals_stint s JOIN deals_pipelinestage g ON g.id = s.stage_id
             JOIN deals_pipeline p ON p.id = g.pipeline_id
            WHERE s.deal_id = %s AND NOT s.skipped ORDER BY s.entered_at DESC, s.id DESC LIMIT 1""",
        [deal_id],
    )
    return rows[0][0] if rows else None


def _ended(relation: str, params: list) -> tuple[str, list]:
    return (
        f"""UPDATE deals_stint s SET left_at = greatest(s.entered_at, v.at) FROM {relation}
             WHERE s.deal_id = v.deal_id AND s.left_at IS NULL""",
        params,
    )


def _named(names: set[str]) -> dict[str, int]:
    if not names:
        return {}
    return dict(
        bulk.query(
            """SELECT DISTINCT ON (lower(s.name)) lower(s.name), s.id
                 FROM deals_pipelinestage s JOIN deals_pipeline p ON p.id = s.pipeline_id
                WHERE s.retired_at IS NULL AND p.is_active AND lower(s.name) = ANY (%s)
                ORDER BY lower(s.name), p.is_default DESC, p.position, s.position""",
            [sorted(names)],
        )
    )
