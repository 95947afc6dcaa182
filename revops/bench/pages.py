"""Queue, lead list, lead page and dashboard at 10,000 and at 1,000,000 leads with five touches each."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.test import Client

from dashboards import sheet
from leads.models import Lead
from marketing.models import Channel
from revops.bench import _dashboard_sql, _million, figure
from revops.bench._company import median, moment, scaled, set_up
from revops.lib.now import now
from teams.models import Role

SMALL, LARGE = 10_000, 1_000_000
TIMES = 15
# Pages whose median may grow threefold at most; none over 300 ms.
FLAT = ["queue", "lead_list", "lead_list_search", "lead_page"]


def figures() -> Iterator[dict[str, Any]]:
    settings.ALLOWED_HOSTS = ["*"]
    cast = set_up(moment())
    sellers = [user.pk for user in cast.users.values() if user.role == Role.SALES]
    channels = list(Channel.objects.order_by("position").values_list("code", flat=True)[:7])
    client = Client()
    client.force_login(cast.users["Jonah Reyes"])
    sizes: dict[int, dict[str, float]] = {}
    for count in (scaled(SMALL), scaled(LARGE)):
        began = time.monotonic()
        _million.fill(count, owners=sellers, channels=channels, now=moment())
        print(f"{count:,} leads written in {time.monotonic() - began:.0f} s", file=sys.stderr)
        sizes[count] = _measure(client)
    small, large = sizes.values()
    for name in FLAT:
        yield figure(f"page_{name}_growth", large[name], "ms", baseline=small[name], required=3.0, most=True)
        yield figure(f"page_{name}", large[name], "ms", baseline=None, required=300.0, most=True)
    yield figure("page_dashboard_cold", large["dashboard_cold"], "ms", baseline=None, required=1_500.0, most=True)
    yield figure("page_dashboard_warm", large["dashboard_warm"], "ms", baseline=None, required=100.0, most=True)
    yield figure(
        "page_dashboard_to_sql", large["dashboard_cold"], "ms", baseline=large["dashboard_sql"], required=2.0, most=True
    )


def _measure(client: Client) -> dict[str, float]:
    lead = Lead.objects.filter(stage="sal", owner__name="Jonah Reyes").order_by("-id").first()
    assert lead is not None
    addresses = {
        "queue": "/queue/", "lead_list": "/leads/", "lead_list_search": f"/leads/?q=person+{lead.pk}",
        "lead_page": f"/leads/{lead.pk}/",
    }  # fmt: skip
    found = {name: _median(lambda address=address: _get(client, address)) for name, address in addresses.items()}
    found["dashboard_warm"] = _median(lambda: _get(client, "/dashboard/"))
    found["dashboard_cold"] = _median(lambda: _get(client, "/dashboard/"), before=sheet.forget, times=5)
    found["dashboard_sql"] = _median(lambda: _dashboard_sql.run(now()), times=5)
    return found


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise AssertionError(f"{address} answered {answer.status_code}")


def _median(call: Callable[[], None], *, before: Callable[[], None] | None = None, times: int = TIMES) -> float:
    """Milliseconds; two calls first, so that caches of the database are warm for everybody."""
    taken = []
    for turn in range(times + 2):
        if before:
            before()
        started = time.perf_counter()
        call()
        if turn > 1:
            taken.append((time.perf_counter() - started) * 1000)
    return median(taken)
