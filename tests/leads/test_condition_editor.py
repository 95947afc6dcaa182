"""The sentence editor: changing a condition part by part, what the page shows, and what a form makes of it."""

from datetime import UTC, datetime

import pytest
from django.http import HttpResponse, QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import conditions
from leads.attributes import registry
from leads.conditions import commas, editing, editor, slot_forms, touch_forms
from revops.lib.errors import Invalid

pytestmark = pytest.mark.django_db
A = {"attribute": "score.cell", "op": "is", "value": "A1"}
B = {"attribute": "company.employees", "op": "at_least", "value": 500}
C = {"touches": {"kind": ["page_view"], "url_contains": "/pricing"}, "at_least": 3, "within_days": 7}
TREE = {"all": [A, {"any": [B, C]}]}


# --- the pure functions ----------------------------------------------------------


def test_what_stands_alone_is_framed_and_what_is_empty_goes():
    assert editing.add({}, "", A) == {"all": [A]}
    assert editing.add(A, "", B) == {"all": [A, B]}
    assert editing.remove({"all": [A]}, "all[0]") == {}
    assert editing.remove({"all": [A, {"none": [B]}]}, "all[1].none[0]") == {"all": [A]}
    assert editing.remove(TREE, "") == {}


def test_each_part_is_named_by_its_path():
    assert editing.part(TREE, "all[1].any[0]") == B
    assert editing.put(TREE, "all[1].any[0]", A) == {"all": [A, {"any": [A, C]}]}
    assert editing.add(TREE, "all[1]", A) == {"all": [A, {"any": [B, C, A]}]}
    assert editing.regroup(TREE, "", "any") == {"any": [A, {"any": [B, C]}]}
    assert editing.regroup(TREE, "all[1]", "none") == {"all": [A, {"none": [B, C]}]}
    assert editing.wrap(TREE, "all[0]", "any") == {"all": [{"any": [A]}, {"any": [B, C]}]}
    assert editing.unwrap(TREE, "all[1]") == {"all": [A, B, C]}
    assert editing.move(TREE, "all[1].any[0]", 1) == {"all": [A, {"any": [C, B]}]}
    assert editing.moved(TREE, "all[1].any[0]", 1) == "all[1].any[1]"
    assert editing.move(TREE, "all[0]", -1) == TREE
    assert TREE == {"all": [A, {"any": [B, C]}]}, "nothing is changed in place"


@pytest.mark.parametrize(
    "path", ["any[0]", "all[2]", "all[1].any[9]", "all", "x", "all[0].all[0]", "all[-1]", "all[0]all[0]", "\0"]
)
def test_a_path_that_leads_nowhere_is_refused(path):
    for act in (
        lambda: editing.part(TREE, path),
        lambda: editing.put(TREE, path, A),
        lambda: editing.remove(TREE, path),
        lambda: editing.move(TREE, path, 1),
        lambda: editing.add(TREE, path, A),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert refusal.value.code == "no_such_part"


def test_the_server_names_the_slot_that_is_wrong():
    with pytest.raises(Invalid) as refusal:
        editing.put(TREE, "all[1].any[0]", {"attribute": "company.employees", "op": "at_least", "value": "many"})
    assert refusal.value.field == "all[1].any[0].value"
    deep = A
    for _ in range(7):
        deep = {"any": [deep]}
    with pytest.raises(Invalid) as refusal:
        editing.add(editing.add({}, "", deep), "all[0]", {"all": [deep]})
    assert refusal.value.code == "too_deep"


leaves = st.sampled_from(
    [A, B, C, {"attribute": "person.title", "op": "is_set"}, {"attribute": "nobody.knows", "op": "is", "value": 1}]
)
trees = st.recursive(
    leaves, lambda inner: st.builds(lambda k, p: {k: p}, st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=3)), max_leaves=8
)  # fmt: skip


def paths_of(node, path="", among=None):
    among = [] if among is None else among
    among.append(path)
    if kind := editing.kind_of(node):
        for i, one in enumerate(node[kind]):
            paths_of(one, editing.child(path, kind, i), among)
    return among


@given(tree=trees, data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_the_result_reads_or_names_a_path(tree, data):
    for _ in range(4):
        path = data.draw(st.sampled_from([*paths_of(editing.framed(tree)), "any[7]"]))
        act = data.draw(st.sampled_from([
            lambda t, p: editing.put(t, p, B), lambda t, p: editing.add(t, p, C), editing.remove,
            lambda t, p: editing.regroup(t, p, "none"), lambda t, p: editing.wrap(t, p, "any"), editing.unwrap,
            lambda t, p: editing.move(t, p, 1), lambda t, p: editing.move(t, p, -1),
        ]))  # fmt: skip
        try:
            tree = act(tree, path)
        except Invalid as refusal:
            assert all(isinstance(error["field"], str) for error in refusal.errors)
        else:
            conditions.validate(tree)


# --- what the page shows ---------------------------------------------------------


def test_the_sentence_marks_what_changed_and_strikes_what_was():
    html = editor.render(
        {"all": [A, {"attribute": "lead.territory", "op": "is", "value": "west"}]}, before={"all": [A | {"value": "A2"}, B]},
        action_url="/x/?seen=1",
    )  # fmt: skip
    assert "<s>A2</s> A1" in html
    assert 'href="/x/?seen=1&amp;at=all%5B0%5D&amp;slot=value"' in html
    assert 'aria-label="score cell: A1, was A2"' in html
    assert html.count("slot changed") == 3, "the value of the first, and both words of the new one"
    assert "<s>company size is 500 or more</s>" in html
    assert "There is no territory west any more." in html
    assert "data-slot" not in editor.render(TREE) and "changed" not in editor.render(TREE)


def test_what_cannot_be_read_is_drawn_with_the_reason_at_its_place():
    html = editor.render({"any": [A, {"attribute": "lead.old", "op": "is", "value": 1}]}, action_url="/x/")
    assert "lead.old (there is no such attribute)" in html
    with pytest.raises(Invalid) as refusal:
        conditions.validate({"all": [A, B | {"value": "x"}]})
    html = editor.render({"all": [A, B | {"value": "x"}]}, errors=refusal.value.errors)
    assert html.index("A1") < html.index("Give a number")


def test_unknown_may_be_let_in():
    missing = {"any": [B, {"attribute": "company.employees", "op": "is_missing"}]}
    html = editor.render({"all": [A, missing]}, action_url="/x/")
    assert "or it is missing" in html and "of these hold:" in html
    assert html.count("of these hold") == 1, "it reads as one condition, not as a group"


# --- what forms ask and make -----------------------------------------------------


@pytest.fixture
def post(rf):
    def send(condition, htmx=True, **fields):
        kept = []

        def save(changed, focus):
            kept.append((changed, focus))
            return HttpResponse("kept")

        request = rf.post("/x/", fields)
        request.htmx = htmx
        answer = editor.answer(request, condition, action_url="/x/", back="/", save=save)
        return (*kept[0], answer) if kept else (None, None, answer)

    return send


def test_a_value_is_set_added_and_put_beside(post):
    fields = {"do": "value", "attribute": "score.cell", "op": "is"}
    changed, focus, _ = post(TREE, at="all[0]", value=["A2"], **fields)
    assert (changed["all"][0], focus) == ({"attribute": "score.cell", "op": "is", "value": "A2"}, "c-all-0")
    changed, _, _ = post(TREE, at="all[0]", value=["A2", "B1"], **fields)
    assert changed["all"][0] == {"attribute": "score.cell", "op": "in", "value": ["A2", "B1"]}
    changed, focus, _ = post({}, at="", new="1", value=["A1"], missing="1", **fields)
    assert changed == {"all": [{"any": [A, {"attribute": "score.cell", "op": "is_missing"}]}]}
    assert focus == "c-all-0"
    changed, focus, _ = post({"all": [B]}, at="all[0]", value=["A1"], **fields | {"or": "1"})
    assert (changed, focus) == ({"all": [{"any": [B, A]}]}, "c-all-0-any-1")
    changed, _, _ = post(
        {"all": [B]}, at="all[0]", do="value", attribute="company.employees", op="is_missing", written="7"
    )
    assert changed == {"all": [{"attribute": "company.employees", "op": "is_missing"}]}
    changed, _, _ = post(
        {"all": [B]}, at="all[0]", do="value", attribute="company.employees", op="at_most", written="1,500"
    )
    assert changed == {"all": [{"attribute": "company.employees", "op": "at_most", "value": 1500}]}


def test_touches_are_counted_and_what_was_not_asked_stays(post):
    old = {"touches": {"kind": ["call"], "campaign": "brand"}, "at_least": 1}
    changed, _, _ = post({"all": [old]}, at="all[0]", do="touches", kind=["page_view", "form"], url_contains="/pricing", at_least="3",
                         within_days="0.5", distinct="url", asset=" a , b")  # fmt: skip
    assert changed == {"all": [{
        "touches": {"campaign": "brand", "kind": ["page_view", "form"], "url_contains": "/pricing", "asset": ["a", "b"]},
        "at_least": 3, "within_days": 0.5, "distinct": "url",
    }]}  # fmt: skip


@pytest.mark.parametrize("fields", [
    {"do": "value", "attribute": "company.employees", "op": "at_least", "written": "many"},
    {"do": "value", "attribute": "company.employees", "op": "at_least", "written": ""},
    {"do": "value", "attribute": "score.pql", "op": "is", "value": "maybe"},
    {"do": "value", "attribute": "person.first_touch", "op": "before", "written": "2026-02-31"},
    {"do": "value", "attribute": "person.seniority", "op": "at_least", "value": ["vp", "director"]},
    {"do": "value", "attribute": "company.employees", "op": "at_least", "written": "nan"},
    {"do": "value", "attribute": "company.employees", "op": "at_least", "written": "1e400"},
    {"do": "touches", "at_least": "2", "within_days": "inf"},
    {"do": "touches", "at_least": "0"}, {"do": "touches", "at_least": "2", "within_days": "soon"},
    {"do": "kind", "kind": "some"}, {"do": "nothing"},
])  # fmt: skip
@pytest.mark.parametrize("htmx", [True, False])
def test_what_does_not_fit_is_said_in_the_form_and_keeps_what_was_typed(post, fields, htmx):
    changed, _, answer = post({"all": [B]}, at="all[0]" if fields["do"] != "kind" else "", htmx=htmx, **fields)
    assert changed is None
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'class="problem"' in page
    assert fields.get("written", "") in page


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(("slot", "words"), [
    ("attribute", "territory"), ("add", "visits, forms"), ("value", 'value="500"'), ("kind", "one is enough"), ("more", "Move up"),
])  # fmt: skip
def test_every_slot_is_a_page_and_a_popover(rf, slot, words, htmx):
    request = rf.get("/x/", {"at": "" if slot in ("add", "kind") else "all[0]", "slot": slot})
    request.htmx = htmx
    page = editor.answer(request, {"all": [B]}, action_url="/x/", back="/", save=lambda *_: None).content.decode()
    assert words in page and ("<html" in page) is not htmx


def test_choices_are_those_of_the_attribute_else_what_leads_say(make_lead):
    at = datetime(2026, 2, 10, 12, tzinfo=UTC)
    for n, country in enumerate(["DE", "DE", "US"]):
        make_lead(f"Ann N{n}", at=at, country=country)
    assert slot_forms.offered(registry()["person.country"]) == {"DE": "DE", "US": "US"}
    assert list(slot_forms.offered(registry()["person.seniority"])) == ["staff", "manager", "director", "vp", "c_level"]
    assert slot_forms.offered(registry()["person.email"]) == {}, "addresses are not laid out"


def test_what_was_the_whole_and_is_a_part_now_is_not_called_new():
    for before in ({"any": [A, B]}, A, {"all": [A]}):
        now = {"all": [before if editing.kind_of(before) == "any" else A, C]}
        html = editor.render(now, before=before, action_url="/x/")
        assert html.count("slot changed") == 3, (before, "the three words of what was added")
        assert "<s>" not in html


# --- order, age, patterns, at most -------------------------------------------------

SEQUENCE = {"sequence": [{"kind": ["call", "email"], "campaign": "brand"}, {"url_matches": ["/a*"]}], "within_days": 7}
LAST = {"last": {"kind": ["webinar"], "direction": "in"}, "at_least_days": 30}
NEVER = {"touches": {"kind": ["page_view"], "url_matches": ["/pricing*", "/plans"], "channel": ["webinar"]}, "at_most": 0}


def test_new_shapes_are_slots():
    html = editor.render({"all": [SEQUENCE, LAST, NEVER]}, action_url="/x/")
    for words in ("had a call or had an e-mail (from campaign brand)", "any touch (address /a*)", "all within 7 days",
                  "attended a webinar (by them)", "at least 30 days ago", "not once", "visited /pricing* or /plans"):  # fmt: skip
        assert words in html, words
    assert html.count("slot=sequence") == 3 and html.count("slot=last") == 2
    changed = editor.render({"all": [LAST]}, before={"all": [{**LAST, "at_least_days": 60}]}, action_url="/x/")
    assert changed.count("slot changed") == 1 and "<s>at least 60 days ago</s>" in changed


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(("slot", "leaf"), [("sequence", SEQUENCE), ("last", LAST), ("touches", NEVER)])
def test_a_form_that_is_sent_as_it_came_changes_nothing(rf, post, slot, leaf, htmx):
    request = rf.get("/x/", {"at": "all[0]", "slot": slot})
    request.htmx = htmx
    page = editor.answer(request, {"all": [leaf]}, action_url="/x/", back="/", save=lambda *_: None).content.decode()
    changed, _, _ = post({"all": [leaf]}, htmx=htmx, **filled(page))
    assert changed == {"all": [leaf]}


def filled(page):
    """What a browser would send of the form whose verb is `do`."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.found, self.select = {}, ""

        def handle_starttag(self, tag, attrs):
            one = dict(attrs)
            name = one.get("name")
            if tag == "select":
                self.select = name
            elif tag == "option" and "selected" in one:
                self.found.setdefault(self.select, []).append(one["value"])
            elif tag == "input" and name and (one.get("type") not in ("checkbox", "radio") or "checked" in one):
                self.found.setdefault(name, []).append(one.get("value") or "")

    reader = Reader()
    reader.feed(page[page.index("<form", page.rindex("<form", 0, page.index('name="at"'))) :])
    return {name: values for name, values in reader.found.items() if name != "csrfmiddlewaretoken"}


def test_the_menu_offers_usage_intent_and_order(rf):
    request = rf.get("/x/", {"at": "", "slot": "add"})
    request.htmx = True
    page = editor.answer(request, {"all": [B]}, action_url="/x/", back="/", save=lambda *_: None).content.decode()
    for words in ("What they did", "Product usage", "used a feature", "Intent", "one thing, then another", "territory"):
        assert words in page
    request = rf.get("/x/", {"at": "", "slot": "touches", "kind": "feature_use,invite", "new": "1"})
    request.htmx = True
    form = editor.answer(request, {"all": [B]}, action_url="/x/", back="/", save=lambda *_: None).content.decode()
    assert 'value="feature_use" checked' in form and 'value="invite" checked' in form


@pytest.mark.parametrize(("fields", "leaf"), [
    ({"do": "touches", "kind": "call", "at_least": "", "at_most": "0", "within_days": "30"},
     {"touches": {"kind": ["call"]}, "at_most": 0, "within_days": 30}),
    ({"do": "touches", "kind": "page_view", "url_how": "matches", "url_contains": "/a*, /b", "at_least": "2", "narrowed": "1",
      "channel": "webinar", "campaign": "x, y", "side": "product"},
     {"touches": {"kind": ["page_view"], "channel": ["webinar"], "side": ["product"], "url_matches": ["/a*", "/b"],
                  "campaign": ["x", "y"]}, "at_least": 2}),
    ({"do": "last", "kind": "call", "at_most_days": "1.5"}, {"last": {"kind": ["call"]}, "at_most_days": 1.5}),
    ({"do": "sequence", "s0_kind": "*", "s1_kind": "call,email", "s4_asset": "roi"},
     {"sequence": [{}, {"kind": ["call", "email"]}, {"asset": ["roi"]}]}),
])  # fmt: skip
def test_what_is_filled_in_becomes_a_leaf(post, fields, leaf):
    changed, focus, _ = post({"all": [B]}, at="", new="1", **fields)
    assert changed == {"all": [B, leaf]} and focus == "c-all-1"


@pytest.mark.parametrize("fields", [
    {"do": "last", "kind": "call"}, {"do": "last", "at_least_days": "soon"}, {"do": "sequence", "s0_kind": "call"},
    {"do": "sequence", "s0_kind": "call", "s1_kind": "call", "within_days": "0"},
    {"do": "touches", "at_least": "3", "at_most": "1"}, {"do": "touches", "url_contains": "x" * 600},
])  # fmt: skip
@pytest.mark.parametrize("before", [B, SEQUENCE, LAST, NEVER, {"sequence": 5}, {"last": [1], "at_least_days": "x"}, {"touches": 7}])
def test_flaws_of_the_new_shapes_are_said_in_the_form(post, fields, before):
    changed, _, answer = post({"all": [before]}, at="all[0]", **fields)
    assert changed is None and answer.status_code == 400
    assert 'class="problem"' in answer.content.decode()


# --- texts that hold commas ------------------------------------------------------


@given(st.lists(st.text(st.sampled_from('a ,"é'), min_size=1).map(str.strip).filter(bool), max_size=4))
def test_a_line_of_texts_comes_apart_as_it_was_joined(texts):
    assert commas.apart(commas.joined(texts)) == texts


def test_what_is_typed_in_a_line():
    assert commas.apart(' a ,, "VP, Marketing" ,5" screen\nb') == ["a", "VP, Marketing", '5" screen', "b"]
    assert commas.apart("x" * 200_000 + ",y")[1:] == ["y"]


@pytest.mark.parametrize("leaf", [
    {"attribute": "person.title", "op": "is", "value": "VP, Marketing"},
    {"attribute": "company.name", "op": "in", "value": ["Acme, Inc.", 'The "A", B']},
    {"attribute": "person.title", "op": "contains", "value": 'a, "b"'},
])  # fmt: skip
def test_a_comparison_kept_as_it_stands_stays(leaf):
    shown = slot_forms.compare_fields(registry()[leaf["attribute"]], leaf, missing=False)
    [op] = [code for code, _, taken in shown["ops"] if taken]
    data = QueryDict(mutable=True)
    data.update({"attribute": leaf["attribute"], "op": op, "written": shown["written"]})
    assert slot_forms.compared(data) == leaf


def test_touches_kept_as_they_stand_stay():
    leaf = {"touches": {"asset": ["Guide: costs, 2026", "b"], "url_matches": ["/a,b/*", "/c"]}, "at_least": 1}
    shown = touch_forms.fields("touches", leaf)
    data = QueryDict(mutable=True)
    data.update({"asset": shown["asset"], "url_contains": shown["url"], "url_how": "matches", "at_least": "1"})
    assert touch_forms.answered("touches", data, leaf) == leaf
