"""Signs of life: one line for each promise of the engine, asked of the rooms that keep it (settings.VITALS)."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(slots=True)
class Vital:
    """`said`: the figure in words. `fatal`: promises are not kept while it is not `ok`; else somebody should look."""

    key: str
    name: str
    ok: bool
    said: str
    value: float = 0.0
    limit: float | None = None
    fatal: bool = False
    href: str = ""


def read(now: datetime) -> list[Vital]:
    """Every line, in the order of the settings."""
    return [line for path in settings.VITALS for line in import_string(path)(now)]
