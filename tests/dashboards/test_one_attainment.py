"""What was kept is computed by one rule: the floor, the queue and the dashboard say the same (DOMAIN 1.5)."""

from datetime import timedelta
from fractions import Fraction

from sla.questions import attainment


def test_k11_and_the_floor_agree(ask, make_clock, ago, now):
    for n, more in ((42, {"outcome": "met"}), (3, {"outcome": "met_late"}), (4, {}), (1, {"outcome": "cancelled"}),
                    (2, {"outcome": "not_required"}), (3, {"outcome": "breached_cancelled"}),
                    (2, {"outcome": "met", "history": True}), (5, {"outcome": "met", "scope": "owner"})):  # fmt: skip
        for _ in range(n):
            make_clock(ago(3), **more)
    kept = attainment(since=ago(30), until=now, now=now, target=None)
    assert kept.share == Fraction(42, 52) == ask(to="2026-12-31").answer("sla-attainment").figure.value


def test_due_itself_is_in_time_for_both(ask, make_clock, now):
    make_clock(now)
    period = {"since": now - timedelta(days=3), "until": now + timedelta(days=1), "now": now}
    assert attainment(**period).judged == 0 and ask().answer("K11").figure.value is None
    make_clock(now - timedelta(microseconds=1))
    assert attainment(**period).share == 0 == ask(days=30).answer("K11").figure.value
