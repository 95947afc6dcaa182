"""What a person decides about one lead, each a noun under it: POST /leads/42/acceptance/."""

from datetime import datetime
from typing import Any

from leads import forms, overriding, touches, upward
from leads.bant import ITEMS
from leads.models import Touch
from leads.models.stage import Reason
from leads.touch_words import hand_raise
from leads.views.doors import LeadVerb
from revops.lib import words
from revops.lib.frame import reader_zone
from teams.models import User

WAITS = {
    "waits": "It was over 15 minutes ago, so it counts once a manager approves it.",
    "ahead": "It counts when it happens.",
}
SENIOR = {"vp": "VP", "c_level": "C-level", "director": "Director"}


def kept(lead_id: int, target: str, *, now: datetime) -> str:
    """ " Decided in 2 h 05, in time." of the clock that was just stopped; "" when none was."""
    for clock in upward.panel("clocks")([lead_id], now=now)[lead_id]:
        if clock["target"] == target and clock["scope"] == "lead" and clock["stopped_at"] == now:
            passed = (clock["stopped_at"] - clock["started_at"]).total_seconds()
            if clock["state"] == "met" and passed > clock["seconds"]:
                return " In time."  # nights didn't count: "in 11 h 14" of five minutes would read as late
            taken = words.duration(passed)
            return f" In {taken}, {'in time' if clock['state'] == 'met' else 'late'}."
    return ""


class Accept(LeadVerb):
    verb, words = "accept", "Accept"
    note = "The lead becomes an SAL. Ends the decision clock; first response keeps running until somebody answers."

    def act(self, given: dict[str, Any]) -> str:
        now = self.request.now
        self.lead.accept(by=self.request.user, at=now)
        return f"{self.lead.person} accepted.{kept(self.lead.pk, 'disposition', now=now)}"


class Reject(LeadVerb):
    verb, words, tone = "reject", "Reject", "danger"
    note = "Ends the decision clock, if it runs. First response, if it still runs, no longer counts."

    def form(self, data: Any = None) -> forms.RejectForm:
        return forms.RejectForm(data)

    def act(self, given: dict[str, Any]) -> str:
        self.lead.reject(by=self.request.user, at=self.request.now, reason=given["reason"], note=given["note"])
        return f"{self.lead.person} rejected: {Reason(given['reason']).label.lower()}."


class Recycle(LeadVerb):
    verb, words = "recycle", "Recycle"
    note = "Back to marketing. Ends the decision clock, if it runs; first response, if it still runs, no longer counts."

    def form(self, data: Any = None) -> forms.RecycleForm:
        return forms.RecycleForm(data)

    def act(self, given: dict[str, Any]) -> str:
        self.lead.recycle(by=self.request.user, at=self.request.now, **given)
        back = (
            f", back on {words.period(given['revisit_on'], given['revisit_on']).partition(' –')[0]}"
            if given["revisit_on"]
            else ""
        )
        return f"{self.lead.person} recycled: {Reason(given['reason']).label.lower()}{back}."


class Disqualify(LeadVerb):
    verb, words, tone = "disqualify", "Disqualify", "danger"
    note = "All clocks end. Only somebody who reopens it brings this lead back."

    def form(self, data: Any = None) -> forms.DisqualifyForm:
        return forms.DisqualifyForm(data)

    def act(self, given: dict[str, Any]) -> str:
        self.lead.disqualify(by=self.request.user, at=self.request.now, **given)
        return f"{self.lead.person} disqualified: {Reason(given['reason']).label.lower()}."


class Reopen(LeadVerb):
    verb, words = "reopen", "Reopen"
    note = "Back to where it was before; new clocks start now. Past dates stay."
    undoable = False

    def act(self, given: dict[str, Any]) -> str:
        self.lead.reopen(by=self.request.user, at=self.request.now)
        return f"{self.lead.person} reopened as {self.lead.get_stage_display()}."


class Override(LeadVerb):
    verb, words, tone = "override", "Hand over anyway", "danger"
    note = "Clocks start as for any MQL. It counts as an override on the scoreboard, with your name and this reason."
    undoable = False

    def form(self, data: Any = None) -> forms.OverrideForm:
        return forms.OverrideForm(data)

    def title(self) -> str:
        return f"Hand over {self.lead.person} anyway"

    def act(self, given: dict[str, Any]) -> str:
        overriding.hand_over_anyway(self.lead, by=self.request.user, at=self.request.now, reason=given["why"])
        return f"{self.lead.person} handed over by hand."

    def field_of(self, name: str) -> str:
        return "why" if name == "reason" else name


class Reassign(LeadVerb):
    verb, words = "reassign", "Reassign"
    note = "The lead’s clocks keep running; the new owner gets an own response clock."

    def form(self, data: Any = None) -> forms.ReassignForm:
        people = User.objects.sellers().exclude(pk=self.lead.owner_id).select_related("team").order_by("name")
        return forms.ReassignForm(data, people=people)

    def act(self, given: dict[str, Any]) -> str:
        self.lead.reassign(by=self.request.user, at=self.request.now, to=given["to"], note=given["note"])
        return f"{self.lead.person} given to {given['to']}. The lead’s clocks keep running."


class LogTouch(LeadVerb):
    """`?kind=call` asks for less: what it was is known."""

    verb, words = "touch", "Log touch"
    undoable = False
    template = "leads/touch.html"
    NOTES = {
        "call": "A call stops first response, also one without an answer.",
        "email": "A mail you wrote stops first response.",
    }
    TITLES = {"call": "Call", "email": "Write to"}

    @property
    def kind(self) -> str:
        kind = self.request.GET.get("kind", "")
        return kind if kind in self.TITLES else ""

    def form(self, data: Any = None) -> forms.TouchForm:
        return forms.TouchForm(data, zone=reader_zone(self.request), now=self.request.now, kind=self.kind)

    def title(self) -> str:
        return f"{self.TITLES.get(self.kind, 'Log a touch with')} {self.lead.person}"

    def more(self) -> dict[str, Any]:
        verb = {"call": "Log call", "email": "Log e-mail"}.get(self.kind, "Log touch")
        note = self.NOTES.get(self.kind, "A call, mail or message stops first response; a note doesn’t.")
        return {"kind": self.kind, "words": verb, "note": note, "raised": hand_raise(self.lead.hand_raise)}

    def act(self, given: dict[str, Any]) -> str:
        now, when = self.request.now, given["when"] or self.request.now
        [logged_id] = touches.log(
            [touches.HumanTouch(self.lead.pk, given["kind"], when, outcome=given["outcome"], note=given["note"])],
            by=self.request.user.pk, at=now,
        )  # fmt: skip
        logged = dict(forms.TOUCH_KINDS)[given["kind"]]
        if said := WAITS.get(Touch.objects.values_list("standing", flat=True).get(pk=logged_id)):
            return f"{logged} with {self.lead.person} logged. {said}"
        return f"{logged} with {self.lead.person} logged.{kept(self.lead.pk, 'first_response', now=now)}"


class Qualify(LeadVerb):
    """`?item=need`: only that one; without, all that are not settled yet."""

    verb, words = "qualify", "Confirm"
    undoable = False

    def form(self, data: Any = None) -> forms.QualifyForm:
        asked = self.request.GET.get("item", "")
        have = {q.item: q for q in self.lead.qualifications.all()}
        items = [asked] if asked in ITEMS else [item for item in ITEMS if item not in have] or list(ITEMS)
        initial = {f"{item}_{part}": text for item in items for part, text in suggestion(self.lead, item).items()}
        for item, q in have.items():
            initial |= {f"{item}_value": q.value, f"{item}_evidence": q.evidence}
        return forms.QualifyForm(data, items=items, initial=initial)

    def title(self) -> str:
        return f"Qualify {self.lead.person}"

    note = "Each item needs its value and how we know. Enough of them make an SQL."

    def field_of(self, name: str) -> str:
        return name.replace(".", "_")

    def act(self, given: dict[str, Any]) -> str:
        items = self.bound.given()
        was = self.lead.stage
        self.lead.qualify(by=self.request.user, at=self.request.now, items=items)
        if self.lead.stage != was:
            return f"{self.lead.person} is an SQL now."
        return (
            f"{words.plural(len(items), 'item')} confirmed."
            if items
            else "Nothing was confirmed: all fields were empty."
        )


class Undo(LeadVerb):
    verb, words = "undo", "Undo"
    note = "Takes back the last decision; the timeline keeps both."
    undoable = False

    def title(self) -> str:
        return f"Undo the last decision on {self.lead.person}"

    def act(self, given: dict[str, Any]) -> str:
        self.lead.undo(by=self.request.user, at=self.request.now)
        return f"Undone. {self.lead.person} is {self.lead.get_stage_display()} again."


def suggestion(lead: Any, item: str) -> dict[str, str]:
    """What the record already says about an item, for a person to confirm; {} when it says nothing."""
    if item == "authority" and lead.person.seniority in SENIOR:
        return {
            "value": lead.person.title or SENIOR[lead.person.seniority],
            "evidence": f"Title says {SENIOR[lead.person.seniority]}",
        }
    if item == "need" and lead.message:
        origin = hand_raise(lead.hand_raise) or "Enquiry"
        return {"value": lead.message[:400], "evidence": f"{origin}, {lead.created_at.day} {lead.created_at:%b %Y}"}
    return {}
