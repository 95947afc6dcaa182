"""Who unsubscribes where the mails are sent has withdrawn consent here too (DOMAIN 7.2)."""

from datetime import timedelta

import pytest

from journal.models import Entry
from leads.consent.saying import may, say
from leads.incoming import Incoming
from leads.intake import capture
from leads.models import ConsentEvent, Person, Touch
from leads.models.visit import EventMapping
from leads.visits import events
from revops.lib import rates
from revops.lib.now import frozen
from tests.leads.hooks.posting import NOW, connect, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast")]
AGO = NOW - timedelta(hours=2)
MAIL = "kim@acme.example"


@pytest.fixture
def kim():
    said = {"newsletter.email": "granted"}
    capture([Incoming(email=MAIL, source="web", consent=said)], by=None, via="form", now=NOW - timedelta(days=1))
    person = Person.objects.get()
    assert may(person, "newsletter", "email")
    return person


def unsubscribed(event="Unsubscribed", **more):
    return {"type": "track", "event": event, "messageId": "m1", "userId": "u1", "sentAt": NOW.isoformat(),
            "originalTimestamp": AGO.isoformat(), "context": {"traits": {"email": MAIL}}} | more  # fmt: skip


def test_an_unsubscribed_event_withdraws_once_and_a_newer_yes_stands(kim):
    touched = Touch.objects.count()
    for _ in range(2):
        events.take([unsubscribed()], source="product", by=None, now=NOW)
    kim.refresh_from_db()
    assert not may(kim, "newsletter", "email")
    [one] = ConsentEvent.objects.filter(state="withdrawn")
    assert (one.purpose, one.channel, one.at, one.how, one.said) == (
        "newsletter",
        "email",
        AGO,
        "provider",
        "Unsubscribed",
    )
    told = Entry.objects.get(kind="consent.withdrawn")
    assert (told.at, told.recorded_at, Touch.objects.count()) == (AGO, NOW, touched)
    # Told late: what they agreed to since is newer.
    say(kim, "newsletter", "email", "granted", by=None, at=NOW, how="form")
    events.take([unsubscribed("Email Marked as Spam", messageId="m2")], source="product", by=None, now=NOW)
    kim.refresh_from_db()
    assert may(kim, "newsletter", "email")


def test_the_mapping_is_on_the_page_and_a_strangers_browser_withdraws_nothing(kim, cast, signed_in):
    page = signed_in(cast.marketer).get("/intake/tracking/").content.decode()
    assert "withdraws consent" in page
    signed_in(cast.marketer).post("/intake/tracking/mapping/", {"event": "Opted out", "kind": "withdraws"})
    assert EventMapping.objects.get(event="Opted out").kind == "withdraws"
    events.take([unsubscribed("opted OUT")], source="web", by=None, now=NOW, public=True)
    assert not ConsentEvent.objects.filter(state="withdrawn").exists()
    events.take([unsubscribed("opted OUT")], source="product", by=None, now=NOW)
    assert ConsentEvent.objects.filter(state="withdrawn").count() == 1


def test_hubspots_opt_out_withdraws_and_its_empty_box_says_nothing(client, kim):
    rates.forget()
    ours = connect("hubspot")

    def changed(name, value, at):
        return {"eventId": 1, "subscriptionId": 7, "objectId": 42, "occurredAt": at, "propertyName": name,
                "propertyValue": value, "subscriptionType": "contact.propertyChange"}  # fmt: skip

    with frozen(NOW):
        t = int(AGO.timestamp() * 1_000)
        post(client, ours, [changed("email", MAIL, t), changed("hs_email_optout", "false", t)])
        assert not ConsentEvent.objects.filter(state="withdrawn").exists()
        post(client, ours, [changed("hs_email_optout", "true", t + 1_000)])
    kim.refresh_from_db()
    assert not may(kim, "newsletter", "email")
    assert ConsentEvent.objects.get(state="withdrawn").how == "provider"
