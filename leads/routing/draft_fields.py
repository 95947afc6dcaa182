"""What may be said of a routing rule, a pool and its members, read and checked; every refusal names its field."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from leads import conditions
from leads.checks import Checks
from leads.models import Pool, RoutingRule
from revops.lib.errors import Invalid
from teams import access
from teams.models import User

EDITABLE = ("name", "condition", "to", "pool", "person", "skills", "is_active")
MOST_RULES, MOST_SKILLS = 200, 12
LONGEST_NOTE = 400
SKILL = re.compile(r"[^,\x00-\x1f]{1,40}")


def read(fields: Mapping[str, Any], rule: RoutingRule) -> dict[str, Any]:
    """{column: value} of what changes, all of it checked together with what stays. `pool` and `person` are ids or rows;
    `skills` a list of words. Raises Invalid with one error a field."""
    errors: list[dict[str, str]] = []
    said: dict[str, Any] = {}
    for name in fields:
        if name not in EDITABLE:
            errors.append(_error(name, "unknown_field", "A rule has no such field."))
    if "name" in fields:
        said["name"] = text(fields["name"], "name", 80, errors, needed=True)
    if "condition" in fields:
        said["condition"] = _condition(fields["condition"], errors)
    if "skills" in fields:
        said["skills"] = skills(fields["skills"], errors)
    if "is_active" in fields:
        said["is_active"] = yes_no(fields["is_active"], "is_active", errors)
    if {"to", "pool", "person"} & set(fields):
        said |= _where(fields, rule, errors)
    elif rule._state.adding:
        errors.append(_error("pool", "required", "Say who gets these leads."))
    return done(said, errors)


def read_options(fields: Mapping[str, Any]) -> dict[str, Any]:
    errors: list[dict[str, str]] = []
    said: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "sticky_days":
            said[name] = number(value, name, 1, 3_650, errors)
        elif name == "note":
            said[name] = text(value, name, LONGEST_NOTE, errors)
        elif name in ("deal_owner", "named_accounts", "account_owner", "account_sticky"):
            said[name] = yes_no(value, name, errors)
        else:
            errors.append(_error(name, "unknown_field", "A plan has no such option."))
    return done(said, errors)


def done(said: dict[str, Any], errors: list[dict[str, str]]) -> dict[str, Any]:
    if errors:
        first = errors[0]
        raise Invalid(first["detail"], code=first["code"], field=first["field"], errors=errors)
    return said


def text(value: Any, name: str, longest: int, errors: list[dict[str, str]], *, needed: bool = False) -> str:
    check = Checks()
    said = check.text({name: value}, name, longest)
    errors += check.errors
    if needed and not said and not check.errors:
        errors.append(_error(name, "required", "Give a name."))
    return said or ""


def number(value: Any, name: str, least: int, most: int, errors: list[dict[str, str]]) -> int | None:
    """Whole, from `least` to `most`; None for none."""
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    errors.append(_error(name, "not_a_whole_number", f"Give a whole number from {least} to {most:,}, or nothing."))
    return None


def yes_no(value: Any, name: str, errors: list[dict[str, str]]) -> bool:
    if not isinstance(value, bool):
        errors.append(_error(name, "not_yes_or_no", "Give true or false."))
    return bool(value)


def skills(value: Any, errors: list[dict[str, str]]) -> list[str]:
    """Lower-case words, each once, in order."""
    words = [one.strip().lower() for one in value if isinstance(one, str)] if isinstance(value, Collection) else []
    if isinstance(value, str) or not isinstance(value, Collection) or len(words) != len(value):
        errors.append(_error("skills", "not_a_list", "Give a list of words."))
    elif len(words) > MOST_SKILLS or not all(SKILL.fullmatch(word) for word in words):
        detail = f"Give at most {MOST_SKILLS} skills of at most 40 letters, without commas."
        errors.append(_error("skills", "too_long", detail))
    else:
        check = Checks()
        for word in words:
            check.text({"skills": word}, "skills", 40)
        errors += check.errors
    return sorted(set(words))


def owner(value: Any, name: str, errors: list[dict[str, str]]) -> int | None:
    """The id of an active person who may own leads."""
    pk = value.pk if isinstance(value, User) else value
    person = User.objects.filter(pk=pk).first() if isinstance(pk, int) and 0 < pk < 2**63 else None
    if person is None:
        errors.append(_error(name, "not_a_choice", "There is no such person."))
    elif not person.is_active or person.is_service or person.role not in access.SELLERS:
        errors.append(_error(name, "role", f"{person} can't own leads."))
    return person.pk if person else None


def _where(fields: Mapping[str, Any], rule: RoutingRule, errors: list[dict[str, str]]) -> dict[str, Any]:
    """`to` with exactly what it needs; left out, it follows from what is given."""
    guessed = "person" if fields.get("person") else "pool" if fields.get("pool") else rule.to
    to = fields.get("to", guessed)
    if to not in RoutingRule.To.values:
        errors.append(_error("to", "not_a_choice", f"Choose one of: {', '.join(RoutingRule.To.values)}."))
        return {}
    said: dict[str, Any] = {"to": to, "pool_id": None, "person_id": None}
    if to == RoutingRule.To.POOL:
        given = fields.get("pool", rule.pool_id)
        pk = given.pk if isinstance(given, Pool) else given
        if isinstance(pk, int) and 0 < pk < 2**63 and Pool.objects.filter(pk=pk).exists():
            said["pool_id"] = pk
        else:
            errors.append(_error("pool", "not_a_choice", "Choose the pool that these leads go to."))
    elif to == RoutingRule.To.PERSON:
        said["person_id"] = owner(fields.get("person", rule.person_id), "person", errors)
    return said


def _condition(value: Any, errors: list[dict[str, str]]) -> Any:
    condition = value or {}
    try:
        conditions.validate(condition)
    except Invalid as refusal:
        for error in refusal.errors or [_error("", refusal.code, str(refusal.detail))]:
            path = f"condition.{error['field']}" if error["field"] else "condition"
            errors.append({**error, "field": path})
    return conditions.bare(condition)


def _error(name: str, code: str, detail: str) -> dict[str, str]:
    return {"field": name, "code": code, "detail": detail}
