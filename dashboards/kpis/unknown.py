"""KPIs whose facts are not kept yet: named, defined, and n/a with the reason instead of a number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotKept:
    id: str
    key: str
    name: str
    definition: str
    badge: str
    why: str


KPIS: list[NotKept] = []
