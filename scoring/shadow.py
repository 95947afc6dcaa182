"""A model in the shadow: it scores silently beside the live one, so that both can be compared on the same days.

Drained by the pulse and not part of anybody's transaction: nobody is told, no clock starts, no lead is handed over.
Looked at are inquiries whose person had news, fading or a new score since the last look, all of them once a day, and
each lead that the live model hands over once more. When the time is over the administrators hear of it once.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from leads import conditions
from leads.models.stage import Stage
from notify.models import Notice
from revops.lib import bulk
from scoring import current
from scoring.compiling import OPEN
from scoring.definitions import current as definition_of
from scoring.models import ScoringModel
from scoring.rescore import KEPT, cool_down_ends
from teams.models import User

LOCK = 770_021
AGAIN = timedelta(hours=24)  # what no touch and no score tells of (an attribute the live model ignores) waits so long
# A score is dated when its transaction began: what was committed a moment after the last look is looked at again.
COMMITS_WITHIN = timedelta(seconds=10)
RESTS = 15.0  # seconds between looks that find nobody; longer when looking takes long
LISTED = 50

_next_look = 0.0


def drain(now: datetime, limit: int) -> int:
    """For the pulse: score up to `limit` people under the model in the shadow; how many. Nothing to do → a rest."""
    global _next_look
    began = time.monotonic()
    if began < _next_look:
        return 0
    done = look(now, limit)
    if done < limit:
        _next_look = time.monotonic() + max(RESTS, 20 * (time.monotonic() - began))
    return done


def look(now: datetime, limit: int) -> int:
    """One lot; one worker at a time. A lot and its rows are one transaction, so a kill loses nothing."""
    with transaction.atomic():
        model = running()
        if model is None or not bulk.query("SELECT 1 WHERE pg_try_advisory_xact_lock(%s)", [LOCK]):
            return 0
        assert model.shadow_from and model.shadow_until
        if now >= model.shadow_until:
            _tell(model, now)
            return 0
        ids = _due(model, now, limit)
        if ids:
            _score(model, ids, now)
    return len(ids)


def running() -> ScoringModel | None:
    return ScoringModel.objects.filter(state=ScoringModel.State.SHADOW, shadow_from__isnull=False).first()


def _due(model: ScoringModel, now: datetime, limit: int) -> list[int]:
    rows = bulk.query(
        f"""SELECT p.id FROM leads_lead l JOIN leads_person p ON p.id = l.person_id
              LEFT JOIN scoring_shadowscore s ON s.person_id = p.id AND s.model_id = %(model)s AND s.lead_id = l.id
             WHERE l.stage IN ({OPEN}) AND NOT l.history
               AND CASE WHEN l.stage = '{Stage.INQUIRY.value}' THEN s.person_id IS NULL OR s.at < %(day_ago)s
                        OR s.at < GREATEST(p.scored_at, LEAST(p.last_touch_at, %(now)s)) + %(margin)s AND s.at < %(now)s
                   ELSE l.mql_at >= %(since)s AND (s.person_id IS NULL OR s.at < GREATEST(l.mql_at,
                        (SELECT n.at FROM leads_snapshot n WHERE n.lead_id = l.id))) END
             ORDER BY p.id LIMIT %(limit)s""",
        {"model": model.pk, "now": now, "day_ago": now - AGAIN, "margin": COMMITS_WITHIN, "since": model.shadow_from,
         "limit": limit},
    )  # fmt: skip
    return [pk for (pk,) in rows]


def _score(model: ScoringModel, ids: Sequence[int], now: datetime) -> None:
    scoring = current.of_model(model)
    definition = definition_of("mql", at=now)
    # The live model's cut says nothing about another model's scores: in the top-share mode nobody meets it here.
    unknown = {"score.top": "NULL::boolean"}
    meets = conditions.compile(definition.predicate, prefix="d", given=unknown) if definition else None
    text = meets.text if meets else "FALSE"
    with connection.cursor() as cursor:
        cursor.execute(f"""
        WITH scored AS MATERIALIZED (
            SELECT {KEPT}, {scoring.columns}, l.id AS lead_id FROM {scoring.source} WHERE p.id = ANY (%(ids)s))
        INSERT INTO scoring_shadowscore (person_id, model_id, lead_id, fit, engagement, usage, pql, cell, at, met_at)
        SELECT p.id, %(model)s, l.id, p.fit, p.engagement, p.usage, p.pql, p.cell, %(as_of)s,
               CASE WHEN ({text}) IS TRUE AND NOT p.suppressed AND (l.hand_raise <> '' OR NOT EXISTS (
                   SELECT 1 FROM leads_lead prev WHERE prev.person_id = p.id AND prev.cycle = l.cycle - 1
                      AND prev.stage = 'recycled' AND {cool_down_ends()} > %(as_of)s)) THEN %(as_of)s END
          FROM scored p JOIN leads_lead l ON l.id = p.lead_id LEFT JOIN leads_company c ON c.id = p.company_id
         ORDER BY p.id
        ON CONFLICT (person_id) DO UPDATE SET
               model_id = EXCLUDED.model_id, lead_id = EXCLUDED.lead_id, fit = EXCLUDED.fit,
               engagement = EXCLUDED.engagement, usage = EXCLUDED.usage, pql = EXCLUDED.pql, cell = EXCLUDED.cell,
               at = EXCLUDED.at,
               met_at = CASE WHEN scoring_shadowscore.lead_id = EXCLUDED.lead_id
                                  AND scoring_shadowscore.model_id = EXCLUDED.model_id
                             THEN COALESCE(scoring_shadowscore.met_at, EXCLUDED.met_at) ELSE EXCLUDED.met_at END""",
        {**scoring.params, **(meets.params if meets else {}), "as_of": now, "ids": list(ids), "model": model.pk},
        )  # fmt: skip


def _tell(model: ScoringModel, now: datetime) -> None:
    key = f"model:{model.pk}:shadow:{model.shadow_until:%Y-%m-%d}"
    if Notice.objects.filter(key=key).exists():
        return
    told = [
        Notice(
            user_id=user, kind="model.shadow_over", subject_kind="model", subject_id=model.pk, key=key, at=now,
            how=["email"],
        )
        for user in User.objects.active().filter(role="admin").values_list("pk", flat=True)
    ]  # fmt: skip
    Notice.objects.bulk_create(told, ignore_conflicts=True)


def names(models: Iterable[int]) -> dict[int, tuple[str, str]]:
    """For notices: {model id: ("Model v13", "/scoring/")}."""
    found = ScoringModel.objects.filter(pk__in=list(models)).values_list("pk", "version")
    return {pk: (f"Model v{version}", "/scoring/") for pk, version in found}


# --- what came of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead that at least one of the two hands over. `live_at`, `shadow_at`: when, null = it does not."""

    lead_id: int
    name: str
    company: str
    live_at: datetime | None
    shadow_at: datetime | None
    live_cell: str
    shadow_cell: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Over the days in the shadow so far. `at_once`: of those only the shadow hands over, leads older than it without
    anything new since: they would wait if it were published. `scored`: people with a score in the shadow."""

    model_id: int
    version: int
    since: datetime
    until: datetime
    ends: datetime
    scored: int
    live_handed: int
    shadow_handed: int
    both: int
    only_live: int
    only_shadow: int
    at_once: int
    lists: dict[str, list[Lead]] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return self.until >= self.ends


HANDED = f"""
    SELECT l.id, l.person_id, l.created_at, p.last_touch_at,
           CASE WHEN l.mql_at >= %(since)s AND l.mql_at < %(until)s THEN l.mql_at END AS live_at, s.met_at AS shadow_at,
           l.cell AS live_cell, COALESCE(s.cell, '') AS shadow_cell
      FROM (SELECT id FROM leads_lead WHERE mql_at >= %(since)s AND mql_at < %(until)s
            UNION SELECT lead_id FROM scoring_shadowscore WHERE model_id = %(model)s AND met_at < %(until)s) either
      JOIN leads_lead l ON l.id = either.id JOIN leads_person p ON p.id = l.person_id
      LEFT JOIN scoring_shadowscore s ON s.person_id = p.id AND s.lead_id = l.id AND s.model_id = %(model)s
           AND s.met_at < %(until)s
     WHERE NOT l.history AND l.stage <> '{Stage.MERGED.value}'
       AND (l.mql_at >= %(since)s OR s.met_at IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM leads_snapshot n WHERE n.lead_id = l.id AND n.because = 'override')"""
WHICH = {
    "both": "live_at IS NOT NULL AND shadow_at IS NOT NULL",
    "only_live": "shadow_at IS NULL",
    "only_shadow": "live_at IS NULL",
}


def compared(now: datetime, *, listed: int = LISTED) -> Comparison | None:
    """The live model's hand-overs beside those the model in the shadow would have made; None when none runs.

    Five queries. Those handed over by hand are left out; a lead handed over before the shadow began is too.
    """
    model = running()
    if model is None:
        return None
    assert model.shadow_from and model.shadow_until
    params = _params(model, now)
    [(live, shadowed, both, only_live, only_shadow, at_once, scored)] = bulk.query(
        f"""SELECT count(live_at), count(shadow_at), count(*) FILTER (WHERE {WHICH["both"]}),
                  count(*) FILTER (WHERE {WHICH["only_live"]}), count(*) FILTER (WHERE {WHICH["only_shadow"]}),
                  count(*) FILTER (WHERE {WHICH["only_shadow"]} AND created_at < %(since)s
                                     AND (last_touch_at < %(since)s) IS NOT FALSE),
                  (SELECT count(*) FROM scoring_shadowscore WHERE model_id = %(model)s)
             FROM ({HANDED}) x""",
        params,
    )
    return Comparison(
        model.pk, model.version, model.shadow_from, params["until"], model.shadow_until, scored, live, shadowed, both,
        only_live, only_shadow, at_once, {which: page(model, which, now=now, limit=listed) for which in WHICH},
    )  # fmt: skip


def page(model: ScoringModel, which: str, *, now: datetime, after: int = 0, limit: int = LISTED) -> list[Lead]:
    """The leads of `both`, `only_live` or `only_shadow`, by id, from behind the lead `after`; one query."""
    rows = bulk.query(
        f"""SELECT x.id, COALESCE(NULLIF(trim(p.first_name || ' ' || p.last_name), ''), p.email), COALESCE(c.name, ''),
                  x.live_at, x.shadow_at, x.live_cell, x.shadow_cell
             FROM ({HANDED}) x JOIN leads_person p ON p.id = x.person_id
             LEFT JOIN leads_company c ON c.id = p.company_id
            WHERE {WHICH[which]} AND x.id > %(after)s ORDER BY x.id LIMIT %(limit)s""",
        {**_params(model, now), "after": after, "limit": limit},
    )
    return [Lead(*row) for row in rows]


def _params(model: ScoringModel, now: datetime) -> dict[str, Any]:
    until = min(now, model.shadow_until) if model.shadow_until else now
    return {"model": model.pk, "since": model.shadow_from, "until": until}
