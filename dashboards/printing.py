"""The dashboard on paper: two pages at most, light, with as-of, filters, versions and address on each.

reportlab is loaded when a page is asked for, never by the app itself.
"""

import io
import os
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from django.conf import settings

from dashboards import cards, drawings, earned, page, sources, told
from dashboards.filters import UNKNOWN
from dashboards.sheet import Sheet
from marketing.models import Channel
from revops.lib import words
from scoring.definitions.in_force import STAGES, current
from teams.models import Organisation

INK, QUIET, LINE, ACCENT, FILL = "#1b1f24", "#57606a", "#d5d9de", "#2a52d6", "#e4e7ea"
BARS = {"f-mql": "#594e8a", "f-sal": "#2a78e4", "f-sql": "#13634d", "f-opportunity": "#613709", "f-won": "#3ca430"}
MOST_ROWS = 9


def pdf(sheet: Sheet, *, title: str, organisation: Organisation) -> bytes:
    """A4, or Letter where the organisation is in America. Every number is the sheet's own."""
    from reportlab.lib.pagesizes import A4, LETTER
    from reportlab.lib.units import mm
    from reportlab.platypus import KeepTogether, SimpleDocTemplate

    paper = _Paper()
    out = io.BytesIO()
    size = LETTER if organisation.timezone.startswith("America/") else A4
    document = SimpleDocTemplate(
        out, pagesize=size, leftMargin=14 * mm, rightMargin=14 * mm, topMargin=13 * mm, bottomMargin=19 * mm,
        title=paper.plain(f"{title}, {sheet.filters.words}"), author=paper.plain(organisation.name),
    )  # fmt: skip
    wide = document.width
    names = {UNKNOWN: "Unknown source"} | dict(Channel.objects.values_list("code", "name"))
    story = [
        paper.text(title, "title"), paper.text(f"{sheet.filters.words} · {sheet.filters.compare_words}", "quiet"),
        paper.text(asked(sheet, names), "quiet"), paper.space(8), _cards(paper, sheet, wide), paper.space(10),
        KeepTogether([paper.text("Funnel", "head"), _funnel(paper, drawings.funnel(sheet), wide)]), paper.space(8),
        KeepTogether([paper.text("Velocity, days", "head"), *_velocity(paper, sheet, wide)]), paper.space(8),
        KeepTogether([paper.text("Sources", "head"), _sources(paper, sources.table(sheet, names), wide)]),
        paper.space(8), KeepTogether(_earned(paper, earned.card(sheet), wide)), paper.space(8),
        KeepTogether([paper.text("Definitions", "head"), *_definitions(paper, sheet)]),
    ]  # fmt: skip
    foot = _foot(sheet)

    def stamp(canvas: Any, doc: Any) -> None:
        canvas.setFont(paper.font, 7)
        canvas.setFillColor(QUIET)
        for place, line in enumerate(foot):
            canvas.drawString(doc.leftMargin, 13 * mm - place * 9, paper.plain(line)[:170])
        canvas.drawRightString(size[0] - doc.rightMargin, 13 * mm, str(doc.page))

    document.build(story, onFirstPage=stamp, onLaterPages=stamp)
    return out.getvalue()


def asked(sheet: Sheet, names: dict[str, str]) -> str:
    """The filters in words."""
    chosen = page.tokens(sheet, names, {}, funnel="")
    return " · ".join(f"{one['name']} {one['value']}" for one in chosen) or "All sources, all teams, all sizes"


def versions(sheet: Sheet) -> str:
    """MQL definition v3, SQL definition v2: those in force at the as-of."""
    found = [(stage, current(stage, at=sheet.as_of)) for stage in STAGES]
    return (
        ", ".join(f"{stage.upper()} definition v{one.version}" for stage, one in found if one) or "no definitions yet"
    )


def _foot(sheet: Sheet) -> list[str]:
    local = sheet.as_of.astimezone(ZoneInfo(sheet.filters.zone))
    return [
        f"As of {local:%d %b %Y %H:%M:%S %Z} · {versions(sheet)}",
        f"{settings.PUBLIC_URL}/dashboard/?{sheet.asked.query()}",
    ]


def _cards(paper: "_Paper", sheet: Sheet, wide: float) -> Any:
    shown = cards.cards(sheet)
    cells = []
    for card in shown:
        moved = card["change"]
        sign = {"up": "+", "down": words.MINUS}.get(moved.get("direction", ""), "")
        change = moved.get("text", "")
        if "pace" not in change and change:
            change = f"{sign}{change}"
        cells.append([
            paper.text(f"{card['name']} · {card['badge']}", "quiet"),
            paper.text(f"n/a: {card['na']}" if card["na"] else f"{card['value']}{card['unit']}",
                       "text" if card["na"] else "big"),
            paper.text(" ".join(filter(None, [card["small"] or change, card["comparison"]])), "small"),
            paper.text(card["formula"], "quiet"),
        ])  # fmt: skip
    return paper.table([cells], [wide / len(cells)] * len(cells), boxed=True)


def _funnel(paper: "_Paper", funnel: dict[str, Any], wide: float) -> Any:
    room = wide * 0.46
    rows = [["Step", "entered", "reached, still open, left", "reached", "rate", "open", "left"]]
    for row in funnel["rows"]:
        parts = [(row["reached"], BARS[row["fill"]], ""), (row["open"], "#ffffff", LINE), (row["left"], FILL, "")]
        rows.append([
            row["label"], words.number(row["entered"]), paper.bar(parts, row["entered"], room - 12),
            words.number(row["reached"]), row["rate_text"], words.number(row["open"]), words.number(row["left"]),
        ])  # fmt: skip
    rest = (wide - room) / 7
    return paper.table(rows, [rest * 2, rest, room, rest, rest, rest, rest], numbers=(1, 3, 4, 5, 6))


def _velocity(paper: "_Paper", sheet: Sheet, wide: float) -> list[Any]:
    rows = [["Step", "median", "90th percentile", "moves"]]
    for row in drawings.velocity(sheet)["rows"]:
        said = [row["median_text"], row["p90_text"]] if row["n"] else ["n/a", "n/a"]
        rows.append([row["label"], *said, words.number(row["n"])])
    journey, silent = sheet.answer("pipeline-velocity-days"), sheet.answer("dead-zones")
    pushes = sheet.answer("close-date-pushes")
    said = [
        f"First touch to won: {'n/a: ' + journey.figure.na if journey.figure.na else told.value(journey, '')} (median)",
        f"push of the close date: {'n/a: ' + pushes.figure.na if pushes.figure.na else told.value(pushes, '')}",
        f"dead zones over {page.days_words(sheet)}: "
        + (f"n/a: {silent.figure.na}" if silent.figure.na else page.silence_words(silent.figure)),
    ]
    return [
        paper.table(rows, [wide * 0.4, *[wide * 0.2] * 3], numbers=(1, 2, 3)),
        paper.text(" · ".join(said), "quiet"),
    ]


def _sources(paper: "_Paper", found: dict[str, Any], wide: float) -> Any:
    rows = [["Source", "MQLs", "accepted", "won of closed", "CAC with hours", "LTV:CAC"]]
    for row in found["rows"][:MOST_ROWS]:
        rows.append([row["name"], words.number(row["mqls"]), _rate(row["accepted"]), _rate(row["won"]),
                     row["cost"].get("text") or f"n/a: {row['cost']['na']}", row["worth"]])  # fmt: skip
    if len(found["rows"]) > MOST_ROWS:
        rows.append([f"and {len(found['rows']) - MOST_ROWS} more", "", "", "", "", ""])
    return paper.table(rows, [wide * w for w in (0.22, 0.08, 0.19, 0.21, 0.21, 0.09)], numbers=(1, 2, 3, 4, 5))


def _rate(rate: dict[str, str]) -> str:
    if rate.get("na"):
        return f"n/a: {rate['na']}"
    return rate.get("small") or " ".join(filter(None, [rate["share"], f"({rate['fraction']})"]))


def _earned(paper: "_Paper", card: dict[str, Any], wide: float) -> list[Any]:
    head = paper.text(card["title"], "head")
    if card["na"]:
        return [head, paper.text(f"n/a: {card['na']}", "quiet")]
    shown = [one["name"] for one in card["legend"]]
    rows = [["Channel", *shown]]
    rows += [[row["name"], *(mark["text"] for mark in row["marks"])] for row in card["rows"]]
    each = wide * 0.72 / len(shown)
    said = card["said"]
    note = f"They disagree most on {said['name']}: {said['text']}." if said["name"] else said["text"]
    return [head, paper.table(rows, [wide * 0.28, *[each] * len(shown)], numbers=tuple(range(1, len(shown) + 1))),
            paper.text(f"{note} No model shows cause.", "quiet")]  # fmt: skip


def _definitions(paper: "_Paper", sheet: Sheet) -> list[Any]:
    shown = [sheet.answer(card["key"]).kpi for card in cards.cards(sheet)]
    return [paper.text(f"{kpi.id} {kpi.name}: {kpi.definition}", "quiet") for kpi in shown]


class _Paper:
    """Fonts, styles and the few shapes used; the font is the one reportlab brings, which has no arrows."""

    font, bold = "Vera", "VeraBd"

    def __init__(self) -> None:
        import reportlab
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont

        folder = os.path.join(os.path.dirname(reportlab.__file__), "fonts")
        for name in (self.font, self.bold):
            pdfmetrics.registerFont(TTFont(name, os.path.join(folder, f"{name}.ttf")))
        self.known = pdfmetrics.getFont(self.font).face.charToGlyph
        looks = {
            "title": (self.bold, 15, INK), "head": (self.bold, 9.5, INK), "big": (self.bold, 14, INK),
            "text": (self.font, 8, INK), "small": (self.font, 7.5, INK), "quiet": (self.font, 6.8, QUIET),
        }  # fmt: skip
        self.styles = {
            name: ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.35, textColor=colour)
            for name, (font, size, colour) in looks.items()
        }

    def plain(self, text: str) -> str:
        """Only what the font can draw."""
        text = text.replace("→", "to").replace("▲", "+").replace("▼", words.MINUS)
        return "".join(c if ord(c) in self.known else "?" for c in text)

    def text(self, text: str, look: str) -> Any:
        from reportlab.platypus import Paragraph

        return Paragraph(escape(self.plain(text)), self.styles[look])

    def space(self, points: float) -> Any:
        from reportlab.platypus import Spacer

        return Spacer(1, points)

    def bar(self, parts: list[tuple[int, str, str]], total: int, wide: float) -> Any:
        from reportlab.graphics.shapes import Drawing, Rect

        drawing, x = Drawing(wide, 9), 0.0
        for n, colour, edge in parts:
            width = wide * n / total if total else 0
            if width:
                drawing.add(Rect(x, 0, width, 9, fillColor=_colour(colour), strokeColor=_colour(edge or colour),
                                 strokeWidth=0.4))  # fmt: skip
            x += width
        return drawing

    def table(self, rows: list, widths: list[float], *, numbers: tuple[int, ...] = (), boxed: bool = False) -> Any:
        from reportlab.platypus import Table

        if boxed:
            style = [("BOX", (n, 0), (n, 0), 0.5, _colour(LINE)) for n in range(len(rows[0]))]
            return Table(rows, widths, style=[*style, ("VALIGN", (0, 0), (-1, -1), "TOP")])
        body = [[self.plain(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
        style = [
            ("FONT", (0, 0), (-1, -1), self.font, 7.2), ("FONT", (0, 0), (-1, 0), self.font, 6.8),
            ("TEXTCOLOR", (0, 0), (-1, 0), _colour(QUIET)), ("LINEBELOW", (0, 0), (-1, -1), 0.3, _colour(LINE)),
            ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, -1), 0),
            *(("ALIGN", (n, 0), (n, -1), "RIGHT") for n in numbers),
        ]  # fmt: skip
        return Table(body, widths, style=style, repeatRows=1)


def _colour(code: str) -> Any:
    from reportlab.lib.colors import HexColor

    return HexColor(code)
