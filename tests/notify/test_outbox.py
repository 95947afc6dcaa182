"""Taken by lease, sent, written down: tried again in time, dead in the end, and once for whoever knows event ids."""

import signal
from datetime import timedelta

import pytest
from django.db import connection

from journal.models import Heartbeat
from notify import destinations, outbox, planning
from notify.models import Delivery, Destination, Notice
from notify.questions import backlog
from tests.notify import doubles
from tests.notify.conftest import NOW
from tests.processes import wait_for

pytestmark = [pytest.mark.django_db, pytest.mark.sockets]
LEASED = timedelta(seconds=61)


@pytest.fixture(autouse=True)
def no_chance(monkeypatch):
    """Waits as in the table; the spread has its own test."""
    monkeypatch.setattr(outbox.SPREAD, "uniform", lambda low, high: 1.0)


def plan(now=NOW):
    while planning.drain(now, 2_000):
        pass


def states():
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def test_a_post_names_those_told_and_is_sent_once(cast, notice, slack, hooks):
    for user in (cast.owner, cast.manager):
        notice(user, key="clock:7:100", how=["slack"])
    plan()
    assert outbox.send(NOW) == 1 and outbox.send(NOW) == 0
    [(event, body)] = hooks.got
    assert event == str(Delivery.objects.get().message_id)
    assert body["text"] == "A lead waits for a first response. Jonah Reyes owns it."
    assert "For Jonah Reyes, Ada Okafor" in str(body)
    one = Delivery.objects.get()
    assert (one.state, one.sent_at, one.attempts, one.leased_until) == ("sent", NOW, 1, None)


def test_a_mail_has_a_sentence_a_link_and_a_fixed_id(cast, notice, mailoutbox, settings):
    settings.PUBLIC_URL = "https://crm.example.com"
    notice(how=["email"])
    plan()
    outbox.send(NOW)
    [mail] = mailoutbox
    assert mail.to == [cast.owner.email]
    assert mail.subject == "A lead: first response is late."
    assert "https://crm.example.com/notices/" in mail.body
    assert mail.extra_headers["Message-ID"] == f"<{Delivery.objects.get().message_id}@crm.example.com>"
    assert mail.alternatives[0].mimetype == "text/html"


def test_failures_wait_ever_longer_and_end(notice, slack, hooks):
    hooks.answers = [500]
    notice(how=["slack"])
    plan()
    at, waits = NOW, []
    while Delivery.objects.get().state == "waiting":
        assert outbox.send(at) == 1
        one = Delivery.objects.get()
        if one.state == "waiting":
            assert outbox.send(one.not_before - timedelta(seconds=1)) == 0, "too early"
            waits.append((one.not_before - at).total_seconds())
            at = one.not_before
    assert waits == [5, 30, 120, 600, 3_600, 14_400, 28_800, 57_600, 86_400]
    assert (one.state, one.attempts, one.last_error) == ("dead", 10, "It answered 500: ok")
    assert len(hooks.got) == 10 and len(hooks.once) == 1


def test_waits_are_spread(notice, slack, hooks, monkeypatch):
    monkeypatch.undo()
    assert {round(outbox.SPREAD.uniform(0.8, 1.2), 6) for _ in range(20)} - {1.0}


def test_it_comes_through_after_a_bad_day(notice, slack, hooks):
    hooks.answers = [500, "hang up", 503, 200]
    notice(how=["slack"])
    plan()
    for _ in range(4):
        outbox.send(Delivery.objects.get().not_before)
    assert states() == ["sent"] and len(hooks.got) == 4 and len(hooks.once) == 1


def test_asked_to_wait_we_wait_with_all_we_have_for_it(cast, notice, slack, hooks):
    hooks.answers = [(429, {"Retry-After": "300"}, b"")]
    for _ in range(3):
        notice(how=["slack"])
    notice(how=["email"])
    plan()
    outbox.send(NOW)
    posts = Delivery.objects.filter(channel="slack")
    assert set(posts.values_list("not_before", flat=True)) == {NOW + timedelta(seconds=300)}
    assert Delivery.objects.get(channel="email").state == "sent"


@pytest.mark.parametrize("status", [404, 410])
def test_a_receiver_that_is_gone_is_switched_off_and_told_of(cast, notice, slack, hooks, waiting, status):
    hooks.answers = [(status, {}, b"no_service")]
    for _ in range(3):
        notice(how=["slack"])
    plan()
    outbox.send(NOW)
    slack.refresh_from_db()
    assert (slack.active, slack.off_because) == (False, f"It answered {status}: no_service")
    assert states() == ["dead"] * 3 and len(hooks.got) == 1
    told = Notice.objects.get(kind="destination.off")
    assert (told.user, told.how) == (cast.admin, ["email"])
    assert waiting() == [("Rosa", "email")]
    assert destinations.again(Delivery.objects.all(), by=cast.admin, at=NOW) == 0, "nowhere to repeat it to"


def test_what_is_refused_for_itself_is_not_repeated(notice, slack, hooks):
    hooks.answers = [(400, {}, b"invalid_payload")]
    notice(how=["slack"])
    plan()
    outbox.send(NOW)
    assert states() == ["dead"] and Destination.objects.get().active


def test_one_at_a_time_to_each_destination(notice, slack, hooks):
    for _ in range(3):
        notice(how=["slack"])
    plan()
    assert len(outbox.claim(NOW, 50)) == 1
    assert outbox.claim(NOW, 50) == []
    assert len(outbox.claim(NOW + LEASED, 50)) == 1


def test_the_longest_waiting_first_and_no_more_than_asked(notice, mailoutbox, cast):
    users = [cast.owner, cast.teammate, cast.manager]
    for hours, user in enumerate(users):
        notice(user, how=["email"])
        plan(NOW - timedelta(hours=hours))
    assert [one.user for one in outbox.claim(NOW, 2)] == [cast.manager, cast.teammate]


def test_read_in_the_app_first_is_not_mailed(cast, notice, slack, hooks, mailoutbox):
    notice(how=["email", "slack"])
    notice(kind="test", how=["email"])
    plan()
    Notice.objects.update(read_at=NOW)
    outbox.send(NOW)
    assert states() == ["muted", "sent", "sent"], "the channel is others' too, and a test is for the channel"
    assert len(mailoutbox) == 1


def test_a_tab_that_opens_too_late_is_told_nothing(notice):
    notice(kind="clock.warned", how=["browser"], level=75)
    plan()
    outbox.send(NOW + timedelta(minutes=16))
    assert states() == ["muted"]


def test_who_left_meanwhile_gets_no_mail(cast, notice, mailoutbox):
    notice(how=["email"])
    plan()
    cast.owner.is_active = False
    cast.owner.save()
    outbox.send(NOW)
    assert states() == ["muted"] and mailoutbox == []


def test_more_than_five_mails_at_once_become_one(cast, notice, mailoutbox):
    for _ in range(7):
        notice(how=["email"])
    for _ in range(5):
        notice(cast.teammate, how=["email"])
    plan()
    while outbox.send(NOW):
        pass
    mine = [mail for mail in mailoutbox if mail.to == [cast.owner.email]]
    assert len(mine) == 1 and len(mailoutbox) == 6
    assert mine[0].subject.startswith("7 notices: ") and mine[0].body.count("first response is late.") == 7
    assert set(states()) == {"sent"}


def test_a_digest_shares_its_fate(cast, notice, post_office):
    for _ in range(7):
        notice(how=["email"])
    plan()
    post_office.cut = ["DATA"]
    outbox.send(NOW)
    assert set(states()) == {"waiting"}
    outbox.send(NOW + timedelta(seconds=4))
    assert len(post_office.mails) == 1
    notice(how=["email"])  # news since then travels by itself: the digest stays what it was
    plan(NOW + timedelta(seconds=5))
    while outbox.send(NOW + timedelta(seconds=5)):
        pass
    assert set(states()) == {"sent"} and len(post_office.mails) == 3 and len(post_office.once) == 2


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"])
def test_a_mail_server_that_hangs_up_costs_nothing_but_time(notice, post_office, verb):
    notice(how=["email"])
    plan()
    post_office.cut = [verb]
    outbox.send(NOW)
    if verb != "QUIT":
        assert states() == ["waiting"] and "hung up" in Delivery.objects.get().last_error
        outbox.send(NOW + timedelta(seconds=5))
    assert states() == ["sent"]
    # Cut after DATA it has both, under one Message-ID.
    assert len(post_office.mails) == (2 if verb == "DATA" else 1) and len(post_office.once) == 1


@pytest.mark.parametrize(
    ("verb", "answer", "state"),
    [("RCPT", "550 no such user", "dead"), ("RCPT", "451 later", "waiting"), ("DATA", "554 refused", "dead"),
     ("DATA", "452 full", "waiting"), ("MAIL", "421 busy", "waiting")],
)  # fmt: skip
def test_a_mail_server_that_says_no(notice, post_office, verb, answer, state):
    notice(how=["email"])
    plan()
    post_office.refuse = {verb: answer}
    outbox.send(NOW)
    assert states() == [state]
    assert answer[:3] in Delivery.objects.get().last_error


@pytest.mark.parametrize(
    "name", ["Evil\r\nBcc: all@x.example", "Evil\nSubject: other", "Evil\u2028\x00\x1b[2J", "Evil\x85\x0bX"]
)
def test_a_name_adds_no_header(notice, post_office, monkeypatch, name):
    monkeypatch.setattr("notify.words.sentence", lambda *_, **__: f"{name} waits")
    notice(how=["email"])
    plan()
    outbox.send(NOW)
    [mail] = post_office.mails
    assert mail["Bcc"] is None and len(mail.get_all("Subject")) == 1 and "waits" in mail["Subject"]


def test_a_name_is_text_in_html(notice, mailoutbox, monkeypatch):
    monkeypatch.setattr("notify.words.sentence", lambda *_, **__: "<img src=x onerror=1> {{ settings.SECRET_KEY }}")
    notice(how=["email"])
    plan()
    outbox.send(NOW)
    html = mailoutbox[0].alternatives[0].content
    assert "&lt;img src=x onerror=1&gt; {{ settings.SECRET_KEY }}" in html and "<img" not in html


def test_words_that_cannot_be_written_stop_only_their_own(cast, notice, mailoutbox, monkeypatch, caplog):
    real = outbox.said
    monkeypatch.setattr(outbox, "said", lambda notices: 1 / 0 if notices[0].user == cast.owner else real(notices))
    notice(how=["email"])
    notice(cast.teammate, how=["email"])
    plan()
    outbox.send(NOW)
    assert states() == ["waiting", "sent"]
    assert Delivery.objects.first().last_error == "It could not be written: ZeroDivisionError."
    assert "ZeroDivisionError" in caplog.text


def test_who_died_in_the_last_attempt_leaves_it_dead_not_forgotten(notice, mailoutbox):
    notice(how=["email"])
    plan()
    Delivery.objects.update(attempts=10, leased_until=NOW - timedelta(seconds=1))
    assert outbox.send(NOW) == 0
    assert states() == ["dead"] and "ended during the last attempt" in Delivery.objects.get().last_error


def test_nothing_due_costs_one_look(notice, django_assert_num_queries):
    notice(how=["email"])
    plan()
    with django_assert_num_queries(3):  # savepoint, the look, its release
        assert outbox.claim(NOW - timedelta(seconds=1), 50) == []


def test_no_transaction_is_open_while_sending(notice, slack, monkeypatch, transactional_db, django_db_blocker):
    seen = []
    monkeypatch.setattr(outbox, "post", lambda *_, **__: seen.append(connection.in_atomic_block) or outbox.Answer(200))
    notice(how=["slack"])
    plan()
    outbox.send(NOW)
    assert seen == [False]


def test_the_backlog_in_numbers(cast, notice, mailoutbox):
    assert backlog(NOW) == {"waiting": 0, "oldest_seconds": 0.0, "dead": 0}
    for user in (cast.owner, cast.teammate, cast.manager):
        notice(user, how=["email", "browser"])
    plan()
    Delivery.objects.filter(user=cast.owner).update(state="dead")
    Delivery.objects.filter(user=cast.manager).update(not_before=NOW + timedelta(hours=1))
    assert backlog(NOW + timedelta(seconds=9)) == {"waiting": 1, "oldest_seconds": 9.0, "dead": 1}


# --- deaths -------------------------------------------------------------------------

BETWEEN_CLAIM_AND_SEND = """
import os, signal, django; django.setup()
from datetime import datetime
from notify import outbox
assert len(outbox.claim(datetime.fromisoformat("{now}"), 50)) == 1
os.kill(os.getpid(), signal.SIGKILL)
"""
BETWEEN_SEND_AND_RECORD = """
import os, signal, django; django.setup()
from datetime import datetime
from notify import outbox
outbox.record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
outbox.send(datetime.fromisoformat("{now}"), 50)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("where", "posts"), [(BETWEEN_CLAIM_AND_SEND, 1), (BETWEEN_SEND_AND_RECORD, 2)])
@pytest.mark.parametrize("channel", [pytest.param("slack", marks=pytest.mark.long), "email"])
def test_killed_in_between_it_is_sent_once_for_who_knows_ids(
    cast, notice, slack, hooks, post_office, processes, where, posts, channel
):
    notice(how=[channel])
    plan()
    killed = processes.python(
        "-c", where.format(now=NOW.isoformat()),
        EMAIL_URL=post_office.url, OUTGOING_ALLOWED_HOSTS=f"127.0.0.1:{hooks.port}",
    )  # fmt: skip
    assert killed.wait(60) == -signal.SIGKILL, killed.log.read_text()
    assert states() == ["waiting"] and Delivery.objects.get().attempts == 1
    assert outbox.send(NOW + timedelta(seconds=59)) == 0, "its lease hasn't run out"
    assert outbox.send(NOW + LEASED) == 1
    assert states() == ["sent"]
    receiver = hooks.got if channel == "slack" else post_office.mails
    assert len(receiver) == posts
    assert len(hooks.once if channel == "slack" else post_office.once) == 1


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_sender_of_its_own_sends_and_beats_and_leaves(cast, notice, slack, hooks, post_office, processes):
    from revops.lib.now import now

    hooks.answers = ["drip_head"]  # the channel hangs all the while
    here = now()
    for user in (cast.owner, cast.teammate):
        notice(user, how=["email", "slack"], at=here)
    plan(here)
    sender = processes.start("sender", EMAIL_URL=post_office.url, OUTGOING_ALLOWED_HOSTS=f"127.0.0.1:{hooks.port}")
    wait_for(lambda: Delivery.objects.filter(channel="email", state="sent").count() == 2, what=sender.log.read_text)
    assert len(post_office.once) == 2
    assert wait_for(lambda: Heartbeat.objects.filter(name="sender").first()).detail["pid"] == sender.pid
    sender.send_signal(signal.SIGTERM)
    assert doubles.until(lambda: sender.poll() is not None, within=30) and sender.returncode == 0


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_worker_without_a_broker_carries_a_sender_and_raises_it_again(processes):
    import os

    def beating(than=None):
        found = Heartbeat.objects.filter(name="sender").first()
        return found if found and found.detail["pid"] != than else None

    worker = processes.start("worker")
    first = wait_for(beating, what=worker.log.read_text).detail["pid"]
    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: beating(than=first), what=worker.log.read_text).detail["pid"]
    worker.send_signal(signal.SIGTERM)
    worker.wait(40)
    assert doubles.until(lambda: not os.path.exists(f"/proc/{second}"), within=10)


def test_what_travels_in_a_mail_is_not_left_behind_when_more_comes(cast, notice, mailoutbox):
    """Gathered while no hand was free, then gathered again: nothing may hang on a mail that itself travels."""
    for _ in range(6):
        notice(how=["email"])
    plan()
    outbox.send(NOW, channels=["slack"])
    for _ in range(6):
        notice(how=["email"])
    plan()
    while outbox.send(NOW):
        pass
    assert states() == ["sent"] * 12
    assert sum(mail.body.count("/notices/") for mail in mailoutbox) == 12


def test_a_mail_says_how_many_it_has_no_room_for(cast, notice, mailoutbox, monkeypatch):
    monkeypatch.setattr(outbox, "MOST_IN_ONE", 3)
    for _ in range(9):
        notice(how=["email"])
    plan()
    outbox.send(NOW)
    [mail] = mailoutbox
    assert states() == ["sent"] * 9
    assert mail.subject.startswith("9 notices: ") and "5 more" in mail.body
