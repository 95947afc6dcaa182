"""The administrator's pages: destinations keep their secret, what died is visible and can be repeated."""

import pytest

from journal.models import Entry, Heartbeat
from notify import outbox
from notify.models import Delivery, Destination, Notice
from tests.notify.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.sockets]
ADDRESS = "https://93.184.215.14/services/T0/B0/secretx7Qz"


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


@pytest.fixture
def desk(cast, signed_in):
    return signed_in(cast.admin)


def add(client, **changed):
    return client.post(
        "/destinations/new/", {"name": "#inbound", "kind": "slack", "url": ADDRESS, "team": "", **changed}
    )


def test_a_destination_is_kept_and_never_shown_again(cast, desk):
    assert add(desk, team=cast.midwest.pk)["Location"] == "/destinations/"
    made = Destination.objects.get()
    assert (made.url, made.team, made.made_by, made.made_at) == (ADDRESS, cast.midwest, cast.admin, NOW)
    page = desk.get("/destinations/").content.decode()
    assert "93.184.215.14/…x7Qz" in page and "secret" not in page
    fact = Entry.objects.get(kind="destination.added")
    assert "secret" not in str(fact.data) and fact.by_id == cast.admin.pk


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "http://169.254.169.254/latest/meta-data"}, "inside this network"),
        ({"url": "http://10.0.0.8/"}, "inside this network"),
        ({"url": "ftp://hooks.example/"}, "begins with https"),
        ({"url": "https://93.184.215.14:8443/"}, "ports 80 and 443"),
        ({"kind": "fax"}, "Select a valid choice"),
        ({"name": " "}, "required"),
    ],
)
def test_what_must_not_be_kept_is_said(desk, changed, said):
    answer = add(desk, **changed)
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not Destination.objects.exists()


def test_a_name_is_taken_once(desk):
    add(desk)
    assert "There is a destination #inbound already." in add(desk).content.decode()


def test_a_test_is_sent_to_exactly_that_one(cast, desk, slack, hooks, waiting):
    Destination.objects.create(name="#all", kind="slack", url=hooks.url, made_at=NOW)
    desk.post(f"/destinations/{slack.pk}/test/")
    assert waiting() == [("#inbound", "slack")]
    outbox.send(NOW)
    assert "This is a test." in str(hooks.got)


def test_off_and_on(desk, slack, notice, waiting):
    notice(how=["slack"])
    waiting()
    assert "#inbound is off." in desk.post(f"/destinations/{slack.pk}/switch/", follow=True).content.decode()
    assert Delivery.objects.get().last_error == "#inbound was switched off."
    assert "Switch it on first" in desk.post(f"/destinations/{slack.pk}/test/", follow=True).content.decode()
    desk.post(f"/destinations/{slack.pk}/switch/", {"on": "1"})
    slack.refresh_from_db()
    assert slack.active and list(Entry.objects.order_by("id").values_list("kind", flat=True)) == [
        "destination.switched_off", "destination.switched_on",
    ]  # fmt: skip


def test_what_died_is_seen_with_its_reason_and_repeated(cast, desk, slack, hooks, notice, waiting):
    hooks.answers = [(400, {}, b"invalid_payload <b>"), 200]
    for _ in range(2):
        notice(how=["slack"])
    notice(how=["email"])
    waiting()
    Delivery.objects.filter(channel="email").update(state="dead", last_error="The mail server didn't answer.")
    outbox.send(NOW)
    page = desk.get("/deliveries/?state=dead").content.decode()
    assert "It answered 400: invalid_payload &lt;b&gt;" in page and "The mail server didn&#x27;t answer." in page
    dead = Delivery.objects.get(channel="slack", state="dead")
    assert "1 message on the way again." in desk.post(f"/deliveries/{dead.pk}/retry/", follow=True).content.decode()
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("waiting", 0)
    assert "1 message on the way" in desk.post("/deliveries/retry/", follow=True).content.decode()
    assert "Everything that was to be sent" in desk.get("/deliveries/?state=dead").content.decode()
    assert desk.post("/deliveries/999/retry/").status_code == 404


def test_what_waits_says_why(desk, notice, waiting):
    notice(how=["email"])
    waiting()
    page = desk.get("/deliveries/").content.decode()
    assert "A lead: first response is late." in page and "not tried yet" in page
    Delivery.objects.update(not_before=NOW.replace(hour=20))
    assert "held for quiet or opening hours" in desk.get("/deliveries/").content.decode()


def test_it_says_when_nothing_can_arrive(desk, settings):
    assert "No sender is running" in desk.get("/deliveries/").content.decode()
    Heartbeat.objects.create(name="sender", at=NOW)
    assert "No sender is running" not in desk.get("/deliveries/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "EMAIL_URL names no mail server" in desk.get("/deliveries/").content.decode()


def test_queries_do_not_grow(cast, desk, notice, waiting, django_assert_max_num_queries):
    for _ in range(30):
        notice(how=["email"], kind="clock.escalated")
    waiting()
    with django_assert_max_num_queries(11):
        desk.get("/deliveries/")
    Notice.objects.update(kind="clock.breached")


def test_they_are_for_administrators(cast, signed_in, slack):
    for user in (cast.owner, cast.manager, cast.viewer):
        client = signed_in(user)
        for address in ("/deliveries/", "/destinations/", "/destinations/new/"):
            assert client.get(address).status_code == 403
        for address in ("/deliveries/retry/", f"/destinations/{slack.pk}/switch/", f"/destinations/{slack.pk}/test/"):
            assert client.post(address).status_code == 403
    slack.refresh_from_db()
    assert slack.active
