"""The two-way scoreboard: both columns, K10, K37, the words, and every cell opening its rows."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboards.kpis.base import Figure
from dashboards.scoreboard import promised
from dashboards.scoreboard.month import read, sheet_of
from dashboards.scoreboard.quota import Inputs
from leads.models import Snapshot, Touch
from leads.overriding import hand_over_anyway
from revops.lib.errors import Invalid
from sla import commitments
from sla.models import Clock, Pause, Policy
from teams import calendars
from teams.models import CalendarVersion

BOARD = "/scoreboard/2026-11/"


@pytest.fixture
def month(organisation, now):
    def opened(code="2026-11", **query):
        asked = read({k: str(v) for k, v in query.items()}, code, now=now, organisation=organisation)
        return asked, sheet_of(asked, now=now, organisation=organisation), commitments.in_force(asked.first)

    return opened


@pytest.fixture
def sides(month):
    """`sides()` → ({key: Promise} of sales, of marketing)."""

    def both(code="2026-11", **query):
        asked, sheet, agreed = month(code, **query)
        sales = promised.sales(asked, sheet, promised.lines_in_force(asked, sheet), agreed)
        return {p.key: p for p in sales}, {p.key: p for p in promised.marketing(asked, sheet, agreed, 6)}

    return both


# --- sales promised -----------------------------------------------------------------


def test_each_tier_is_held_against_its_own_promise(sides, make_clock, ago):
    for n in range(118):
        make_clock(ago(3), outcome="met" if n < 101 else "met_late")
    for n in range(20):
        make_clock(ago(3), outcome="met" if n < 19 else "breached_cancelled", tier="standard")
    sales, _ = sides()
    hot = sales["first_response.hot"]
    assert (hot.label, hot.value, hot.note) == ("Hot leads in 5 min", "85.6%", "101 of 118 due")
    assert (hot.goal, hot.tone, hot.mark) == (90, "warn", 0.9)
    assert (sales["first_response.standard"].label, sales["first_response.standard"].tone) == (
        "Everyone else in 24 h", "ok"
    )  # fmt: skip
    assert sales["disposition"].label == "Decided in 48 h" and sales["disposition"].na == "0 fell due in this period"


def test_touches_not_required_stand_beside_and_not_inside(sides, make_clock, ago):
    for n in range(96):
        make_clock(ago(2), outcome="met" if n < 79 else "overdue" if n == 95 else "met_late", target="touch_minimum",
                   tier="")  # fmt: skip
    for _ in range(31):
        make_clock(ago(2), outcome="not_required", target="touch_minimum", tier="")
    line = sides()[0]["touch_minimum"]
    assert (line.label, line.value, line.note) == ("8 touches in 21 days", "82.3%", "79 of 96 due · 31 not required")
    assert line.tone == "late"


def test_against_the_month_before_seen_from_as_far_into_it(sides, make_clock, ago):
    for n in range(20):
        make_clock(ago(3), outcome="met" if n < 18 else "met_late")
        make_clock(ago(34), outcome="met" if n < 16 else "met_late")
        make_clock(ago(27), outcome="met_late")  # 30 October: later in its month than the 26th is in this one
    change = sides()[0]["first_response.hot"].change
    assert (change.text, change.direction, change.good) == ("10.0 pt", "up", True)


def test_under_20_is_a_small_sample_without_colour_meter_or_arrow(sides, make_clock, ago):
    for n in range(12):
        make_clock(ago(3), outcome="met" if n < 7 else "met_late")
    line = sides()[0]["first_response.hot"]
    assert (line.value, line.small, line.tone, line.share, line.change) == ("7 of 12", "small sample", "", None, None)
    assert "95% interval" in line.interval


@pytest.fixture
def decision(make_lead, ago, cast):
    """`decision(what, outcome=…)`: a decision that fell due two days ago, and its clock."""

    def make(outcome="met", **stamps):
        lead = make_lead(ago(5), mql_at=ago(4), owner=cast.owner, **stamps)
        stopped = {"phase": "stopped", "stopped_at": ago(3), "outcome": outcome} if outcome else {}
        return Clock.objects.create(
            lead=lead, target="disposition", started_at=ago(4), seconds=172_800, due_at=ago(2), owner=cast.owner, **stopped
        )  # fmt: skip

    return make


def test_k37_90_of_110_decisions_in_time_with_every_field_is_81_8_percent(ask, decision, ago):
    for n in range(90):
        decision(**({"sal_at": ago(3)} if n % 2 else {"rejected_at": ago(3), "reason": "no_need"}))
    for _ in range(8):
        decision("met_late", sal_at=ago(1))
    for _ in range(7):
        decision(rejected_at=ago(3), reason="other", reason_note="")
    for _ in range(5):
        decision(recycled_at=ago(3), reason="timing", track="")
    found = ask(days=30).answer("feedback")
    assert found.figure.value == Fraction(90, 110)
    assert found.figure.formula == "90 in time with every field ÷ 110 due; 8 late, 12 without a field"


@pytest.mark.parametrize(
    ("stamps", "complete"),
    [
        ({"rejected_at": 3, "reason": "other", "reason_note": "They wanted a tablet."}, True),
        ({"rejected_at": 3, "reason": "other"}, False),
        ({"rejected_at": 3, "reason": "no_fit_product"}, False),
        ({"rejected_at": 3, "reason": "no_fit_product", "reason_note": "No SSO."}, True),
        ({"recycled_at": 3, "reason": "timing", "track": "newsletter"}, True),
        ({"sal_at": 3, "recycled_at": 1, "reason": "timing"}, True),  # the decision was to accept it
    ],
)
def test_k37_what_each_decision_must_say(ask, decision, ago, stamps, complete):
    decision(**{k: ago(v) if k.endswith("_at") else v for k, v in stamps.items()})
    assert ask(days=30).answer("feedback").figure.hits == int(complete)


# --- K10 in open hours ------------------------------------------------------------------


@pytest.fixture
def hours(organisation, cast):
    """NY of DOMAIN 1.4: Mon–Fri 9–17."""
    calendar = calendars.add_calendar(
        "NY", tz="America/New_York", weekly=calendars.week("09:00", "17:00"), closed={"2026-11-26": []}, by=cast.admin,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return CalendarVersion.objects.get(calendar=calendar)


def test_k10_is_business_time_on_the_promises_own_hours_with_the_wall_clock_beside(ask, make_lead, hours):
    """B22: Fri 16:00 → Mon 10:00 in New York is 7,200 s of business and 237,600 s on the wall (winter time)."""
    start, end = datetime(2026, 11, 13, 21, tzinfo=UTC), datetime(2026, 11, 16, 15, tzinfo=UTC)
    lead = make_lead(start, mql_at=start, first_response_at=end)
    Clock.objects.create(lead=lead, target="first_response", tier="hot", started_at=start, seconds=300, due_at=end,
                         calendar_version=hours)  # fmt: skip
    answer = ask(days=30).answer("time-to-first-contact")
    assert (answer.figure.value, answer.figure.beside[1].value) == (7_200, 237_600)


def test_k10_takes_pauses_out_and_counts_the_rest_round_the_clock(ask, make_lead, hours):
    start = datetime(2026, 11, 16, 15, tzinfo=UTC)
    lead = make_lead(start, mql_at=start, first_response_at=start + timedelta(hours=4))
    clock = Clock.objects.create(lead=lead, target="first_response", started_at=start, seconds=300, due_at=start,
                                 calendar_version=hours)  # fmt: skip
    clock.pauses.create(reason="legal_hold", from_at=start, to_at=start + timedelta(hours=1))
    assert ask(days=30).answer("time-to-first-contact").figure.value == 3 * 3_600
    other = make_lead(start, mql_at=start, first_response_at=start + timedelta(hours=5))
    Clock.objects.create(lead=other, target="first_response", tier="standard", started_at=start, seconds=86_400, due_at=start)
    from dashboards import sheet

    sheet.forget()
    assert ask(days=30).answer("time-to-first-contact").figure.value == 4 * 3_600  # median of 3 h and 5 h


def test_k10_agrees_with_the_arithmetic_itself_over_a_month_of_starts(ask, make_lead, hours):
    moments = [datetime(2026, 11, 1, 3, tzinfo=UTC) + timedelta(hours=11 * n, minutes=7 * n) for n in range(48)]
    wanted = []
    for n, start in enumerate(moments):
        end = start + timedelta(hours=(n * 5) % 70 + 1)
        lead = make_lead(start, mql_at=start, first_response_at=end)
        Clock.objects.create(lead=lead, target="first_response", started_at=start, seconds=300, due_at=end,
                             calendar_version=hours)  # fmt: skip
        if end <= datetime(2026, 11, 26, 18, tzinfo=UTC) and start <= datetime(2026, 11, 26, 18, tzinfo=UTC):
            wanted.append(float(hours.hours().elapsed(start, end)))
    from dashboards import rows
    from dashboards.kpis import registry

    found, _ = rows.page(ask(days=60), registry.find("K10"), part="contacted", limit=200)
    assert sorted(row.values["contact"] for row in found) == pytest.approx(sorted(wanted))


# --- marketing promised -----------------------------------------------------------------


def test_volume_is_held_against_the_months_part_of_the_quota_at_the_weekdays_pace(sides, make_lead, ago, cast, now):
    from dashboards.scoreboard.quota import Inputs

    inputs = Inputs(200_000_000, 5_000_000, Fraction(1, 4), "USD")
    commitments.commit("volume", goal=Decimal(160), inputs=inputs.as_json(), starts_on=now.date().replace(day=1, month=10),
                       by=cast.admin, at=now)  # fmt: skip
    for _ in range(41):
        make_lead(ago(30), mql_at=ago(20), sal_at=ago(15), sql_at=ago(9))
    make_lead(ago(30), mql_at=ago(20), sal_at=ago(15), sql_at=ago(9), source="product")
    make_lead(ago(60), mql_at=ago(50), sal_at=ago(45), sql_at=ago(40))
    line = sides()[1]["volume"]
    assert (line.value, line.note, line.side_note, line.tone) == (
        "77.4%", "41 of 53 · 48 expected by now", "pace 0.86", "warn"
    )  # fmt: skip
    assert sides(team=cast.midwest.pk)[1]["volume"].side_note == "the quota is the whole company's"


def test_without_a_quota_only_what_was_delivered_is_said(sides):
    line = sides()[1]["volume"]
    assert (line.value, line.side_note, line.tone) == ("0", "no quota committed", "")


@pytest.fixture
def handed(make_lead, ago, cast):
    """`handed(firm={}, touch=True …)`: a hand-over with what it carried."""

    def make(*, because="cell", source="webinar", firm=None, touch="guide", message="", **fields):
        lead = make_lead(ago(5), mql_at=ago(4), owner=cast.owner, message=message, **fields)
        kept = [
            Touch.objects.create(person=lead.person, kind="form", asset=touch, occurred_at=ago(5), received_at=ago(5)).pk
        ] if touch is not None else []  # fmt: skip
        Snapshot.objects.create(
            lead=lead, at=lead.mql_at, definition_version=6, model_version=1, because=because, fit=70, engagement=30,
            usage=0, cell="A2", source=source, signals=kept,
            firm={"employees": 640, "industry": "Logistics"} if firm is None else firm,
        )  # fmt: skip
        return lead

    return make


def test_quality_counts_those_that_met_the_definition_and_carried_everything(sides, handed):
    for _ in range(20):
        handed()
    handed(firm={})
    handed(source="")
    handed(touch=None)
    handed(touch="")  # a signal that says nothing of what they read
    line = sides()[1]["quality"]
    assert (line.label, line.value) == ("Meets definition v6, with context", "83.3%")
    assert line.note.startswith("20 of 24 · 1 without firmographics")
    assert line.tone == "late" and line.mark == 1.0


def test_an_override_is_a_violation_with_a_name_a_day_and_a_reason(sides, organisation, cast, ago, now):
    from leads.incoming import parse
    from leads.intake import capture
    from leads.models import Lead, Pool, PoolMember

    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    at = ago(14)
    [made] = capture([parse({"email": "i@x.example", "first_name": "Ida"}, now=at)], by=None, via="api", now=at)
    hand_over_anyway(Lead.objects.get(pk=made.lead_id), by=cast.admin, at=at, reason="board contact")
    line = sides()[1]["overrides"]
    assert (line.value, line.tone, line.side_note) == ("1", "late", "0 the month before")
    assert line.note == "by Rosa Vidal, 12 Nov, “board contact”"
    assert sides()[1]["quality"].figure.hits == 0


# --- words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"target": "first_response", "tier": "hot", "amount": 600}, "Hot leads in 10 min"),
        ({"target": "first_response", "tier": "intent", "amount": 5_400}, "High intent in 90 min"),
        ({"target": "first_response", "tier": "standard", "amount": 0, "unit": "same_business_day"},
         "Everyone else the same business day"),
        ({"target": "disposition", "tier": "", "amount": 2, "unit": "business_days"}, "Decided in 2 business days"),
        ({"target": "touch_minimum", "tier": "", "amount": 14, "unit": "days", "terms": {"touches": 6}},
         "6 touches in 14 days"),
    ],
)  # fmt: skip
def test_a_promise_is_called_by_what_it_promises(fields, label):
    assert promised.label_of([Policy(**fields)]) == label


@pytest.mark.parametrize(
    ("hits", "tone"), [(90, "ok"), (89, "warn"), (85, "warn"), (84, "late")]
)  # fmt: skip
def test_behind_is_amber_and_more_than_five_points_is_late(hits, tone):
    assert promised.tone_of(Figure(Fraction(hits, 100), hits=hits, n=100), Decimal(90)) == tone


@pytest.mark.parametrize("code", ["2026-13", "2026-1", "26-11", "2027-01", "0000-01", "１２３４-01", "2026-11-01"])
def test_what_is_no_month_of_ours_is_refused(code, organisation, now):
    with pytest.raises(Invalid):
        read({}, code, now=now, organisation=organisation)


# --- the page ----------------------------------------------------------------------------


@pytest.fixture
def busy(make_lead, make_clock, handed, decision, cast, ago):
    for n in range(30):
        make_lead(ago(9), mql_at=ago(8), sal_at=ago(7), sql_at=ago(6), owner=cast.owner if n % 2 else cast.other,
                  first_response_at=ago(8, hours=1))  # fmt: skip
        make_lead(ago(9), mql_at=ago(8), rejected_at=ago(7), reason="no_need", owner=cast.owner)
        make_clock(ago(5), outcome="met" if n % 4 else "met_late", owner=cast.owner)
        decision(rejected_at=ago(3), reason="bad_data")
        handed(sal_at=ago(3))


def test_every_cell_opens_rows_that_are_as_many_as_it_says(busy, cast, organisation, signed_in, frozen, now):
    with frozen(now):
        client = signed_in(cast.viewer)
        page = client.get(BOARD).text
        addresses = sorted(set(re.findall(r'href="(/kpis/[^"]+)"', page)))
        assert len(addresses) >= 20
        for address in addresses:
            answer = client.get(address.replace("&amp;", "&"))
            assert answer.status_code == 200, address
        numbers = re.findall(r'href="(/kpis/[^"]+)" data-dialog>(\d+)<span', page)
        assert len(numbers) >= 2
        for address, n in numbers:
            assert f"{n} rows" in client.get(address.replace("&amp;", "&")).text
        hot = next(a for a in addresses if "part=first_response.hot.due" in a).replace("&amp;", "&")
        assert "30 rows" in client.get(hot).text
        csv = client.get(hot.replace("/rows/?", "/rows.csv?"))
        assert b"".join(csv.streaming_content if csv.streaming else [csv.content]).count(b"\n") == 31


def test_the_page_takes_a_fixed_number_of_queries_however_much_there_is(
    busy, make_lead, cast, organisation, signed_in, frozen, now, ago
):
    from dashboards import sheet

    def asked() -> int:
        sheet.forget()
        with frozen(now), CaptureQueriesContext(connection) as queries:
            assert client.get(BOARD).status_code == 200
        return len(queries)

    client = signed_in(cast.viewer)
    asked()
    before = asked()
    for _ in range(40):
        make_lead(ago(9), mql_at=ago(8), rejected_at=ago(7), reason="other", source="referral", owner=cast.teammate)
    assert asked() == before
    assert before <= 75


def test_filters_stay_in_the_address_and_an_empty_month_is_honest(busy, cast, organisation, signed_in, frozen, now):
    with frozen(now):
        client = signed_in(cast.marketer)
        chosen = client.get(f"/scoreboard/?month=2026-10&team={cast.coast.pk}&owner=&source=webinar")
        assert chosen.status_code == 302
        assert chosen["Location"] == f"/scoreboard/2026-10/?team={cast.coast.pk}&source=webinar"
        page = client.get(chosen["Location"]).text
        assert "n/a" in page and "0 decided in this month" in page
        assert client.get("/scoreboard/2027-01/").status_code == 400
        assert client.get("/scoreboard/2026-11/?team=x").status_code == 400
        assert client.get("/").headers["Location"] == "/scoreboard/"


def test_the_api_says_what_the_page_says(busy, cast, organisation, signed_in, frozen, now):
    with frozen(now):
        client = signed_in(cast.viewer)
        said = client.get("/api/v1/sla/scoreboard/?month=2026-11").json()
        assert said["weekdays"] == {"elapsed": 19, "total": 21}
        hot = next(p for p in said["sales"] if p["key"] == "first_response.hot")
        assert (hot["hits"], hot["n"], hot["goal"], hot["kept"]) == (22, 30, 90.0, False)
        assert said["rejection"]["rings"] is True and said["quota"] is None
        rows = client.get(hot["rows"].replace("http://testserver", "")).json()
        assert len(rows["results"]) == 30
        assert client.get("/api/v1/sla/scoreboard/?month=2026-13").status_code == 400
        assert client.get("/api/v1/sla/scoreboard/?moon=1").status_code == 400


def test_commitments_by_rest(cast, organisation, client, frozen, now):
    from teams.keys import create_api_key

    body = {"key": "volume", "revenue": 2_000_000, "deal_size": 50_000, "rate": 0.25, "starts_on": "2026-10-01"}
    _, key = create_api_key("planning", scopes=["read", "admin"])
    _, reader = create_api_key("reader", scopes=["read", "work"])
    auth = {"HTTP_AUTHORIZATION": f"Api-Key {key}"}
    post = {"content_type": "application/json"}
    with frozen(now):
        made = client.post("/api/v1/sla/commitments/", body, **post, **auth)
        assert made.status_code == 201, made.content
        assert (made.json()["goal"], made.json()["months"]) == (160.0, [54, 53, 53])
        assert client.post("/api/v1/sla/commitments/", body, **post, **auth).json()["id"] == made.json()["id"]
        assert client.post("/api/v1/sla/commitments/", {"key": "volume"}, **post, **auth).status_code == 400
        assert client.post("/api/v1/sla/commitments/", body | {"rate": 0}, **post, **auth).status_code == 400
        assert client.post("/api/v1/sla/commitments/", {"key": "rejection", "goal": 25}, **post, **auth).status_code == 201
        assert (
            client.post("/api/v1/sla/commitments/", body, **post, HTTP_AUTHORIZATION=f"Api-Key {reader}").status_code == 403
        )
        listed = client.get("/api/v1/sla/commitments/?in_force=2026-11-30", **auth).json()["results"]
        assert {row["key"]: row["goal"] for row in listed}["rejection"] == 25.0
        assert len(listed) == 6


def test_overrides_are_named_of_the_leads_that_are_counted(month, organisation, cast, ago, now):
    from leads.incoming import parse
    from leads.intake import capture
    from leads.models import Lead, Pool, PoolMember

    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.owner)
    at = ago(14)
    for n, (reason, owner) in enumerate([("board contact", cast.teammate), ("old friend", cast.owner)]):
        [made] = capture([parse({"email": f"i@x{n}.example", "first_name": "Ida"}, now=at)], by=None, via="api", now=at)
        hand_over_anyway(Lead.objects.get(pk=made.lead_id), by=cast.admin, at=at, reason=reason)
        Lead.objects.filter(pk=made.lead_id).update(owner=owner)
    _, sheet, _ = month(owner=cast.owner.pk)
    line = promised.overrides(sheet)
    assert (line.value, line.note) == ("1", "by Rosa Vidal, 12 Nov, “old friend”")


def test_more_delivered_than_promised_is_no_share_and_has_no_interval(month, make_lead, ago, cast, now):
    inputs = Inputs(9_000, 1_000, Fraction(1), "USD")  # 3 a month
    commitments.commit("volume", goal=Decimal(9), inputs=inputs.as_json(), starts_on=date(2026, 10, 1), by=cast.admin,
                       at=now)  # fmt: skip
    for _ in range(8):
        make_lead(ago(5), mql_at=ago(5), sql_at=ago(4))
    asked, sheet, agreed = month()
    told = promised.volume(asked, sheet, agreed).as_json("")
    assert (told["hits"], told["n"], told["interval"], told["small_sample"]) == (8, 3, None, False)


def test_a_merged_lead_counts_where_it_lives_on_and_nowhere_twice(ask, make_lead, ago, cast):
    stamps = {"mql_at": ago(5), "sal_at": ago(4), "sql_at": ago(4), "first_response_at": ago(4)}
    make_lead(ago(5), **stamps)
    make_lead(ago(5), **stamps, stage="merged", stage_at=ago(3))
    parts = {
        "rejection-rate": "decided", "qualified-leads": "delivered", "sql-to-deal": "cohort", "deal-creation": "cohort",
        "time-to-first-contact": "", "accepted-at-once": "", "delivered-quality": "excluded-known",
    }  # fmt: skip
    assert {key: ask(days=30).answer(key).found.now.n(part) for key, part in parts.items()} == dict.fromkeys(parts, 1)


@pytest.mark.parametrize("answered", [True, False])
def test_k10_a_pause_of_a_promise_round_the_clock_is_not_waiting(ask, make_lead, ago, answered):
    lead = make_lead(ago(5), mql_at=ago(5), **({"first_response_at": ago(4)} if answered else {}))
    ended = {"outcome": "met", "phase": "stopped", "stopped_at": ago(4)} if answered else {}
    clock = Clock.objects.create(
        lead=lead, target="first_response", tier="standard", started_at=ago(5), seconds=86_400, due_at=ago(3), **ended
    )
    Pause.objects.create(clock=clock, reason="asked_later", from_at=ago(5, hours=1), to_at=ago(5, hours=21))
    found = ask(days=30).answer("time-to-first-contact")
    assert found.figure.value == (4 * 3_600 if answered else None)
