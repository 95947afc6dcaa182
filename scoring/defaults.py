"""The model and the definitions a new installation starts with; published by a migration, read and replaced later."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

CORE = [
    "Software", "SaaS", "Fintech", "Financial services", "Insurance", "Logistics", "Retail logistics",
    "Telecommunications",
]  # fmt: skip
NEAR = [
    "Manufacturing", "Retail", "E-commerce", "Healthcare", "Professional services", "Media", "Energy", "Travel",
]  # fmt: skip
MARKETS = [
    "US", "CA", "GB", "IE", "DE", "AT", "CH", "FR", "NL", "BE", "ES", "PT", "IT", "DK", "SE", "NO", "FI", "PL", "CZ",
    "AU", "NZ",
]  # fmt: skip
TECHNOLOGIES = ["Salesforce", "HubSpot", "Microsoft Dynamics", "Marketo", "SAP", "NetSuite", "Snowflake"]
FREE_MAIL = [
    "gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com", "msn.com", "icloud.com",
    "me.com", "aol.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "mail.ru", "yandex.ru", "qq.com", "163.com",
    "proton.me", "protonmail.com", "orange.fr", "free.fr", "libero.it",
]  # fmt: skip

Tree = dict[str, Any]


def leaf(attribute: str, op: str, value: Any = None) -> Tree:
    return {"attribute": attribute, "op": op} | ({} if value is None else {"value": value})


def band(least: int, most: int | None = None) -> Tree:
    parts = [leaf("company.employees", "at_least", least)]
    return {"all": [*parts, leaf("company.employees", "at_most", most)]} if most else parts[0]


def page(part: str) -> Tree:
    return {"kind": ["page_view"], "url_contains": part}


GROUPS: dict[str, float | None] = {
    "Company": None, "Role": None, "Raised a hand": None, "Events": 30, "Content": 30, "E-mail": 4, "Visits": 25,
    "Not a buyer": None, "In the product": None,
}  # fmt: skip

# (kind, group, name, points, what, more)
RULES: list[tuple[str, str, str, float, Tree, Tree]] = [
    ("fit", "Company", "Core industry", 25, leaf("company.industry", "in", CORE), {}),
    ("fit", "Company", "Related industry", 12, leaf("company.industry", "in", NEAR), {}),
    ("fit", "Company", "501–1,000 people", 25, band(501, 1_000), {}),
    ("fit", "Company", "1,001–5,000 people", 20, band(1_001, 5_000), {}),
    ("fit", "Company", "More than 5,000 people", 10, band(5_001), {}),
    ("fit", "Company", "101–500 people", 18, band(101, 500), {}),
    ("fit", "Company", "21–100 people", 8, band(21, 100), {}),
    ("fit", "Company", "Uses a system we connect to", 10, leaf("company.technologies", "in", TECHNOLOGIES), {}),
    ("fit", "Company", "In a market we serve", 10, {"any": [
        leaf("person.country", "in", MARKETS), leaf("company.country", "in", MARKETS),
    ]}, {}),
    ("fit", "Role", "VP or above", 25, leaf("person.seniority", "at_least", "vp"), {}),
    ("fit", "Role", "Director", 20, leaf("person.seniority", "is", "director"), {}),
    ("fit", "Role", "Manager", 10, leaf("person.seniority", "is", "manager"), {}),
    ("fit", "Not a buyer", "Student or intern", -30, {"any": [
        leaf("person.title", "contains", "student"), leaf("person.title", "contains", "trainee"),
        leaf("person.title", "is", "intern"), leaf("person.title", "starts_with", "intern "),
    ]}, {}),
    ("fit", "Not a buyer", "Free e-mail domain", -5, leaf("person.mail_domain", "in", FREE_MAIL), {}),
    ("engagement", "Raised a hand", "Demo request", 40, {"kind": ["demo_request"]}, {"half_life_days": 30}),
    ("engagement", "Raised a hand", "Contact request", 35, {"kind": ["contact_request"]}, {"half_life_days": 30}),
    ("engagement", "Raised a hand", "Trial started", 30, {"kind": ["trial_start"]}, {"half_life_days": 30}),
    ("engagement", "Visits", "Pricing page 3× in 7 days", 15, page("/pricing"), {"at_least": 3, "within_days": 7}),
    ("engagement", "Content", "ROI calculator", 20,
     {"kind": ["page_view", "download", "form"], "asset": ["roi-calculator"]}, {"half_life_days": 14}),
    ("engagement", "Events", "Webinar", 10, {"kind": ["webinar"]}, {"half_life_days": 14}),
    ("engagement", "Events", "Event", 15, {"kind": ["event"]}, {"half_life_days": 21}),
    ("engagement", "Content", "Download", 8, {"kind": ["download"]}, {"half_life_days": 14}),
    ("engagement", "Content", "Form", 10, {"kind": ["form"]}, {"half_life_days": 14}),
    ("engagement", "Visits", "Chat", 10, {"kind": ["chat"], "direction": "in"}, {"half_life_days": 14}),
    ("engagement", "E-mail", "E-mail click", 3, {"kind": ["email_click"]}, {"half_life_days": 14}),
    ("engagement", "Not a buyer", "Careers page", -10, page("/careers"), {"at_least": 1, "within_days": 90}),
    ("usage", "In the product", "Invited 3 people", 50, {"kind": ["invite"]},
     {"at_least": 3, "within_days": 30, "distinct": "invitee"}),
    ("usage", "In the product", "Used a feature 5 times", 50, {"kind": ["feature_use"]},
     {"at_least": 5, "within_days": 30}),
]  # fmt: skip

NOT_OURS_ALREADY = {"none": [leaf("company.is_customer", "is", True), leaf("company.has_open_deal", "is", True)]}

MQL_SENTENCE = (
    "Somebody we may contact who raised a hand; or whose score is A1, A2 or B1; or who uses the product like a buyer "
    "with fit 40 or more. At customers and where a deal is open, only a raised hand counts."
)
MQL = {
    "any": [
        leaf("lead.hand_raise", "is_set"),
        {"all": [leaf("score.cell", "in", ["A1", "A2", "B1"]), NOT_OURS_ALREADY]},
        {"all": [leaf("score.pql", "is", True), leaf("score.fit", "at_least", 40), NOT_OURS_ALREADY]},
    ]
}
SAL_SENTENCE = (
    "An MQL that a rep has read and taken: the company and the person are right, nobody else is talking to them, and a "
    "conversation is worth having now. Decided within 48 hours; no is an honest answer with a reason."
)
SQL_SENTENCE = (
    "An SAL with whom budget, authority, need and timeline are confirmed, each with what they said, when, and specific "
    "to their business."
)
BANT = [
    {"item": "budget", "label": "Budget",
     "evidence": "an amount or a budget line with its owner, or the price was said and not refused"},
    {"item": "authority", "label": "Authority",
     "evidence": "title VP or above, or named project lead, or the decision maker is in the conversation"},
    {"item": "need", "label": "Need", "evidence": "the problem in their own words, with what it costs them today"},
    {"item": "timeline", "label": "Timeline", "evidence": "a date or event by which it must work, within 12 months"},
]  # fmt: skip


def publish(model_of: Callable[[str], Any], *, at: datetime) -> bool:
    """Version 1 of the model and of the three definitions, where there is none yet; whether anything was published.

    `model_of("Rule")` gives the model class: the historical one in a migration.
    """
    made = False
    if not model_of("ScoringModel").objects.exists():
        _publish_model(model_of, at)
        made = True
    definitions = model_of("Definition").objects
    for stage, sentence, predicate, items in (
        ("mql", MQL_SENTENCE, MQL, []), ("sal", SAL_SENTENCE, {}, []), ("sql", SQL_SENTENCE, {}, BANT),
    ):  # fmt: skip
        _, new = definitions.get_or_create(
            stage=stage, version=1,
            defaults={"sentence": sentence, "predicate": predicate, "items": items, "effective_at": at},
        )  # fmt: skip
        made = made or new
    return made


def _publish_model(model_of: Callable[[str], Any], at: datetime) -> None:
    model = model_of("ScoringModel").objects.create(
        version=1, state="published", published_at=at, note="The model every installation starts with."
    )
    groups = {
        name: model_of("RuleGroup").objects.create(model=model, name=name, cap=cap, position=i)
        for i, (name, cap) in enumerate(GROUPS.items())
    }
    rule = model_of("Rule")
    rule.objects.bulk_create(
        rule(
            model=model, kind=kind, group=groups[group], name=name, points=points, position=i,
            **({"condition": what} if kind == "fit" else {"touches": what}), **more,
        )
        for i, (kind, group, name, points, what, more) in enumerate(RULES)
    )  # fmt: skip
