"""The dashboard by mail: due once, made as of that moment, stopped by one click, failures kept."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dashboards import saved
from dashboards.kpis import registry
from dashboards.mailing import mailings, sending
from dashboards.mailing.models import Mailing
from dashboards.mailing.times import following
from journal.models import Entry
from notify import outbox, planning
from notify.models import Delivery, Notice
from revops.lib.errors import Forbidden, Invalid
from tests.dashboards.conftest import NOW

CHICAGO = "America/Chicago"


@pytest.mark.parametrize(
    ("every", "weekday", "day", "after", "due"),
    [
        ("week", 0, 1, "2026-11-26T18:00", "2026-11-30T14:00"),  # Thursday, so the Monday after at 08:00 CST
        ("week", 3, 1, "2026-11-26T13:59", "2026-11-26T14:00"),  # later the same day
        ("week", 3, 1, "2026-11-26T14:00", "2026-12-03T14:00"),  # now is not after now
        ("week", 0, 1, "2026-03-06T18:00", "2026-03-09T13:00"),  # the clocks went forward in between
        ("month", 0, 31, "2026-11-26T18:00", "2026-11-30T14:00"),  # a short month: its last day
        ("month", 0, 1, "2026-12-15T18:00", "2027-01-01T14:00"),
        ("month", 0, 31, "2026-01-31T18:00", "2026-02-28T14:00"),
    ],
)
def test_the_next_moment_is_the_hour_on_the_wall(every, weekday, day, after, due):
    after, due = (datetime.fromisoformat(t).replace(tzinfo=UTC) for t in (after, due))
    assert following(every, weekday=weekday, day=day, hour=8, zone=CHICAGO, after=after) == due


@pytest.fixture
def make(cast, organisation):
    def make(**more):
        asked = {"every": "week", "to": [cast.manager.pk, cast.viewer.pk], "by": cast.manager, "at": NOW} | more
        return mailings.make("Midwest, weekly", "days=30&source=webinar&from=2026-01-01", **asked)

    return make


def due(mailing, mailoutbox):
    """As the pulse and the sender do it, when it is due."""
    at = mailing.next_at
    sending.drain(at, 50)
    planning.drain(at, 50)
    while outbox.send(at):
        pass
    return [(mail.to[0], mail) for mail in mailoutbox]


@pytest.mark.django_db
def test_a_mailing_is_kept_with_how_many_days_and_never_which(make, cast):
    mailing = make()
    assert sorted(mailing.query.split("&")) == ["days=30", "source=webinar"]
    assert mailing.next_at == datetime(2026, 11, 30, 14, tzinfo=UTC)
    assert [e.kind for e in Entry.objects.filter(subject_kind="mailing")] == ["mailing.made"]
    with pytest.raises(Forbidden):
        make(by=cast.viewer)
    for wrong in ({"to": []}, {"to": [999_999]}, {"hour": 24}, {"every": "day"}, {"form": "docx"}):
        with pytest.raises(Invalid):
            make(**wrong)


@pytest.mark.django_db
def test_each_reader_gets_one_mail_with_the_pdf_and_only_one(make, cast, mailoutbox, make_deal, ago, settings):
    settings.PUBLIC_URL = "https://crm.example"
    make_deal(ago(20), won_at=ago(2))
    mailing = make()
    first = mailing.next_at
    sent = due(mailing, mailoutbox)
    assert sorted(to for to, _ in sent) == sorted([cast.manager.email, cast.viewer.email])
    mail = sent[0][1]
    [(name, content, kind)] = mail.attachments
    assert (name, kind) == ("midwest-weekly-2026-11-30.pdf", "application/pdf") and content.startswith(b"%PDF")
    assert content.count(b"/Type /Page") - content.count(b"/Type /Pages") <= 2
    assert "https://crm.example/mailings/stop/" in mail.body and mail.subject.startswith("Midwest, weekly:")
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert due(Mailing(next_at=first), mailoutbox) == sent  # the same moment again sends nothing
    mailing.refresh_from_db()
    assert (mailing.next_at, mailing.last_at, mailing.last_error) == (first + timedelta(days=7), first, "")


@pytest.mark.django_db
def test_one_missed_for_a_month_is_sent_once(make, cast):
    mailing = make(to=[cast.manager.pk])
    late = mailing.next_at + timedelta(days=31)
    assert sending.drain(late, 50) == 1 and sending.drain(late, 50) == 0
    assert Notice.objects.count() == 1
    mailing.refresh_from_db()
    assert late < mailing.next_at <= late + timedelta(days=7)


@pytest.mark.django_db
def test_a_csv_has_a_line_a_kpi_and_the_preference_for_promises_does_not_mute_it(make, cast, mailoutbox):
    from notify.models import Preference

    Preference.objects.create(user=cast.manager, promise="default", channels=[])
    sent = due(make(form="csv", to=[cast.manager.pk]), mailoutbox)
    [(name, content, _)] = sent[0][1].attachments
    text = content.decode() if isinstance(content, bytes) else content
    assert name.endswith(".csv") and text.count("2026-11-30") >= len(registry.ALL)
    assert all(f"\n{kpi.id}," in text for kpi in registry.ALL)


@pytest.mark.django_db
def test_what_fails_is_kept_and_tried_again(make, cast, mailoutbox, monkeypatch):
    from dashboards import printing

    mailing = make(to=[cast.manager.pk])
    monkeypatch.setattr(printing, "pdf", lambda *a, **k: 1 / 0)
    assert due(mailing, mailoutbox) == []
    at = mailing.next_at
    mailing.refresh_from_db()
    assert mailing.last_error == "ZeroDivisionError: division by zero"
    assert Delivery.objects.get().attempts == 1
    monkeypatch.undo()
    outbox.send(at + timedelta(minutes=5))
    mailing.refresh_from_db()
    assert len(mailoutbox) == 1 and mailing.last_error == ""


@pytest.mark.django_db
def test_one_click_from_the_mail_stops_it_for_that_reader_alone(make, cast, signed_in):
    mailing = make()
    address = f"/mailings/stop/{mailings.token(mailing.pk, cast.viewer.pk)}/"
    stranger = Client(enforce_csrf_checks=True)
    assert b"Stop it for me" in stranger.get(address).content
    mailing.refresh_from_db()
    assert cast.viewer.pk in mailing.to, "a look stops nothing"
    for _ in range(2):
        assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    mailing.refresh_from_db()
    assert mailing.to == [cast.manager.pk] and mailing.next_at
    assert stranger.post("/mailings/stop/made-up/").status_code == 404
    assert signed_in(cast.other).post(f"/dashboard/mailings/{mailing.pk}/stop/").status_code == 404
    signed_in(cast.manager).post(f"/dashboard/mailings/{mailing.pk}/stop/")
    mailing.refresh_from_db()
    assert mailing.next_at is None and sending.drain(NOW + timedelta(days=60), 50) == 0
    assert Entry.objects.filter(kind="mailing.stopped").count() == 2


@pytest.mark.django_db
def test_the_page_and_the_api_make_list_and_stop_them(cast, organisation, signed_in, frozen):
    with frozen(NOW):
        web = signed_in(cast.manager)
        form = {"name": "Numbers", "query": "days=90", "every": "month", "weekday": "0", "day": "1", "hour": "7",
                "form": "csv", "to": [cast.manager.pk]}  # fmt: skip
        saved.keep("Midwest", "days=30&source=webinar", shared=False, by=cast.manager, now=NOW)
        blank = web.get("/dashboard/mailings/new/?source=webinar&days=30").content.decode()
        assert 'value="Midwest"' in blank and 'type="checkbox" name="to"' in blank
        assert 'value="Weekly numbers"' in web.get("/dashboard/mailings/new/?days=90").content.decode()
        assert web.post("/dashboard/mailings/new/", form | {"day": ""}).status_code == 422
        assert web.post("/dashboard/mailings/new/", form | {"weekday": ""}).status_code == 302
        assert b"each month on day 1 at 07:00" in web.get("/dashboard/mailings/").content
        body = {"name": "By REST", "every": "week", "weekday": 4, "to": [cast.manager.pk]}
        made = web.post("/api/v1/dashboard/mailings/", body, content_type="application/json")
        assert made.status_code == 201 and made.json()["next_at"] == "2026-11-27T14:00:00Z"
        names = [row["name"] for row in web.get("/api/v1/dashboard/mailings/").json()["results"]]
        assert sorted(names) == ["By REST", "Numbers"]
        stopped = web.post(f"/api/v1/dashboard/mailings/{made.json()['id']}/stop/", {}, content_type="application/json")
        assert stopped.status_code == 200 and stopped.json()["next_at"] is None
        viewer = signed_in(cast.viewer)
        assert viewer.get("/api/v1/dashboard/mailings/").json()["results"] == []
        assert viewer.post("/dashboard/mailings/new/", form).status_code == 422
