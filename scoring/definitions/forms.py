"""What people type into a definition and its review. Rules live in the verbs; a form only reads and shows."""

from typing import Any

from django import forms

from leads.bant import ITEMS
from revops.lib.errors import Invalid
from scoring.definitions.fields import LONGEST
from scoring.models import Definition

DAY = {"type": "date"}


class WordsForm(forms.Form):
    """The sentence, the evidence of an SQL, and from when: everything but the rule."""

    sentence = forms.CharField(
        label="In a sentence", max_length=LONGEST["sentence"], widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Say in a sentence what it is."},
        help_text="For people: what everybody here means by it.",
    )  # fmt: skip
    asked_on = forms.CharField(
        label="Holds from", widget=forms.DateInput(DAY), required=False,
        help_text="Empty: as soon as both sides have agreed. Never earlier than that.",
    )  # fmt: skip
    review_on = forms.CharField(
        label="Looked at again on", widget=forms.DateInput(DAY), required=False,
        help_text="Empty: a quarter after it begins to hold.",
    )  # fmt: skip
    note = forms.CharField(label="Why it is changed", max_length=LONGEST["note"], required=False)

    def __init__(self, *args: Any, stage: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stage = stage
        if stage != "sql":
            return
        for item in ITEMS:
            self.fields[f"{item}_label"] = forms.CharField(
                label=f"{item.capitalize()}: what we call it", max_length=40,
                error_messages={"required": "Say what it is called here."},
            )  # fmt: skip
            self.fields[f"{item}_evidence"] = forms.CharField(
                label=f"{item.capitalize()}: what counts as evidence", max_length=400,
                widget=forms.Textarea({"rows": 2}),
                error_messages={"required": "Say what counts as evidence here."},
            )  # fmt: skip
        self.fields["items_needed"] = forms.TypedChoiceField(
            label="How many of the four make an SQL", choices=[(4, "all four"), (3, "three")], coerce=int
        )
        self.order_fields(["sentence", *(f"{item}_{part}" for item in ITEMS for part in ("label", "evidence")),
                           "items_needed"])  # fmt: skip

    @classmethod
    def begin(cls, draft: Definition) -> dict[str, Any]:
        said = {"sentence": draft.sentence, "note": draft.note, "items_needed": draft.items_needed}
        said |= {name: day.isoformat() for name in ("asked_on", "review_on") if (day := getattr(draft, name))}
        return said | {f"{one['item']}_{part}": one[part] for one in draft.items for part in ("label", "evidence")}

    def fields_of(self) -> dict[str, Any]:
        given = self.cleaned_data
        said = {name: given[name] for name in ("sentence", "asked_on", "review_on", "note")}
        if self.stage == "sql":
            said["items_needed"] = given["items_needed"]
            said["items"] = [
                {"item": item, **{part: given[f"{item}_{part}"] for part in ("label", "evidence")}} for item in ITEMS
            ]
        return said

    def blame(self, wrong: Invalid) -> None:
        """What the verb refused, at the field it names."""
        for error in wrong.errors:
            name = error["field"]
            if name.startswith("items.") and name.count(".") == 2:
                _, place, part = name.split(".")
                name = f"{ITEMS[int(place)]}_{part}"
            self.add_error(name if name in self.fields else None, error["detail"])


class ReviewForm(forms.Form):
    next_on = forms.CharField(
        label="Looked at again on", widget=forms.DateInput(DAY), error_messages={"required": "Say when."}
    )
