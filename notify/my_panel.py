"""The part of my settings that says how I am told."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from notify import preferences, promises
from notify.models import Attention

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
COOKIE = "news"  # holds the id of whom this browser tells


def mine(request: HttpRequest) -> str:
    """Its HTML, for the page of my settings; three queries."""
    return panel(request)


def panel(request: HttpRequest, *, problem: str = "", typed: Mapping[str, Any] | None = None) -> str:
    """`typed`: the quiet hours as they were typed, after a refusal."""
    user: Any = request.user
    there = preferences.reachable(user)
    channels = {key: label for key, label in promises.CHANNELS.items() if key in there}
    rows = [_row(key, choice, channels) for key, choice in preferences.of(user).items()]
    kept = Attention.objects.filter(user=user).first() or Attention(user=user)
    hours = typed or {"from": _said(kept.quiet_from), "to": _said(kept.quiet_to), "days": kept.quiet_days}
    context = {
        "rows": rows,
        "channels": [(key, label, there[key]) for key, label in channels.items()],
        "hours": hours,
        "days": [(n, name, n in hours["days"]) for n, name in enumerate(DAYS)],
        "on": request.COOKIES.get(COOKIE) == str(user.pk),
        "problem": problem,
    }
    return render_to_string("notify/_told.html", context, request)


def _row(key: str, choice: preferences.Choice, channels: Mapping[str, str]) -> dict[str, Any]:
    breaks = key in promises.BREAKS_QUIET if choice.breaks_quiet is None else choice.breaks_quiet
    return {
        "key": key,
        "label": promises.PROMISES[key],
        "as_asked": choice.channels is None,
        "cells": [(channel, label, channel in (choice.channels or ())) for channel, label in channels.items()],
        "breaks": breaks,
    }


def _said(moment: Any) -> str:
    return moment.strftime("%H:%M") if moment else ""
