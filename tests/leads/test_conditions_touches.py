"""What people did, in order, how long ago, how often at most, on which pages; the same as a plain reading of the list."""

import re
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import conditions
from leads.conditions import editing, tree
from leads.models import Lead, Person, RoutingRule, Segment, Touch
from revops.lib.errors import Invalid

T = datetime(2026, 2, 10, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
WEBINAR, DEMO, CALL = {"kind": ["webinar"]}, {"kind": ["demo_request"]}, {"kind": ["call"]}


def ask(condition, *, as_of=T, moment="now"):
    """{person id: True, False or None}."""
    sql = conditions.compile(condition, prefix="q", moment=moment)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, {sql.text} FROM leads_person p LEFT JOIN leads_company c ON c.id = p.company_id "
            "LEFT JOIN leads_lead l ON l.person_id = p.id",
            sql.params | {"as_of": as_of},
        )
        return dict(cursor.fetchall())


@pytest.fixture
def grace():
    person = Person.objects.create(first_name="Grace")
    Lead.objects.create(person=person, created_at=T, stage_at=T)
    return person


def touch(person, kind, days_ago, *, late=0.0, **more):
    at = T - timedelta(days=days_ago)
    known = at + timedelta(days=late)
    return Touch.objects.create(person=person, kind=kind, occurred_at=at, received_at=known, recorded_at=known, **more)


def holds(condition, person, **how):
    return ask(condition, **how)[person.pk]


def test_one_thing_then_another_within_days(grace):
    both = {"sequence": [WEBINAR, DEMO], "within_days": 7}
    touch(grace, "demo_request", 20)
    touch(grace, "webinar", 10)
    assert holds(both, grace) is False, "the demo came before the webinar"
    touch(grace, "demo_request", 3)
    assert holds(both, grace) is False, "seven days after it, and a window excludes its beginning"
    touch(grace, "webinar", 5)
    assert holds(both, grace) is True, "the newer webinar counts"
    assert holds({"sequence": [WEBINAR, WEBINAR, DEMO]}, grace) is True
    assert holds({"sequence": [DEMO, WEBINAR, WEBINAR, DEMO]}, grace) is True
    assert holds({"sequence": [DEMO, DEMO, DEMO]}, grace) is False, "one touch is one step"
    assert holds({"sequence": [DEMO, WEBINAR, DEMO], "within_days": 16}, grace) is False
    assert holds(both, grace, as_of=T - timedelta(days=4)) is False


def test_a_reload_is_no_second_step(grace):
    twice = {"sequence": [{"kind": ["page_view"]}, {"kind": ["page_view"]}]}
    touch(grace, "page_view", 1, url="/pricing")
    touch(grace, "page_view", 1 - 10 / 1440, url="/pricing")
    assert holds(twice, grace) is False
    touch(grace, "page_view", 0.5, url="/pricing")
    assert holds(twice, grace) is True


def test_the_last_time_is_unknown_when_there_was_none(grace):
    old, new = {"last": CALL, "at_least_days": 30}, {"last": CALL, "at_most_days": 30}
    assert [holds(old, grace), holds(new, grace)] == [None, None]
    touch(grace, "call", 45)
    touch(grace, "webinar", 1)
    assert [holds(old, grace), holds(new, grace)] == [True, False]
    assert holds({"last": CALL, "at_least_days": 30, "at_most_days": 60}, grace) is True
    assert holds({"last": CALL, "at_least_days": 45}, grace) is True
    assert holds({"last": CALL, "at_most_days": 45}, grace) is False, "exactly one of the two holds"
    touch(grace, "call", 2)
    assert [holds(old, grace), holds(new, grace)] == [False, True]


def test_none_and_not_more_than(grace):
    never = {"touches": CALL, "at_most": 0, "within_days": 30}
    assert holds(never, grace) is True, "nothing recorded is a known nothing"
    touch(grace, "call", 5)
    assert holds(never, grace) is False
    touch(grace, "call", 40)
    touch(grace, "call", 41)
    assert holds({"touches": CALL, "at_least": 2, "at_most": 3}, grace) is True
    assert holds({"touches": CALL, "at_most": 2}, grace) is False


def test_then_knows_only_what_had_been_recorded(grace):
    touch(grace, "webinar", 10)
    touch(grace, "demo_request", 5, late=4)
    for condition in ({"sequence": [WEBINAR, DEMO]}, {"last": DEMO, "at_most_days": 9}):
        assert holds(condition, grace, as_of=T - timedelta(days=2)) is True
        assert holds(condition, grace, as_of=T - timedelta(days=2), moment="then") is not True
        assert holds(condition, grace, moment="then") is True


@pytest.mark.parametrize(("pattern", "yes", "no"), [
    ("/pricing", ["/pricing", "https://www.x.example/Pricing/?a=1#top", "/pricing#b"], ["/pricing/enterprise", "/docs/pricing", ""]),
    ("/pricing*", ["/pricing", "/pricing-eu", "http://x.example/pricing/enterprise"], ["/docs/pricing"]),
    ("/pricing/*", ["/pricing/enterprise"], ["/pricing", "/pricing-eu"]),
    ("*/api", ["/docs/api", "https://x.example/v2/api?x"], ["/docs/api/v2"]),
    ("/docs/*/API", ["/docs/v2/api"], ["/docs/api"]),
    ("docs.x.example/*", ["https://docs.x.example/guide"], ["https://x.example/docs.x.example/guide", "/guide"]),
    ("/", ["/", "https://x.example", "https://x.example/?a"], ["/a", ""]),
    ("/100%_off*", ["/100%_off-now"], ["/100x_off", "/1000_off"]),
    ("/a\\*", ["/a\\b"], ["/a*", "/ab"]),
])  # fmt: skip
def test_patterns_of_addresses(grace, pattern, yes, no):
    for url in yes + no:
        Touch.objects.all().delete()
        touch(grace, "page_view", 1, url=url)
        assert holds({"touches": {"url_matches": [pattern]}}, grace) is (url in yes), url


def test_a_pattern_works_in_a_scoring_rule(grace):
    from scoring.compiling import compiled
    from scoring.models import Rule, ScoringModel

    model = ScoringModel(version=99)
    rule = Rule(model=model, kind="engagement", name="Pricing", points=20, at_least=2, within_days=7,
                touches={"kind": ["page_view"], "url_matches": ["/pricing*", "/plans"]})  # fmt: skip
    touch(grace, "page_view", 1, url="/pricing/eu")
    touch(grace, "page_view", 2, url="https://x.example/plans/")
    touch(grace, "page_view", 3, url="/about")
    for moment in ("now", "then"):
        sql = compiled(model, [rule], moment=moment)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {sql.columns} FROM {sql.source}", sql.params | {"as_of": T})
            row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
        assert row["engagement"] == 20, moment


@pytest.mark.parametrize(("condition", "sentence"), [
    ({"touches": CALL, "at_most": 0, "within_days": 30}, "Not once had a call in 30 days"),
    ({"touches": CALL, "at_most": 2}, "Had a call at most twice"),
    ({"touches": CALL, "at_least": 2, "at_most": 2}, "Had a call exactly twice"),
    ({"touches": CALL, "at_least": 2, "at_most": 5, "within_days": 7}, "Had a call 2 to 5 times in 7 days"),
    ({"touches": {"kind": ["download"]}, "at_most": 3, "distinct": "asset"}, "At most 3 different assets (downloads)"),
    ({"touches": {"kind": ["page_view"], "url_matches": ["/pricing*", "/plans"]}}, "Visited /pricing* or /plans"),
    ({"touches": {"kind": ["intent"]}}, "Showed intent elsewhere"),
    ({"last": WEBINAR, "at_least_days": 30}, "Last attended a webinar at least 30 days ago"),
    ({"last": WEBINAR, "at_most_days": 1}, "Last attended a webinar less than 1 day ago"),
    ({"last": WEBINAR, "at_least_days": 30, "at_most_days": 90}, "Last attended a webinar 30 to 90 days ago"),
    ({"sequence": [WEBINAR, DEMO], "within_days": 14}, "Attended a webinar, then asked for a demo, all within 14 days"),
    ({"version": 1, "all": [{"sequence": [WEBINAR, DEMO]}]}, "Attended a webinar, then asked for a demo"),
])  # fmt: skip
def test_they_read_as_sentences(condition, sentence):
    assert conditions.sentence(condition) == sentence


@pytest.mark.parametrize(("condition", "path", "code"), [
    ({"touches": CALL, "at_most": -1}, "at_most", "not_a_whole_number"),
    ({"touches": CALL, "at_least": 3, "at_most": 2}, "at_most", "never"),
    ({"touches": {"url_matches": []}}, "touches.url_matches", "not_a_list"),
    ({"touches": {"url_matches": ["/pricing?plan=*"]}}, "touches.url_matches", "not_a_pattern"),
    ({"touches": {"url_matches": ["a\0"]}}, "touches.url_matches", "not_a_list"),
    ({"last": CALL}, "at_least_days", "required"),
    ({"last": CALL, "at_least_days": 9, "at_most_days": 9}, "at_most_days", "never"),
    ({"last": CALL, "at_least_days": "9"}, "at_least_days", "not_a_number"),
    ({"last": {"kinds": ["x"]}, "at_least_days": 9}, "last.kinds", "unknown_field"),
    ({"sequence": [CALL]}, "sequence", "not_a_list"),
    ({"all": [{"sequence": [CALL, {"side": ["left"]}]}]}, "all[0].sequence[1].side", "not_a_choice"),
    ({"sequence": [CALL, "x"], "within_days": 0}, "sequence[1]", "not_an_object"),
    ({"sequence": [CALL, CALL], "within_days": 0}, "within_days", "not_a_number"),
    ({"sequence": [CALL, CALL], "at_least": 2}, "at_least", "unknown_field"),
    ({"version": 2, "all": [{"touches": CALL}]}, "version", "unknown_version"),
    ({"version": True}, "version", "unknown_version"),
    ({"all": [{"version": 1, "touches": CALL}]}, "all[0].version", "unknown_field"),
])  # fmt: skip
def test_flaws_are_named_by_their_path(condition, path, code):
    with pytest.raises(Invalid) as refused:
        conditions.validate(condition)
    assert (path, code) in [(error["field"], error["code"]) for error in refused.value.errors]


# --- the version -----------------------------------------------------------------


def kept(model, pk, column="condition"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column}::text FROM {model._meta.db_table} WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def test_what_is_kept_says_its_version_and_what_is_read_is_the_tree():
    leaf = {"attribute": "person.title", "op": "is_set"}
    segment = Segment.objects.create(name="A", condition=leaf, created_at=T, edited_at=T)
    assert '"version": 1' in kept(Segment, segment.pk)
    assert Segment.objects.get().condition == leaf
    Segment.objects.update(condition={"version": 1, "any": [leaf]})
    assert Segment.objects.values_list("condition", flat=True)[0] == {"any": [leaf]}
    Segment.objects.bulk_update([Segment(pk=segment.pk, condition={})], ["condition"])
    assert kept(Segment, segment.pk) == "{}", "always is always"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE leads_segment SET condition = %s", ['{"attribute": "person.title", "op": "is_set"}'])
    assert Segment.objects.get().condition == leaf, "written before there were versions"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE leads_segment SET condition = %s", ['{"version": 7, "all": []}'])
    with pytest.raises(Invalid, match="version 1"):
        conditions.validate(Segment.objects.get().condition)


def test_every_holder_keeps_the_version():
    from scoring.models import Definition, Rule
    from sla.models import Policy

    for model, column in ((RoutingRule, "condition"), (Policy, "condition"), (Definition, "predicate"),
                          (Rule, "condition"), (Rule, "touches"), (Segment, "condition")):  # fmt: skip
        field = model._meta.get_field(column)
        assert type(field).__name__ == "ConditionField", (model, column)
        assert field.get_db_prep_save({"all": [1]}, connection).adapted == {"version": tree.VERSION, "all": [1]}


def test_editing_leaves_the_version_to_the_keeping():
    leaf = {"attribute": "person.title", "op": "is_set"}
    old = {"version": 1, "all": [leaf]}
    assert editing.add(old, "", leaf) == {"all": [leaf, leaf]}
    assert editing.remove(old, "all[0]") == {}
    assert editing.framed({"version": 1, **leaf}) == {"all": [leaf]}
    assert editing.wrap(old, "", "any") == {"any": [{"all": [leaf]}]}


# --- against a plain reading -----------------------------------------------------

KINDS = ["page_view", "webinar", "call"]
URLS = ["/pricing", "/pricing?x=1", "https://x.example/pricing/eu", "/docs/api", ""]
PATTERNS = {"/pricing*": r"/pricing.*", "/pricing": r"/pricing", "*/api": r".*/api", "/*": r"/.*"}
FILTERS = st.fixed_dictionaries(
    {}, optional={"kind": st.lists(st.sampled_from(KINDS), min_size=1, max_size=2),
                  "url_matches": st.lists(st.sampled_from(list(PATTERNS)), min_size=1, max_size=2)},
)  # fmt: skip
DAYS = st.sampled_from([0.01, 1, 2.5, 4, 30])
LEAVES = st.one_of(
    st.builds(lambda f, m, d: {"touches": f, "at_most": m} | d, FILTERS, st.integers(0, 3), st.sampled_from([{}, {"within_days": 2.5}])),
    st.builds(lambda f, m: {"touches": f, "at_least": m}, FILTERS, st.integers(1, 3)),
    st.builds(lambda f, d: {"last": f, "at_least_days": d}, FILTERS, DAYS),
    st.builds(lambda f, d: {"last": f, "at_most_days": d}, FILTERS, DAYS),
    st.builds(lambda s, d: {"sequence": s, "within_days": d}, st.lists(FILTERS, min_size=2, max_size=4), DAYS),
)  # fmt: skip
CONDITIONS = st.recursive(
    LEAVES, lambda inner: st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=3)), max_leaves=4
)  # fmt: skip


@pytest.fixture
def stories():
    """{person id: [(days ago, kind, url, days until it was recorded)], oldest first}."""
    dice, found = Random(7), {}
    for _ in range(14):
        person = Person.objects.create(first_name="P")
        moments = sorted({round(dice.choice([dice.uniform(0, 5), dice.uniform(0, 0.05)]), 4) for _ in range(dice.randint(0, 6))}, reverse=True)  # fmt: skip
        story = [(ago, dice.choice(KINDS), dice.choice(URLS), dice.choice([0, 0, 3.0])) for ago in moments]
        for ago, kind, url, late in story:
            touch(person, kind, ago, late=late, url=url)
        found[person.pk] = story
    return found


def chosen(one, touches):
    _, kind, url, _ = touches
    path = "/" + re.sub(r"^https?://[^/]*", "", url).partition("?")[0].strip("/")
    return ("kind" not in one or kind in one["kind"]) and (
        "url_matches" not in one or (url and any(re.fullmatch(PATTERNS[p], path) for p in one["url_matches"]))
    )


def fresh(story, i):
    ago, kind, url, _ = story[i]
    earlier = [a for a, k, u, _ in story[:i] if kind == k == "page_view" and u.partition("?")[0] == url.partition("?")[0]]
    return not earlier or round((earlier[-1] - ago) * 86400) >= 1800


def plain(condition, story):
    if kind := editing.kind_of(condition):
        parts = [plain(part, story) for part in condition[kind]]
        if kind == "all":
            return False if False in parts else None if None in parts else True
        some = True if True in parts else None if None in parts else False
        return some if kind == "any" else None if some is None else not some
    if "last" in condition:
        ages = [one[0] for one in story if chosen(condition["last"], one)]
        if not ages:
            return None
        least, most = condition.get("at_least_days", 0), condition.get("at_most_days", 9e9)
        return least <= ages[-1] < most
    if "sequence" in condition:
        return in_order(condition["sequence"], story, condition["within_days"])
    one, window = condition["touches"], condition.get("within_days", 9e9)
    views = "kind" not in one or "page_view" in one["kind"]
    number = sum(
        bool(chosen(one, t) and t[0] < window and (fresh(story, i) or not views)) for i, t in enumerate(story)
    )
    return condition.get("at_least", 0) <= number <= condition.get("at_most", 9e9)


def in_order(steps, story, window):
    def fits(step, i):
        return chosen(step, story[i]) and (fresh(story, i) or ("kind" in step and "page_view" not in step["kind"]))

    def rest(n, after, began):
        if n == len(steps):
            return began - story[after][0] < window
        return any(
            fits(steps[n], i) and rest(n + 1, i, story[i][0] if n == 0 else began) for i in range(after + 1, len(story))
        )

    return rest(0, -1, None)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS)
def test_sql_and_a_plain_reading_agree_now_and_then(stories, condition):
    told = ask(condition)
    assert told == {pk: plain(condition, story) for pk, story in stories.items()}
    known = {pk: [one for one in story if one[3] <= one[0]] for pk, story in stories.items()}
    assert ask(condition, moment="then") == {pk: plain(condition, story) for pk, story in known.items()}
