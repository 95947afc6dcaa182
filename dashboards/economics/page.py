"""The page about unit economics in words; REST and CSV tell the same."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from dashboards import sheet, told
from dashboards.economics import channels, motion, moving, segments
from dashboards.filters import UNKNOWN
from dashboards.kpis import say
from dashboards.kpis.base import Number
from marketing.models import Channel
from revops.lib import words
from revops.lib.errors import Invalid
from teams.models import Organisation

SHARES = (5, 10, 20, 50)  # percent that can be moved
UNITS = {"acv": "money", "cycle": "days", "ltv": "money", "cac": "money", "ratio": "ratio", "expansion": "share",
         "nrr": "share", "media": "money", "payback": "months"}  # fmt: skip
HEADS = {"acv": "Contract value", "cycle": "Sales cycle", "cac": "CAC", "ltv": "LTV", "ratio": "LTV : CAC",
         "expansion": "Expansion share", "nrr": "NRR"}  # fmt: skip


def names_of_channels() -> dict[str, str]:
    return {UNKNOWN: "Unknown source"} | dict(Channel.objects.values_list("code", "name"))


def both(found: sheet.Sheet, organisation: Organisation) -> tuple[list[segments.Segment], list[channels.Row]]:
    """Worked out once a sheet."""
    return (
        found.once("economics segments", lambda: segments.of(found, organisation=organisation)),
        found.once("economics channels", lambda: channels.of(found, names_of_channels())),
    )


def values(segment: segments.Segment) -> dict[str, Number | None]:
    """By the names of HEADS."""
    x = segment.inputs
    return {"acv": x.acv, "cycle": x.cycle, "cac": segment.cac, "ltv": segment.ltv, "ratio": x.ltv_cac,
            "expansion": x.expansion, "nrr": x.nrr}  # fmt: skip


def why_not(segment: segments.Segment, name: str) -> str:
    """Why an input of a segment is not known."""
    no_cost = segment.why or "0 new customers"
    return {
        "acv": "0 won with an amount", "cycle": "0 won", "cac": no_cost, "ltv": "no margin or nobody pays monthly yet",
        "ratio": no_cost if segment.cac is None else "no lifetime value",
        "expansion": "no new revenue in the period", "nrr": "0 paid at the start",
    }[name]  # fmt: skip


def context(found: sheet.Sheet, organisation: Organisation, query: Mapping[str, str]) -> dict[str, Any]:
    by_size, by_channel = both(found, organisation)
    currency = found.currency

    def cell(value: Number | None, unit: str, na: str, href: str) -> dict[str, str]:
        return {"text": say.value(value, unit, currency), "na": na if value is None else "", "href": href}

    shown_segments = [
        {"name": s.name, "code": s.code, "motion": s.motion, "tone": TONES.get(s.motion.kind, ""),
         "customers": s.inputs.customers, "customers_href": s.links["customers"],
         "cells": [cell(value, UNITS[name], why_not(s, name), s.links.get(name, s.links["cac"]))
                   for name, value in values(s).items()]}
        for s in by_size
    ]  # fmt: skip
    shown_channels = [
        {"name": row.name, "customers": row.customers, "customers_href": row.links["customers"],
         "formula": row.cac.formula,
         "cells": [cell(figure.value, UNITS[name], figure.na, row.links[link])
                   for name, figure, link in _figures(row)]}
        for row in by_channel
    ]  # fmt: skip
    total = found.answer("cac")
    return {
        "segments": shown_segments, "heads": list(HEADS.values()), "channels": shown_channels,
        "sellers": by_size[0].inputs.sellers if by_size else 0, "least": motion.LEAST,
        "total": told.card(found, total), "notes": total.figure.notes,
        "excluded": [(n, why, told.rows_href(found, "cac", part=f"excluded-{part}"))
                     for part, (n, why) in total.excluded.items()],
        "what_if": what_if(by_channel, query, currency),
    }  # fmt: skip


def _figures(row: channels.Row) -> list[tuple[str, Any, str]]:
    return [("media", row.media, "media"), ("cac", row.cac, "cac"), ("ltv", row.ltv, "ltv"),
            ("ratio", row.ratio, "cac"), ("payback", row.payback, "cac")]  # fmt: skip


TONES = {motion.HUNTER: "accent", motion.FARMER: "accent", motion.FIX: "late"}


def asked_move(rows: list[channels.Row], query: Mapping[str, str]) -> tuple[int, moving.Channel, moving.Channel] | None:
    """(percent, from, to) of the address; None when nothing is asked. A channel that cost nothing has no spend to move.
    Raises Invalid for a share that can't be read."""
    percent = query.get("percent") or "10"
    if not (percent.isascii() and percent.isdigit() and len(percent) < 4 and 1 <= int(percent) <= 100):
        raise Invalid("A share from 1 to 100 percent.", field="percent")
    if not query.get("move_from") and not query.get("move_to"):
        return None
    known = {row.code: row.movable for row in rows}
    ends = [
        known.get(query.get(field, ""), moving.Channel(query.get(field, "")[:32] or "no channel", 0, 0))
        for field in ("move_from", "move_to")
    ]
    return int(percent), ends[0], ends[1]


def what_if(rows: list[channels.Row], query: Mapping[str, str], currency: str) -> dict[str, Any]:
    asked = asked_move(rows, query)
    origin_code, target_code = usual(rows)
    shown: dict[str, Any] = {
        "channels": [(row.code, row.name) for row in rows if row.code != UNKNOWN], "shares": SHARES, "percent": 10,
        "origin": origin_code, "target": target_code, "text": "", "na": "",
    }  # fmt: skip
    if asked is None:
        return shown
    percent, origin, target = asked
    moved = moving.move(Fraction(percent, 100), origin, target)
    shown |= {"percent": percent, "origin": query.get("move_from"), "target": query.get("move_to"), "na": moved.why}
    if not moved.why:
        net = words.signed(say.exact(moved.net, 9), 1)
        shown["text"] = (
            f"{say.money(moved.money, currency)} from {origin.name} to {target.name}: "
            f"{one(moved.fewer)} fewer customers from {origin.name}, {one(moved.more)} more from {target.name}, "
            f"{net} in all, "
            "if money kept bringing what it brought in this period."
        )
    return shown


def usual(rows: list[channels.Row]) -> tuple[str, str]:
    """Codes of (the dearest, the cheapest) channel that money can be moved between: by what a customer costs, one that
    brought none being the dearest, then by what was spent. With fewer than two of them, any two; "" where none is."""
    named = [row for row in rows if row.code != UNKNOWN]
    paid = sorted(
        (row for row in named if row.spend),
        key=lambda row: (row.cac.value is not None and bool(row.customers), -(row.cac.value or 0), -row.spend),
    )
    if not named:
        return "", ""
    if len(paid) > 1:
        return paid[0].code, paid[-1].code
    first = paid[0] if paid else named[0]
    return first.code, next((row.code for row in named if row.code != first.code), "")


def one(value: Number) -> str:
    return words.number(say.exact(value, 9), 1).removesuffix(".0")


def lines(found: sheet.Sheet, organisation: Organisation) -> Iterator[list]:
    """For CSV: the segments, then the channels; money in whole units."""
    by_size, by_channel = both(found, organisation)
    for s in by_size:
        is_ = {name: plain(value, UNITS[name]) for name, value in values(s).items()}
        yield ["segment", s.name, s.inputs.customers, s.motion.name, "", is_["cac"], is_["ltv"], is_["ratio"], "",
               is_["acv"], is_["cycle"], is_["expansion"], is_["nrr"]]  # fmt: skip
    for row in by_channel:
        is_ = {name: plain(figure.value, UNITS[name]) for name, figure, _ in _figures(row)}
        yield ["channel", row.name, row.customers, "", is_["media"], is_["cac"], is_["ltv"], is_["ratio"],
               is_["payback"], "", "", "", ""]  # fmt: skip


HEAD = ["kind", "name", "new customers", "motion", "CAC, media only", "CAC", "LTV", "LTV : CAC", "payback, months",
        "contract value", "sales cycle, days", "expansion share", "NRR"]  # fmt: skip


def plain(value: Number | None, unit: str) -> Any:
    """A bare number for spreadsheets; empty when unknown."""
    if value is None:
        return ""
    return say.exact(say.exact(value, 9) / 100, 2) if unit == "money" else say.exact(value, 4)
