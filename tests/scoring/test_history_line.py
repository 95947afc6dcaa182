"""The score over time: every moment is what the receipt of that moment says, in one statement."""

from zoneinfo import ZoneInfo

import pytest

from leads.models import AttributeFact
from scoring import history_line, receipt
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person, touch

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/Berlin")
RULES = [
    {"kind": "fit", "name": "Senior", "points": 75,
     "condition": {"attribute": "person.seniority", "op": "at_least", "value": "director"}},
    {"kind": "engagement", "name": "Webinar", "points": 40, "touches": {"kind": ["webinar"]}, "half_life_days": 14},
    {"kind": "engagement", "name": "Thrice", "points": 15, "at_least": 3, "within_days": 7,
     "touches": {"kind": ["page_view"], "url_contains": "/pricing"}},
]  # fmt: skip


def somebody():
    made = person(seniority="vp", lead={"created_at": T - days(30)}, first_touch_at=T - days(30))
    for at, level in ((T - days(40), "staff"), (T - days(10), "vp")):
        AttributeFact.objects.create(subject_kind="person", subject_id=made.pk, at=at, values={"seniority": level})
    for ago in (30, 12):
        touch(made, "webinar", T - days(ago))
    for ago in (6, 5, 4):
        touch(made, "page_view", T - days(ago), url="/pricing")
    return made


def test_each_point_is_the_receipt_of_its_moment(django_assert_num_queries):
    live = model(*RULES)
    made = somebody()
    lead = made.leads.get().pk
    history_line.of(lead, now=T, model=live)
    with django_assert_num_queries(1):
        points = history_line.of(lead, now=T, model=live)
    assert 20 < len(points) <= 42
    assert (points[0].at, points[-1].at) == (T - days(30), T)
    for one in points:
        then = receipt.of(made.pk, as_of=one.at, model=live, moment="then")
        assert (one.fit, one.engagement, one.cell) == (float(then.fit), float(then.engagement), then.cell)
    assert [one.fit for one in points if one.at < T - days(10)] == [0] * sum(one.at < T - days(10) for one in points)
    assert points[-1].fit == 75


def test_a_jump_is_a_jump():
    live = model(*RULES)
    points = history_line.of(somebody().leads.get().pk, now=T, model=live)
    at = [one.at for one in points].index(T - days(12))
    assert points[at].engagement - points[at - 1].engagement == pytest.approx(40, abs=0.01)


def test_what_was_recorded_late_lifts_the_line_when_it_became_known():
    live = model(*RULES)
    made = person(lead={"created_at": T - days(20)}, first_touch_at=T - days(20))
    late = touch(made, "webinar", T - days(20))
    late.recorded_at = T - days(2)
    late.save()
    points = history_line.of(made.leads.get().pk, now=T, model=live)
    assert {one.engagement for one in points if one.at < T - days(2)} == {0}
    assert points[-1].engagement > 10


def test_the_mark_of_the_hand_over_stays_where_it_was(cast):
    live = model(*RULES)
    made = somebody()
    rescore([made.pk], now=T - days(3))
    lead = made.leads.get()
    kept = lead.snapshot.engagement
    newer = model(*[rule | {"points": 1} for rule in RULES])
    for shown in (live, newer):
        points = history_line.of(lead.pk, now=T, model=shown)
        drawing = history_line.drawn(
            points, shown, now=T, zone=ZONE, handed=(lead.snapshot.at, lead.snapshot.fit, kept)
        )  # fmt: skip
        assert drawing.mark["text"] == f"MQL {kept:.1f}"
        assert [level["text"] for level in drawing.levels] == ["30: level 2", "60: level 1"]
        assert drawing.finding.startswith("Engagement since 11 Jan: at most ")


def test_by_a_cut_the_priority_is_drawn_with_the_cut():
    live = model(*RULES)
    points = history_line.of(somebody().leads.get().pk, now=T, model=live)
    drawing = history_line.drawn(points, live, now=T, zone=ZONE, mode="top", cut=88.5)
    assert [level["text"] for level in drawing.levels] == ["88.5: cut"]
    assert drawing.finding.startswith("Priority since")
    numbers = [tuple(map(float, pair.split(","))) for pair in drawing.line.split()]
    assert all(0 <= x <= 100 and 0 <= y <= drawing.floor for x, y in numbers)


def test_nobody_has_no_line():
    live = model(*RULES)
    assert history_line.of(10**9, now=T, model=live) == []
    assert history_line.drawn([], live, now=T, zone=ZONE) is None


def test_the_lead_page_brings_the_line_and_the_way_to_the_line_beside_it(signed_in, cast, make_lead):
    lead = make_lead(at=T)
    page = signed_in(cast.owner)
    assert f'hx-get="/scoring/leads/{lead.pk}/"' in page.get(f"/leads/{lead.pk}/").content.decode()
    found = page.get(f"/scoring/leads/{lead.pk}/")
    assert found.status_code == 200
    assert "Nearest to MQL" in found.content.decode() or "lift" in found.content.decode()
    assert page.get("/scoring/leads/999999/").status_code == 404
    lead.__class__.objects.filter(pk=lead.pk).update(stage="rejected")
    assert page.get(f"/scoring/leads/{lead.pk}/").content == b""
