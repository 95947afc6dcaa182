"""What may be said of a rule, a group and the cut-offs, for pages and REST alike; a flaw is refused by field."""

from collections.abc import Collection, Mapping
from typing import Any

from leads import conditions
from leads.checks import Checks
from leads.conditions import touch_filter, tree
from revops.lib.errors import Invalid
from scoring.models import Rule, RuleGroup, ScoringModel
from scoring.points import MOST_POINTS

MOST_RULES, MOST_GROUPS = 100, 40
LEAST, MOST = 1, MOST_POINTS
MOST_HALF_LIFE = 3_650
FIT = frozenset(["name", "points", "group", "condition"])
# `condition`: of whom the touches count.
TOUCHED = FIT | {"touches", "half_life_days", "at_least", "within_days", "distinct"}
EDITABLE = TOUCHED
CUTS = ("fit_a", "fit_b", "engagement_1", "engagement_2", "top_share", "pql_all")
PAIRS = (("fit_a", "fit_b", "A"), ("engagement_1", "engagement_2", "1"))


def read(fields: Mapping[str, Any], *, kind: str, draft: ScoringModel) -> dict[str, Any]:
    """The fields as a Rule keeps them; `group` is an id of the draft's, a RuleGroup or None and becomes `group_id`.

    Raises Invalid with one error a flaw; those inside a condition have paths like `condition.all[1].value`.
    """
    check = Checks()
    found: dict[str, Any] = {}
    allowed = FIT if kind == Rule.Kind.FIT else TOUCHED
    for name in fields:
        if name in EDITABLE and name not in allowed:
            check.no("", name, "not_here", "A fit rule looks at who they are, not at touches, and does not fade.")
        elif name == "kind":
            check.no("", name, "not_changeable", "A rule keeps its kind: take it out and add another one.")
        elif name not in EDITABLE:
            check.no("", str(name)[:100], "unknown_field", "There is no such field.")
    if "name" in fields:
        found["name"] = check.text(fields, "name", 120)
        if not found["name"] and not check.has("name"):
            check.no("", "name", "required", "A rule needs a name.")
    if "points" in fields:
        found["points"] = _points(fields["points"], check)
    if "group" in fields:
        found["group_id"] = _group(fields["group"], draft, check)
    if "condition" in fields and "condition" in allowed:
        found["condition"] = _condition(fields["condition"], check)
    if "touches" in fields and "touches" in allowed:
        found["touches"] = _touches(fields["touches"], check)
    for name, most in (("half_life_days", MOST_HALF_LIFE), ("within_days", tree.MOST_DAYS)):
        if name in fields and name in allowed:
            found[name] = _days(fields[name], name, most, check)
    if "at_least" in fields and "at_least" in allowed:
        found["at_least"] = check.whole(fields, "at_least", 1, 10_000)
    if "distinct" in fields and "distinct" in allowed:
        found["distinct"] = check.choice(fields, "distinct", list(touch_filter.DISTINCT))
    if check.errors:
        raise check.failed()
    return found


def settle(said: dict[str, Any], rule: Rule) -> None:
    """How points last and how often it takes agree with each other; completes `said` for `rule`, saved or not.

    Points either fade by half-life or hold within a window, never both: the one that is named takes the other's place.
    A window and `distinct` belong to a rule that counts. Raises Invalid naming the field.
    """
    if rule.kind == Rule.Kind.FIT or not said.keys() & {"half_life_days", "within_days", "at_least", "distinct"}:
        return
    counts = rule.kind == Rule.Kind.USAGE or said.get("at_least", rule.at_least) is not None
    if not counts:
        if said.get("within_days"):
            raise Invalid("Say how often in these days: at_least.", code="required", field="at_least")
        if said.get("distinct"):
            raise Invalid("Say how many different ones: at_least.", code="required", field="at_least")
        said |= {"within_days": None, "distinct": ""}
    if said.get("half_life_days") and said.get("within_days"):
        raise Invalid(
            "Points either fade by half-life or hold within a window, not both.",
            code="not_both",
            field="half_life_days",
        )
    if said.get("half_life_days"):
        said["within_days"] = None
    elif said.get("within_days"):
        said["half_life_days"] = None


def read_group(draft: ScoringModel, group: RuleGroup | None, *, name: Any, cap: Any) -> dict[str, Any]:
    """{name, cap}; names are told apart without regard to case. Raises Invalid naming each field."""
    check = Checks()
    said = {"name": check.text({"name": name}, "name", 60), "cap": None}
    if not said["name"] and not check.has("name"):
        check.no("", "name", "required", "A group needs a name.")
    elif said["name"]:
        others = draft.groups.filter(name__iexact=said["name"])
        if (others.exclude(pk=group.pk) if group else others).exists():
            check.no("", "name", "twice", "There is a group with this name already.")
    if cap is not None:
        if tree.is_number(cap) and 0 < cap <= MOST:
            said["cap"] = round(float(cap), 4)
        else:
            check.no("", "cap", "not_a_number", f"Give points, more than 0 and at most {MOST}, or none.")
    if check.errors:
        raise check.failed()
    return said


def read_cuts(draft: ScoringModel, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Some of `CUTS`, in order with those that stay. Raises Invalid naming each field."""
    check = Checks()
    found: dict[str, Any] = {}
    for name in fields:
        if name not in CUTS:
            check.no("", str(name)[:100], "unknown_field", "There is no such field.")
    for best, good, _ in PAIRS:
        for name in (best, good):
            if name in fields:
                value = fields[name]
                if tree.is_number(value) and 0 < value <= 100:
                    found[name] = round(float(value), 4)
                else:
                    check.no("", name, "not_a_number", "Give points, more than 0 and at most 100.")
    if "top_share" in fields:
        if tree.is_whole(fields["top_share"], 5, 50):
            found["top_share"] = fields["top_share"]
        else:
            check.no("", "top_share", "not_a_whole_number", "Give whole percent, from 5 to 50.")
    if "pql_all" in fields:
        if isinstance(fields["pql_all"], bool):
            found["pql_all"] = fields["pql_all"]
        else:
            check.no("", "pql_all", "not_yes_or_no", "Give true or false.")
    for best, good, called in PAIRS:
        if {best, good} & found.keys() and not check.has(best, good):
            upper, lower = found.get(best, getattr(draft, best)), found.get(good, getattr(draft, good))
            if upper <= lower:
                field = best if best in found else good
                check.no("", field, "out_of_order", f"{called} begins above the next one: more than {lower:g} points.")
    if check.errors:
        raise check.failed()
    return found


def _points(value: Any, check: Checks) -> float:
    if tree.is_number(value) and LEAST <= abs(value) <= MOST:
        return round(float(value), 4)
    check.no("", "points", "not_points", f"Give points from {LEAST} to {MOST}, or from −{MOST} to −{LEAST}.")
    return 0


def _group(value: Any, draft: ScoringModel, check: Checks) -> int | None:
    pk = value.pk if isinstance(value, RuleGroup) else value
    if pk is None:
        return None
    if tree.is_whole(pk, 1, 2**63 - 1) and draft.groups.filter(pk=pk).exists():
        return pk
    check.no("", "group", "unknown_group", "There is no group with this id in the draft.")
    return None


def _condition(condition: Any, check: Checks) -> dict:
    try:
        conditions.validate(condition)
    except Invalid as wrong:
        for error in wrong.errors:
            check.no("condition", error["field"], error["code"], error["detail"])
        return {}
    if named := scored(condition):
        check.no("", "condition", "score_in_rule", f"A score can't be made of a score: {named} is one.")
    return tree.bare(condition)


def scored(condition: Any) -> str:
    """The first attribute in it that is itself made of scores, or ""."""
    return min((name for name in tree.names(condition) if name.startswith("score.")), default="")


def _touches(value: Any, check: Checks) -> dict:
    def problem(path: str, code: str, detail: str) -> None:
        check.no("", path[:200].encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00"), code, detail)

    touch_filter.check(value, "touches", problem)
    return value if isinstance(value, dict) else {}


def _days(value: Any, name: str, most: int, check: Checks) -> float | None:
    if value is None:
        return None
    if tree.is_days(value) and value <= most:
        return float(value)
    check.no("", name, "not_a_number", f"Give days, more than 0 and at most {most:,}.")
    return None


__all__: Collection[str] = ["CUTS", "EDITABLE", "read", "read_cuts", "read_group", "settle"]
