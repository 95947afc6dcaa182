"""The weekly pipeline review: the week in numbers, then one deal a screen, the riskiest first.

On the list is what is stalled and what was changed since the last review. Order: stalled before the rest, the largest
amount first; among equal amounts more pushes, then a longer silence, then a passed closing date.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboards import sheet, told
from dashboards.filters import Filters
from dashboards.kpis import say
from dashboards.meetings import deal_news, deal_screen, evidence
from dashboards.meetings.kinds import Agenda, Fact, Screen
from dashboards.meetings.models import Meeting, Slide
from deals import stage_times, stalls
from deals.models import Deal, PipelineStage
from deals.stalls import Stall
from journal.models import Entry
from revops.lib import bulk, words
from teams.models import Organisation

MOST = 14  # thirty minutes do not reach further


def agenda(
    period: date, *, now: datetime, organisation: Organisation, as_of: datetime | None = None
) -> Agenda:
    """About thirty queries, however many deals are open."""
    since, zone = since_of(now), ZoneInfo(organisation.timezone)
    stuck = stalls.of(None, now=now)
    moved = [pk for pk in deal_news.changed(since, now) if pk not in stuck]
    order = ranked(stuck, moved, now=now, organisation=organisation)
    shown = order[:MOST]
    stages = list(PipelineStage.objects.filter(retired_at=None).select_related("pipeline"))
    known = evidence.gather(stages, usual=stage_times.medians(now), now=now)
    news = deal_news.of(shown, since=since, until=now)
    screens = [
        deal_screen.of(news[pk], stuck.get(pk), known, since=since, now=now, zone=zone) for pk in shown if pk in news
    ]
    week = _week(stuck, len(moved), len(order) - len(shown), since=since, now=now, organisation=organisation,
                 stages=stages)  # fmt: skip
    return Agenda(now, [week, *screens])


def since_of(now: datetime) -> datetime:
    """When the last review froze its numbers; without one in the last five weeks, a week ago."""
    last = Meeting.objects.filter(kind="pipeline", frozen_at__lt=now).order_by("-frozen_at").first()
    return last.frozen_at if last and now - last.frozen_at < timedelta(days=35) else now - timedelta(days=7)


def ranked(stuck: dict[int, Stall], moved: list[int], *, now: datetime, organisation: Organisation) -> list[int]:
    """Deal ids, the riskiest first. Amounts in another currency cannot be compared: they come after."""
    rows = Deal.objects.filter(pk__in=[*stuck, *moved]).values_list("pk", "amount", "currency", "pushes", "close_on")
    today = organisation.today(now)

    def risk(row: Any) -> tuple:
        pk, amount, currency, pushes, close_on = row
        stall = stuck.get(pk)
        worth = amount or 0 if currency == organisation.currency else 0
        return (
            stall is None, -worth, -pushes, -(stall.silence_days if stall else 0.0),
            not (close_on and close_on < today), pk,
        )  # fmt: skip

    return [row[0] for row in sorted(rows, key=risk)]


def changed(slides: list[Slide], *, now: datetime) -> dict[str, set[str]]:
    """{slide key: keys of facts that are others by now}; two queries for all deals' screens."""
    mine = {slide.deal_id: slide for slide in slides if slide.deal_id}
    spoken = dict(bulk.query(deal_news.SPOKEN, {"ids": list(mine), "counted": deal_news.COUNTED, "until": now}))
    found: dict[str, set[str]] = {}
    for deal in Deal.objects.filter(pk__in=mine):
        then, moved = mine[deal.pk].detail.get("then", {}), set()
        if then.get("amount") != deal.amount:
            moved.add("amount")
        if then.get("stage") != deal.pipeline_stage_id or then.get("state") != deal.stage:
            moved.add("stage")
        if then.get("close_on") != (deal.close_on and deal.close_on.isoformat()):
            moved.add("close_on")
        at = spoken.get(deal.pk)
        if then.get("spoken_at") != (at and at.isoformat()):
            moved.add("silence")
        found[mine[deal.pk].key] = moved
    return found


def _week(
    stuck: dict[int, Stall], moved: int, left_out: int, *, since: datetime, now: datetime,
    organisation: Organisation, stages: list[PipelineStage],
) -> Screen:  # fmt: skip
    zone = ZoneInfo(organisation.timezone)
    first, today = since.astimezone(zone).date(), now.astimezone(zone).date()
    filters = Filters(first, today, organisation.timezone, as_of=now)
    found = sheet.opened(filters, now=now, organisation=organisation)
    worth = Deal.objects.filter(pk__in=stuck, currency=organisation.currency).values_list("amount", flat=True)
    at_risk = sum(amount or 0 for amount in worth)
    elsewhere = Deal.objects.filter(pk__in=stuck, amount__gt=0).exclude(currency=organisation.currency).count()
    risk = f"{say.money(at_risk, organisation.currency)} of it"
    risk += f" · {words.number(elsewhere)} in another currency" if elsewhere else ""
    facts = [
        _kpi(found, "mql-volume", "New leads handed over"),
        _kpi(found, "pipeline-generated", "Pipeline opened"),
        _part(found, "win-rate", "won", "Won"),
        _part(found, "win-rate", "lost", "Lost"),
        _kpi(found, "open-pipeline", "Open pipeline"),
        Fact("stuck", "Stalled", words.plural(len(stuck), "deal"), risk, "late" if stuck else "ok", "/deals/"),
    ]  # fmt: skip
    lines = _movement(since, now, {stage.pk: stage for stage in stages})
    sentences = [
        f"{words.period(first, today)}, beside as many days before.",
        "Ordered by risk: stalled deals first, the largest first; then pushes, silence and passed closing dates.",
        f"{words.plural(moved, 'other deal')} changed since the last review." if moved else "",
        f"{words.plural(left_out, 'more deal')} are on no screen: {MOST} fit into the meeting." if left_out else "",
    ]
    head = ["Moved", "Deals"] if lines else []
    return Screen("week", "The week in numbers", facts, head, lines, [one for one in sentences if one])


def _movement(since: datetime, now: datetime, stages: dict[int, PipelineStage]) -> list[list[str]]:
    """[[Discovery → Proposal, 4]], most first; stages retired since are told as such."""
    counted: dict[tuple, int] = {}
    moves = Entry.objects.filter(kind="deal.moved", at__gt=since, at__lte=now).values_list("data", flat=True)
    for data in moves:
        key = (data.get("from"), data.get("to"))
        counted[key] = counted.get(key, 0) + 1
    missing = {pk for pair in counted for pk in pair if pk and pk not in stages}
    named = {pk: stage.name for pk, stage in (stages | PipelineStage.objects.in_bulk(missing)).items()}
    rows = sorted(counted.items(), key=lambda row: (-row[1], str(row[0])))[:8]
    return [[f"{named.get(a, 'nowhere')} → {named.get(b, 'nowhere')}", words.number(n)] for (a, b), n in rows]


def _kpi(found: sheet.Sheet, key: str, name: str) -> Fact:
    answer = found.answer(key)
    figure = answer.figure
    value = told.value(answer, found.currency, short=True) if figure.value is not None else f"n/a: {figure.na}"
    change = told.change(answer)
    note = f"{'▲' if change.direction == 'up' else '▼'} {change.text} on the {found.filters.days} days before" if (
        change and change.direction != "flat") else ""  # fmt: skip
    return Fact(key, name, value, note, "", told.rows_href(found, key))


def _part(found: sheet.Sheet, key: str, part: str, name: str) -> Fact:
    answer = found.answer(key)
    before = answer.found.before
    note = f"{before.n(part)} in the {found.filters.days} days before" if before else ""
    return Fact(f"{key}.{part}", name, words.number(answer.found.now.n(part)), note, "",
                told.rows_href(found, key, part=part))  # fmt: skip
