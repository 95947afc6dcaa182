"""The dashboard, put together from one sheet. No number is made here."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from customers.models import Customer
from dashboards import cards, charts, drawings, earned, flows, named, sources, told
from dashboards.filters import CHOICES, COMPARE, UNKNOWN, Filters
from dashboards.kpis import promises, say
from dashboards.kpis.base import Figure
from dashboards.kpis.journey import known_limits
from dashboards.sheet import Sheet
from leads import company_size
from marketing.models import Channel
from revops.lib import words
from teams.models import Team, User

DECISIONS = (("accepted", "Accepted", "accent"), ("rejected", "Rejected", "warn"), ("recycled", "Recycled", "accent"))
FUNNELS = (("cohort", "Cohort"), ("flow", "Period flow"), ("stock", "Today’s stock"))
FEW, MANY = 3_000, 10_000
DRAWN = {"cohort": drawings.funnel, "flow": flows.flow, "stock": drawings.stock}


def context(sheet: Sheet, *, funnel: str) -> dict[str, Any]:
    names = source_names()
    at_once = accounts_at_once(sheet)
    return {
        "sheet": sheet,
        "filters": filter_bar(sheet, names, funnel=funnel),
        "cards": cards.cards(sheet, at_once=at_once),
        "cards_wait": not at_once,
        "funnels": [
            {"href": _here(sheet, funnel=key), "label": label, "current": key == funnel} for key, label in FUNNELS
        ],
        "funnel": DRAWN[funnel](sheet),
        "funnel_view": funnel,
        "deal_funnel": drawings.deal_funnel(sheet),
        "velocity": drawings.velocity(sheet),
        "journey": told.card(sheet, sheet.answer("pipeline-velocity-days")),
        "journey_wins": sheet.answer("pipeline-velocity-days").figure.n,
        "pushes": told.card(sheet, sheet.answer("close-date-pushes")),
        "silent": silence(sheet) if _quick(sheet, "dead-zones") else None,
        "days": days_words(sheet),
        "open_pipeline": told.card(sheet, sheet.answer("open-pipeline")),
        "generated": told.card(sheet, sheet.answer("pipeline-generated")),
        "acceptance": acceptance(sheet),
        "contact": contact(sheet),
        "promises": kept(sheet),
        "lines": lines(sheet),
        "sources": sources.table(sheet, names, at_once=at_once),
        "earned": earned.card(sheet) if _quick(sheet, "attribution") else None,
        "excluded": excluded(sheet),
        "csv_href": f"/dashboard/numbers.csv?{sheet.asked.query()}",
        "pdf_href": f"/dashboard/numbers.pdf?{sheet.asked.query()}",
        "view_query": sheet.filters.query(
            **{"from": None, "to": None, "as_of": None, "days": sheet.filters.days, "funnel": _unless(funnel)}
        ),
    }  # fmt: skip


def source_names() -> dict[str, str]:
    return {UNKNOWN: "Unknown source"} | dict(Channel.objects.values_list("code", "name"))


def accounts_at_once(sheet: Sheet) -> bool:
    """Whether what all accounts pay can stand on the page at once; see `_quick`."""
    return sheet.knows("ltv") or not Customer.objects.order_by("pk")[MANY : MANY + 1].exists()


def silence(sheet: Sheet) -> dict[str, Any]:
    answer = sheet.answer("dead-zones")
    return told.card(sheet, answer) | {
        "text": silence_words(answer.figure),
        "href": told.rows_href(sheet, "dead-zones", part="silent"),
    }


def _quick(sheet: Sheet, name: str) -> bool:
    """Whether what reads touches can stand on the page at once: it is known, or there are few leads and wins. Of a big
    company these two come a moment after the page, which waits for neither."""
    volume = sheet.answer("mql-volume").found.now.n("handed") + sheet.answer("win-rate").figure.n
    return volume <= FEW or sheet.knows(name)


def silence_words(figure: Figure) -> str:
    """37 leads, 18%; a small sample as counts."""
    if figure.value is None or figure.small:
        return told.small_words(figure)
    share = words.share(say.exact(figure.value, 9), 0 if figure.value >= 0.01 else 1)
    return f"{words.plural(figure.hits or 0, 'lead')}, {share}"


def days_words(sheet: Sheet) -> str:
    asked = sorted(set(known_limits(sheet).values()))
    return f"{asked[0]} d" if len(asked) == 1 else f"{asked[0]}–{asked[-1]} d"


def acceptance(sheet: Sheet) -> dict[str, Any]:
    """Accepted, rejected, recycled of those decided; the pending beside; the alarm when it rings."""
    accepted, rejected = sheet.answer("acceptance-rate"), sheet.answer("rejection-rate")
    piece = accepted.found.now
    decided = accepted.figure.n
    rows = [
        {"label": label, "n": piece.n(part), "text": _of(piece.n(part), decided), "tone": tone,
         "share": round(piece.n(part) / decided, 4) if decided else 0,
         "href": told.rows_href(sheet, "acceptance-rate", part=part)}
        for part, label, tone in DECISIONS
    ]  # fmt: skip
    return {
        "rows": rows, "decided": decided, "na": accepted.figure.na, "pending": piece.n("pending"),
        "pending_href": told.rows_href(sheet, "acceptance-rate", part="pending"), "notes": rejected.figure.notes,
        "alarm": rejected.figure.value is not None and not rejected.figure.small and rejected.figure.value > 0.3,
        "definition": f"{accepted.kpi.definition} {rejected.kpi.definition}",
        "small": told.small_words(accepted.figure), "interval": told.interval_words(rejected.figure),
        "csv_href": told.csv_href(sheet, "acceptance-rate"),
    }  # fmt: skip


def contact(sheet: Sheet) -> dict[str, Any]:
    answer = sheet.answer("time-to-first-contact")
    spread = answer.found.now.spread("contact")
    moved = told.change(answer)
    piece = answer.found.now
    return {
        "na": answer.figure.na if not spread.n else "",
        "median": say.seconds(spread.median), "p90": say.seconds(spread.p90),
        "change": moved, "formula": answer.figure.formula, "small": told.small_words(answer.figure),
        "definition": answer.kpi.definition,
        "contacted": _of(piece.n("contacted"), piece.n("")), "uncontacted": piece.n("uncontacted"),
        "contacted_href": told.rows_href(sheet, "time-to-first-contact", part="contacted"),
        "uncontacted_href": told.rows_href(sheet, "time-to-first-contact", part="uncontacted"),
        "rows_href": told.rows_href(sheet, "time-to-first-contact"),
        "csv_href": told.csv_href(sheet, "time-to-first-contact"),
    }  # fmt: skip


def kept(sheet: Sheet) -> dict[str, Any]:
    """Promises that fell due: one line a promise, all together, and the owners' own clocks beside."""
    answer = sheet.answer("sla-attainment")
    own = answer.figure.beside[-1] if answer.figure.beside else None
    rows = [
        {"label": line["label"], "text": _text(line["figure"]), "share": round(float(line["figure"].value), 4),
         "fraction": _parts(line["figure"]),
         "href": told.rows_href(sheet, "sla-attainment", part=line["line"])}
        for line in promises.lines(answer.found.now)
    ]  # fmt: skip
    return {
        "rows": rows, "na": answer.figure.na, "all": _text(answer.figure), "formula": answer.figure.formula,
        "href": told.rows_href(sheet, "sla-attainment"),
        "late_href": told.rows_href(sheet, "sla-attainment", part="overdue"),
        "overdue": answer.found.now.n("overdue"), "definition": answer.kpi.definition,
        "own": say.share(own.value) if own and own.value is not None else "",
        "own_href": told.rows_href(sheet, "sla-attainment", part="owner"),
        "csv_href": told.csv_href(sheet, "sla-attainment"),
    }  # fmt: skip


def lines(sheet: Sheet) -> list[dict[str, Any]]:
    """Rates over time, drawn by Plotly: win rate, rejection with its alarm line, promises kept."""
    rejection = charts.rate_over_time(
        sheet, sheet.answer("rejection-rate"), name="Rejected of decided", colour="--c2", promise=0.3,
        promise_name="alarm above 30%", stages=["mql"],
    )  # fmt: skip
    return [
        charts.rate_over_time(sheet, sheet.answer("win-rate"), name="Win rate over time"),
        rejection,
        charts.rate_over_time(
            sheet, sheet.answer("sla-attainment"), name="In time over time", colour="--c3", stages=["mql"]
        ),
    ]


def excluded(sheet: Sheet) -> list[dict[str, Any]]:
    """What was left out and why, said once for the page: the same rows are missing from many cards."""
    found: dict[tuple[str, int, str], dict[str, Any]] = {}
    for key in ("funnel", "win-rate", "sla-attainment", "open-pipeline"):
        answer = sheet.answer(key)
        for name, (n, why) in answer.excluded.items():
            subject = answer.kpi.population.subject
            found.setdefault((subject, n, why), {
                "text": f"{named.plural(subject, n)} left out: {why}",
                "href": told.rows_href(sheet, key, part=f"excluded-{name}"),
            })  # fmt: skip
    return list(found.values())


def filter_bar(sheet: Sheet, names: dict[str, str], *, funnel: str) -> dict[str, Any]:
    f = sheet.filters
    owners = list(User.objects.sellers().order_by("name").values_list("id", "name"))
    today = sheet.as_of.astimezone(ZoneInfo(f.zone)).date()
    narrower = f.query(**{"from": None, "to": None, "as_of": None, "owner": None, "segment": None})
    return {
        "asked": f,
        "funnel": funnel,
        "custom": f.end != today or f.days not in CHOICES,
        "periods": [(days, Filters(today - timedelta(days=days - 1), today).words) for days in CHOICES],
        "compares": [(key, replace(f, compare=key).compare_words) for key in COMPARE],
        "kept": parse_qsl(narrower) + ([("funnel", funnel)] if _unless(funnel) else []),
        "sources": sorted(names.items(), key=lambda pair: (pair[0] == UNKNOWN, pair[1])),
        "owners": owners,
        "teams": list(Team.objects.order_by("name").values_list("id", "name")),
        "segments": list(company_size.NAMES.items()),
        "tokens": tokens(sheet, names, dict(owners), funnel=funnel),
        "clear": _here(sheet, funnel=funnel, source=None, owner=None, team=None, segment=None),
    }


def tokens(sheet: Sheet, names: dict[str, str], owners: dict[int, str], *, funnel: str) -> list[dict[str, str]]:
    f, chosen = sheet.filters, []
    if f.source:
        chosen.append(("source", "Source is", names.get(f.source, f.source)))
    if f.owner:
        name = owners.get(f.owner) or User.objects.filter(pk=f.owner).values_list("name", flat=True).first()
        chosen.append(("owner", "Owner is", name or f"user {f.owner}"))
    if f.team:
        name = Team.objects.filter(pk=f.team).values_list("name", flat=True).first()
        chosen.append(("team", "Team is", name or f"team {f.team}"))
    if f.segment:
        chosen.append(("segment", "Size is", company_size.NAMES[f.segment]))
    return [
        {"name": name, "value": value, "remove": _here(sheet, funnel=funnel, **{key: None})}
        for key, name, value in chosen
    ]


def _here(sheet: Sheet, *, funnel: str, **changes: Any) -> str:
    """Of whichever page has the filters."""
    return f"?{sheet.filters.query(funnel=_unless(funnel), **changes)}"


def _unless(funnel: str) -> str | None:
    """The cohort is what the page shows unasked."""
    return funnel if funnel not in ("", "cohort") else None


def _of(part: int, whole: int) -> str:
    return words.fraction(part, whole)


def _text(figure: Figure) -> str:
    return told.small_words(figure) or (say.share(figure.value) if figure.value is not None else f"n/a: {figure.na}")


def _parts(figure: Figure) -> str:
    return "" if figure.small else f"{words.number(figure.hits or 0)} of {words.number(figure.n)}"
