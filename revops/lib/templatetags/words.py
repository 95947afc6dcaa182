"""Tags and filters for every template (builtins): words for values, and the small pieces of a page."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils import timezone
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe

from revops.lib import words
from revops.lib.clock_face import clock_face, read
from revops.lib.icons import ICONS

register = template.Library()

STAGES = {
    "inquiry": "Inquiry", "mql": "MQL", "sal": "SAL", "sql": "SQL", "opportunity": "Deal", "open": "Open",
    "won": "Won", "lost": "Lost", "rejected": "Rejected", "recycled": "Recycled", "disqualified": "Disqualified",
    "merged": "Merged",
}  # fmt: skip
MQL_CELLS = {"A1", "A2", "B1"}

register.filter("money", words.money)
register.filter("money_short", words.money_short)
register.filter("share", words.share)
register.filter("number", words.number)
register.filter("signed", words.signed)
register.filter("duration", words.duration)
register.filter("span", words.span)
register.filter("initials", words.initials)
register.filter("plural", words.plural)
register.filter("milliseconds", words.milliseconds)


def _now(context) -> datetime:
    return context.get("now") or timezone.now()


def _zone(context) -> ZoneInfo:
    return context.get("zone") or ZoneInfo("UTC")


@register.filter
def undo_of(message) -> str:
    """The address whose POST takes a message's verb back, from its extra tags; empty when there is none."""
    try:
        return json.loads(message.extra_tags or "{}").get("undo", "")
    except (ValueError, AttributeError):
        return ""


@register.filter
def last_message(messages):
    """The newest of the waiting messages; reading them all marks them as shown."""
    return (list(messages or []) or [None])[-1]


@register.filter
def number_or_text(value) -> str:
    """Counts that may already be words ("about 61,000")."""
    return value if isinstance(value, str) else words.number(value)


@register.simple_tag
def figure_of(figure: dict, name: str) -> SafeString:
    """A chart's figure as JSON beside its frame; no inline script runs under the policy."""
    return json_script(figure, f"{name}-figure")


@register.simple_tag(takes_context=True)
def sort_link(context, key: str, current: str, descending: bool, param: str = "sort") -> str:
    """The address sorted by `key`, turned round when it already is; a page further on would be meaningless."""
    query = context["request"].GET.copy()
    for gone in ("after", "before", "cursor", "page"):
        query.pop(gone, None)
    query[param] = f"-{key}" if key == current and not descending else key
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def again(context, block: str) -> SafeString | str:
    """The content of a block once more: a page's title is also its heading."""
    return context.render_context[BLOCK_CONTEXT_KEY].get_block(block).render(context)


# --- moments ------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def moment(context, at: datetime | None, style: str = "", zone: str = "") -> SafeString | str:
    if at is None:
        return ""
    where = ZoneInfo(zone) if zone else _zone(context)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        words.utc(at),
        words.instant(at, where),
        words.moment(at, _now(context), where, style),
    )


@register.simple_tag(takes_context=True)
def moment_text(context, at: datetime, style: str = "") -> str:
    """The words alone, for attributes and titles."""
    return words.moment(at, _now(context), _zone(context), style)


@register.simple_tag(takes_context=True)
def deadline(context, at: datetime | None, zone: str = "", seconds: bool = True) -> SafeString | str:
    if at is None:
        return ""
    reader = _zone(context)
    where = ZoneInfo(zone) if zone else reader
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        words.utc(at),
        words.instant(at, where),
        words.deadline(at, _now(context), where, reader, seconds),
    )


@register.simple_tag
def period(start, end) -> str:
    return words.period(start, end)


@register.simple_tag(takes_context=True)
def days_of(context, items) -> list[dict[str, Any]]:
    """Timeline items (newest first, each with `at`) grouped by the reader's day: [{"label", "items", "today"}]."""
    zone, days = _zone(context), []
    today = _now(context).astimezone(zone).date()
    for item in items:
        at = item["at"] if isinstance(item, dict) else item.at
        day = at.astimezone(zone).date()
        if not days or days[-1]["day"] != day:
            days.append({"day": day, "label": words.heading_of_day(day, today), "items": []})
        days[-1]["items"].append(item)
    return days


# --- numbers --------------------------------------------------------------------
@register.simple_tag
def fraction(part: int, whole: int) -> SafeString:
    if not whole or whole < words.SMALL_SAMPLE:
        return format_html('<span class="{}">{}</span>', "small-n" if whole else "na", words.fraction(part, whole))
    return format_html("{} <small>{} of {}</small>", words.share(part / whole), words.number(part), words.number(whole))


@register.simple_tag
def na(reason: str) -> SafeString:
    return format_html('<span class="na">n/a: {}</span>', reason)


# --- small pieces -----------------------------------------------------------------
@register.simple_tag
def icon(name: str) -> SafeString:
    return mark_safe(ICONS.get(name, ""))


@register.simple_tag
def stage_pill(stage: str, label: str = "") -> SafeString:
    return format_html('<span class="stage" data-stage="{}">{}</span>', stage, label or STAGES.get(stage, stage))


@register.simple_tag(takes_context=True)
def score_chip(
    context, cell: str, fit, engagement, tint: bool | None = None, places: int = 0
) -> SafeString | str:  # fmt: skip
    """`tint`: whether this score qualifies; by default as the definition in force says (settings.SCORE_LINE): by its
    cells, or by a priority, which then is shown with the cut."""
    if not cell:
        return na("not scored yet")
    line = context.get("score_line")
    if line and line.mode != "cells":
        return _priority_chip(float(fit or 0) + float(engagement or 0), line.cut, tint)
    good = line.cells if line else MQL_CELLS
    low = cell not in good if tint is None else not tint
    fit_words, engagement_words = words.number(fit or 0), words.number(engagement or 0, places)
    return format_html(
        '<span class="cell{}"><b>{}</b><small><span class="sr">fit </span>{} · <span class="sr">engagement </span>{}'
        "</small></span>",
        " low" if low else "",
        cell,
        fit_words,
        engagement_words,
    )


def _priority_chip(priority: float, cut: float | None, tint: bool | None) -> SafeString:
    """Exact enough that a score below the cut never reads like the cut."""
    low = (cut is None or priority < cut) if tint is None else not tint
    said = "no cut yet" if cut is None else f"from {words.number(cut, 1 if cut % 1 else 0)}"
    places = 2 if cut is not None and priority < cut and round(priority, 1) >= round(cut, 1) else 1
    return format_html(
        '<span class="cell{}"><b><span class="sr">priority </span>{}</b><small>{}</small></span>',
        " low" if low else "",
        words.number(priority, places),
        said,
    )


@register.simple_tag
def person(name, away: bool = False, short: bool = False, note: str = "") -> SafeString:
    name = str(name or "")
    if not name:
        return mark_safe('<span class="na">nobody</span>')
    return format_html(
        '<span class="who"{}><i aria-hidden="true">{}</i><span{}>{}{}</span></span>',
        mark_safe(" data-off") if away else "",
        words.initials(name),
        mark_safe(' class="sr"') if short else "",
        name,
        f", {note or 'away'}" if away else "",
    )


@register.simple_tag
def meter(value, mark=None, label: str = "", tone: str = "accent") -> SafeString:
    """`value` and `mark` are fractions of one. Widths are SVG attributes: the policy forbids inline styles."""
    promise = "" if mark is None else format_html('<rect class="mark" x="{}%" width="2" height="12"/>', _percent(mark))
    return format_html(
        '<svg class="meter" data-tone="{}" width="100%" height="12" role="img" aria-label="{}">'
        '<rect class="track" y="3" width="100%" height="6" rx="3"/>'
        '<rect class="fill" y="3" width="{}%" height="6" rx="3"/>{}</svg>',
        tone,
        label or words.share(value),
        _percent(value),
        promise,
    )


def _percent(value) -> str:
    return f"{max(0.0, min(1.0, float(value))) * 100:.1f}"


@register.simple_tag(takes_context=True)
def clock(context, clock, own: bool = False, big: bool = False) -> SafeString | str:
    """One countdown. The script reads the instants; the words are right without it."""
    if not clock:
        return ""
    fields, now = read(clock), _now(context)
    face = clock_face(clock, now, own)
    zone = ZoneInfo(fields["zone"]) if fields["zone"] else _zone(context)
    label, due = fields["label"] or "Clock", fields["due"]
    said = f"{label}, due {words.moment(due, now, zone, 'seconds').removeprefix('today ')}" if due else label
    ticks = fields["state"] in ("running", "overdue") and due and fields["left"] is not None
    data = [("data-state", face["tone"])]
    if ticks:
        data += [(f"data-{name}", words.milliseconds(fields[name])) for name in ("due", "at50", "at90") if fields[name]]
        data += [(f"data-{name}", words.milliseconds(fields[name])) for name in ("opens", "closes") if fields[name]]
        data += [("data-left", round(float(fields["left"]), 3)), ("data-asof", words.milliseconds(now))]
        data += [("data-who", fields["who"])] if fields["who"] else []
        data += [("data-mine", "")] if fields["mine"] else []
        data += [("data-own", "")] if own else []
        data += [("data-text", "")] if fields["text"] else []
    return format_html(
        '<time class="clock{}" role="timer" aria-live="off" aria-label="{}"{}{}>{}</time>',
        " big" if big else "",
        f"{said}, {face['text']}" if not ticks else said,
        format_html(' datetime="{}"', words.utc(due)) if due else "",
        format_html_join("", ' {}="{}"', data),
        face["text"],
    )
