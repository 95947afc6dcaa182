"""Segments: kept by marketing and administrators, asked anew each time, a filter of the list like any other."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from journal.models import Entry
from leads import segments, territories
from leads.models import Lead, Segment
from revops.lib.errors import Forbidden, Invalid, Refused
from revops.lib.now import frozen
from tests.api.conftest import Api, fields, problem

T = datetime(2026, 2, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}
GERMAN = {"attribute": "person.country", "op": "is", "value": "DE"}


@pytest.fixture
def segment(cast):
    return segments.add(name="Big firms", condition=BIG, by=cast.marketer, at=T)


@pytest.fixture
def leads(make_lead):
    """Three of them in big firms, of whom the last is recycled; one small, one of unknown size."""
    sizes = [900, 700, 600, 5, None]
    found = []
    for i, size in enumerate(sizes):
        firm = {"name": f"Firm{i}"} | ({"employees": size} if size else {})
        found.append(make_lead(f"Ann N{i}", at=T - timedelta(hours=i), company=firm))
    Lead.objects.filter(pk=found[2].pk).update(stage="recycled")
    return found


# --- verbs -----------------------------------------------------------------------


def test_only_marketing_and_administrators_keep_them(cast, segment):
    for who in (cast.owner, cast.manager, cast.viewer):
        for verb, given in (
            (segments.add, {"name": "Mine"}), (segments.change, {"segment": segment, "fields": {"name": "Mine"}}),
            (segments.remove, {"segment": segment}), (segments.undo, {"pk": segment.pk}),
        ):  # fmt: skip
            with pytest.raises(Forbidden):
                verb(**given, by=who, at=T)
    segments.change(segment, {"name": "Mine"}, by=cast.admin, at=T)
    assert Segment.objects.get().name == "Mine"


def test_what_is_wrong_is_named_and_names_are_unique(cast, segment):
    for given, field in (
        ({"name": ""}, "name"), ({"name": "x" * 81}, "name"), ({"name": "a\0"}, "name"), ({"name": "big FIRMS"}, "name"),
        ({"name": "B", "about": 7}, "about"), ({"name": "B", "condition": {"all": []}}, "condition.all"),
        ({"name": "B", "condition": {"all": [{**BIG, "value": "many"}]}}, "condition.all[0].value"),
        ({"name": "B", "condition": []}, "condition"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            segments.add(**given, by=cast.admin, at=T)
        assert refused.value.field == field, given
    assert Segment.objects.count() == 1


def test_a_change_that_was_not_seen_is_not_overwritten(cast, segment):
    seen = segment.edited_at
    segments.change(segment, {"condition": GERMAN}, by=cast.marketer, at=T + timedelta(minutes=1), seen=seen)
    with pytest.raises(Refused, match="Mei Tan changed Big firms") as refused:
        segments.change(segment, {"condition": BIG}, by=cast.admin, at=T + timedelta(minutes=2), seen=seen)
    assert refused.value.code == "stale"
    assert Segment.objects.get().condition == GERMAN
    segments.change(segment, {"condition": GERMAN}, by=cast.admin, at=T + timedelta(minutes=3))
    assert Segment.objects.get().edited_at == T + timedelta(minutes=1), "the same again changes nothing"


def test_every_change_is_a_fact_and_the_newest_can_be_undone(cast, segment):
    pk = segment.pk
    segments.change(segment, {"condition": GERMAN, "name": "Germans"}, by=cast.admin, at=T)
    segments.remove(segment, by=cast.admin, at=T)
    assert not Segment.objects.exists()
    assert segments.undo(pk, by=cast.admin, at=T) == "Germans is as it was before."
    assert (Segment.objects.get().pk, Segment.objects.get().condition) == (pk, GERMAN)
    with pytest.raises(Refused, match="left to undo"):
        segments.undo(pk, by=cast.admin, at=T)
    kinds = Entry.objects.about("segment", [pk]).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["segment.added", "segment.changed", "segment.removed", "segment.undone"]
    other = segments.add(name="Other", by=cast.admin, at=T)
    assert segments.undo(other.pk, by=cast.admin, at=T) == "Other is removed again."


def test_undo_takes_back_the_change_it_was_offered_for(cast, segment, signed_in):
    browser = signed_in(cast.marketer)
    told = browser.post(f"/segments/{segment.pk}/name/", {"name": "Larger firms"}, follow=True)
    [undo] = re.findall(rf"/segments/{segment.pk}/undo/\?change=\d+", told.content.decode())
    segments.change(Segment.objects.get(), {"condition": GERMAN}, by=cast.admin, at=T + timedelta(minutes=9))
    browser.post(undo)
    assert (Segment.objects.get().condition, Segment.objects.get().name) == (GERMAN, "Larger firms")
    with pytest.raises(Refused, match="changed it since"):
        segments.undo(segment.pk, by=cast.marketer, at=T, change=int(undo.partition("=")[2]))


def test_a_territory_that_a_segment_names_stays(cast):
    place = territories.add(name="Alps", areas=[("CH", "")], by=cast.admin, at=T)
    condition = {"none": [{"attribute": "lead.territory", "op": "is", "value": place.code}]}
    segments.add(name="Elsewhere", condition=condition, by=cast.admin, at=T)
    with pytest.raises(Refused, match="the segment Elsewhere"):
        territories.remove(place, by=cast.admin, at=T)


# --- the list of leads -----------------------------------------------------------


def names(page):
    return [row["lead"].person.first_name + row["lead"].person.last_name[-1] for row in page.context["rows"]]


def test_it_filters_the_list_with_all_the_others(cast, signed_in, segment, leads):
    browser = signed_in(cast.viewer)
    with frozen(T):
        page = browser.get(f"/leads/?segment={segment.pk}&sort=-created")
        text = page.content.decode()
        assert names(page) == ["Ann0", "Ann1"], "open ones, unknown size is not in it"
        assert "In the segment" in text and "Big firms" in text and "2 match" in text
        assert names(browser.get(f"/leads/?segment={segment.pk}&stage=any&sort=-created")) == ["Ann0", "Ann1", "Ann2"]
        assert names(browser.get(f"/leads/?segment={segment.pk}&q=N1")) == ["Ann1"]
        rows = list(csv.reader(io.StringIO(browser.get(f"/leads/export.csv?segment={segment.pk}").getvalue().decode("utf-8-sig"))))  # fmt: skip
        assert len(rows) == 3
        gone = browser.get("/leads/?segment=99999")
        assert "no such segment" in gone.content.decode() and not gone.context["rows"]
        assert browser.get("/leads/?segment=x%00").status_code == 200


def test_pages_of_it_go_on_where_they_were(cast, signed_in, segment, leads, monkeypatch):
    from leads import paging
    from leads.views import listing

    monkeypatch.setattr(listing, "FEW", -1)
    real = paging.page
    monkeypatch.setattr(paging, "page", lambda found, **how: real(found, size=1, **how))
    browser, seen = signed_in(cast.viewer), []
    with frozen(T):
        page = browser.get(f"/leads/?segment={segment.pk}&stage=any&sort=-created")
        while True:
            seen += names(page)
            if not page.context["next"]:
                break
            page = browser.get(f"/leads/{page.context['next']}")
    assert seen == ["Ann0", "Ann1", "Ann2"]


def test_a_count_that_would_take_too_long_is_estimated(cast, signed_in, segment, leads, monkeypatch):
    from leads import live_count

    real, calls = live_count.within, []

    def slow_first(text, params, **how):
        calls.append(text)
        return None if len(calls) == 1 else real(text, params, **{**how, "seconds": 5})

    monkeypatch.setattr(live_count, "within", slow_first)
    monkeypatch.setattr(live_count, "LOOKED_MOST", 4)
    with frozen(T):
        page = signed_in(cast.viewer).get(f"/leads/?segment={segment.pk}&sort=-created")
    assert len(calls) == 2 and names(page) == ["Ann0", "Ann1"]
    assert page.context["total_words"].startswith(("about", "an unknown"))


def test_a_page_that_takes_too_long_to_find_says_so(cast, signed_in, segment, leads, monkeypatch):
    from leads import paging
    from leads.views import listing
    from revops.lib import bulk

    monkeypatch.setattr(listing, "PATIENCE", 0.05)
    monkeypatch.setattr(paging, "page", lambda *_, **__: bulk.query("SELECT pg_sleep(2)"))
    with frozen(T):
        page = signed_in(cast.viewer).get(f"/leads/?segment={segment.pk}")
    assert page.status_code == 200 and "takes too long" in page.content.decode()


def test_a_saved_view_may_use_one(cast, signed_in, segment, leads):
    from teams.models import SavedView

    SavedView.objects.create(page="leads", name="Bigs", query=f"segment={segment.pk}", owner=cast.viewer)
    with frozen(T):
        browser = signed_in(cast.viewer)
        assert "Bigs" in browser.get("/leads/").content.decode()
        assert sorted(names(browser.get(f"/leads/?segment={segment.pk}"))) == ["Ann0", "Ann1"]


def test_one_that_cannot_be_read_any_more_has_no_members(cast, signed_in, segment, leads):
    Segment.objects.update(condition={"attribute": "person.custom.gone", "op": "is_set"})
    browser = signed_in(cast.marketer)
    with frozen(T):
        assert not browser.get(f"/leads/?segment={segment.pk}").context["rows"]
        assert "can’t be read" in browser.get("/segments/").content.decode()
        assert "no attribute" in browser.get(f"/segments/{segment.pk}/").content.decode()


# --- pages -----------------------------------------------------------------------


def test_pages_show_the_sentence_and_the_count(cast, signed_in, segment):
    reader = signed_in(cast.owner)
    page = reader.get("/segments/").content.decode()
    assert "500 people or more" in page and 'hx-post="/conditions/count/"' in page and "New segment" not in page
    one = reader.get(f"/segments/{segment.pk}/").content.decode()
    assert "500 or more" in one and "data-slot" not in one and 'hx-post="/conditions/count/"' in one
    for address in ("new/", f"{segment.pk}/name/", f"{segment.pk}/condition/", f"{segment.pk}/removal/"):
        assert reader.post(f"/segments/{address}").status_code == 403, address
    assert reader.post(f"/segments/{segment.pk}/undo/").status_code == 403


def test_making_one_sentence_by_sentence(cast, signed_in):
    browser = signed_in(cast.marketer)
    with frozen(T) as clock:
        made = browser.post("/segments/new/", {"name": "Pricing", "about": ""})
        pk = Segment.objects.get().pk
        assert made["Location"] == f"/segments/{pk}/"
        page = browser.get(f"/segments/{pk}/")
        assert "Every lead" in page.content.decode()
        url = page.context["condition_url"]
        clock.advance(minutes=1)
        form = browser.get(url, {"at": "", "slot": "sequence", "blank": "1", "new": "1"}, headers={"HX-Request": "true"})
        assert form.status_code == 200
        kept = browser.post(url, {
            "do": "sequence", "at": "", "new": "1", "s0_kind": "page_view", "s0_url_how": "matches",
            "s0_url_contains": "/pricing*", "s1_kind": "demo_request", "s2_kind": "", "within_days": "14",
        }, headers={"HX-Request": "true"})  # fmt: skip
        assert kept.status_code == 200 and "slot:done" in kept["HX-Trigger-After-Settle"]
        assert Segment.objects.get().condition == {"all": [{
            "sequence": [{"kind": ["page_view"], "url_matches": ["/pricing*"]}, {"kind": ["demo_request"]}],
            "within_days": 14,
        }]}  # fmt: skip
        stale = browser.post(url, {"do": "remove", "at": "all[0]"}, headers={"HX-Request": "true"})
        assert stale.status_code == 409 and "Mei Tan changed Pricing" in stale.content.decode()
        assert stale["HX-Retarget"] == "#slot"
        plain = browser.post(
            browser.get(f"/segments/{pk}/").context["condition_url"], {"do": "remove", "at": "all[0]"}
        )
        assert plain.status_code == 302 and Segment.objects.get().condition == {}
        browser.post(f"/segments/{pk}/undo/")
        assert "sequence" in str(Segment.objects.get().condition)
        renamed = browser.post(f"/segments/{pk}/name/", {"name": "Prices", "about": "for May"})
        assert renamed.status_code == 302 and Segment.objects.get().name == "Prices"
        assert browser.get(f"/segments/{pk}/removal/").status_code == 200
        browser.post(f"/segments/{pk}/removal/")
        assert not Segment.objects.exists()
        browser.post(f"/segments/{pk}/undo/")
        assert Segment.objects.get().name == "Prices"
        assert browser.post("/segments/new/", {"name": "prices"}).status_code == 422


# --- REST ------------------------------------------------------------------------


def call(api, method, path, data=None):
    return getattr(api.client, method)(
        f"/api/v1/{path}", data=None if data is None else __import__("json").dumps(data),
        content_type="application/json", HTTP_AUTHORIZATION=f"Api-Key {api.key}",
    )  # fmt: skip


def test_rest_keeps_them_with_the_scope_admin(cast, leads):
    api, reader = Api("crm", ["admin", "read"]), Api("reader", ["read", "intake", "work"])
    with frozen(T):
        problem(reader.post("scoring/segments/", {"name": "Big"}), 403)
        made = api.post("scoring/segments/", {"name": "Big", "condition": {"version": 1, **BIG}})
        assert made.status_code == 201
        told = made.json()
        assert told["sentence"] == "500 people or more" and told["condition"] == BIG
        path = f"scoring/segments/{told['id']}/"
        assert reader.get(path).json() == told
        assert fields(api.post("scoring/segments/", {"name": "x", "condition": {"any": 1}})) == {"condition.any": "not_a_list"}
        assert fields(api.post("scoring/segments/", {"condition": {}})) == {"name": "required"}
        page = reader.get(f"{path}leads/", limit=2).json()
        assert [row["id"] for row in page["results"]] == [leads[2].pk, leads[1].pk], "newest first, open or not"
        rest = reader.client.get(page["next"], HTTP_AUTHORIZATION=f"Api-Key {reader.key}").json()
        assert [row["id"] for row in rest["results"]] == [leads[0].pk] and rest["next"] is None
        changed = call(api, "patch", path, {"condition": GERMAN, "seen": told["edited_at"]})
        assert changed.status_code == 200 and changed.json()["condition"] == GERMAN
        problem(call(api, "patch", path, {"name": "B", "seen": "2020-01-01T00:00:00Z"}), 409)
        assert reader.get("scoring/segments/").json()["results"] == [changed.json()]
        problem(call(reader, "delete", path), 403)
        assert call(api, "delete", path).status_code == 200
        problem(reader.get(path), 404)
        problem(reader.get(f"scoring/segments/{2**63}/leads/"), 404)
