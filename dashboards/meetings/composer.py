"""A decision typed in one line: "Close as no decision @aisha #fri". Pure.

`@` and a name (or its beginning, without blanks) says who does it; `#` and a day says by when: a weekday, 4dec, 4.12,
2026-12-04 or +3 days.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from revops.lib.errors import Invalid

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
PERSON = re.compile(r"(?:^|\s)@([^\W\d_][\w.'’-]*)")
DAY = re.compile(r"(?:^|\s)#([\w.+-]+)")


@dataclass(frozen=True, slots=True)
class Said:
    """`owner`, `due_on` None where the line names nobody and no day."""

    text: str
    owner: int | None
    due_on: date | None


def read(line: str, *, people: Mapping[int, str], today: date) -> Said:
    """Raises Invalid (field text) for a name nobody has or two have, and for what is no day."""
    owner = due_on = None
    for name in PERSON.findall(line):
        owner = _person(name, people)
    for day in DAY.findall(line):
        due_on = _day(day, today)
    text = " ".join(DAY.sub(" ", PERSON.sub(" ", line)).split())
    return Said(re.sub(r"\s+([.,;:!?])", r"\1", text), owner, due_on)


def _person(given: str, people: Mapping[int, str]) -> int:
    wanted = given.strip(".'’-").casefold()
    short = {pk: name.casefold() for pk, name in people.items()}
    for matches in (
        [pk for pk, name in short.items() if wanted in (name.replace(" ", ""), name.replace(" ", "."))],
        [pk for pk, name in short.items() if wanted in name.split()],
        [pk for pk, name in short.items() if any(part.startswith(wanted) for part in name.split())],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            named = ", ".join(sorted(people[pk] for pk in matches)[:4])
            raise Invalid(f"@{given} could be {named}: write more of the name.", code="ambiguous", field="text")
    raise Invalid(f"Nobody here is called @{given}.", code="unknown", field="text")


def _nth(text: str, names: tuple[str, ...]) -> int | None:
    """Which of these names begins so; three letters at least."""
    return next((n for n, name in enumerate(names) if len(text) >= 3 and name.startswith(text)), None)


def _day(given: str, today: date) -> date:
    text = given.casefold().strip(".")
    if text in ("today", "tomorrow"):
        return today + timedelta(days=text == "tomorrow")
    if (weekday := _nth(text, WEEKDAYS)) is not None:
        return today + timedelta(days=(weekday - today.weekday()) % 7 or 7)
    if found := re.fullmatch(r"\+(\d{1,3})", text):
        return today + timedelta(days=int(found[1]))
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
        found = re.fullmatch(r"(\d{1,2})(?:[.-]?([a-z]+)|[.-](\d{1,2}))", text)
        named = _nth(found[2], MONTHS) if found and found[2] else None
        if found and (found[3] or named is not None):
            month = int(found[3]) if found[3] else (named or 0) + 1
            day = date(today.year, month, int(found[1]))
            return day if day >= today else day.replace(year=today.year + 1)
    except ValueError:
        pass
    raise Invalid(f"#{given} is no day: write #fri, #4dec, #2026-12-04 or #+3.", code="invalid", field="text")
