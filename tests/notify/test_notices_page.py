"""What I was told: unread first, then the newest; nobody reads anybody else's."""

from datetime import UTC, datetime, timedelta

import pytest

from notify.models import Notice
from notify.questions import unread_count

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


def tell(user, number=1, kind="clock.breached", subject_id=1, **more):
    return Notice.objects.create(
        user=user, kind=kind, subject_kind="lead", subject_id=subject_id, key=f"test:{number}", at=NOW - timedelta(minutes=number),
        data={"target": "first_response", "level": 100}, **more,
    )  # fmt: skip


def test_a_lead_given_to_me_is_told_with_a_name(cast, signed_in, make_lead):
    lead = make_lead("Priya Raman", at=NOW)
    text = signed_in(cast.owner).get("/notices/").content.decode()
    assert "Priya Raman is yours now." in text
    assert f"/leads/{lead.pk}/" in text
    assert unread_count(cast.owner) == 1 and unread_count(cast.teammate) == 0


def test_unread_first_then_the_newest(cast, signed_in):
    first, second, third = (tell(cast.owner, n) for n in (1, 2, 3))
    Notice.objects.filter(pk=third.pk).update(read_at=NOW)
    answer = signed_in(cast.owner).get("/notices/")
    assert [n.pk for n in answer.context["unread"]] == [second.pk, first.pk]
    assert [n.pk for n in answer.context["read"]] == [third.pk]


def test_reading_one_opens_what_it_is_about(cast, signed_in, make_lead):
    lead = make_lead(at=NOW)
    [notice] = Notice.objects.filter(user=cast.owner)
    answer = signed_in(cast.owner).post(f"/notices/{notice.pk}/reading/")
    assert answer["Location"] == f"/leads/{lead.pk}/"
    notice.refresh_from_db()
    assert notice.read_at == NOW


def test_all_at_once(cast, signed_in):
    for n in (1, 2):
        tell(cast.owner, n)
    other = tell(cast.teammate, 3)
    text = signed_in(cast.owner).post("/notices/reading/", follow=True).content.decode()
    assert "2 marked as read." in text and "Nothing unread" in text
    other.refresh_from_db()
    assert other.read_at is None


def test_somebody_elses_notice_is_not_there(cast, signed_in):
    notice = tell(cast.owner)
    assert signed_in(cast.admin).post(f"/notices/{notice.pk}/reading/").status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_long_lists_have_pages_without_gap(cast, signed_in, monkeypatch):
    monkeypatch.setattr("notify.views.SIZE", 2)
    pks = [tell(cast.owner, n).pk for n in range(5)]
    Notice.objects.filter(pk__in=pks[:2]).update(read_at=NOW)
    client, address, seen = signed_in(cast.owner), "/notices/", []
    while address:
        answer = client.get(address)
        seen += [n.pk for n in [*answer.context["unread"], *answer.context["read"]]]
        address = f"/notices/{answer.context['next']}" if answer.context["next"] else ""
    assert seen == [pks[4], pks[3], pks[2], pks[1], pks[0]]
    for nonsense in ("x", "u", "u9999999999999999999999", "r-1"):
        assert client.get(f"/notices/?after={nonsense}").status_code == 200


def test_nothing_told_yet(cast, signed_in, client):
    assert "You were told nothing yet" in signed_in(cast.viewer).get("/notices/").content.decode()
    client.logout()
    assert client.get("/notices/")["Location"].startswith("/accounts/login/")


def test_queries_do_not_grow(cast, signed_in, make_lead, django_assert_num_queries):
    client = signed_in(cast.viewer)
    leads = [make_lead(f"Buyer{n} X", at=NOW, company={"name": f"Firm{n}"}) for n in range(3)]
    for n in range(12):
        tell(cast.viewer, n, subject_id=leads[n % 3].pk)
    with django_assert_num_queries(7):  # session, user, teams managed, unread, read, names, the number in the bar
        client.get("/notices/")
