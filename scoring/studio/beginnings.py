"""What a new rule may begin as: a handful of sensible ones for each kind, each a short form that makes a whole rule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from leads import attributes
from leads.conditions import slot_forms
from leads.conditions import words as phrases
from scoring.models import Rule, RuleGroup
from scoring.studio.forms import GIVE, WHOLE

DAYS = {"invalid": "Give a number.", "min_value": "Give more than 0 days."}
HANDS = ["demo_request", "contact_request", "trial_start"]
UNNAMED = "New rule"
CONTENT = ["download", "form", "webinar", "event", "chat", "email_click"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """`asks`: names of fields below; `build`: cleaned fields → fields of `drafts.add` besides name, points, group."""

    code: str
    kind: str
    label: str
    points: int
    asks: tuple[str, ...]
    build: Callable[[Mapping[str, Any]], dict[str, Any]]
    named: Callable[[Mapping[str, Any]], str]
    presets: Mapping[str, Any]


def _does(kinds: Sequence[str]) -> list[tuple[str, str]]:
    return [(kind, phrases.KINDS[kind][0]) for kind in kinds]


def _counted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Each time with a half-life, or once when it happened often enough."""
    if given.get("at_least"):
        return {"at_least": given["at_least"], "within_days": given.get("within_days")}
    return {"half_life_days": given.get("half_life_days") or 14.0}


def _page(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"touches": {"kind": ["page_view"], "url_contains": given["page"]}, **_counted(given)}


def _act(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"touches": {"kind": [given["act"]]}, **_counted(given)}


def _used(given: Mapping[str, Any]) -> dict[str, Any]:
    distinct = {"distinct": "invitee"} if given["act"] == "invite" else {}
    return {"touches": {"kind": [given["act"]]}, "at_least": given["at_least"] or 1,
            "within_days": given["within_days"], **distinct}  # fmt: skip


def _said(given: Mapping[str, Any]) -> str:
    does = phrases.KINDS[given["act"]][0]
    often = f" {given['at_least']}× in {phrases.days(given['within_days'])}" if given.get("within_days") else ""
    return does[:1].upper() + does[1:] + often


def _size(given: Mapping[str, Any]) -> dict[str, Any]:
    least, most = given.get("least"), given.get("most")
    parts = [{"attribute": "company.employees", "op": op, "value": value}
             for op, value in (("at_least", least), ("at_most", most)) if value is not None]  # fmt: skip
    return {"condition": parts[0] if len(parts) == 1 else {"all": parts}}


def _size_named(given: Mapping[str, Any]) -> str:
    least, most = given.get("least"), given.get("most")
    if least is None or most is None:
        return (
            f"{phrases.number(least)} people or more" if least is not None else f"At most {phrases.number(most)} people"
        )
    return f"{phrases.number(least)}–{phrases.number(most)} people"


def _values(given: Mapping[str, Any], name: str) -> list[str]:
    return [one.strip() for one in given[name].split(",") if one.strip()]


def _one_of(attribute: str, field: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda given: {"condition": {"attribute": attribute, "op": "in", "value": _values(given, field)}}


BEGINNINGS = [
    Beginning("page", Rule.Kind.ENGAGEMENT, "Visited a page", 15, ("page", "at_least", "within_days"), _page,
              lambda given: f"Visited {given['page']}" + (
                  f" {given['at_least']}× in {phrases.days(given['within_days'])}"
                  if given.get("at_least") and given.get("within_days") else ""
              ), {"page": "/pricing", "at_least": 3, "within_days": 7}),
    Beginning("hand", Rule.Kind.ENGAGEMENT, "Raised a hand", 35, ("act", "half_life_days"), _act, _said,
              {"act": HANDS, "half_life_days": 30}),
    Beginning("content", Rule.Kind.ENGAGEMENT, "Took something or came to something", 10, ("act", "half_life_days"),
              _act, _said, {"act": CONTENT, "half_life_days": 14}),
    Beginning("act", Rule.Kind.ENGAGEMENT, "Did anything else", 5, ("act", "at_least", "within_days"), _act, _said,
              {"act": list(phrases.KINDS)}),
    Beginning("firm", Rule.Kind.FIT, "Is a kind of firm", 20, ("industries",),
              _one_of("company.industry", "industries"),
              lambda given: " or ".join(_values(given, "industries")[:3]), {}),
    Beginning("size", Rule.Kind.FIT, "Has so many people", 20, ("least", "most"), _size, _size_named, {"least": 500}),
    Beginning("role", Rule.Kind.FIT, "Holds a role", 20, ("seniority",),
              lambda given: {
                  "condition": {"attribute": "person.seniority", "op": "at_least", "value": given["seniority"]}
              },
              lambda given: f"{_seniorities()[given['seniority']]} or above", {"seniority": "director"}),
    Beginning("place", Rule.Kind.FIT, "Is in a country", 10, ("countries",), _one_of("company.country", "countries"),
              lambda given: " or ".join(_values(given, "countries")[:3]), {}),
    Beginning("icp", Rule.Kind.FIT, "Fits our ideal customer", 20, ("match",),
              lambda given: {"condition": {"attribute": "company.icp", "op": "at_least", "value": given["match"]}},
              lambda given: f"ICP match {given['match']} or more", {"match": 75}),
    Beginning("anybody", Rule.Kind.FIT, "Something else about them", 10, (), lambda given: {"condition": {}},
              lambda given: UNNAMED, {}),
    Beginning("used", Rule.Kind.USAGE, "Used the product", 50, ("act", "at_least", "within_days"), _used, _said,
              {"act": ["feature_use", "invite", "trial_start"], "at_least": 5, "within_days": 30}),
]  # fmt: skip
BY_CODE = {one.code: one for one in BEGINNINGS}


def _seniorities() -> dict[str, str]:
    return dict(attributes.known(["person.seniority"])["person.seniority"].choices or {})


class NewRuleForm(forms.Form):
    """Only the fields that its beginning asks for, then points, group and name."""

    page = forms.CharField(label="The address contains", max_length=200, error_messages={"required": "Say which page."})
    act = forms.ChoiceField(label="They")
    industries = forms.CharField(label="Industry", max_length=400, help_text="Several with commas.",
                                 error_messages={"required": "Say which industry."})  # fmt: skip
    countries = forms.CharField(label="Country", max_length=200, help_text="Codes like US, DE; several with commas.",
                                error_messages={"required": "Say which country."})  # fmt: skip
    seniority = forms.ChoiceField(label="At least")
    match = forms.IntegerField(label="ICP match, at least, %", min_value=1, max_value=100, error_messages=WHOLE)
    least = forms.IntegerField(label="People, at least", min_value=1, required=False, error_messages=WHOLE)
    most = forms.IntegerField(label="At most", min_value=1, required=False, error_messages=WHOLE)
    at_least = forms.IntegerField(label="At least times", min_value=1, max_value=10_000, required=False,
                                  help_text="Empty: each time counts, and fades.", error_messages=WHOLE)  # fmt: skip
    within_days = forms.FloatField(label="Within days", min_value=0.01, required=False, error_messages=DAYS)
    half_life_days = forms.FloatField(
        label="Half of it left after days", min_value=0.01, required=False, error_messages=DAYS
    )
    points = forms.FloatField(label="Points", error_messages=GIVE)
    group = forms.ChoiceField(label="Group", required=False)
    name = forms.CharField(label="Name", max_length=120, required=False, help_text="Empty: named after what it says.")

    def __init__(self, *args: Any, beginning: Beginning, groups: Sequence[RuleGroup], **kwargs: Any) -> None:
        kwargs["initial"] = {"points": beginning.points} | {
            name: value for name, value in beginning.presets.items() if not isinstance(value, list)
        } | kwargs.get("initial", {})  # fmt: skip
        super().__init__(*args, **kwargs)
        self.beginning = beginning
        for name in set(self.fields) - {*beginning.asks, "points", "group", "name"}:
            del self.fields[name]
        self.fields["group"].choices = [("", "no group"), *((str(one.pk), one.name) for one in groups)]  # type: ignore[attr-defined]
        if "act" in self.fields:
            self.fields["act"].choices = _does(beginning.presets["act"])  # type: ignore[attr-defined]
        if "seniority" in self.fields:
            self.fields["seniority"].choices = list(_seniorities().items())  # type: ignore[attr-defined]
        if beginning.kind == Rule.Kind.USAGE:
            self.fields["at_least"].help_text = ""
        self.offered = (
            slot_forms.offered(attributes.known(["company.industry"])["company.industry"])
            if beginning.code == "firm"
            else {}
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if (
            self.beginning.code == "size"
            and given.get("least") is None
            and given.get("most") is None
            and not self.errors
        ):
            self.add_error("least", "Give at least one of the two.")
        if given.get("within_days") and not given.get("at_least") and "at_least" not in self.errors:
            self.add_error("at_least", "Say how often in these days.")
        return given

    def fields_of(self) -> dict[str, Any]:
        given = self.cleaned_data
        fields = self.beginning.build(given)
        group = given["group"]
        return fields | {
            "points": given["points"], "group": int(group) if group else None,
            "name": (given["name"] or self.beginning.named(given))[:120],
        }  # fmt: skip
