"""What people type about a handover."""

from typing import Any

from django import forms

from customers.dialogs import DAY
from customers.handover import State
from customers.rights import takers


class AnswersForm(forms.Form):
    """A field an item of the checklist; its name is the item's key."""

    def __init__(self, data: Any, state: State) -> None:
        super().__init__(data)
        for line in state.lines:
            if line.item.is_active:
                self.fields[line.item.key] = forms.CharField(
                    label=line.item.label, help_text=line.item.help, required=False, initial=line.text,
                    max_length=4_000, widget=forms.Textarea({"rows": 2}),
                )  # fmt: skip


class ManagerForm(forms.Form):
    csm = forms.ModelChoiceField(None, label="Customer success manager", empty_label="Choose…")

    def __init__(self, data: Any, initial: Any = None) -> None:
        super().__init__(data, initial={"csm": initial})
        self.fields["csm"].queryset = takers()  # type: ignore[attr-defined]


class GapsForm(forms.Form):
    gaps = forms.CharField(label="What is missing", max_length=400, widget=forms.Textarea({"rows": 3}))


class PromiseForm(forms.Form):
    text = forms.CharField(label="What they were told", max_length=300, widget=forms.Textarea({"rows": 2}))
    due_on = forms.DateField(label="By when", required=False, widget=DAY)
