"""A new version at a million leads: rescoring against the same rules written by hand, one lead, a replay, a live count."""

import resource
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from leads import live_count
from marketing.models import Channel
from revops.bench import _hand_scoring, _million, figure
from revops.bench._company import median, moment, scaled, set_up
from revops.lib import bulk
from scoring import drafts
from scoring.models import Rule, ScoringModel
from scoring.replay import running
from scoring.rescore import LOT, rescore
from teams.models import Role

SMALL, MIDDLE, LARGE = 10_000, 100_000, 1_000_000
OFTEN = {
    "attribute": {"attribute": "company.employees", "op": "at_least", "value": 500},
    "touches": {"touches": {"kind": ["page_view"], "url_contains": "/pricing"}, "at_least": 1, "within_days": 30},
}


def figures() -> Iterator[dict[str, Any]]:
    cast = set_up(moment())
    sellers = [user.pk for user in cast.users.values() if user.role == Role.SALES]
    channels = list(Channel.objects.order_by("position").values_list("code", flat=True)[:7])
    Rule.objects.filter(name__in=_hand_scoring.LEFT_OUT).delete()
    one: dict[int, float] = {}

    def filled(count: int) -> datetime:
        now = moment()
        _million.fill(count, owners=sellers, channels=channels, now=now)
        one[count] = _one(now)
        return now

    filled(scaled(SMALL))
    now = filled(scaled(MIDDLE))
    yield from _replay(now, cast.users["Ruth Adeyemi"])
    now = filled(scaled(LARGE))
    yield figure("scoring_one_lead", one[scaled(LARGE)], "ms", baseline=None, required=5.0, most=True)
    yield figure(
        "scoring_one_lead_growth", one[scaled(LARGE)], "ms", baseline=one[scaled(SMALL)], required=1.5, most=True
    )
    for name, condition in OFTEN.items():
        taken = [_timed(lambda condition=condition: live_count.count(condition, now=now)) * 1000 for _ in range(5)]
        yield figure(f"live_count_{name}", median(taken), "ms", baseline=None, required=300.0, most=True)
    yield from _everybody(now)


def _one(now: datetime) -> float:
    """Milliseconds of a single person's rescoring, plan warm."""
    ids = [row[0] for row in bulk.query("SELECT id FROM leads_person ORDER BY hashint8(id) LIMIT 60")]
    taken = [_timed(lambda pk=pk: rescore([pk], now=now, crossings=False)) * 1000 for pk in ids]
    return median(taken[10:])


def _everybody(now: datetime) -> Iterator[dict[str, Any]]:
    version = ScoringModel.objects.get(state="published").version
    _forget()
    by_hand = _timed(lambda: _hand_scoring.run(as_of=now, version=version))
    told = _told()
    _forget()
    before = _memory()
    [(last,)] = bulk.query("SELECT max(id) FROM leads_person")

    def all_lots() -> None:
        for start in range(1, last + 1, LOT):
            rescore(range(start, min(start + LOT, last + 1)), now=now, crossings=False)

    ours = _timed(all_lots)
    if _told() != told:
        raise AssertionError("The rules written by hand give other scores than the model.")
    yield figure("rescoring_everybody", ours, "s", baseline=by_hand, required=2.0, most=True)
    yield figure("rescoring_memory", _memory() - before, "MB", baseline=None, required=50.0, most=True)


def _replay(now: datetime, admin: Any) -> Iterator[dict[str, Any]]:
    [(last,)] = bulk.query("SELECT max(id) FROM leads_person")
    _forget()

    def lots() -> None:
        for start in range(1, last + 1, LOT):
            rescore(range(start, min(start + LOT, last + 1)), now=now, crossings=False)

    once = _timed(lots)
    # Every lead of the company within the days that are replayed.
    bulk.run([
        ("UPDATE leads_lead SET created_at = %s::timestamptz - (random() * 179 + 0.5) * interval '1 day'", [now]),
        ("UPDATE leads_lead SET mql_at = created_at + interval '20 minutes', sal_at = NULL, sql_at = NULL "
         "WHERE mql_at IS NOT NULL", []),
        ("UPDATE leads_touch t SET occurred_at = l.created_at + (t.id %% 5) * interval '7 hours', "
         "received_at = l.created_at, recorded_at = l.created_at + (t.id %% 5) * interval '7 hours' "
         "FROM leads_lead l WHERE l.id = t.lead_id", []),
    ])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    draft = drafts.open_draft(by=admin, at=now)
    changed = draft.rules.filter(kind=Rule.Kind.ENGAGEMENT).first()
    drafts.change(changed, {"points": changed.points + 5}, by=admin, at=now)
    draft.refresh_from_db()
    run = running.begin(draft, days=180, now=now, by=admin, send=False)
    taken = _timed(lambda: running.count(run.pk))
    run.refresh_from_db()
    if run.state != "done" or run.done < last:
        raise AssertionError(f"The replay is {run.state} after {run.done} of {last} leads.")
    yield figure("replay_180_days", taken, "s", baseline=once, required=30.0, most=True)


def _forget() -> None:
    """As if nobody had been scored; both ways then write every row."""
    bulk.run([
        ("UPDATE leads_person SET fit = -1, engagement = -1, usage = -1, score_version = NULL, score_due_at = NULL", []),
        ("UPDATE leads_lead SET fit = -1, engagement = -1, usage = -1", []),
    ])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE leads_person, leads_lead")
        cursor.execute("CHECKPOINT")


def _told() -> list[tuple]:
    """What both ways must agree on, to the ten-thousandth."""
    return bulk.query(
        "SELECT count(*), sum(round(fit::numeric * 10000)), sum(round(engagement::numeric * 10000)), "
        "sum(round(usage::numeric * 10000)), count(*) FILTER (WHERE pql), sum(hashtext(cell || id)::bigint) "
        "FROM leads_person"
    )


def _memory() -> float:
    """MB at the highest of this process; the database's is its own."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
