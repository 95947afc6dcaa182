"""The one way in for what sites, products and Segment report. See `take`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teams.models import User


@dataclass(slots=True)
class Taken:
    """What became of one report. `status`: touch (a touch of a person), learnt (of a person or firm), kept (of nobody
    yet, or nothing to learn), duplicate (that message was here before), refused (with `errors`)."""

    status: str
    person_id: int | None = None
    errors: list[dict[str, str]] = field(default_factory=list)


def take(
    batch: Sequence[Any],
    *,
    source: str,
    by: "User | None",
    now: datetime,
    via: str = "hook",
    forwarded: bool = True,
    public: bool = False,
) -> list[Taken]:
    """Take reports in Segment's shape (plain dicts) in; one Taken each, in order. Never raises for what is in them.

    `source`: who reports, at most 60 characters; user ids and message ids are its own. `forwarded`: the reports passed
    through Segment, whose `receivedAt` stands; else they were received `now`. `public`: anybody may have sent them.
    """
    raise NotImplementedError
