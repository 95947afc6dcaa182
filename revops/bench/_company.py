"""The company under measurement: the demo's people, pools and rules, and leads made of them."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection

from revops.demo import cast
from revops.demo.cast import Cast

SCALE = float(os.environ.get("BENCH_SCALE", "1"))


def scaled(number: int) -> int:
    """`number` times BENCH_SCALE; at least 100."""
    return max(100, int(number * SCALE))


def set_up(now: datetime) -> Cast:
    return cast.gather(Random(1), start=now - timedelta(days=400), until=now)


def bodies(number: int, *, start: int, now: datetime) -> list[dict[str, Any]]:
    """New leads with two touches each, as a form would send them; a fifth asks to be called."""
    rng = Random(start)
    made = []
    for n in range(start, start + number):
        firm = n // 3
        page = {"kind": "page_view", "channel": "paid_search", "url": "https://www.northwind.example/pricing",
                "occurred_at": (now - timedelta(minutes=30)).isoformat()}  # fmt: skip
        hand = "demo" if rng.random() < 0.2 else ""
        made.append({
            "email": f"person{n}@firm-{firm}.example", "first_name": "Bo", "last_name": f"Person {n}",
            "title": rng.choice(["VP Sales", "Operations Manager", "Analyst"]), "country": rng.choice(["US", "DE", "AU"]),
            "region": rng.choice(["Midwest", "South", "West"]), "source": "website",
            "company": {"name": f"Firm {firm}", "domain": f"firm-{firm}.example", "industry": rng.choice(["SaaS", "Retail"]),
                        "employees": rng.choice([12, 180, 900]), "country": "US", "technologies": ["Salesforce"]},
            "utm": {"source": "google", "medium": "cpc", "campaign": "brand"}, "page_url": "https://www.northwind.example/demo",
            "hand_raise": hand, "message": "Please call." if hand else "", "consent": {"email": True},
            "touches": [page, {"kind": "demo_request" if hand else "form", "channel": "paid_search",
                               "occurred_at": now.isoformat()}],
        })  # fmt: skip
    return made


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def empty(tables: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def moment() -> datetime:
    return datetime.now(UTC)


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(values: Sequence[float], share: float) -> float:
    """Linear interpolation, as the KPIs do it."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
