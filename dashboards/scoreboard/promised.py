"""The two columns: what sales promised marketing, and what marketing promised sales, each with what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from dashboards import arithmetic, told
from dashboards.filters import midnight
from dashboards.kpis import promises, say
from dashboards.kpis.base import Figure
from dashboards.kpis.contract import DELIVERED, MISSING
from dashboards.kpis.scan import only, source_of
from dashboards.scoreboard import quota
from dashboards.scoreboard.month import Asked
from dashboards.sheet import Sheet
from journal.models import Entry
from leads.models import Touch
from revops.lib import bulk, words
from sla.models import Commitment, Policy, PolicySet
from teams.models import User

FAR = Fraction(5, 100)  # this far under a promise is late, not only behind
WARN_PACE = Fraction(9, 10)
# (key of the KPI's part, target, tier)
RESPONSES = (
    ("first_response.hot", "first_response", "hot"),
    ("first_response.intent", "first_response", "intent"),
    ("first_response.standard", "first_response", "standard"),
    ("disposition", "disposition", ""),
    ("touch_minimum", "touch_minimum", ""),
)
WHO = {"hot": "Hot leads", "intent": "High intent", "standard": "Everyone else"}


@dataclass(frozen=True, slots=True)
class Promise:
    """One line. `value` in words, `share` and `mark` of one for the meter (None: no meter), `tone`: ok, warn, late or
    none; `figure` is what it was made of, `number` what was promised in words."""

    key: str
    label: str
    note: str
    value: str
    href: str
    definition: str
    share: float | None = None
    mark: float | None = None
    tone: str = ""
    small: str = ""
    na: str = ""
    side_note: str = ""
    change: told.Change | None = None
    figure: Figure | None = None
    goal: Decimal | None = None
    interval: str = ""
    note_href: str = ""

    def as_json(self, base: str) -> dict[str, Any]:
        f = self.figure
        return {
            "key": self.key, "name": self.label, "text": self.value or f"n/a: {self.na}", "na": self.na or None,
            "value": None if f is None or f.value is None else float(say.exact(f.value)),
            "hits": f.hits if f else None, "n": (f.n or None) if f else None, "small_sample": bool(self.small),
            "interval": [round(edge, 6) for edge in f.interval] if self.interval and f and f.interval else None,
            "goal": None if self.goal is None else float(self.goal), "note": self.note, "kept": self.kept,
            "rows": base + self.href.replace("/kpis/", "/api/v1/kpis/", 1),
        }  # fmt: skip

    @property
    def kept(self) -> bool | None:
        """None when there is too little to judge."""
        return {"ok": True, "warn": False, "late": False}.get(self.tone)


def lines_in_force(asked: Asked, sheet: Sheet) -> list[Policy]:
    """The promises as they stood at the end of what is shown; before the first was published, the first."""
    until = min(sheet.as_of, midnight(asked.last + timedelta(days=1), sheet.filters.zone))
    sets = PolicySet.objects.exclude(published_at=None).order_by("published_at", "version")
    found = None
    for one in sets:
        if found is None or one.published_at <= until:
            found = one
    return list(Policy.objects.filter(policy_set=found).order_by("position")) if found else []


def sales(asked: Asked, sheet: Sheet, lines: Sequence[Policy], agreed: dict[str, Commitment]) -> list[Promise]:
    answer = sheet.answer("sla-attainment")
    found, before = answer.found.now, answer.found.before
    rows = []
    for part, target, tier in RESPONSES:
        mine = [line for line in lines if (line.target, line.tier) == (target, tier)]
        if not mine:
            continue
        # The last of a tier is its general line: those before it hold for some only.
        goal, figure = Decimal(mine[-1].goal), promises.in_time(found, f"{part}.")
        spared = found.n(f"{part}.not_required")
        note = f"{words.number(figure.hits or 0)} of {words.number(figure.n)} due"
        rows.append(
            _rate(
                part, label_of(mine), figure, goal=goal,
                before=promises.in_time(before, f"{part}.") if before else None,
                note=note + (f" · {words.number(spared)} not required" if spared else ""),
                href=told.rows_href(sheet, "sla-attainment", part=f"{part}.due"),
                definition=f"{answer.kpi.definition} Promised: {goal}% in time.",
            )
        )  # fmt: skip
    feedback = sheet.answer("feedback")
    rows.append(
        _rate(
            "feedback", "Complete feedback", feedback.figure, before=feedback.before, goal=_goal(agreed, "feedback"),
            note=f"{words.number(feedback.figure.hits or 0)} of {words.number(feedback.figure.n)} with every field",
            href=told.rows_href(sheet, "feedback"), definition=feedback.kpi.definition,
        )
    )  # fmt: skip
    return rows


def marketing(asked: Asked, sheet: Sheet, agreed: dict[str, Commitment], definition: int | None) -> list[Promise]:
    quality = sheet.answer("delivered-quality")
    found, now = quality.figure, quality.found.now
    short = [
        f"{words.number(n)} without {word}"
        for part, word in reversed(MISSING)
        if (n := now.n(f"without.{part}"))
    ]
    version = f" v{definition}" if definition else ""
    return [
        volume(asked, sheet, agreed),
        _rate(
            "quality", f"Meets definition{version}, with context", found, before=quality.before,
            goal=_goal(agreed, "quality"), href=told.rows_href(sheet, "delivered-quality"),
            note=" · ".join([f"{words.number(found.hits or 0)} of {words.number(found.n)}", *short[:2]]),
            definition=quality.kpi.definition, note_href=told.rows_href(sheet, "delivered-quality", part="missed"),
        ),
        overrides(sheet),
    ]  # fmt: skip


def volume(asked: Asked, sheet: Sheet, agreed: dict[str, Commitment]) -> Promise:
    """MKT_VOLUME: delivered against the month's part of the quota, at the pace of weekdays."""
    answer = sheet.answer("qualified-leads")
    delivered, href = int(answer.figure.value or 0), told.rows_href(sheet, "qualified-leads")
    inputs = quota.committed(agreed.get("volume"))
    given = {"key": "volume", "label": "Qualified leads delivered", "href": href, "definition": answer.kpi.definition}
    if inputs is None:
        return Promise(**given, value=words.number(delivered), note=answer.figure.formula, figure=answer.figure,
                       side_note="no quota committed")  # fmt: skip
    if not asked.whole:
        return Promise(**given, value=words.number(delivered), note=answer.figure.formula, figure=answer.figure,
                       side_note="the quota is the whole company's")  # fmt: skip
    target = inputs.month(asked.first)
    pace = arithmetic.pace(delivered, target, elapsed=asked.elapsed, total=asked.weekdays)
    share = arithmetic.ratio(delivered, target)
    expected = Fraction(target * asked.elapsed, asked.weekdays)
    note = f"{words.number(delivered)} of {words.number(target)}"
    behind = pace is not None and pace < WARN_PACE
    return Promise(
        **given, value=say.share(share) if share is not None else "", na="" if target else "nothing was promised",
        note=note + ("" if asked.over else f" · {words.number(say.exact(expected, 0))} expected by now"),
        share=float(share or 0), mark=float(arithmetic.ratio(asked.elapsed, asked.weekdays) or 0),
        tone="warn" if behind else "ok", figure=Figure(share, hits=delivered, n=target), goal=Decimal(target),
        side_note=f"pace {words.number(say.exact(pace, 2), 2)}" if pace is not None else "",
    )  # fmt: skip


def overrides(sheet: Sheet) -> Promise:
    """None is promised: each has a name, a day and its reason."""
    quality = sheet.answer("delivered-quality")
    n, kpi = quality.found.now.n("override"), quality.kpi
    before = quality.found.before.n("override") if quality.found.before else None
    names = named(sheet) if n else []
    return Promise(
        key="overrides", label="Overrides", value=words.number(n), tone="late" if n else "ok",
        note="; ".join(names[:2]) + (f"; {n - 2} more" if n > 2 else "") if n else "none",
        href=told.rows_href(sheet, kpi.key, part="override"),
        side_note="" if before is None else f"{before} the month before",
        definition="Leads handed over by hand though they did not meet the definition. None is promised.",
        goal=Decimal(0), figure=Figure(n),
    )  # fmt: skip


def named(sheet: Sheet) -> list[str]:
    """["by Camille Roy, 12 Nov, “board contact”"], newest first: of the leads that are counted. Four queries."""
    only_text, params = only(DELIVERED, sheet.filters, sheet.owners)
    text, bound = source_of(DELIVERED, sheet.windows(DELIVERED)[0], "now", only_text)
    counted = bulk.query(f"SELECT p.id FROM ({text}) p WHERE p.override AND NOT p.undated", params | bound)
    made = list(
        Entry.objects.filter(
            kind="lead.mql", subject_kind="lead", subject_id__in=[pk for (pk,) in counted], at__lte=sheet.as_of,
            data__because="override",
        ).order_by("-at").values_list("subject_id", "by_id", "at", "data")[:50]
    )  # fmt: skip
    people = dict(User.objects.filter(pk__in={by for _, by, _, _ in made if by}).values_list("pk", "name"))
    noted = {data.get("note_touch") for *_, data in made} - {None}
    notes = dict(Touch.objects.filter(pk__in=noted).values_list("pk", "note"))
    return [
        f"by {people.get(by, 'somebody')}, {local_day(at, sheet)}, "
        f"“{notes.get(data.get('note_touch'), 'no reason kept')}”"
        for _, by, at, data in made
    ]


def local_day(at: datetime, sheet: Sheet) -> str:
    day = at.astimezone(ZoneInfo(sheet.filters.zone)).date()
    return f"{day.day} {day:%b}"


def label_of(lines: Sequence[Policy]) -> str:
    """Hot leads in 5 min · Decided in 48 h · 8 touches in 21 days"""
    line = lines[-1]
    amounts = list(dict.fromkeys(amount(one) for one in lines))
    told_as = " or ".join(amounts[:3])
    if line.target == "disposition":
        return f"Decided in {told_as}"
    if line.target == "touch_minimum":
        return f"{line.terms.get('touches', 8)} touches in {told_as}"
    return f"{WHO.get(line.tier, 'First response')} {'' if line.unit == 'same_business_day' else 'in '}{told_as}"


def amount(line: Policy) -> str:
    if line.unit == "same_business_day":
        return "the same business day"
    if line.unit in {"business_days", "days"}:
        return words.plural(line.amount, line.unit.replace("_", " ").removesuffix("s"))
    for size, word in ((3_600, "h"), (60, "min")):
        if line.amount % size == 0:
            return f"{line.amount // size} {word}"
    return f"{line.amount} s"


def _goal(agreed: dict[str, Commitment], key: str) -> Decimal | None:
    return agreed[key].goal if key in agreed else None


def tone_of(figure: Figure, goal: Decimal | None) -> str:
    """No colour for a small sample or where nothing was promised."""
    if figure.value is None or figure.small or goal is None:
        return ""
    wanted = Fraction(goal) / 100
    return "ok" if figure.value >= wanted else "warn" if figure.value >= wanted - FAR else "late"


def _rate(
    key: str, label: str, figure: Figure, *, before: Figure | None, goal: Decimal | None, note: str, href: str,
    definition: str, note_href: str = "",
) -> Promise:  # fmt: skip
    small = f"{figure.hits} of {figure.n}" if figure.small else ""
    return Promise(
        key=key, label=label, href=href, definition=definition, figure=figure, goal=goal,
        note=note if figure.value is not None else "", na=figure.na,
        value=small or (say.share(figure.value) if figure.value is not None else ""),
        small="small sample" if small else "",
        share=None if figure.value is None or small else float(figure.value),
        mark=None if goal is None else float(goal) / 100, tone=tone_of(figure, goal),
        change=told.change_of(figure, before, unit="share", better="higher"), interval=told.interval_words(figure),
        note_href=note_href,
    )  # fmt: skip
