"""Reading fields out of a plain dict: what is wrong is collected, never raised one by one.

An empty text and null count as absent, since forms send both. Paths are dotted: `touches.3.occurred_at`.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from leads import identity
from revops.lib.errors import Invalid

_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+\-]*):", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII)
SCHEMES = frozenset(["http", "https", "android-app"])


def body(data: Any, known: Collection[str], *, needed: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a request's body. Raises Invalid naming each that is unknown, or needed and not there."""
    check = Checks()
    if check.is_object(data, "", known):
        for name in needed:
            if name not in data:
                check.no("", name, "required", "This field is needed.")
    if check.errors:
        raise check.failed()
    return dict(data)


def seen_in(said: Mapping[str, Any]) -> datetime | None:
    """`seen` of a body: the state of the draft that the program had read. Raises Invalid for what is no moment."""
    check = Checks()
    seen = check.moment(said, "seen")
    if check.errors:
        raise check.failed()
    return seen


class Checks:
    """`errors`: [{field, code, detail}] in the order they were found."""

    __slots__ = ("errors",)

    def __init__(self) -> None:
        self.errors: list[dict[str, str]] = []

    def no(self, at: str, name: str, code: str, detail: str) -> None:
        self.errors.append({"field": f"{at}.{name}" if at and name else at or name, "code": code, "detail": detail})

    def has(self, *fields: str) -> bool:
        """Whether one of these fields is already known to be wrong."""
        return any(error["field"] in fields for error in self.errors)

    def failed(self) -> Invalid:
        first = self.errors[0]
        return Invalid(first["detail"], code=first["code"], field=first["field"], errors=self.errors)

    def is_object(self, data: Any, at: str, known: Collection[str] | None, most: int = 100) -> bool:
        """A JSON object with none but `known` fields (None: any names, at most `most` of them)."""
        if not isinstance(data, dict):
            self.no(at, "", "not_an_object", "Give a JSON object.")
            return False
        if known is not None:
            if not data.keys() <= known:
                for name in data:
                    if name not in known:
                        self.no(at, printable(name), "unknown_field", "There is no such field.")
        elif len(data) > most or any(not name or len(name) > 100 or flaw(name) for name in data):
            self.no(at, "", "invalid", f"Give at most {most} entries with names of 1 to 100 characters.")
            return False
        return True

    def text(self, data: Mapping[str, Any], name: str, longest: int, at: str = "", *, lines: bool = False) -> str:
        """Trimmed, in NFC; runs of white space become one space unless `lines`. "" when absent or wrong."""
        value = data.get(name)
        if value is None or value == "":
            return ""
        if not isinstance(value, str):
            self.no(at, name, "not_a_text", "Give a text.")
            return ""
        if wrong := flaw(value):
            self.no(at, name, *wrong)
            return ""
        if not value.isascii():
            value = unicodedata.normalize("NFC", value)
        value = value.strip() if lines else " ".join(value.split())
        if len(value) > longest:
            self.no(at, name, "too_long", f"Use at most {longest:,} characters.")
            return ""
        return value

    def texts(self, data: Mapping[str, Any], name: str, longest: int, most: int, at: str = "") -> list[str]:
        value = data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            self.no(at, name, "not_a_list", f"Give a list of at most {most} texts.")
            return []
        found = [self.text({f"{name}.{i}": one}, f"{name}.{i}", longest, at) for i, one in enumerate(value)]
        return [one for one in dict.fromkeys(found) if one]

    def slug(self, data: Mapping[str, Any], name: str, longest: int, at: str = "") -> str:
        value = data.get(name)
        if value is None or value == "":
            self.no(at, name, "required", "This field is needed.")
        elif not isinstance(value, str) or len(value) > longest or not _SLUG.fullmatch(value):
            self.no(at, name, "invalid", f"Use at most {longest} of a–z, 0–9 and _, like page_view or call.")
        else:
            return value
        return ""

    def choice(self, data: Mapping[str, Any], name: str, choices: Collection[str], at: str = "") -> str:
        value = data.get(name)
        if value is None or value == "":
            return ""
        if isinstance(value, str) and value in choices:
            return choices[value] if isinstance(choices, Mapping) else value
        self.no(at, name, "not_a_choice", f"Choose one of: {', '.join(sorted(choices))}.")
        return ""

    def yes_no(self, data: Mapping[str, Any], name: str, default: bool, at: str = "") -> bool:
        value = data.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.no(at, name, "not_yes_or_no", "Give true or false.")
        return default

    def whole(self, data: Mapping[str, Any], name: str, least: int, most: int, at: str = "") -> int | None:
        value = data.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.no(at, name, "not_a_whole_number", f"Give a whole number from {least:,} to {most:,}.")
        return None

    def moment(self, data: Mapping[str, Any], name: str, at: str = "") -> datetime | None:
        """ISO 8601 with its offset, in UTC; None when absent or wrong."""
        value = data.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and len(value) <= 40 and _MOMENT.fullmatch(value):
            try:
                return datetime.fromisoformat(value.upper()).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        self.no(at, name, "invalid_moment", "Give a moment with its offset, like 2026-11-27T08:38:40Z.")
        return None

    def country(self, data: Mapping[str, Any], name: str, at: str = "") -> str:
        """Any two letters pass as a code (lists change); longer texts must be an English name of a country."""
        value = self.text(data, name, 80, at)
        if not value or (len(value) == 2 and value.isascii() and value.isalpha()):
            return identity.country_code(value) or value.upper()
        code = identity.country_code(value)
        if code is None:
            self.no(at, name, "invalid_country", "Give the two letters of ISO 3166, like US.")
        return code or ""

    def url(self, data: Mapping[str, Any], name: str, at: str = "", longest: int = 4_000) -> str:
        """Shown as a link later, so nothing but web addresses: `javascript:` and its like are refused."""
        value = self.text(data, name, longest, at)
        scheme = _SCHEME.match(value)
        if scheme and scheme[1].lower() not in SCHEMES and not value[scheme.end() : scheme.end() + 1].isdigit():
            self.no(at, name, "invalid_url", "Give an address that starts with https:// or http://, or a path.")
            return ""
        return value

    def clean(self, value: Any, path: str) -> bool:
        """No NUL and no half of a character in any text inside `value` (at most a few levels deep)."""
        if isinstance(value, str):
            if wrong := flaw(value):
                self.no("", path, *wrong)
                return False
            return True
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return all(
            (not isinstance(name, str) or self.clean(name, path)) and self.clean(one, f"{path}.{name}")
            for name, one in parts
        )


def flaw(text: str) -> tuple[str, str] | None:
    """(code, detail) when PostgreSQL could not keep this text, else None."""
    if "\0" in text:
        return "nul", "The NUL character cannot be kept in a text."
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "surrogate", "This text holds half of a character (a lone surrogate)."
    return None


def printable(name: str) -> str:
    """A field's name that is safe to say back: cut, and with what cannot be written replaced."""
    return name[:100].encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
