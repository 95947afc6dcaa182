"""One question to an address of somebody else's, by the same checked, pinned and timed connection as posts."""

from contextlib import suppress
from dataclasses import dataclass

import requests

from notify import addresses
from notify.post import DEADLINE, PIECE, UNREACHABLE, WAITS, Cut, _session
from revops.lib.errors import Invalid

MOST = 256 * 1024


@dataclass(frozen=True)
class Fetched:
    """`status` 0: there was no answer, and `said` says what happened. `body`: at most 256 KiB of it."""

    status: int
    body: bytes = b""
    said: str = ""


def fetch(url: str, headers: dict[str, str], *, deadline: float = DEADLINE) -> Fetched:
    """GET. Never raises for what the other side does; follows nobody."""
    try:
        addresses.check(url)
    except Invalid as refusal:
        return Fetched(0, said=refusal.detail)
    with Cut(deadline) as cut, _session(url) as session:
        try:
            with session.get(url, headers=headers, stream=True, timeout=WAITS) as answer:
                body = b""
                with suppress(StopIteration):
                    pieces = answer.iter_content(PIECE)
                    while len(body) < MOST:
                        body += next(pieces)
                return Fetched(answer.status_code, body[:MOST])
        except (requests.RequestException, OSError, ValueError):
            return Fetched(0, said=f"Not finished after {deadline:g} s." if cut.done else UNREACHABLE)
