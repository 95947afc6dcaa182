"""Notices, deliveries and the receivers they go to."""

from datetime import UTC, datetime

import pytest

from notify import planning
from notify.models import Delivery, Destination, Notice
from tests.notify import doubles

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def hooks(settings):
    server = doubles.Hooks()
    settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{server.port}"]
    yield server
    server.close()


@pytest.fixture
def post_office(settings):
    server = doubles.Post()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.controller.port, 5
    yield server
    server.close()


@pytest.fixture
def notice(cast):
    """`notice(user, how=["email"], kind=…, key=…)`: one that isn't planned yet."""
    made = []

    def make(user=None, *, how=(), kind="clock.breached", key="", at=NOW, tier="hot", level=100, **more):
        made.append(1)
        data = {"target": "first_response", "tier": tier, "level": level, "clock": 1, "owner": cast.owner.pk}
        data |= more.pop("data", {})
        return Notice.objects.create(user=user or cast.owner, kind=kind, subject_kind="lead", subject_id=1, at=at,
                                     key=key or f"clock:{len(made)}:100", data=data, how=list(how), **more)  # fmt: skip

    return make


@pytest.fixture
def slack(hooks, cast):
    """A channel of Slack for the owner's team, at the double's address."""
    return Destination.objects.create(name="#inbound", kind="slack", url=hooks.url, team=cast.midwest, made_at=NOW)


@pytest.fixture
def waiting():
    """Plan what isn't, then what waits: [(user's first name or destination, channel)], in order."""

    def ask(now=NOW):
        while planning.drain(now, 2_000):
            pass
        rows = Delivery.objects.filter(state="waiting").select_related("user", "destination").order_by("id")
        return [(str(row.destination or row.user.name.split()[0]), row.channel) for row in rows]

    return ask
