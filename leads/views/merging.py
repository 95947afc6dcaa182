"""Merge two records of one human being: found by name, mail or number, and said first what it does to clocks."""

from typing import Any

from django import forms

from leads import finding
from leads.duplicates import merging
from leads.models import Lead, Person
from leads.models.stage import Stage
from leads.views.doors import LeadVerb
from revops.lib.errors import Refused

MOST = 6


class MergeForm(forms.Form):
    """First who, then which of those found; the second time the choice is made."""

    who = forms.CharField(
        label="Who is the same person?", max_length=254, help_text="A name, a mail address or a lead’s number."
    )
    lead = forms.ChoiceField(label="Found", required=False, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data)
        self.found = similar(str((data or {}).get("who", "")), lead) if data else []
        self.fields["lead"].choices = [(str(other.pk), described(other)) for other in self.found]
        if not self.found:
            self.fields["lead"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("who") and not self.errors:
            if not self.found:
                self.add_error("who", "Nobody else is known by this.")
            elif not given.get("lead"):
                self.add_error("lead", "Choose who it is.")
        return given


class Merge(LeadVerb):
    verb, words, tone = "merge", "Merge", "danger"
    note = (
        "This record stays. Each clock keeps the earliest start, the pauses and the earliest answer of both; the other "
        "record’s clocks end. A breach stays, unless a touch on either record was in time. It can be "
        "taken back for 30 days."
    )
    undoable = False

    def title(self) -> str:
        return f"Merge somebody into {self.lead.person}"

    def form(self, data: Any = None) -> MergeForm:
        return MergeForm(data, lead=self.lead)

    def act(self, given: dict[str, Any]) -> str:
        other = next(one for one in self.bound.found if str(one.pk) == given["lead"])
        if self.lead.stage == Stage.MERGED:
            raise Refused("This record was merged itself. Open the one it went into.", code="merged")
        merging.merge(self.lead.person, other.person, by=self.request.user, at=self.request.now)
        return f"{other.person} is part of {self.lead.person} now."


def similar(text: str, lead: Lead) -> list[Lead]:
    """Other people's present leads that fit what was typed; two queries."""
    text = text.strip()
    if not text:
        return []
    people = Person.objects.filter(merged_into=None).exclude(pk=lead.person_id)
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        people = people.filter(leads=int(number))
    else:
        people = people.filter(finding.matching(text))
    found: dict[int, Lead] = {}
    wanted = list(people.order_by("-last_touch_at").values_list("pk", flat=True)[:MOST])
    leads = Lead.objects.filter(person__in=wanted).exclude(stage=Stage.MERGED).with_names().order_by("cycle")
    for other in leads:
        if other.person_id not in found or not found[other.person_id].is_open:
            found[other.person_id] = other
    return [found[pk] for pk in wanted if pk in found]


def described(lead: Lead) -> str:
    """Enough to tell one Smith from another."""
    parts = [str(lead.person), lead.person.email, str(lead.company or ""), lead.get_stage_display(),
             f"owner {lead.owner}" if lead.owner_id else "no owner"]  # fmt: skip
    return " · ".join(dict.fromkeys(part for part in parts if part))
