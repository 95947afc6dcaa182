"""The small forms of the routing pages; each says what the verbs get from it."""

from typing import Any

from django import forms

from leads.forms import HAND_RAISES
from leads.models import Pool, PoolMember, RoutingPlan, RoutingRule
from leads.routing import page_words
from teams import access
from teams.models import User

SKILLS_HELP = "Words with commas between, like german, enterprise. Empty: none."


class SlotForm(forms.Form):
    """`title` of the popover; `begin` gives what the form shows at first; `fields_of` what `drafts.change` gets."""

    title, note = "", ""

    @classmethod
    def begin(cls, rule: RoutingRule) -> dict[str, Any]:
        raise NotImplementedError

    def fields_of(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class NameForm(SlotForm):
    title = "What is this rule called?"
    name = forms.CharField(max_length=80)

    @classmethod
    def begin(cls, rule: RoutingRule) -> dict[str, Any]:
        return {"name": rule.name}


class WhereForm(SlotForm):
    title, note = "Who gets these leads?", "A pool’s members, hours and limits are on the page Pools."
    where = forms.ChoiceField(label="They go to")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].choices = destinations()  # type: ignore[attr-defined]

    @classmethod
    def begin(cls, rule: RoutingRule) -> dict[str, Any]:
        return {"where": f"{rule.to}:{rule.pool_id or rule.person_id or ''}"}

    def fields_of(self) -> dict[str, Any]:
        to, _, pk = self.cleaned_data["where"].partition(":")
        return {"to": to} | ({to: int(pk)} if pk else {})


class SkillsForm(SlotForm):
    title, note = "What must they know?", "Members of the pool without one of these are passed over."
    skills = forms.CharField(required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted({word for words in PoolMember.objects.values_list("skills", flat=True) for word in words})
        self.fields["skills"].help_text = SKILLS_HELP + (f" Known: {', '.join(known[:20])}." if known else "")

    @classmethod
    def begin(cls, rule: RoutingRule) -> dict[str, Any]:
        return {"skills": ", ".join(rule.skills)}

    def fields_of(self) -> dict[str, Any]:
        return {"skills": words_of(self.cleaned_data["skills"])}


SLOTS: dict[str, type[SlotForm]] = {"name": NameForm, "where": WhereForm, "skills": SkillsForm}


class NewRuleForm(WhereForm):
    """`place`: the line of the rule to stand in front of; "" = last."""

    title, note = "A new rule", "Added to the draft: nobody is affected until you publish. Then say for whom it is."
    name = forms.CharField(max_length=80, required=False, help_text="Empty: named after its condition.")
    place = forms.ChoiceField(label="It stands", required=False)
    field_order = ["where", "name", "place"]

    def __init__(self, *args: Any, rules: list[RoutingRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        before = [(str(rule.line), f"before {rule.name}") for rule in rules]
        self.fields["place"].choices = [("", "last, before the fallback"), *before]  # type: ignore[attr-defined]


class OptionForm(forms.Form):
    asked = forms.ChoiceField(choices=[("yes", "Ask it"), ("no", "Don’t ask it")], widget=forms.RadioSelect, label="")
    days = forms.IntegerField(label="If that began at most so many days ago", min_value=1, max_value=3_650)

    def __init__(self, *args: Any, name: str, plan: RoutingPlan, **kwargs: Any) -> None:
        value = getattr(plan, name)
        super().__init__(*args, initial={"asked": "yes" if value else "no", "days": value or 180}, **kwargs)
        self.fields["asked"].label = page_words.BEFORE[name]
        self.name = name
        if name != "sticky_days":
            del self.fields["days"]
        elif self.data.get("asked") == "no":
            self.fields["days"].required = False

    def fields_of(self) -> dict[str, Any]:
        asked = self.cleaned_data["asked"] == "yes"
        if self.name == "sticky_days":
            return {self.name: self.cleaned_data["days"] if asked else None}
        return {self.name: asked}


class PoolForm(forms.Form):
    name = forms.CharField(max_length=80)
    method = forms.ChoiceField(
        label="How its leads are given", choices=Pool.Method.choices,
        help_text="By turns: each in turn, by weight. Least loaded: whoever has the fewest open. Claim queue: members "
        "pick.",
    )  # fmt: skip
    picks_open = forms.IntegerField(
        label="Open picks a member, at most", required=False, min_value=1, max_value=1_000,
        help_text="Of a claim queue. Empty: no limit.",
    )  # fmt: skip
    picks_an_hour = forms.IntegerField(label="Picks an hour, at most", required=False, min_value=1, max_value=1_000)


class MemberForm(forms.Form):
    weight = forms.IntegerField(min_value=1, max_value=100, initial=1, help_text="2 gets twice as many as 1.")
    cap = forms.IntegerField(
        label="Open leads, at most", required=False, min_value=0, max_value=10_000, help_text="Empty: no limit."
    )
    per_day = forms.IntegerField(label="A day, at most", required=False, min_value=1, max_value=10_000)
    per_week = forms.IntegerField(label="A week, at most", required=False, min_value=1, max_value=10_000)
    skills = forms.CharField(required=False, max_length=500, help_text=SKILLS_HELP)

    def fields_of(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name != "user"}
        return {**given, "skills": words_of(given["skills"])}


class NewMemberForm(MemberForm):
    user = forms.ChoiceField(label="Who")
    field_order = ["user", "weight"]

    def __init__(self, *args: Any, pool: Pool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = set(pool.members.values_list("user_id", flat=True))
        self.fields["user"].choices = [(pk, name) for pk, name in sellers() if pk not in there]  # type: ignore[attr-defined]


class ListForm(forms.Form):
    name = forms.CharField(max_length=80)
    owner = forms.TypedChoiceField(
        coerce=int, help_text="Gets the leads of every account on it that names nobody else."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = sellers()  # type: ignore[attr-defined]


class OwnerForm(forms.Form):
    owner = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, of_list: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [("", f"the list’s: {of_list}"), *sellers()]  # type: ignore[attr-defined]


class PasteForm(forms.Form):
    lines = forms.CharField(
        label="Accounts", widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One a line: acme.com or Acme Analytics. With an owner of its own: acme.com, lena@northwind.example.",
    )  # fmt: skip


class EnquiryForm(forms.Form):
    """An enquiry that nobody sent, as the REST shape names things."""

    country = forms.CharField(required=False, max_length=2, help_text="Two letters, like US.")
    region = forms.CharField(label="Region or state", required=False, max_length=80)
    domain = forms.CharField(label="Company’s domain", required=False, max_length=255)
    company = forms.CharField(label="Company", required=False, max_length=200)
    employees = forms.IntegerField(label="People at the company", required=False, min_value=0)
    industry = forms.CharField(required=False, max_length=80)
    title = forms.CharField(label="Job title", required=False, max_length=160)
    source = forms.ChoiceField(required=False)
    hand_raise = forms.ChoiceField(label="Asked for", required=False, choices=[("", "nothing"), *HAND_RAISES.items()])
    product_interest = forms.CharField(label="Interested in", required=False, max_length=80)

    def __init__(self, *args: Any, sources: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [("", "not known"), *sources]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        if not self.errors and all(value in ("", None) for value in self.cleaned_data.values()):
            raise forms.ValidationError("Type at least one thing you know of it, like the country or the company.")
        return self.cleaned_data

    def shape(self) -> dict[str, Any]:
        """As REST takes it. Nobody is meant: no country has this number."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        firm = {"name": given.pop("company", ""), "domain": given.pop("domain", ""),
                "industry": given.pop("industry", ""), "employees": given.pop("employees", None),
                "country": given.get("country", "")}  # fmt: skip
        firm = {name: value for name, value in firm.items() if value not in ("", None)}
        if firm and not firm.get("name") and not firm.get("domain"):  # what has neither would be nobody's
            firm["name"] = NOBODYS_FIRM
        return {"phone": NOBODYS_PHONE, **given, **({"company": firm} if firm else {})}


NOBODYS_PHONE = "+999000000000"
NOBODYS_FIRM = "Typed in a dry run"
FIRM_FIELDS = {"company.name": "company", "company.domain": "domain", "company.industry": "industry",
               "company.employees": "employees", "company.country": "country"}  # fmt: skip


class PeriodForm(forms.Form):
    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To, inclusive", widget=forms.DateInput(attrs={"type": "date"}))


def words_of(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def sellers() -> list[tuple[int, str]]:
    """Who may own leads, by name."""
    here = User.objects.active().filter(is_service=False, role__in=access.SELLERS)
    return [(pk, name) for pk, name in here.order_by("name", "pk").values_list("pk", "name")]


def destinations() -> list[Any]:
    """Pools, claim queues, the account's owner and people, as the choices of one field."""
    pools = list(Pool.objects.order_by("name"))
    queues = [pool for pool in pools if pool.method == Pool.Method.CLAIM]
    several = [
        ("Pools", [(f"pool:{one.pk}", page_words.pool(one)) for one in pools if one not in queues]),
        ("Claim queues", [(f"pool:{one.pk}", str(one)) for one in queues]),
        ("Others", [("account_owner:", "the account’s owner")]),
        ("People", [(f"person:{pk}", name) for pk, name in sellers()]),
    ]
    return [(label, choices) for label, choices in several if choices]
