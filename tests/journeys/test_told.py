"""Nobody answers a hot lead: its owner gets the mail they chose, the team's channel gets one post, by a worker alone."""

from datetime import timedelta

import pytest

from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember
from notify import preferences
from notify.models import Delivery, Destination
from revops.lib.now import now
from sla import policies
from tests.cast import make_cast
from tests.notify import doubles
from tests.processes import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sockets]


@pytest.fixture
def outside():
    """A mail server and a channel of Slack."""
    post, hooks = doubles.Post(), doubles.Hooks()
    yield post, hooks
    post.close()
    hooks.close()


@pytest.mark.long
def test_a_hot_lead_that_nobody_answers_is_heard_outside(processes, outside):
    post, hooks = outside
    hooks.answers = [500, 200]  # the channel has a bad moment first
    policies.forget()
    cast = make_cast()
    pool = Pool.objects.get(is_fallback=True)
    PoolMember.objects.bulk_create([PoolMember(pool=pool, user=user) for user in (cast.owner, cast.teammate)])
    Destination.objects.create(name="#midwest", kind="slack", url=hooks.url, team=cast.midwest, made_at=now())
    for user in (cast.owner, cast.teammate):
        preferences.keep(user, {"first_response:hot": preferences.Choice(["email"])}, None)
    came = now() - timedelta(minutes=5, seconds=1)
    [outcome] = capture(
        [parse({"email": "marcus@lumen.example", "first_name": "Marcus", "last_name": "Hale", "hand_raise": "demo"}, now=came)],
        by=None, via="api", now=came,
    )  # fmt: skip
    owner = Lead.objects.get(pk=outcome.lead_id).owner

    worker = processes.start(
        "worker", EMAIL_URL=post.url, OUTGOING_ALLOWED_HOSTS=f"127.0.0.1:{hooks.port}",
        PUBLIC_URL="https://crm.example.com",
    )  # fmt: skip
    wait_for(lambda: post.mails and hooks.got, what=worker.log.read_text)
    [mail] = [mail for mail in post.once.values() if mail["To"] == owner.email]
    assert "Marcus Hale: first response is" in mail["Subject"] and "late" in mail["Subject"]
    assert f"https://crm.example.com/leads/{outcome.lead_id}/" in str(mail)
    wait_for(lambda: Delivery.objects.filter(channel="slack", state="sent").exists(), what=worker.log.read_text)
    assert len(hooks.got) == 2, "once more after the bad moment"
    [body] = hooks.once.values()
    assert "Marcus Hale waits for a first response" in body["text"] and f"{owner.name} owns it." in body["text"]
    assert cast.manager.name in str(body["blocks"])
    assert not Delivery.objects.filter(state="dead").exists()
