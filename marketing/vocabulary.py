"""The company's own channels and what they are also called, as the table has them now."""

import time
from collections.abc import Mapping

from marketing import channels
from marketing.models import Channel

FRESH_FOR = 10.0  # seconds; a new channel is known everywhere within this

_kept: tuple[float, dict[str, str]] | None = None


def aliases() -> Mapping[str, str]:
    """{normalised alias or code: code} for `channels.resolve` and `named`."""
    global _kept
    if _kept is None or time.monotonic() - _kept[0] > FRESH_FOR:
        rows = dict(Channel.objects.values_list("code", "aliases"))
        _kept = (time.monotonic(), channels.known(rows))
    return _kept[1]


def forget() -> None:
    """After the table changed in this process, and between tests."""
    global _kept
    _kept = None


def named(name: str) -> str | None:
    """The code of a channel somebody named; `other` for one nobody has defined, None for no name."""
    return (aliases().get(channels.normal(name)) or "other") if name.strip() else None
