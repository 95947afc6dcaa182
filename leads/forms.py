"""What people type into the verbs of a lead. Rules live in the verbs; a form only reads and shows."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from leads.models.stage import COOL_DOWN_DAYS, DISQUALIFY_REASONS, RECYCLE_REASONS, REJECT_REASONS, TRACKS, Reason
from leads.touch_words import HAND_RAISES

NOTE = {"rows": 3}
SHORTEST_REST, LONGEST_REST = min(COOL_DOWN_DAYS.values()), max(COOL_DOWN_DAYS.values())
TRACK_NAMES = {
    "newsletter": "Newsletter",
    "nurture-late": "Late nurture",
    "competitive": "Competitive",
    "product-education": "Product education",
}
TOUCH_KINDS = [
    ("call", "Call"),
    ("email", "E-mail"),
    ("meeting", "Meeting"),
    ("linkedin", "LinkedIn"),
    ("sms", "Text message"),
    ("note", "Note to self"),
]
OUTCOMES = {
    "call": [("attempt", "No answer"), ("two_way", "Spoke")],
    "": [("attempt", "One way: sent or tried"), ("two_way", "Two ways: they answered or we spoke")],
}
BANT_HELP = {
    "budget": ("Budget", "What is set aside, or from which pot it comes"),
    "authority": ("Authority", "Who decides: VP and up, or the named project lead"),
    "need": ("Need", "The problem, in words of this business"),
    "timeline": ("Timeline", "By when it must work, and why then"),
}


def reasons(codes: list[Reason]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Why",
        choices=[(code.value, code.label) for code in codes],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason."},
    )


class RejectForm(forms.Form):
    reason = reasons(REJECT_REASONS)
    note = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(NOTE),
        help_text="Read by marketing; one sentence is enough. Reason other needs it.",
    )


class OverrideForm(forms.Form):
    why = forms.CharField(
        label="Why, though it does not meet the definition", max_length=200,
        help_text="Shown on the scoreboard with your name.",
    )  # fmt: skip


class RecycleForm(forms.Form):
    reason = reasons(RECYCLE_REASONS)
    track = forms.ChoiceField(label="Nurture track", choices=[(code, TRACK_NAMES.get(code, code)) for code in TRACKS])
    revisit_on = forms.DateField(
        label="Back on",
        required=False,
        widget=forms.DateInput({"type": "date"}),
        help_text=f"Without a day the reason decides: {SHORTEST_REST} to {LONGEST_REST} days.",
    )
    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(NOTE), help_text="Read by marketing.")


class DisqualifyForm(forms.Form):
    reason = reasons(DISQUALIFY_REASONS)
    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(NOTE))


class ReassignForm(forms.Form):
    to = forms.ModelChoiceField(queryset=None, label="Give to", empty_label="Choose a person")
    note = forms.CharField(required=False, max_length=400, help_text="They read it on the timeline.")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people
        self.fields["to"].label_from_instance = lambda user: f"{user.name} · {user.team}" if user.team_id else user.name


class TouchForm(forms.Form):
    kind = forms.ChoiceField(label="What", choices=TOUCH_KINDS)
    outcome = forms.ChoiceField(label="How it went", choices=OUTCOMES[""], widget=forms.RadioSelect, initial="attempt")
    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(NOTE))
    when = forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M"],
        help_text="Only if it wasn’t just now. More than 15 minutes back waits for your manager; what is still to "
        "come counts when it happens.",
    )

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now = zone, now
        if kind:
            self.fields["kind"].widget = forms.HiddenInput()
            self.fields["kind"].initial = kind
            self.fields["outcome"].choices = OUTCOMES.get(kind, OUTCOMES[""])

    def clean_when(self) -> datetime | None:
        when = self.cleaned_data["when"]
        if when is None:
            return None
        here = when.replace(tzinfo=self.zone)
        if here > self.now + timedelta(days=366):
            raise forms.ValidationError("This is more than a year ahead.", code="future")
        return here


class QualifyForm(forms.Form):
    """One pair of fields an item; a pair left empty is not sent. `item`: only this one, and then it must be filled."""

    def __init__(self, *args: Any, items: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        alone = len(items) == 1
        for item in items:
            label, help_text = BANT_HELP[item]
            self.fields[f"{item}_value"] = forms.CharField(
                label=label, max_length=400, required=alone, help_text=help_text
            )
            self.fields[f"{item}_evidence"] = forms.CharField(
                label=f"How we know, {label.lower()}" if not alone else "How we know",
                max_length=1000,
                required=alone,
                widget=forms.Textarea({"rows": 2}),
                help_text="Who said it, when, in which words",
            )

    def given(self) -> dict[str, dict[str, str]]:
        """{item: {value, evidence}} of the pairs with anything in them."""
        found = {}
        for item in self.items:
            pair = {part: self.cleaned_data.get(f"{item}_{part}", "") for part in ("value", "evidence")}
            if any(pair.values()):
                found[item] = pair
        return found


class NewLeadForm(forms.Form):
    """As the REST shape names things, so that its errors find their field."""

    first_name = forms.CharField(required=False, max_length=100)
    last_name = forms.CharField(required=False, max_length=100)
    email = forms.CharField(label="E-mail", required=False, max_length=254, help_text="This or a phone number.")
    phone = forms.CharField(required=False, max_length=40, help_text="With the country, like +49 30 1234567.")
    title = forms.CharField(required=False, max_length=160)
    company = forms.CharField(required=False, max_length=200)
    employees = forms.IntegerField(label="People at the company", required=False, min_value=0)
    industry = forms.CharField(required=False, max_length=80)
    country = forms.CharField(required=False, max_length=2, help_text="Two letters, like US.")
    source = forms.ChoiceField(required=False)
    hand_raise = forms.ChoiceField(
        label="Did they ask to be contacted?", required=False, choices=[("", "No"), *HAND_RAISES.items()]
    )
    product_interest = forms.CharField(label="Interested in", required=False, max_length=80)
    message = forms.CharField(label="In their words", required=False, max_length=10_000, widget=forms.Textarea(NOTE))

    def __init__(self, *args: Any, sources: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [("", "Not known"), *sources]

    def shape(self) -> dict[str, Any]:
        """What was typed as the body REST takes; what was left empty is left out."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        firm = {
            "name": given.pop("company", ""),
            "employees": given.pop("employees", None),
            "industry": given.pop("industry", ""),
        }
        firm = {name: value for name, value in firm.items() if value not in ("", None)}
        return {**given, **({"company": firm} if firm else {})}


class SavedViewForm(forms.Form):
    name = forms.CharField(max_length=80)
    query = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    shared = forms.BooleanField(required=False, label="Everybody sees it")


def blame(form: forms.Form, refusal: Any, rename: Any = lambda name: name) -> None:
    """Put a domain error's details on the fields they name, else on the form as a whole."""
    for error in getattr(refusal, "errors", None) or [{"field": refusal.field, "detail": refusal.detail}]:
        name = rename(error["field"])
        form.add_error(name if name in form.fields else None, error["detail"])
