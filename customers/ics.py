"""The booked hand-over call as an appointment for any calendar (RFC 5545)."""

from datetime import datetime, timedelta

LENGTH = timedelta(minutes=45)


def appointment(*, uid: str, title: str, begins: datetime, now: datetime, url: str) -> str:
    """One event; lines end as the format wants and are folded at 75 octets."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//RevOps//Hand-over call//EN", "METHOD:PUBLISH", "BEGIN:VEVENT",
        f"UID:{uid}", f"DTSTAMP:{_moment(now)}", f"DTSTART:{_moment(begins)}", f"DTEND:{_moment(begins + LENGTH)}",
        f"SUMMARY:{_text(title)}", f"URL:{url}", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _moment(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    for sign in "\\;,":
        value = value.replace(sign, f"\\{sign}")
    return " ".join(value.split())


def _folded(line: str) -> str:
    """At most 75 octets a line; a character is never cut."""
    parts, rest = [], line
    most = 75
    while len(rest.encode()) > most:
        cut = most
        while len(rest[:cut].encode()) > most:
            cut -= 1
        parts.append(rest[:cut])
        rest, most = rest[cut:], 74
    return "\r\n ".join([*parts, rest])
