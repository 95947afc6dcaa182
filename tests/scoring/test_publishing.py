"""Bringing a model into force: published, gone back from, tried in the shadow."""

from datetime import timedelta

import pytest

from journal.models import Entry
from revops.lib.errors import Forbidden, Invalid, Refused
from scoring import current, drafts, publishing
from scoring.models import Rescoring, Rule, ScoringModel, ShadowScore
from teams.models import Role, User
from tests.scoring.model_of import T, person

pytestmark = pytest.mark.django_db


def later(**delta):
    return T + timedelta(**delta)


@pytest.fixture
def told(cast):
    return {"by": cast.admin, "at": later(minutes=5)}


@pytest.fixture
def ruth(cast):
    return User.objects.create_user("ruth@cast.example", name="Ruth Adeyemi", role=Role.ADMIN)


def drafted(by, points=30.0):
    draft = drafts.open_draft(by=by, at=T)
    drafts.change(draft.rules.get(name="Director"), {"points": points}, by=by, at=T)
    return draft


@pytest.fixture
def draft(cast):
    return drafted(cast.admin)


# --- publishing ------------------------------------------------------------


def test_the_draft_goes_live_and_the_former_retires(draft, told):
    former = drafts.live()
    live = publishing.publish(draft, hand_over=True, **told)
    former.refresh_from_db()
    assert (live.state, live.published_at, live.published_by) == ("published", told["at"], told["by"])
    assert (former.state, former.retired_at) == ("retired", told["at"])
    [entry] = Entry.objects.filter(kind="model.published")
    assert (entry.subject_kind, entry.subject_id) == ("model", live.pk)
    assert entry.data == {"version": live.version, "former": former.pk, "hand_over": True}
    [run] = Rescoring.objects.all()
    assert (run.model, run.hand_over, run.by, run.started_at) == (live, True, told["by"], told["at"])


def test_a_double_click_publishes_once(draft, told):
    first = publishing.publish(draft, **told)
    assert publishing.publish(draft, **{**told, "at": later(minutes=6)}) == first
    assert Entry.objects.filter(kind="model.published").count() == Rescoring.objects.count() == 1


def test_only_an_administrator_publishes(cast, draft):
    by = {"by": cast.manager, "at": T}
    live = drafts.live()
    for call in (publishing.publish, publishing.roll_back, publishing.shadow):
        with pytest.raises(Forbidden):
            call(draft, **by)
    assert drafts.live() == live


def test_what_blocks_is_named_and_nothing_happens(draft, told):
    draft.rules.all().delete()
    with pytest.raises(Refused, match="Not published: A model without rules") as refused:
        publishing.publish(draft, **told)
    assert refused.value.code == "problems" and drafts.live().version == 1


def test_what_somebody_changed_since_is_not_published_unseen(draft, ruth, told):
    seen = drafts.the_draft().edited_at
    drafts.set_cuts(draft, fit_a=80, by=ruth, at=T)
    with pytest.raises(Refused, match="Ruth Adeyemi changed this draft"):
        publishing.publish(draft, seen=seen, **told)
    publishing.publish(draft, seen=drafts.the_draft().edited_at, **told)


def test_a_draft_begun_from_what_is_no_longer_live_is_stale(draft, ruth, told):
    first = drafts.live()
    v2 = publishing.publish(draft, **told)
    late = drafted(told["by"], points=5)
    publishing.roll_back(first, by=ruth, at=later(minutes=6))
    with pytest.raises(Refused, match=r"Ruth Adeyemi published v4 .*after this draft was begun") as refused:
        publishing.publish(late, **told)
    assert refused.value.code == "stale" and drafts.live().version == 4 and v2.version == 2


def test_what_is_published_never_changes(draft, told):
    live = publishing.publish(draft, **told)
    with pytest.raises(Refused, match="never changes"):
        drafts.change(live.rules.first(), {"points": 1}, **told)
    with pytest.raises(Refused, match="never changes"):
        drafts.discard(live, **told)


# --- going back ------------------------------------------------------------


def test_an_older_version_goes_live_as_a_new_one_with_the_same_lines(draft, told):
    first = drafts.live()
    publishing.publish(draft, **told)
    back = publishing.roll_back(first, **{**told, "at": later(minutes=6)})
    assert (back.version, back.state, back.note) == (3, "published", "Back to v1")
    assert drafts.differences(back, against=first) == []
    assert set(back.rules.values_list("line")) == set(first.rules.values_list("line"))
    first.refresh_from_db()
    assert first.state == "retired"
    assert Entry.objects.get(kind="model.rolled_back").data["to_version"] == 1
    assert Rescoring.objects.filter(model=back).count() == 1


def test_twice_is_once_and_what_says_the_same_changes_nothing(draft, told):
    first = drafts.live()
    publishing.publish(draft, **told)
    back = publishing.roll_back(first, **told)
    assert publishing.roll_back(first, **told) == back == publishing.roll_back(back, **told)
    assert ScoringModel.objects.count() == 3


def test_what_cannot_be_read_any_more_is_not_gone_back_to(draft, told):
    first = drafts.live()
    publishing.publish(draft, **told)
    Rule.objects.filter(model=first, name="Director").update(condition={"attribute": "custom.gone", "op": "is_set"})
    with pytest.raises(Refused, match="v1 can't be used again: “Director” can't be read"):
        publishing.roll_back(first, **told)


def test_a_draft_is_not_gone_back_to(draft, told):
    with pytest.raises(Refused, match="published, not gone back to"):
        publishing.roll_back(draft, **told)


# --- the shadow ------------------------------------------------------------


def test_it_runs_for_two_weeks_is_not_edited_and_may_be_published(draft, told):
    shadow = publishing.shadow(draft, **told)
    assert publishing.shadow(draft, **told) == shadow
    assert (shadow.state, shadow.shadow_until) == ("shadow", told["at"] + timedelta(days=14))
    with pytest.raises(Refused, match="runs in the shadow until 12:05 UTC on 24 Feb") as refused:
        drafts.change(shadow.rules.first(), {"points": 1}, **told)
    assert refused.value.code == "shadow"
    live = publishing.publish(shadow, **{**told, "at": later(days=3)})
    assert (live.state, live.shadow_until, drafts.the_shadow()) == ("published", later(days=3), None)


def test_it_is_extended_and_ended_into_a_draft(draft, told):
    shadow = publishing.shadow(draft, days=7, **told)
    longer = publishing.extend_shadow(shadow, days=21, **told)
    assert longer.shadow_until == publishing.extend_shadow(shadow, days=3, **told).shadow_until == later(
        days=21, minutes=5)  # fmt: skip
    who = person(lead={})
    ShadowScore.objects.create(person=who, model=shadow, fit=1, engagement=1, usage=0, pql=False, cell="C3", at=T)
    ended = publishing.end_shadow(shadow, **told)
    assert ended == drafts.the_draft() == publishing.end_shadow(shadow, **told)
    assert (ended.state, ended.shadow_from, ShadowScore.objects.count()) == ("draft", None, 0)
    assert Entry.objects.filter(kind="model.unshadowed").count() == 1
    for call in (publishing.extend_shadow, publishing.end_shadow):
        with pytest.raises(Refused):
            call(drafts.live(), **told)
    drafts.change(ended.rules.first(), {"points": 1}, **told)


def test_one_shadow_and_one_draft_at_a_time(draft, told):
    shadow = publishing.shadow(draft, **told)
    other = drafts.open_draft(**told)
    assert other.based_on == drafts.live() and other != shadow
    with pytest.raises(Refused, match="v2 runs in the shadow") as refused:
        publishing.shadow(other, **told)
    assert refused.value.code == "shadow"
    with pytest.raises(Refused, match="v3 is being drafted") as refused:
        publishing.end_shadow(shadow, **told)
    assert refused.value.code == "draft"
    for days in (0, 91, True, 1.5):
        with pytest.raises(Invalid):
            publishing.extend_shadow(shadow, days=days, **told)


def test_what_ran_in_the_shadow_and_was_edited_since_is_compiled_anew(draft, told):
    shadow = publishing.shadow(draft, **told)
    before = {rule.points for rule in current.of_model(shadow).rules if rule.name == "Director"}
    ended = publishing.end_shadow(shadow, **told)
    drafts.change(ended.rules.get(name="Director"), {"points": 7}, **told)
    again = publishing.shadow(drafts.the_draft(), **told)
    assert before == {30}
    assert {rule.points for rule in current.of_model(again).rules if rule.name == "Director"} == {7}
