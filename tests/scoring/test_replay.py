"""Replays are honest: what was not known at a moment does not count at it, and the past comes out as it was."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.models import AttributeFact, ImportRun, Lead, Touch
from scoring.models import Cut, Definition, ReplayRun
from scoring.replay import lists, running, statistics
from tests.scoring.model_of import T, days, model, person, touch
from tests.scoring.replayed import MINUTE, ago, came, draft_of, replayed, row, rows

pytestmark = pytest.mark.django_db


def fits(points, value="US", **more):
    condition = {"attribute": "person.country", "op": "is", "value": value}
    return {"kind": "fit", "points": points, "condition": condition, "name": f"In {value}"} | more


def acts(points, kind="webinar", **more):
    return {"kind": "engagement", "points": points, "touches": {"kind": [kind]}, "name": kind} | more


def opened(at, *, country=None, **lead):
    """Somebody with an inquiry opened at `at`, whose country is known from then on."""
    someone = person(country=country or "", lead={"created_at": at} | lead)
    if country:
        AttributeFact.objects.create(subject_kind="person", subject_id=someone.pk, at=at, values={"country": country})
    return someone, someone.leads.get()


# --- what was known when ---------------------------------------------------------------------------------------


def test_later_enrichment_is_not_known_earlier():
    model(fits(70), acts(60, at_least=1))
    someone, lead = opened(ago(30))
    touch(someone, "webinar", ago(29))
    someone.country = "US"
    someone.save()
    AttributeFact.objects.create(subject_kind="person", subject_id=someone.pk, at=ago(10), values={"country": "US"})
    found = row(replayed(), lead)
    assert found.live_at == ago(10), "the webinar was 19 days earlier, but the country came now"
    assert found.live_cell == "A1"


def test_events_recorded_later_do_not_count_before():
    model(fits(70), acts(60, at_least=1))
    someone, lead = opened(ago(30), country="US")
    touch(someone, "webinar", ago(25), recorded_at=ago(5))
    assert row(replayed(), lead).live_at == ago(5)


def test_nothing_after_the_real_hand_over_counts():
    model(fits(70), acts(60, at_least=1))
    someone, lead = opened(ago(30), country="US", stage="mql", mql_at=ago(20))
    touch(someone, "webinar", ago(19))
    found = row(replayed(), lead)
    assert (found.live_at, found.live_best, found.live_cell) == (None, 70, "A3")


def test_a_hand_raised_later_was_not_up_before():
    model(fits(1))
    lead = came("ann@firm.example", ago(20))
    came("ann@firm.example", ago(8), hand_raise="demo")
    lead.refresh_from_db()
    assert (lead.stage, lead.mql_at, lead.hand_raise) == ("mql", ago(8), "demo")
    assert row(replayed(), lead).live_at == ago(8)


def test_an_imported_history_was_known_as_it_happened():
    model(fits(70), acts(60, at_least=1))
    someone, lead = opened(ago(40), history=True, stage="mql", mql_at=ago(20))
    someone.country = "US"
    someone.save()
    AttributeFact.objects.create(subject_kind="person", subject_id=someone.pk, at=ago(1), values={"country": "US"})
    touch(someone, "webinar", ago(30), recorded_at=ago(1))
    ImportRun.objects.create(name="leads.csv", map_name="m", started_at=ago(1))
    assert row(replayed(), lead).live_at == ago(30)


def test_what_was_learned_of_an_imported_lead_later_was_not_known_before():
    model(fits(70), acts(60, at_least=1))
    for ended, met in ({"stage": "mql", "mql_at": ago(20)}, None), ({}, ago(2)):
        someone, lead = opened(ago(40), history=True, **ended)
        AttributeFact.objects.create(subject_kind="person", subject_id=someone.pk, at=ago(2), values={"country": "US"})
        touch(someone, "webinar", ago(30))
        ReplayRun.objects.all().delete()
        assert row(replayed(), lead).live_at == met


def test_a_recycled_person_waits_in_the_past_too():
    model(fits(70), acts(60, at_least=1))
    gone = ago(120)
    someone, _ = opened(ago(130), country="US", stage="recycled", recycled_at=gone, reason="unable_to_reach")
    again = Lead.objects.create(person=someone, cycle=2, created_at=ago(100), stage_at=ago(100))
    touch(someone, "webinar", ago(99))
    assert row(replayed(), again).live_at == gone + days(60)


def test_who_is_suppressed_today_was_not_when_they_were_handed_over():
    model(fits(70), acts(60, at_least=1))
    leads = []
    for more in ({"stage": "mql", "mql_at": ago(20)}, {}):
        someone, lead = opened(ago(30), country="US", **more)
        touch(someone, "webinar", ago(20))
        someone.suppressed = True
        someone.save()
        leads.append(lead)
    run = replayed()
    assert [row(run, lead).live_at for lead in leads] == [ago(20), None]


def test_attributes_without_history_are_unknown_and_named():
    model(fits(70), {"kind": "fit", "points": 30, "name": "owned",
                     "condition": {"attribute": "company.owned", "op": "is", "value": True}})  # fmt: skip
    found = running.result(replayed())
    assert found.without_history == ["account has an owner"]


def test_points_beyond_what_a_row_holds_stop_nothing():
    model(fits(70), acts(100, half_life_days=3650))
    someone, lead = opened(ago(30), country="US")
    at = ago(29)
    Touch.objects.bulk_create(
        Touch(person=someone, kind="webinar", occurred_at=at, received_at=at, recorded_at=at) for _ in range(2200)
    )
    found = row(replayed(), lead)
    assert (found.live_at, found.live_points) == (at, [700_000, 2**31 - 1])


def test_a_thousand_touches_are_looked_at_in_a_hundred_moments():
    model(fits(70), acts(60, at_least=1), acts(0.01, kind="page_view"))
    someone, lead = opened(ago(30), country="US", stage="mql", mql_at=ago(5))
    for n in range(300):
        touch(someone, "page_view", ago(29) + n * MINUTE)
    touch(someone, "webinar", ago(5))
    assert row(replayed(), lead).live_at == ago(5), "the end is always one of them"


# --- the past comes out as it was --------------------------------------------------------------------------------

STORY = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["", "demo"]),
        st.lists(st.sampled_from(["page_view", "webinar", "download", "email_click"]), max_size=3),
        st.sampled_from([None, "US", "DE"]),
        st.integers(1, 60 * 24 * 9),
    ),
    min_size=1,
    max_size=7,
)
SIGNALS = [
    fits(45), fits(20, "DE"), acts(40), acts(25, "download", half_life_days=5),
    acts(30, "page_view", at_least=2, within_days=7), acts(-15, "email_click"),
]  # fmt: skip


@given(STORY)
@settings(max_examples=12)
def test_who_was_handed_over_live_is_handed_over_at_the_same_moment(story):
    """Whatever came in which order: the published model's own replay finds each hand-over where it really was."""
    from django.db import transaction

    with transaction.atomic():
        model(*SIGNALS, fit_a=60, fit_b=40, engagement_1=60, engagement_2=25)
        at = ago(70)
        leads = {}
        for who, hand, kinds, country, minutes in story:
            at += minutes * MINUTE
            touches = [
                {"kind": kind, "occurred_at": (at - n * MINUTE * 45).isoformat()} for n, kind in enumerate(kinds)
            ]
            more = {"country": country} if country else {}
            if hand:
                more["hand_raise"] = hand
            leads[who] = came(f"p{who}@firm{who}.example", at, touches=touches, **more)
        run = replayed()
        for lead in leads.values():
            lead.refresh_from_db()
            found = row(run, lead)
            assert found.live_at == lead.mql_at
            if lead.mql_at:
                assert found.live_cell == lead.snapshot.cell
                assert found.live_best >= lead.snapshot.fit + lead.snapshot.engagement - 1e-9
        transaction.set_rollback(True)


# --- live beside draft -------------------------------------------------------------------------------------------


@pytest.fixture
def past():
    """Six leads: two that both take, one that only 40 points for a webinar take, three that nobody takes."""
    live = model(fits(70), acts(40), acts(20, "download"), acts(-30, "email_click"))
    leads = {}
    for name, kinds in {
        "both": ["webinar"], "much": ["webinar", "webinar", "download"], "quiet": [], "small": ["download"],
        "spoilt": ["webinar", "email_click"], "abroad": ["webinar"],
    }.items():  # fmt: skip
        someone, leads[name] = opened(ago(30), country="DE" if name == "abroad" else "US")
        for kind in kinds:
            touch(someone, kind, ago(30))
    return live, leads


def test_an_identical_draft_changes_nothing(past):
    live, _ = past
    run = replayed(draft_of(live))
    found = running.result(run)
    assert (found.entering, found.leaving) == (0, 0)
    assert found.live.handed == found.draft.handed == 2
    assert all(one.live_at == one.draft_at and one.live_points == one.draft_points for one in run.leads.all())
    assert (found.live.auc, found.live.lift) == (found.draft.auc, found.draft.lift)


def test_who_enters_and_who_leaves(past):
    live, leads = past
    run = replayed(draft_of(live, webinar={"points": 25}, download={"points": 30}))
    found = running.result(run)
    assert (found.entering, found.leaving, found.live.handed, found.draft.handed) == (1, 1, 2, 2)
    assert [one.lead_id for one in lists.entering(run).rows] == [leads["small"].pk]
    [gone] = lists.leaving(run).rows
    assert (gone.lead_id, gone.live_cell, gone.draft_cell, gone.worked) == (leads["both"].pk, "A2", "A3", False)
    assert sum(day.live for day in found.by_day) == sum(day.draft for day in found.by_day) == 2
    assert found.entering_unknown == 1


def test_lists_come_in_pages(past):
    live, leads = past
    run = replayed(draft_of(live, **{"In US": {"points": 10}}))
    first = lists.leaving(run, limit=1)
    second = lists.leaving(run, after=first.after, limit=1)
    assert [one.lead_id for one in (*first.rows, *second.rows)] == sorted(
        [leads["both"].pk, leads["much"].pk], reverse=True
    )
    assert (len(first.rows), second.after) == (1, "")


def test_what_hangs_on_each_rule(past):
    live, leads = past
    run = replayed(draft_of(live))
    found = {one.name: one for one in running.result(run).rules}
    assert (found["In US"].needed, found["webinar"].needed, found["download"].needed) == (2, 2, 0)
    assert (found["email_click"].needed, found["email_click"].held_back) == (0, 1)
    assert row(run, leads["spoilt"]).held_back == [3]
    assert (found["webinar"].fires, found["webinar"].of) == (4, 6)
    without = [ReplayRun.objects.get(pk=run.pk).leads.filter(needed__contains=[i]).count() for i in range(4)]
    assert without == [2, 2, 0, 0]


@pytest.mark.parametrize("name", ["In US", "webinar", "download", "email_click"])
def test_a_marginal_effect_is_what_the_model_without_the_rule_does(past, name):
    live, _ = past
    draft = draft_of(live)
    run = replayed(draft)
    place = [rule.name for rule in draft.rules.all()].index(name)
    said = {one.lead_id: (place in one.needed, place in one.held_back) for one in run.leads.all()}
    draft.rules.filter(name=name).delete()
    draft.edited_at = T + MINUTE
    draft.save()
    really = replayed(draft).leads.all()
    assert said == {
        one.lead_id: (
            one.live_at is not None and one.draft_at is None, one.live_at is None and one.draft_at is not None
        )
        for one in really
    }  # fmt: skip


def test_product_use_without_its_rule():
    uses = {"kind": "usage", "points": 0, "at_least": 2, "touches": {"kind": ["feature_use"]}, "name": "uses"}
    live = model(fits(50), uses)
    someone, lead = opened(ago(20), country="US")
    for n in (12, 11):
        touch(someone, "feature_use", ago(n))
    found = row(replayed(draft_of(live)), lead)
    assert (found.draft_at, found.needed) == (ago(11), [0, 1])


def test_another_definition_for_the_draft(past):
    live, leads = past
    stricter = Definition.objects.create(
        stage="mql", version=2, state="draft", sentence="A1 only", effective_at=T,
        predicate={"attribute": "score.cell", "op": "is", "value": "A1"},
    )  # fmt: skip
    run = replayed(draft_of(live), definition=stricter)
    found = running.result(run)
    assert (found.draft.handed, found.leaving, found.draft.definition, found.live.definition) == (1, 1, 2, 1)
    assert row(run, leads["much"]).draft_cell == "A1"


def test_a_definition_that_asks_for_more_than_scores():
    live = model(fits(70), acts(60, at_least=1))
    Definition.objects.filter(stage="mql").update(
        predicate={"all": [
            {"any": [{"attribute": "score.cell", "op": "is", "value": "A1"},
                     {"attribute": "score.priority", "op": "at_least", "value": 120}]},
            {"touches": {"kind": ["download"]}, "at_least": 1, "within_days": 7},
            {"none": [{"attribute": "person.country", "op": "is", "value": "DE"}]},
        ]}
    )  # fmt: skip
    someone, lead = opened(ago(30), country="US")
    touch(someone, "webinar", ago(29))
    touch(someone, "download", ago(12))
    found = row(replayed(draft_of(live)), lead)
    assert (found.live_at, found.draft_at, found.needed) == (ago(12), ago(12), [0, 1])


# --- who is judged -----------------------------------------------------------------------------------------------


def outcome(opened_days_ago, **stamps):
    """A lead of cell A1 from its first moment on, handed over then, with what became of it so many days later."""
    at = ago(opened_days_ago)
    someone, lead = opened(at, country="US")
    touch(someone, "webinar", at)
    moved = {name: at + days(n) for name, n in stamps.items()}
    Lead.objects.filter(pk=lead.pk).update(stage="mql", mql_at=at, **moved)
    return lead


def test_young_leads_are_left_out_and_counted():
    model(fits(70), acts(60, at_least=1))
    outcome(59, sql_at=5)
    outcome(61, sql_at=5)
    outcome(100)
    outcome(130, sql_at=61)
    outcome(181, sql_at=20, won_at=150)
    outcome(361)
    outcome(200, sql_at=20, won_at=181)
    opened(ago(20), undated=True)
    opened(ago(500))
    found = running.result(replayed())
    assert (found.excluded.young_sql, found.excluded.young_won, found.excluded.undated) == (1, 4, 1)
    assert (found.judged_sql, found.sqls) == (5, 3), "opened between 240 and 60 days ago"
    assert (found.judged_won, found.wins) == (2, 1), "361 days is outside, 181 days to the win are too many"
    assert (found.live.known, found.live.sql, found.live.precision, found.live.recall) == (5, 3, 0.6, 1.0)
    assert (found.live.won_known, found.live.won) == (2, 1)
    assert found.leads == 6


def test_who_was_never_worked_is_counted_and_not_judged():
    model(fits(70), acts(60, at_least=1))
    outcome(100, sql_at=5)
    someone, _ = opened(ago(100), country="US")
    touch(someone, "webinar", ago(99))
    found = running.result(replayed())
    assert (found.live.old_handed, found.live.known, found.live.unknown, found.live.precision) == (2, 1, 1, 1.0)


def test_no_leads_no_numbers():
    live = model(fits(70))
    found = running.result(replayed(draft_of(live)))
    assert found.missing
    assert (found.live.auc, found.live.precision, found.draft.lift, found.entering) == (None, None, None, 0)


def test_statistics_of_a_rule_come_from_the_newest_replay():
    live = model(fits(70), acts(60, at_least=1))
    outcome(100, sql_at=5)
    outcome(20)
    assert statistics.of(live) == {}
    run = replayed()
    by_line = statistics.of(live)
    webinar = by_line[live.rules.get(name="webinar").line]
    assert (webinar.fires, webinar.of, webinar.sql_known, webinar.sql, webinar.points_30d) == (2, 2, 1, 1, 60)
    run.refresh_from_db()
    assert run.draft is None


def test_statistics_are_of_what_was_published_not_of_an_earlier_draft():
    live = model(fits(70))
    opened(ago(20), country="US")
    draft = draft_of(live)
    replayed(draft)
    assert [one.fires for one in statistics.of(draft).values()] == [1]
    type(live).objects.filter(pk=live.pk).update(state="retired")
    for value, edited, known in (("US", T, [1]), ("DE", T + MINUTE, [])):
        draft.rules.update(condition={"attribute": "person.country", "op": "is", "value": value})
        draft.state, draft.published_at, draft.edited_at = "published", T + 2 * MINUTE, edited
        draft.save()
        assert [one.fires for one in statistics.of(draft).values()] == known


def test_an_edited_draft_and_a_model_rolled_back_to_show_no_numbers_of_other_rules():
    live = model(fits(70), acts(60, at_least=1))
    outcome(100, sql_at=5)
    draft = draft_of(live)
    replayed(draft)
    fit, engagement = (one.line for one in draft.rules.order_by("pk"))
    assert set(statistics.of(draft)) == {fit, engagement}
    draft.based_on, draft.edited_at = live, T + MINUTE
    draft.save()
    assert statistics.of(draft) == {}, "counted before the last edit"
    draft.rules.filter(line=fit).update(points=10)
    type(live).objects.filter(pk=live.pk).update(state="retired")
    draft.state, draft.published_at = "published", T + 2 * MINUTE
    draft.save()
    assert set(statistics.of(draft)) == {engagement}, "what is as it was keeps what is known of it"


def test_a_period_shorter_than_asked_for_says_so():
    model(fits(70))
    opened(ago(11))
    assert running.result(replayed()).short_of == 11


def test_what_there_is_no_history_of_dilutes_nothing():
    model(fits(70), acts(60, at_least=1))
    for n in range(20):
        someone, _ = opened(ago(20 - n), country="US")
        touch(someone, "webinar", ago(20 - n) + MINUTE)
    found = running.result(replayed())
    assert (found.live.handed, found.live.a_day) == (20, 1)
    assert sum(rep.live for rep in found.load.reps) > 0.9, "a working day, not a hundred and eighty"


def test_it_is_kept_until_something_changes(past):
    live, _ = past
    draft = draft_of(live)
    first = replayed(draft)
    assert replayed(draft, now=T + timedelta(hours=1)).pk == first.pk
    draft.edited_at = T + MINUTE
    draft.save()
    second = replayed(draft, now=T + timedelta(hours=1))
    assert second.pk != first.pk
    assert not ReplayRun.objects.filter(pk=first.pk).exists(), "one a draft"
    assert replayed(draft, now=T + days(1)).pk != second.pk
    assert rows(second) == []


def best_share(**more):
    Definition.objects.filter(stage="mql").update(predicate={"attribute": "score.top", "op": "is", "value": True})
    return model(fits(1), *(acts(n, f"kind{n}", at_least=1) for n in range(1, 11)), top_share=20, **more)


def test_the_best_share_is_cut_week_by_week_from_who_was_there():
    live = best_share()
    leads = {}
    for n in range(1, 11):
        someone, leads[n] = opened(ago(50))
        touch(someone, f"kind{n}", ago(50))
    late, latecomer = opened(ago(20))
    touch(late, "kind1", ago(20))
    touch(late, "kind10", ago(2.5))
    run = replayed(draft_of(live))
    taken = {one.lead_id for one in run.leads.all() if one.draft_at is not None}
    assert {leads[10].pk, leads[9].pk} <= taken
    assert not {leads[n].pk for n in range(1, 8)} & taken
    assert row(run, latecomer).draft_at == ago(2.5), "they reach the week's cut when it happens"
    assert running.result(run).best_estimated
    assert running.result(run).entering == running.result(run).leaving == 0


def test_a_larger_share_takes_more():
    live = best_share()
    for n in range(1, 11):
        touch(opened(ago(50))[0], f"kind{n}", ago(50))
    half = draft_of(live)
    half.top_share = 50
    half.save()
    found = running.result(replayed(half))
    assert (found.live.handed, found.draft.handed, found.leaving) == (2, 5, 0)


def test_the_cut_of_another_model_is_no_measure():
    Definition.objects.filter(stage="mql").update(predicate={"attribute": "score.top", "op": "is", "value": True})
    live = model(fits(70))
    other = draft_of(live)
    _, lead = opened(ago(30), country="US")
    for _ in range(4):
        opened(ago(30))
    cut = Cut.objects.create(at=ago(40), model=other, share=20, pool=10, k=2, priority=199, fit=99, lead_id=1)
    run = replayed()
    assert row(run, lead).live_at is not None
    run.delete()
    Cut.objects.filter(pk=cut.pk).update(model=live)
    assert row(replayed(), lead).live_at is None
