"""All KPIs in the order a reader meets them."""

from dashboards.kpis import (
    acquisition,
    attributed,
    closing,
    contact,
    contract,
    deal_stages,
    discounts,
    economics,
    flow,
    forecast,
    handoffs,
    journey,
    pipeline,
    promises,
    retention,
    stages,
    stamping,
    success,
)
from dashboards.kpis.base import Kpi

_ROOMS = (
    pipeline,
    closing,
    stages,
    deal_stages,
    forecast,
    discounts,
    handoffs,
    contact,
    promises,
    contract,
    stamping,
    retention,
    success,
    journey,
    acquisition,
    economics,
    flow,
    attributed,
)  # fmt: skip
ALL: list[Kpi] = sorted(
    (kpi for room in _ROOMS for kpi in room.KPIS),
    key=lambda kpi: (kpi.id[0] != "K", kpi.id),
)
_BY_NAME = {name: kpi for kpi in ALL for name in (kpi.key, kpi.id.lower())}


def find(name: str) -> Kpi | None:
    """By key (`win-rate`) or by id (`K04`)."""
    return _BY_NAME.get(name.lower())
