"""What a journal entry about a lead says, in a sentence. Pure: names are given, nothing is asked."""

from collections.abc import Mapping
from typing import Any

from leads.models.stage import Reason, Stage
from leads.routing.why import why_sentence
from leads.touch_words import PLAIN
from revops.lib.words import duration

TARGETS = {"first_response": "first response", "assignment": "assignment", "disposition": "decision",
           "touch_minimum": "touches", "stage_age": "time in stage", "next_step": "next step",
           "handoff_sched": "hand-over call booked", "handoff_call": "hand-over call held",
           "discount": "decision on the discount", "content": "first answer"}  # fmt: skip
BECAUSE = {
    "cell": "by its cell",
    "threshold": "by its priority",
    "top": "among the best of the pool",
    "rule": "by rule",
    "pql": "by using the product",
    "hand_raise": "by asking for it",
    "import": "by import",
    "override": "by hand, below the line",
}
RETARGETED = {"carry": "a new promise", "calendar": "other opening hours", "zone": "a new table of time zones"}
VERBS = {
    "lead.sal": "accepted", "lead.rejected": "rejected", "lead.recycled": "recycled", "lead.assigned": "handed over",
    "lead.disqualified": "disqualified", "lead.won": "won", "lead.lost": "lost",
}  # fmt: skip


def sentence(kind: str, data: Mapping[str, Any], by: str, names: Mapping[int, str], why: Any = None) -> tuple[str, str]:
    """(what happened, a grey note). `by`: the doer's name or ""; `names`: {user id: name}; `why`: of an ownership."""
    family, _, what = kind.partition(".")
    if family == "clock":
        return _clock(what, data, names)
    say = SAY.get(kind)
    return say(data, by, names, why) if say else (f"{kind.replace('.', ' ').capitalize()}", by)


def _clock(what: str, data: Mapping[str, Any], names: Mapping[int, str]) -> tuple[str, str]:
    if what == "started":
        # Both scopes of one target start together; the owner's own is the lead's said twice.
        targets = dict.fromkeys(
            TARGETS.get(clock["target"], "") for clock in data.get("clocks", []) if isinstance(clock, dict)
        )
        listed = ", ".join(name for name in targets if name)
        return (f"Clock started: {listed}" if len(targets) == 1 else f"Clocks started: {listed}"), ""
    name = TARGETS.get(data.get("target", ""), "clock")
    whose = f"The owner’s {name}" if data.get("scope") == "owner" else name.capitalize()
    if what == "warned":
        return f"{whose}: {data.get('level', '')}% of the time used", ""
    if what == "escalated":
        state = f"has used {data['level']}% of its time" if data.get("level", 100) < 100 else "is late"
        return f"{names.get(data.get('to') or 0, 'The manager')} was told that {name} {state}", ""
    if what == "retargeted":
        return f"{whose} has another deadline", RETARGETED.get(str(data.get("because")), "")
    if what == "paused" and data.get("stands"):
        return f"{whose} paused, late already", str(data.get("reason") or "").replace("_", " ")
    said = {
        "breached": "is late", "met": "in time", "met_late": "done, late", "cancelled": "no longer counts",
        "reinstated": "counts again", "not_required": "no longer needed", "paused": "paused", "resumed": "goes on",
        "merged": "goes on from both records", "repaired": "corrected",
        "unheard": "is late and nobody is here to hear it", "parked": "could not be timed and is set aside",
        "retried": "is tried again",
    }.get(what, what)  # fmt: skip
    reason = str(data.get("reason") or "").replace("_", " ")
    return f"{whose} {said}" if name != "clock" else f"A clock {said}", reason


def _reason(data: Mapping[str, Any]) -> str:
    code = data.get("reason") or ""
    return Reason(code).label.lower() if code in Reason.values else str(code).replace("_", " ")


def _opened(data, by, names, why):
    return f"Cycle {data.get('cycle', 1)} opened", f"source {data['source'].replace('_', ' ')}" if data.get(
        "source"
    ) else ""


def _mql(data, by, names, why):
    cell = f", cell {data['cell']}" if data.get("cell") else ""
    version = f"definition v{data['definition']}" if data.get("definition") else ""
    late = f"heard of {duration(data['late'])} later" if data.get("late") else ""
    return f"Became MQL{cell}", ", ".join(x for x in (BECAUSE.get(data.get("because", ""), ""), version, late) if x)


def _assigned(data, by, names, why):
    owner = names.get(data.get("owner") or 0, "somebody")
    if data.get("cause") == "manual" and by and by != owner:
        return f"{by} gave it to {owner}", str((why.why if why else {}).get("note", ""))
    if data.get("cause") == "undone":
        return f"{owner} has it back", ""
    if data.get("cause") == "picked":
        return f"{owner} picked it", why_sentence(why) if why is not None else ""
    return f"Assigned to {owner}", why_sentence(why) if why is not None else ""


def _unassigned(data, by, names, why):
    if data.get("cause") == "claim":
        return f"Put into the queue {data.get('pool_name', '')}".rstrip(), "until somebody picks it"
    return "Nobody could own it: held", "the hand-off monitor is told"


def _held(data, by, names, why):
    return "Held until somebody can take it", "tried again and again"


def _picked(data, by, names, why):
    return f"{by or 'Somebody'} picked it", str(data.get("pool_name") or "")


def _accepted(data, by, names, why):
    return f"{by or 'Somebody'} accepted", ""


def _rejected(data, by, names, why):
    return f"{by or 'Somebody'} rejected: {_reason(data)}", ""


def _recycled(data, by, names, why):
    back = f", back on {data['revisit_on']}" if data.get("revisit_on") else ""
    return f"{by or 'Somebody'} recycled: {_reason(data)}{back}", f"end of cycle {data['cycle']}" if data.get(
        "cycle"
    ) else ""


def _disqualified(data, by, names, why):
    return f"{by or 'Somebody'} disqualified: {_reason(data)}", ""


def _sql(data, by, names, why):
    return "Became SQL", f"definition v{data['definition']}" if data.get("definition") else ""


def _opportunity(data, by, names, why):
    return f"{by or 'Somebody'} opened a deal", ""


def _won(data, by, names, why):
    return "Won", by


def _lost(data, by, names, why):
    reason = _reason(data)
    return f"Lost: {reason}" if reason else "Lost", by


def _reopened(data, by, names, why):
    was = Stage(data["from"]).label.lower() if data.get("from") in Stage.values else "closed"
    return f"{by or 'Somebody'} reopened it", f"it was {was}"


def _undone(data, by, names, why):
    return f"{by or 'Somebody'} took that back", VERBS.get(data.get("kind", ""), "")


def _merged(data, by, names, why):
    return f"{by or 'Somebody'} merged another record into this one", f"lead {data.get('loser', '')}".strip()


def _unmerged(data, by, names, why):
    return f"{by or 'Somebody'} took a merge back", "this record stands by itself again"


def _stuck(data, by, names, why):
    if data.get("because") == "limit":
        return "It stays: it moved on as often as it may", f"{data.get('hops', 0)} times"
    return "It stays: nobody who is here can take it", ""


def _bant(data, by, names, why):
    return f"{by or 'Somebody'} confirmed {', '.join(data.get('items', []))}", ""


def _approved(data, by, names, why):
    return f"{by or 'Somebody'} approved what was logged late: {_kind(data)}", "it counts"


def _declined(data, by, names, why):
    return f"{by or 'Somebody'} declined what was logged late: {_kind(data)}", "it doesn’t count"


def _kind(data: Mapping[str, Any]) -> str:
    name = PLAIN.get(data.get("kind", ""), "touch")
    return name if name == "LinkedIn" else name[:1].lower() + name[1:]


def _step(done: str):
    def say(data, by, names, why):
        owner = names.get(data.get("owner") or 0, "")
        return f"{by or 'A rule'} {done}", owner if owner != by else ""

    return say


def _consent(words: str):
    def say(data, by, names, why):
        purpose = str(data.get("purpose", "")).replace("_", " ")
        return f"{words}: {purpose}{' by ' + data['channel'] if data.get('channel') else ''}", by

    return say


SAY = {
    "consent.given": _consent("Agreed"), "consent.withdrawn": _consent("Withdrew consent"),
    "person.erased": lambda data, by, names, why: ("Erased on their request", by),
    "lead.held": _held, "lead.picked": _picked,
    "lead.merged": _merged, "lead.unmerged": _unmerged, "lead.stuck": _stuck,
    "touch.approved": _approved, "touch.declined": _declined, "step.set": _step("set a next step"),
    "step.reworded": _step("reworded the next step"), "step.done": _step("did the next step"),
    "step.dropped": _step("dropped the next step"),
    "lead.opened": _opened, "lead.mql": _mql, "lead.assigned": _assigned, "lead.unassigned": _unassigned,
    "lead.sal": _accepted, "lead.rejected": _rejected, "lead.recycled": _recycled, "lead.disqualified": _disqualified,
    "lead.sql": _sql, "lead.opportunity": _opportunity, "lead.won": _won, "lead.lost": _lost,
    "lead.reopened": _reopened, "lead.undone": _undone, "lead.bant": _bant,
}  # fmt: skip
