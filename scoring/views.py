"""What counts and what it is called: the model and the definitions, read as sentences by everybody signed in."""

from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from leads import conditions
from leads.models.stage import COOL_DOWN_DAYS
from scoring import words
from scoring.definitions import STAGES, current
from scoring.models import Definition, Rule, ScoringModel

TITLES = {"mql": "MQL, a lead marketing hands over", "sal": "SAL, a lead sales took", "sql": "SQL, a lead worth a deal"}
ABOUT = {
    Rule.Kind.FIT: ("Fit", "Is this the kind of company and person we can help? It does not fade."),
    Rule.Kind.ENGAGEMENT: ("Engagement", "Are they looking now? Points fade by half-life."),
    Rule.Kind.USAGE: ("Product use", "Do they use the product like a buyer? Then they are product-qualified."),
}


@login_required
def definitions(request: HttpRequest) -> HttpResponse:
    newest = dict(Definition.objects.values_list("stage").annotate(Max("version")))
    shown = [
        {
            "stage": stage,
            "title": TITLES[stage],
            "definition": found,
            "rule": conditions.outline(found.predicate) if found.predicate else None,
            "coming": newest[stage] > found.version,
        }
        for stage in STAGES
        if (found := current(stage, at=request.now))
    ]
    waits = sorted((-days, reason.label) for reason, days in COOL_DOWN_DAYS.items())
    waits = [(-days, label) for days, label in waits]
    return render(request, "scoring/definitions.html", {"shown": shown, "waits": waits})


@login_required
def scoring(request: HttpRequest) -> HttpResponse:
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).select_related("published_by").first()
    context = {"model": model}
    if model is not None:
        rules = list(Rule.objects.filter(model=model).select_related("group"))
        context["kinds"] = [
            {"title": title, "about": about, "groups": groups}
            for kind, (title, about) in ABOUT.items()
            if (groups := _groups([rule for rule in rules if rule.kind == kind]))
        ]
        context["columns"] = [
            ("1", f"{words.plain(model.engagement_1)}+"),
            ("2", f"{words.plain(model.engagement_2)}+"),
            ("3", f"< {words.plain(model.engagement_2)}"),
        ]
        context["rows"] = [
            ("A", f"{words.plain(model.fit_a)}+"),
            ("B", f"{words.plain(model.fit_b)}+"),
            ("C", f"< {words.plain(model.fit_b)}"),
        ]
        context["mql"] = _cells(current("mql", at=request.now))
    return render(request, "scoring/scoring.html", context)


def _groups(rules: list[Rule]) -> list[dict]:
    """Rules under their groups, groups in their order; a rule without one stands in a nameless group."""
    found: dict[int | None, dict] = {}
    for rule in sorted(rules, key=lambda one: (one.group.position if one.group else 999, one.position)):
        name, cap = (rule.group.name, rule.group.cap) if rule.group else ("Other", None)
        group = found.setdefault(rule.group_id, {"name": name, "cap": cap and words.plain(cap), "rules": []})
        group["rules"].append(
            {"name": rule.name, "what": words.what(rule), "how": words.how(rule), "points": words.signed(rule.points),
             "against": rule.points < 0}
        )  # fmt: skip
    return list(found.values())


def _cells(definition: Definition | None) -> set[str]:
    """The cells that make an MQL by themselves, as far as the predicate names them."""
    found: set[str] = set()
    level = [definition.predicate] if definition else []
    while level:
        node = level.pop()
        if node.get("attribute") == "score.cell" and node.get("op") == "in":
            found |= set(node["value"])
        for kind in ("all", "any"):
            level += node.get(kind, [])
    return found
