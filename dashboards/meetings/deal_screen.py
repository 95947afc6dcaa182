"""One deal on a screen: its facts with their old values, what happened since the last time, why it is on the list.

All of it is frozen as words and numbers. Who may ask to be forgotten (people of the buyer, what they said) is kept by
id and read when the screen is shown.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.meetings.deal_news import Contact, News
from dashboards.meetings.evidence import Evidence
from dashboards.meetings.kinds import Fact, Screen
from deals import money
from deals.stalls import SAMPLE, SILENT, Stall
from revops.lib import words

ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
KINDS = {"call": "call", "email": "e-mail", "sms": "SMS", "linkedin": "LinkedIn message", "meeting": "meeting"}


def of(news: News, stall: Stall | None, known: Evidence, *, since: datetime, now: datetime, zone: ZoneInfo) -> Screen:
    """The screen of a deal, frozen at `now`, with what happened after `since`."""
    deal, today = news.deal, now.astimezone(zone).date()
    was = _was(news)
    title = deal.company.name if deal.company else f"Deal {deal.pk}"
    begun = deal.lead.created_at if deal.lead else deal.created_at
    detail: dict[str, Any] = {
        "stalled": stall is not None, "owner": deal.owner_id, "champion": news.champion,
        "source": deal.source.name if deal.source else "", "began": _day(begun, now, zone),
        "diff": _diff(news, was, now=now, zone=zone), "since": since.isoformat(),
        "why": _why(news, stall, known), "proposal": _proposal(news, stall, known, today),
        "then": {"amount": deal.amount, "currency": deal.currency, "close_on": _iso(deal.close_on),
                 "stage": deal.pipeline_stage_id, "state": deal.stage, "spoken_at": _iso(news.spoken_at)},
    }  # fmt: skip
    return Screen(f"deal-{deal.pk}", title[:200], _facts(news, stall, known, was, now=now, zone=zone), deal=deal.pk,
                  detail=detail)  # fmt: skip


def _facts(
    news: News, stall: Stall | None, known: Evidence, was: dict[str, Any], *, now: datetime, zone: ZoneInfo
) -> list[Fact]:
    deal, codes = news.deal, stall.codes if stall else []
    href, stage = deal.get_absolute_url(), deal.pipeline_stage
    stood = _days(now - deal.stage_at) if deal.stage_at else 0
    pushed = f"put off {deal.pushes}×" if deal.pushes else ""
    quiet_since = max(news.spoken_at or deal.created_at, deal.created_at)
    silence = _days(now - quiet_since)
    spoke = news.spoken_at is not None and now - news.spoken_at < timedelta(days=1)
    return [
        Fact("amount", "Amount", _short(deal.amount, deal.currency) or "n/a", "" if deal.amount else "no amount yet",
             "", href, f"{_short(was['amount'], deal.currency)} last time" if was.get("amount") else ""),
        Fact("stage", "Stage", stage.name if stage else "none",
             f"{stood} d, limit {_whole(known.limit(stage))}" if stage else "",
             "warn" if "stage" in codes else "", href, was.get("stage", "")),
        Fact("close_on", "Close date", _date(deal.close_on, now, zone) or "none",
             " · ".join(p for p in ("passed" if "late" in codes else "", pushed) if p),
             "late" if "late" in codes else "warn" if "pushed" in codes else "", href,
             _date(was["close_on"], now, zone) if was.get("close_on") else ""),
        Fact("silence", "Silence", f"{silence} d", "spoke in the last 24 hours" if spoke else "no two-way contact",
             "late" if silence > SILENT or "silent" in codes else "", href),
    ]  # fmt: skip


def _was(news: News) -> dict[str, Any]:
    """Values before the first change since then: {amount, close_on, stage}; only what is another by now."""
    found: dict[str, Any] = {}
    for entry in news.changes:
        if "was_amount" in entry.data:
            found.setdefault("amount", entry.data["was_amount"])
        if "was_close_on" in entry.data:
            found.setdefault("close_on", entry.data["was_close_on"] and date.fromisoformat(entry.data["was_close_on"]))
    if found.get("amount") == news.deal.amount:
        found.pop("amount", None)
    if found.get("close_on") == news.deal.close_on:
        found.pop("close_on", None)
    return found


def _diff(news: News, was: dict[str, Any], *, now: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """[{name, was, now, tail, small, objection, step, due, tone}] in the order one talks about them."""
    deal, rows, still = news.deal, [], []
    if "amount" in was:
        rows.append({"name": "Amount", "was": _money(was["amount"], deal.currency) or "none",
                     "now": _money(deal.amount, deal.currency), "tail": _last(news, "was_amount", zone)})  # fmt: skip
    else:
        still.append("amount")
    if "close_on" in was:
        later = was["close_on"] and deal.close_on and deal.close_on > was["close_on"]
        nth = f", {ORDINALS.get(deal.pushes, f'{deal.pushes}th')} push" if later and deal.pushes else ""
        old, new = (_date(day, now, zone) or "none" for day in (was["close_on"], deal.close_on))
        tail = nth or _last(news, "was_close_on", zone)
        rows.append({"name": "Close date", "was": old, "now": new, "tail": tail})
    else:
        still.append("close date")
    moves = [entry for entry in news.changes if entry.kind == "deal.moved"]
    if moves and moves[0].data.get("from") != deal.pipeline_stage_id:
        old = news.stages.get(moves[0].data.get("from") or 0, "none")
        tail = _by(news, moves[-1], zone)
        rows.append({"name": "Stage", "was": old, "now": str(deal.pipeline_stage), "tail": tail})
    else:
        still.append("stage" + (f", probability {deal.pipeline_stage.probability}%" if deal.pipeline_stage else ""))
    rows.append(_touches(news.contacts, zone))
    for one in news.objections:
        logged = _day_name(one.at, zone)
        row = {"name": "Objection", "objection": one.pk, "tail": f"logged {logged}"}
        if one.answered_at is not None and one.answered_at <= now:
            row["tail"] += f"; answered {_day_name(one.answered_at, zone)}"
        elif one.pk in news.due:
            left = (news.due[one.pk] - now).total_seconds()
            row |= {"tail": row["tail"] + ("; answer due in" if left >= 0 else "; the answer is"),
                    "due": words.duration(left), "tone": "late" if left < 0 else "warn"}  # fmt: skip
        else:
            row["tail"] += "; no answer yet"
        rows.append(row)
    if news.step is not None:
        left = (news.step.by_when - now).total_seconds()
        rows.append({"name": "Next step", "step": news.step.pk, "tail": "due in" if left >= 0 else "is",
                     "due": words.duration(left), "tone": "late" if left < 0 else ""})  # fmt: skip
    if news.competitors:
        still.append(f"competitor {', '.join(news.competitors[:3])}")
    if still:
        rows.append({"name": "Not moved", "tail": ", ".join(still)})
    return rows


def _touches(contacts: list[Contact], zone: ZoneInfo) -> dict[str, Any]:
    """2 out, 0 in · e-mail Tue, call Wed without answer"""
    out = [one for one in contacts if one.out]
    back = sum(1 for one in contacts if not one.out or one.answered)
    told = [
        f"{KINDS.get(one.kind, one.kind)} {_day_name(one.at, zone)}"
        + (" without answer" if one.kind == "call" and not one.answered else "")
        for one in out[-3:]
    ]
    return {"name": "Touches", "tail": f"{len(out)} out, {back} in", "small": ", ".join(told)}


def _why(news: News, stall: Stall | None, known: Evidence) -> list[str]:
    if stall is None:
        return ["It is not stalled; something of it was changed since the last review."]
    said = []
    for code, text in stall.reasons:
        stage = news.deal.pipeline_stage
        usual = known.usual.get(stage.pk) if stage else None
        if code == "stage" and usual is not None and usual.n >= SAMPLE:
            median = _whole(usual.seconds / 86_400)
            said.append(
                f"Deals we won spent a median of {median} days in {stage} (n = {usual.n}). This one has "
                f"{int(stall.days_in_stage)}, beyond the limit of {_whole(stall.limit)}."
            )
        else:
            said.append(text)
        if code == "pushed" and (told := known.of_pushes()):
            said.append(told)
    return said


def _proposal(news: News, stall: Stall | None, known: Evidence, today: date) -> dict[str, Any]:
    """What could be decided, with whom and by when; what came of it elsewhere only where that was counted."""
    if stall is None:
        return {}
    text, stage = stall.proposal, news.deal.pipeline_stage
    told = known.of_calls(stage) if stage and "call" in text.lower() else ""
    n = known.called.get(stage.pk, (0, 0))[1] if stage else 0
    return {"text": text, "by": in_weekdays(today, 2).isoformat(), "evidence": told,
            "small": bool(told) and n < words.SMALL_SAMPLE}  # fmt: skip


def in_weekdays(day: date, n: int) -> date:
    """`n` days of Monday to Friday later."""
    while n:
        day += timedelta(days=1)
        n -= day.weekday() < 5
    return day


def _last(news: News, key: str, zone: ZoneInfo) -> str:
    entry = [entry for entry in news.changes if key in entry.data][-1]
    return _by(news, entry, zone)


def _by(news: News, entry: Any, zone: ZoneInfo) -> str:
    """, by Aisha, Wed 16:10"""
    who = news.names.get(entry.by_id or 0, "").split(" ")[0]
    at = entry.at.astimezone(zone)
    return (f", by {who}" if who else "") + f", {at:%a} {at:%H:%M}"


def _days(length: timedelta) -> int:
    return max(0, int(length.total_seconds() // 86_400))


def _whole(days: float) -> str:
    return words.number(days, 1).removesuffix(".0")


def _iso(value: Any) -> str | None:
    return value.isoformat() if value else None


def _short(cents: int | None, currency: str) -> str:
    worth = money.major(cents)
    return "" if worth is None else words.money_short(worth, currency)


def _money(cents: int | None, currency: str) -> str:
    worth = money.major(cents)
    return "" if worth is None else words.money(worth, currency)


def _date(day: date | None, now: datetime, zone: ZoneInfo) -> str:
    if day is None:
        return ""
    return f"{day.day} {day:%b}" + ("" if abs((day - now.astimezone(zone).date()).days) < 300 else f" {day.year}")


def _day(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    return _date(at.astimezone(zone).date(), now, zone)


def _day_name(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a}"
