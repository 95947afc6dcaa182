"""Any model, any touches: one person scores alone as in a lot, as by hand, and as the receipt adds up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import AsIs

from leads.models import AttributeFact, Person, Touch
from revops.lib import bulk
from scoring import receipt
from scoring import rescore as scores
from scoring.compiling import WHO, compared, compiled
from scoring.models import ScoringModel
from scoring.rescore import rescore
from tests.scoring.model_of import T, days, model, person

pytestmark = pytest.mark.django_db
KINDS = ["webinar", "download", "feature_use", "page_view"]
points = st.integers(-600_000, 600_000).map(lambda n: n / 10_000)
group = st.sampled_from([None, ("First", 10.0), ("Second", 0.5), ("Open", None)])
kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True).map(lambda found: {"kind": found})
window = st.one_of(st.none(), st.sampled_from([1.0, 7.0, 30.5]))
life = st.one_of(st.none(), st.sampled_from([0.5, 14.0, 30.0]))

who = st.sampled_from([
    {}, {"attribute": "person.country", "op": "is", "value": "US"},
    {"attribute": "person.country", "op": "is_not", "value": "US"},
    {"touches": {"kind": ["webinar"]}, "at_least": 2, "within_days": 9},
])  # fmt: skip
fit = st.fixed_dictionaries({"kind": st.just("fit"), "points": points, "group": group, "condition": who})
each = st.fixed_dictionaries({
    "kind": st.just("engagement"), "points": points, "group": group, "touches": kinds, "half_life_days": life,
    "condition": who,
})  # fmt: skip
often = st.fixed_dictionaries({
    "kind": st.sampled_from(["engagement", "usage"]), "points": points, "group": group, "touches": kinds,
    "half_life_days": life, "at_least": st.integers(1, 4), "within_days": window,
    "distinct": st.sampled_from(["", "asset", "day"]), "condition": who,
})  # fmt: skip
rules = st.lists(st.one_of(fit, each, often), max_size=7)
touches = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.one_of(st.sampled_from([0.0, 7.0, 30.5, 1 / 96, 5_000.0]), st.floats(-2, 40)).map(lambda d: round(d, 4)),
        st.sampled_from(["", "a", "A ", "b"]),
    ),
    max_size=8,
)  # fmt: skip
crowd = st.lists(st.tuples(st.sampled_from(["US", "DE", ""]), touches), min_size=1, max_size=4)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules, crowd, st.booleans())
def test_alone_in_a_lot_by_hand_and_on_the_receipt(monkeypatch, rules, crowd, pql_all):
    made = model(*rules, pql_all=pql_all)
    people = []
    for country, acts in crowd:
        someone = person(country=country, lead={"stage": "mql"})
        Touch.objects.bulk_create(
            Touch(person=someone, kind=kind, asset=asset, url="/x", occurred_at=T - days(ago), received_at=T)
            for kind, ago, asset in acts
        )
        people.append((someone, country, acts))
    ids = [someone.pk for someone, _, _ in people]

    monkeypatch.setattr(scores, "FEW", 0)
    rescore(ids, now=T)
    lot = {one.pk: stored(one) for one in Person.objects.filter(pk__in=ids)}
    Person.objects.filter(pk__in=ids).update(fit=-1, engagement=-1, usage=-1, cell="?")
    monkeypatch.setattr(scores, "FEW", 200)
    for someone, country, acts in people:
        rescore([someone.pk], now=T)
        someone.refresh_from_db()
        assert stored(someone) == lot[someone.pk]
        lead = someone.leads.get()
        assert (lead.fit, lead.engagement, lead.usage, lead.pql, lead.cell) == stored(someone)[:5]
        found = receipt.of(someone.pk, as_of=T)
        for part in ("fit", "engagement", "usage"):
            assert sum((line.points for line in found.of_part(part)), Decimal(0)) == getattr(found, part)
            assert float(getattr(found, part)) == getattr(someone, part)
            assert abs(by_hand(made, part, country, acts) - getattr(someone, part)) < 0.002
        assert (found.cell, found.pql) == (someone.cell, someone.pql)


past = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["US", "DE", ""])), max_size=3),
        st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 400), st.integers(0, 90), st.sampled_from(["", "a", "b"])),
                 max_size=8),
        st.booleans(),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules, rules, past, st.lists(st.integers(0, 400), min_size=1, max_size=3), st.booleans())
def test_two_models_over_the_past_agree_with_each_alone_and_with_the_receipt_of_then(
    live_rules, draft_rules, people, moments, pql_all
):
    """`compared` at a column of moments = `compiled(moment="then")` at each = the receipt's sum; hours count back."""
    ScoringModel.objects.filter(state="draft").delete()
    live, draft = model(*live_rules), model(*draft_rules, *live_rules[:2], published=False, pql_all=pql_all)
    ids = []
    for facts, acts, history in people:
        someone = person(lead={"stage": "mql", "history": history})
        AttributeFact.objects.bulk_create(
            AttributeFact(subject_kind="person", subject_id=someone.pk, at=ago(hours), values={"country": country})
            for hours, country in facts
        )
        Touch.objects.bulk_create(
            Touch(person=someone, kind=kind, asset=asset, url="/x", occurred_at=ago(hours), received_at=ago(hours),
                  recorded_at=ago(hours - late))
            for kind, hours, late, asset in acts
        )  # fmt: skip
        ids.append(someone.pk)
    both = [(one, list(one.rules.select_related("group"))) for one in (live, draft)]
    together = compared(both)
    columns = [text for side in together.sides for text in [*together.scores(side), together.points(side)]]
    rows = bulk.query(
        f"SELECT p.id, m.at, {', '.join(columns)} FROM unnest(%(moments)s::timestamptz[]) m(at) CROSS JOIN {WHO} "
        f"{together.steps} WHERE p.id = ANY (%(ids)s)",
        {**together.params, "moments": [ago(hours) for hours in set(moments)], "ids": ids, "as_of": AsIs("m.at")},
    )
    assert len(rows) == len(ids) * len(set(moments))
    for pk, at, *found in rows:
        for (one, mine), (fit, engagement, usage, pql, cell, given_points) in zip(
            both, (found[:6], found[6:]), strict=True
        ):
            alone = compiled(one, mine, moment="then")
            [row] = bulk.query(
                f"SELECT {alone.columns} FROM {alone.source} WHERE p.id = %(person)s",
                {**alone.params, "person": pk, "as_of": at},
            )
            assert [n or 0 for n in given_points] == [n or 0 for n in row[0]]
            assert (fit, engagement, usage, pql, cell) == row[5:10]
            then = receipt.of(pk, as_of=at, model=one, moment="then")
            assert (float(then.fit), float(then.engagement), float(then.usage)) == (fit, engagement, usage)
            assert (then.pql, then.cell) == (pql, cell)
            for part in receipt.PARTS:
                assert sum((line.points for line in then.of_part(part)), Decimal(0)) == getattr(then, part)


def ago(hours):
    return T - timedelta(hours=hours)


def stored(one):
    return one.fit, one.engagement, one.usage, one.pql, one.cell, one.score_due_at


def by_hand(made, part, country, acts):
    """DOMAIN 3.2 in plain Python, a slow second opinion for tests only."""
    sums, total = {}, 0.0
    for rule in made.rules.filter(kind=part).select_related("group"):
        worth = of_rule(rule, country, acts)
        if rule.group is None or rule.group.cap is None:
            total += worth
        else:
            sums.setdefault((rule.group_id, rule.group.cap), []).append(worth)
    total += sum(min(cap, sum(worths)) for (_, cap), worths in sums.items())
    return max(0.0, min(100.0, total))


def of_rule(rule, country, acts):
    acts = [(kind, ago, asset) for kind, ago, asset in fresh_marked(acts) if ago >= 0]
    if not holds(rule.condition, country, acts):
        return 0
    if rule.kind == "fit":
        return rule.points
    once = rule.kind == "usage" or rule.at_least is not None
    if not once or rule.distinct:
        acts = [(kind.rstrip("*"), ago, asset) for kind, ago, asset in acts]
    hits = [(ago, asset) for kind, ago, asset in acts if kind in rule.touches["kind"]]
    if not once:
        return sum(rule.points * 2 ** (-ago / (rule.half_life_days or 14)) for ago, _ in hits)
    hits = sorted(hit for hit in hits if rule.within_days is None or hit[0] < rule.within_days)
    if rule.distinct == "asset":
        newest = {}
        for ago, asset in hits:
            if asset.strip():
                newest.setdefault(asset.strip().lower(), ago)
        ages = sorted(newest.values())
    elif rule.distinct == "day":
        newest = {}
        for ago, _ in hits:
            newest.setdefault((T - days(ago)).date(), ago)
        ages = sorted(newest.values())
    else:
        ages = [ago for ago, _ in hits]
    if len(ages) < rule.at_least:
        return 0
    anchor = ages[rule.at_least - 1]
    return rule.points * (2 ** (-anchor / rule.half_life_days) if rule.half_life_days else 1)


def holds(who, country, acts):
    if "touches" in who:
        return sum(kind == "webinar" and ago < 9 for kind, ago, _ in acts) >= 2
    return not who or (country != "" and (country == "US") == (who["op"] == "is"))


def fresh_marked(acts):
    """Page views that reload one within the half hour before are marked `page_view*`."""
    found, last = [], None
    for kind, ago, asset in sorted(acts, key=lambda act: -act[1]):
        if kind == "page_view" and ago >= 0:
            reload = last is not None and timedelta(days=last - ago) < timedelta(minutes=30)
            last = ago
            kind = "page_view*" if reload else kind
        found.append((kind, ago, asset))
    return found
