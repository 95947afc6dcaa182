"""The wall: the pages' own numbers by a secret address, live and cheap, and nobody's name."""

import gzip
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from dashboards import sheet
from dashboards.agreed import goals
from dashboards.agreed.models import Goal
from dashboards.scoreboard import alarm, month, promised
from dashboards.wall import board, views, walls
from dashboards.wall.models import Wall
from journal.models import Entry
from revops.lib import rates
from revops.lib.errors import Forbidden, Invalid
from sla import commitments, floor
from teams.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(make_lead, make_clock, make_deal, ago, cast, organisation):
    """This month: 24 hand-overs, eight rejected; answers kept and missed, three late now, two due soon; a win."""
    rates.forget()
    for n in range(24):
        make_lead(ago(9), mql_at=ago(8), owner=cast.owner,
                  **({"sal_at": ago(7), "sql_at": ago(6)} if n % 3 else {"rejected_at": ago(7), "reason": "no_need"}))  # fmt: skip
        make_clock(ago(5), outcome="met" if n % 4 else "met_late", owner=cast.owner)
    for minutes in (41, 20, 3):
        make_clock(ago(0, hours=0) - timedelta(minutes=minutes), owner=cast.owner)
    for seconds in (24, 112):
        make_clock(ago(0) + timedelta(seconds=seconds), owner=cast.owner)
    lead = make_lead(ago(100), mql_at=ago(99), won_at=ago(1))
    lead.company.industry = "Food logistics"
    lead.company.save()
    make_deal(ago(60), won_at=ago(1), amount=52_000, lead=lead, company=lead.company, owner=cast.owner)
    return cast


def shown(wall, now):
    return {tile.key: tile for tile in board.of(wall, now=now, organisation=Organisation.get()).tiles}


def test_only_administrators_make_a_wall_and_only_its_digest_is_kept(company, now):
    wall, token = walls.make("  Sales  floor ", by=company.admin, at=now)
    assert (wall.name, len(wall.digest)) == ("Sales floor", 64)
    assert token not in str(Wall.objects.values()) and len(token) > 40
    assert walls.find(token, at=now) == wall and walls.find(token + "x", at=now) is None
    with pytest.raises(Forbidden):
        walls.make("Mine", by=company.manager, at=now)
    with pytest.raises(Invalid):
        walls.make(" ", by=company.admin, at=now)
    walls.revoke(wall, by=company.admin, at=now)
    walls.revoke(wall, by=company.admin, at=now)
    assert walls.find(token, at=now) is None
    assert Entry.objects.filter(kind="wall.revoked").count() == 1


def test_managers_know_is_only_said_of_all_that_is_late(now, monkeypatch):
    summary = floor.Summary(oldest=now - timedelta(hours=1), rows={"late": list(range(25))})
    monkeypatch.setattr(board.bulk, "query", lambda *_: [(25,)])
    said = {}
    for n in (25, 40):
        summary.groups["late"] = n
        said[n] = board.late(summary, now).note
    assert said == {25: "oldest 1 h 00 · managers know", 40: "oldest 1 h 00"}


def test_the_tiles_say_what_the_pages_say(company, now, organisation):
    wall, _ = walls.make("Floor", by=company.admin, at=now)
    tiles = shown(wall, now)
    asked = month.read({}, "", now=now, organisation=organisation)
    found, agreed = month.sheet_of(asked, now=now, organisation=organisation), commitments.in_force(asked.first)
    hot = promised.sales(asked, found, promised.lines_in_force(asked, found), agreed)[0].figure
    rings = alarm.of(found, agreed)
    assert (
        tiles["late"].value == "3" and tiles["late"].note.startswith("oldest 41 min") and tiles["late"].tone == "late"
    )
    assert tiles["in-time"].note.startswith(f"{hot.hits} of {hot.n} · promise")
    assert tiles["in-time"].value == f"{100 * hot.hits / hot.n:.1f}%"
    assert (tiles["rejected"].value, tiles["rejected"].tone) == (rings.rate, "warn") and "30%" in tiles["rejected"].note
    assert tiles["deadline"].due == now + timedelta(seconds=24)
    assert tiles["deadline"].then == now + timedelta(seconds=112) and "due today" in tiles["deadline"].note
    assert tiles["goal"].value == "n/a"


def test_the_joint_goal_and_the_quota_stand_at_their_pace(company, now, organisation):
    Goal.objects.create(kpi="sales-accepted-pipeline", name="Pipeline", target=Decimal(200_000_00), made_at=now,
                        starts_on=date(2026, 10, 1), ends_on=date(2026, 12, 31), marketing_at=now, sales_at=now)  # fmt: skip
    commitments.commit("volume", goal=Decimal(480), by=company.admin, at=now, starts_on=date(2026, 10, 1), note="",
                       inputs={"revenue": 100_000_000, "deal_size": 5_000_000, "rate": "1/8", "currency": "USD"})  # fmt: skip
    wall, _ = walls.make("Floor", by=company.admin, at=now)
    tiles, stands = shown(wall, now), goals.joint(now)
    assert tiles["goal"].name == "Our goal this quarter" and tiles["goal"].value == stands.value_text
    assert tiles["goal"].note == "of $200k · behind pace" and tiles["goal"].mark == pytest.approx(float(stands.gone))
    assert tiles["delivered"].unit.startswith("of ") and "the pace" in tiles["delivered"].note


def test_the_last_win_says_what_and_whence(company, now, organisation):
    wall, _ = walls.make("Floor", by=company.admin, at=now)
    assert board.of(wall, now=now, organisation=organisation).won == (
        "Won yesterday", "$52k, food logistics: webinar in August"
    )  # fmt: skip
    assert board.of(wall, now=now + timedelta(days=60), organisation=organisation).won == ("", "")


def test_a_browser_may_post_the_forms_of_the_list(client, company, now, frozen):
    """With no referrer a browser sends them with `Origin: null`, which is refused as of another site."""
    client.force_login(company.admin)
    with frozen(now):
        for page in (client.get("/walls/"), client.post("/walls/", {"name": "Back office"})):
            assert page["Referrer-Policy"] == "same-origin" and page["Cache-Control"] == "no-store"
    assert Wall.objects.get().name == "Back office"


def test_anybody_with_the_address_sees_it_and_nothing_private(client, company, frozen, now):
    with frozen(now) as clock:
        wall, token = walls.make("Back office", by=company.admin, at=now, team=company.owner.team)
        page = client.get(f"/wall/{token}/")
        assert page.status_code == 200 and "set-cookie" not in page.headers
        assert page["Referrer-Policy"] == "no-referrer" and "noindex" in page["X-Robots-Tag"]
        people = [company.owner, company.other, company.manager, company.admin]
        private = [
            *(name for who in people for name in (who.name, who.email)),
            "Ana",
            "Dome",
            "Number",
            "Deal ",
            wall.name,
        ]
        inside = re.sub(r"<head>.*?</head>", "", page.text, flags=re.S)
        assert [word for word in private if word in inside] == []
        assert Wall.objects.get().seen_at == now
        live = {"HTTP_X_LIVE": "1"}
        part = client.get(f"/wall/{token}/", **live)
        assert part.text.startswith('<div class="tiles">') and len(gzip.compress(part.content)) <= 4096
        again = client.get(f"/wall/{token}/", headers={"If-None-Match": part["ETag"]}, **live)
        assert again.status_code == 304 and again["X-Build"] == part["X-Build"] and not again.content
        clock.advance(seconds=5)  # counting down is no news
        assert client.get(f"/wall/{token}/", headers={"If-None-Match": part["ETag"]}, **live).status_code == 304
        clock.advance(minutes=1)
        sheet.forget()
        assert client.get(f"/wall/{token}/", headers={"If-None-Match": part["ETag"]}, **live).status_code == 200
        walls.revoke(wall, by=company.admin, at=now)
        assert client.get(f"/wall/{token}/").status_code == 404


def test_guesses_and_floods_are_turned_away(client, company, frozen, now, monkeypatch):
    with frozen(now):
        _, token = walls.make("Floor", by=company.admin, at=now)
        assert [client.get(f"/wall/guess-{n}/").status_code for n in range(21)] == [404] * 20 + [429]
        monkeypatch.setattr(views, "LOOKS", "2 per minute")
        assert [client.get(f"/wall/{token}/").status_code for _ in range(3)] == [200, 200, 429]
    rates.forget()


def test_the_address_is_shown_once(client, company, frozen, now):
    with frozen(now):
        client.force_login(company.manager)
        assert client.get("/walls/").status_code == 403
        client.force_login(company.admin)
        made = client.post("/walls/", {"name": "Reception", "team": ""})
        address = re.search(r"/wall/[\w-]+/", made.text)[0]
        assert made.status_code == 201 and client.get(address).status_code == 200
        assert address not in client.get("/walls/").text
        assert client.post("/walls/", {"name": ""}).status_code == 400
        assert client.post(f"/walls/{Wall.objects.get().pk}/revocation/").status_code == 302
        assert client.get(address).status_code == 404


def test_the_wall_stays_light(client, company, frozen, now, django_assert_max_num_queries):
    with frozen(now):
        _, token = walls.make("Floor", by=company.admin, at=now)
        client.get(f"/wall/{token}/")
        with django_assert_max_num_queries(30):
            page = client.get(f"/wall/{token}/")
    assert len(gzip.compress(page.content)) <= 12 * 1024 and page.text.count("<") < 300
    assert len(re.findall(r"<(?:script|link)[^>]+(?:src|href)=\"/", page.text)) <= 5
    files = [Path(finders.find(name)).read_bytes() for name in ("css/wall.css", "js/wall.js")]
    assert sum(len(gzip.compress(one)) for one in files) <= 25 * 1024
