"""Each night each number is kept, once; and held against what the facts say later."""

from datetime import date, timedelta

import pytest
from rest_framework.test import APIClient

from dashboards import sheet
from dashboards.kpis import registry
from dashboards.snapshots import keeping
from dashboards.snapshots.models import Snapshot
from dashboards.tasks import keep_numbers
from revops.timetable import TIMETABLE

pytestmark = pytest.mark.django_db
YESTERDAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def at_now(frozen, now):
    with frozen(now):
        yield


@pytest.fixture
def won(organisation, make_deal, ago):
    return [make_deal(ago(60), won_at=ago(3), amount=1_000), make_deal(ago(60), lost_at=ago(2)), make_deal(ago(60))]


def test_every_kpi_is_kept_once_however_often_it_is_called(won, now):
    assert keeping.keep(now) == [YESTERDAY]
    assert keeping.keep(now + timedelta(hours=1)) == []
    kept = {one.kpi: one for one in Snapshot.objects.all()}
    assert set(kept) == {kpi.key for kpi in registry.ALL}
    assert (kept["win-rate"].value, kept["win-rate"].hits, kept["win-rate"].n, kept["win-rate"].rows) == (
        pytest.approx(0.5), 1, 2, 2,
    )  # fmt: skip
    assert kept["won-amount"].value == 100_000 and kept["net-revenue-retention"].na
    assert {one.as_of.isoformat() for one in kept.values()} == {"2026-11-26T05:59:59.999999+00:00"}  # Chicago's midnight


def test_missed_nights_are_kept_later_as_they_were_and_long_silences_are_gaps(won, now):
    keeping.keep(now - timedelta(days=4))
    days = keeping.keep(now)
    assert days == [YESTERDAY - timedelta(days=n) for n in (3, 2, 1, 0)]
    rates = dict(Snapshot.objects.filter(kpi="win-rate").values_list("day", "n"))
    assert rates[date(2026, 11, 22)] == 0 and rates[YESTERDAY] == 2
    assert len(keeping.keep(now + timedelta(days=30))) == keeping.CATCH_UP


def test_the_timetable_calls_it(won):
    assert TIMETABLE["keep-the-numbers"]["task"] == keep_numbers.name
    keep_numbers()
    assert Snapshot.objects.filter(kpi="win-rate").count() == 1


def test_pages_and_rest_say_what_was_kept_and_what_the_facts_say_now(won, cast, client, now, make_deal, ago):
    keeping.keep(now - timedelta(days=1))
    keeping.keep(now)
    make_deal(ago(60), lost_at=ago(1, hours=2))  # came late
    sheet.forget()
    client.force_login(cast.viewer)
    page = client.get("/kpis/win-rate/").content.decode()
    assert "25 Nov 2026, then and today" in page and "came later or were taken back" in page
    assert "kept each night from 24 Nov 2026" in page
    older = client.get("/kpis/win-rate/history/?day=2026-11-24")
    Snapshot.objects.create(kpi="win-rate", day=date(2026, 1, 2), as_of=now, value=1)
    Snapshot.objects.bulk_create(
        Snapshot(kpi="win-rate", day=date(2026, 3, 1) + timedelta(days=n), as_of=now, value=1) for n in range(90)
    )
    assert "2 Jan 2026, then and today" in client.get("/kpis/win-rate/history/?day=2026-01-02").content.decode()
    Snapshot.objects.filter(as_of=now).delete()
    assert older.status_code == 200 and "24 Nov 2026, then and today" in older.content.decode()
    assert client.get("/kpis/win-rate/history/?day=2026-01-01").status_code == 404
    api = APIClient()
    api.force_login(cast.viewer)
    first = api.get("/api/v1/kpis/win-rate/history/?limit=1").json()
    assert [one["day"] for one in first["results"]] == ["2026-11-25"] and first["results"][0]["value"] == 0.5
    assert [one["day"] for one in api.get(first["next"]).json()["results"]] == ["2026-11-24"]
    held = api.get("/api/v1/kpis/win-rate/history/2026-11-25/").json()
    assert (held["value"], held["today"], held["same"]) == (0.5, 0.333333, False)
    for address in ("2026-11-01/", "tomorrow/", "2026-13-45/"):
        assert api.get(f"/api/v1/kpis/win-rate/history/{address}").status_code == 404
    assert api.get("/api/v1/kpis/win-rate/history/?cursor=x").status_code == 400
