"""Custom attributes: which there are, and whether a value fits its definition.

Values live in the subject's `attributes` JSON: text as string, number as number, date as `YYYY-MM-DD`, yes/no as
true/false, list as an array of strings.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

LONGEST_TEXT = 1_000
MOST_CHOICES = 50

Types = Mapping[tuple[str, str], tuple[str, list[str]]]


def types() -> Types:
    """{(subject, name): (type, options)} of every definition; one query."""
    from leads.models import AttributeDefinition

    rows = AttributeDefinition.objects.values_list("subject", "name", "type", "options")
    return {(subject, name): (kind, options) for subject, name, kind, options in rows}


def fitted(value: Any, kind: str, options: list[str]) -> tuple[Any, str]:
    """(value as it is stored, "") or (None, what is wrong with it). `kind`: text, number, date, yes_no or list."""
    if kind == "number":
        # Comparing is enough: NaN and infinities fail it, and integers too large for a float pass through unharmed.
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and -(10**15) <= value <= 10**15
        return (value, "") if fits else (None, "Give a number between −10^15 and 10^15.")
    if kind == "yes_no":
        return (value, "") if isinstance(value, bool) else (None, "Give true or false.")
    if kind == "date":
        return _date(value)
    if kind == "list":
        return _list(value, options)
    if not isinstance(value, str):
        return None, "Give a text."
    return (value, "") if len(value) <= LONGEST_TEXT else (None, f"Use at most {LONGEST_TEXT} characters.")


def _date(value: Any) -> tuple[Any, str]:
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value).isoformat(), ""
        except ValueError:
            pass
    return None, "Give a date like 2026-11-27."


def _list(value: Any, options: list[str]) -> tuple[Any, str]:
    chosen = [value] if isinstance(value, str) else value
    if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
        return None, "Give a list of texts."
    if len(chosen) > MOST_CHOICES or any(len(one) > 80 for one in chosen):
        return None, f"Use at most {MOST_CHOICES} entries of at most 80 characters."
    unknown = [one for one in chosen if options and one not in options]
    if unknown:
        return None, f"{unknown[0]} is not among the choices: {', '.join(options[:20])}."
    return list(dict.fromkeys(chosen)), ""
