"""/scoring/: everybody reads, administrators change a draft rule by rule; nothing that is live moves by it."""

import json
import re

import pytest

from revops.lib.now import now
from scoring import drafts, publishing
from scoring.definitions import drafts as definition_drafts
from scoring.models import Rescoring, Rule, RuleGroup, ScoringModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(signed_in, cast):
    return signed_in(cast.admin)


def rule_of(name, draft=None) -> Rule:
    return Rule.objects.get(name=name, model=draft or drafts.live())


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def htmx(client, method, address, data=None):
    return getattr(client, method)(address, data or {}, headers={"HX-Request": "true"})


def focus_of(answer) -> str:
    return json.loads(answer["HX-Trigger-After-Settle"])["slot:done"]["focus"]


def test_a_reader_sees_rules_as_sentences_and_no_controls(signed_in, cast, django_assert_max_num_queries):
    client = signed_in(cast.viewer)
    with django_assert_max_num_queries(22):
        answer = client.get("/scoring/")
    page = answer.content.decode()
    for words in ("Visited /pricing at least 3 times in 7 days", "Seniority is VP or above", "together at most 4",
                  "each time, half of it left after 30 days", "makes an MQL", "may change it"):  # fmt: skip
        assert words in text(answer), words
    assert "data-slot" not in page and "data-edit" not in page and "Add a rule" not in page
    line = rule_of("VP or above").line
    assert "Seniority" in text(client.get(f"/scoring/rules/{line}/"))
    for address in ("new/", f"{line}/points/", f"{line}/condition/", f"{line}/removal/"):
        assert client.get(f"/scoring/rules/{address}").status_code == 403, address
    for address in ("draft/publication/", "replay/", "cuts/", "mode/", "groups/0/"):
        assert client.get(f"/scoring/{address}").status_code == 403, address


def test_strangers_are_sent_to_sign_in(client, cast):
    for address in ("/scoring/", "/scoring/history/", "/scoring/replay/"):
        assert client.get(address)["Location"].startswith("/accounts/login/")


def test_the_page_costs_as_many_queries_with_a_draft_of_many_rules(admin, cast, django_assert_max_num_queries):
    draft = drafts.open_draft(by=cast.admin, at=now())
    drafts.change(rule_of("Webinar", draft), {"points": 12}, by=cast.admin, at=now())
    with django_assert_max_num_queries(40):
        answer = admin.get(f"/scoring/rules/{rule_of('Webinar').line}/")
    assert "draft 2" in text(answer) and "Rosa Vidal changed 1 rule" in text(answer)
    for n in range(12):
        drafts.duplicate(rule_of("Webinar", draft), by=cast.admin, at=now()) if n == 0 else drafts.add(
            draft, kind="fit", fields={"name": f"R{n}"}, by=cast.admin, at=now()
        )
    with django_assert_max_num_queries(40):
        admin.get("/scoring/")


def test_points_are_changed_in_the_draft_and_the_old_ones_struck(admin):
    rule = rule_of("VP or above")
    address = f"/scoring/rules/{rule.line}/points/?seen=none"
    assert 'value="25"' in admin.get(address).content.decode()
    answer = htmx(admin, "post", address, {"points": "30"})
    assert "<s>+25</s> +30" in answer.content.decode()
    assert focus_of(answer) == "slot-points"
    assert rule_of("VP or above").points == 25, "what is live stays"
    assert htmx(admin, "post", address, {"points": "nine"}).status_code == 422
    stale = htmx(admin, "post", address, {"points": "40"})
    assert stale.status_code == 409 and "began a draft" in text(stale) and stale["HX-Retarget"] == "#slot"


def test_s03_pricing_three_times_at_firms_of_500_is_built_slot_by_slot(admin):
    menu = text(htmx(admin, "get", "/scoring/rules/new/?kind=engagement&seen=none"))
    assert "Visited a page" in menu and "Is a kind of firm" not in menu
    group = RuleGroup.objects.get(name="Visits", model=drafts.live())
    answer = htmx(admin, "post", "/scoring/rules/new/?begin=page&seen=none",
                  {"page": "/pricing", "at_least": 3, "within_days": 7, "points": 20, "group": group.pk})  # fmt: skip
    draft = drafts.the_draft()
    made = rule_of("Visited /pricing 3× in 7 days", draft)
    assert (made.points, made.at_least, made.within_days, made.group.name) == (20, 3, 7, "Visits")
    assert made.group.model == draft and focus_of(answer) == "slot-points"
    assert "for the same" in text(answer), "the pricing rule that is there already is named"
    seen = drafts.the_draft().edited_at.isoformat().replace("+", "%2B")
    answer = htmx(admin, "post", f"/scoring/rules/{made.line}/condition/?seen={seen}",
                  {"at": "", "do": "value", "new": "1", "attribute": "company.employees", "op": "at_least", "written": "500"})  # fmt: skip
    made.refresh_from_db()
    assert made.condition["all"] == [{"attribute": "company.employees", "op": "at_least", "value": 500}]
    assert "Visited /pricing at least 3 times in 7 days, where" in text(answer)


def test_a_rule_about_them_is_named_after_what_it_says(admin):
    htmx(admin, "post", "/scoring/rules/new/?begin=anybody&seen=none", {"points": 5})
    made = rule_of("New rule", drafts.the_draft())
    seen = drafts.the_draft().edited_at.isoformat().replace("+", "%2B")
    htmx(admin, "post", f"/scoring/rules/{made.line}/condition/?seen={seen}",
         {"at": "", "do": "value", "new": "1", "attribute": "company.employees", "op": "at_least", "written": "500"})  # fmt: skip
    made.refresh_from_db()
    assert made.name == "500 people or more"
    htmx(admin, "post", "/scoring/rules/new/?begin=icp", {"points": 20, "match": 60})
    found = rule_of("ICP match 60 or more", drafts.the_draft())
    assert found.condition == {"attribute": "company.icp", "op": "at_least", "value": 60}


def test_a_new_rule_refuses_nonsense_in_our_own_words(admin):
    given = {"page": "/pricing", "at_least": "3", "within_days": "7", "points": "20"}
    for field, value, said in (("page", "", "Say which page."), ("at_least", "-1", "Give a whole number, 1 or more."),
                               ("within_days", "0", "Give more than 0 days."), ("points", "x", "Give a number.")):  # fmt: skip
        answer = htmx(admin, "post", "/scoring/rules/new/?begin=page&seen=none", given | {field: value})
        assert answer.status_code == 422 and said in text(answer), (field, value)


def test_without_a_script_a_rule_is_added_and_what_was_seen_is_kept(admin):
    address = "/scoring/rules/new/?begin=page&seen=none"
    assert 'action="/scoring/rules/new/?begin=page&amp;seen=none"' in admin.get(address).content.decode()
    answer = admin.post(address, {"page": "/docs", "points": "7"}, follow=True)
    assert "Visited /docs" in text(answer) and drafts.the_draft().rules.get(name="Visited /docs").points == 7
    points = f"/scoring/rules/{rule_of('Webinar').line}/points/?seen=none"
    assert "seen=none" in admin.get(points).content.decode()
    assert admin.post(points, {"points": "9"}).status_code == 409, "somebody began a draft meanwhile"


def test_what_they_do_is_asked_with_the_form_of_conditions(admin):
    rule = rule_of("Webinar")
    address = f"/scoring/rules/{rule.line}/what/?seen=none"
    assert "attended a webinar" in text(admin.get(address))
    answer = htmx(
        admin, "post", address, {"at": "all[0]", "do": "touches", "kind": ["webinar", "event"], "at_least": "1"}
    )
    kept = rule_of("Webinar", drafts.the_draft())
    assert (kept.touches, kept.at_least, kept.half_life_days) == ({"kind": ["webinar", "event"]}, None, 14), (
        "each time still"
    )
    assert focus_of(answer) == "slot-what"
    seen = drafts.the_draft().edited_at.isoformat().replace("+", "%2B")
    htmx(admin, "post", f"/scoring/rules/{rule.line}/often/?seen={seen}",
         {"mode": "counted", "at_least": 2, "within_days": 30, "distinct": "asset"})  # fmt: skip
    kept.refresh_from_db()
    assert (kept.at_least, kept.within_days, kept.distinct, kept.half_life_days) == (2, 30, "asset", None)
    assert htmx(admin, "get", f"/scoring/rules/{rule_of('VP or above').line}/what/").status_code == 404


def test_moving_passes_one_neighbour_and_crosses_into_the_next_group(admin):
    def shown(kind="engagement"):
        page = admin.get("/scoring/").content.decode()
        part = page[page.index(f'id="kind-{kind}"') :].partition("</section>")[0]
        return re.findall(r"<b>([^<]+)</b></a>|rowgroup\">([^<]+)", part)

    names = [a for a, _ in shown() if a]
    demo, contact = rule_of("Demo request"), rule_of("Contact request")
    assert names[:2] == ["Demo request", "Contact request"]
    answer = htmx(admin, "post", f"/scoring/rules/{demo.line}/position/?seen=none", {"to": "down"})
    assert [a for a, _ in shown() if a][:2] == ["Contact request", "Demo request"]
    assert focus_of(answer) == f"line-{demo.line}"
    last = rule_of("Trial started")
    answer = admin.post(f"/scoring/rules/{last.line}/position/", {"to": "down"})
    assert rule_of("Trial started", drafts.the_draft()).group.name == "Events"
    names = [a for a, _ in shown() if a]
    assert names[2:5] == ["Trial started", "Webinar", "Event"]
    admin.post(f"/scoring/rules/{last.line}/position/", {"to": "drop", "onto": str(contact.line)})
    assert [a for a, _ in shown() if a][:3] == ["Trial started", "Contact request", "Demo request"]


def test_a_rule_removed_comes_back_under_the_same_line(admin, cast):
    rule = rule_of("Chat")
    answer = htmx(admin, "post", f"/scoring/rules/{rule.line}/removal/?seen=none")
    told = json.loads(answer["HX-Trigger-After-Settle"])
    assert not drafts.the_draft().rules.filter(line=rule.line).exists()
    assert "Chat removed in this draft" in text(admin.get("/scoring/"))
    undone = admin.post(told["verb:done"]["undo"])
    assert undone.status_code == 302
    kept = rule_of("Chat", drafts.the_draft())
    assert (kept.line, kept.points, kept.touches, kept.group.name) == (rule.line, rule.points, rule.touches, "Visits")
    assert drafts.differences(drafts.the_draft()) == []


def test_a_duplicate_says_what_is_wrong_with_it(admin):
    rule = rule_of("Director")
    answer = htmx(admin, "post", f"/scoring/rules/{rule.line}/copy/?seen=none")
    assert "Director (copy)" in text(answer) and "they add up" in text(answer)


def test_groups_say_how_much_they_add_at_most(admin):
    group = RuleGroup.objects.get(name="Events", model=drafts.live())
    assert 'value="30"' in admin.get(f"/scoring/groups/{group.pk}/").content.decode()
    answer = htmx(admin, "post", f"/scoring/groups/{group.pk}/?seen=none", {"name": "Events", "cap": "20"})
    assert drafts.the_draft().groups.get(name="Events").cap == 20
    assert "<s>together at most 30</s> together at most 20" in answer.content.decode()
    admin.post("/scoring/groups/0/", {"name": "Intent", "cap": ""})
    assert "Intent a group without rules" in text(admin.get("/scoring/"))
    admin.post(f"/scoring/groups/{group.pk}/", {"name": "Events", "remove": "1"})
    assert rule_of("Webinar", drafts.the_draft()).group is None


def test_cut_offs_belong_to_the_model_cells_to_the_definition(admin):
    cuts = {"fit_a": 75, "fit_b": 40, "engagement_1": 60, "engagement_2": 30}
    answer = htmx(admin, "post", "/scoring/cuts/?seen=none", cuts)
    assert "<s>70</s>" in answer.content.decode() and drafts.the_draft().fit_a == 75
    assert htmx(admin, "post", "/scoring/cuts/", cuts | {"fit_b": 80}).status_code == 400
    answer = htmx(admin, "post", "/scoring/cells/", {"cell": "B2"})
    assert "needs" not in text(answer) and "is a draft" in text(answer)
    by = definition_drafts.mql_by(definition_drafts.the_draft("mql"))
    assert by.names == {"A1", "A2", "B1", "B2"}
    htmx(admin, "post", "/scoring/cells/", {"cell": "A2"})
    assert definition_drafts.mql_by(definition_drafts.the_draft("mql")).names == {"A1", "B1", "B2"}
    answer = htmx(admin, "post", "/scoring/mode/", {"mode": "top", "top_share": 15, "points": ""})
    assert "the best 15% of the pool" in text(answer)
    assert definition_drafts.mql_by(definition_drafts.the_draft("mql")) == definition_drafts.Top()
    assert htmx(admin, "post", "/scoring/mode/", {"mode": "threshold", "points": ""}).status_code == 422
    htmx(admin, "post", "/scoring/mode/", {"mode": "threshold", "points": "110"})
    assert definition_drafts.mql_by(definition_drafts.the_draft("mql")).points == 110
    assert admin.post("/scoring/cells/", {"cell": "D9"}).status_code == 404
    admin.post("/scoring/cuts/", {"pql_all": "all"})
    assert drafts.the_draft().pql_all


def test_publishing_says_what_changes_and_who_would_be_handed_over(admin, cast):
    assert admin.get("/scoring/draft/publication/").status_code == 404
    draft = drafts.open_draft(by=cast.admin, at=now())
    drafts.change(rule_of("Webinar", draft), {"points": 12}, by=cast.admin, at=now())
    page = text(admin.get("/scoring/draft/publication/"))
    assert "Webinar : points +10 → +12" in page and "No open lead that is not handed over yet meets" in page
    assert "two weeks" in page
    answer = admin.post("/scoring/draft/publication/", {"hand_over": "now"}, follow=True)
    assert drafts.live().pk == draft.pk and Rescoring.objects.get().hand_over
    assert "v2 is live" in text(answer) and "/scoring/history/1/rollback/" in answer.content.decode()
    history = text(admin.get("/scoring/history/"))
    assert "v2 live" in history and "points +10 → +12" in history
    admin.post("/scoring/history/1/rollback/")
    assert rule_of("Webinar").points == 10 and drafts.live().version == 3


def test_an_empty_draft_is_not_published_and_discarded_it_is_gone(admin, cast):
    drafts.open_draft(by=cast.admin, at=now())
    assert "Nothing is changed yet" in text(admin.get("/scoring/"))
    assert "what Rosa Vidal wrote is lost" in text(admin.get("/scoring/draft/removal/")).lower().replace(
        "rosa vidal", "Rosa Vidal"
    )
    admin.post("/scoring/draft/removal/")
    assert drafts.the_draft() is None


def test_the_shadow_is_begun_prolonged_and_ended(admin, cast):
    draft = drafts.open_draft(by=cast.admin, at=now())
    drafts.change(rule_of("Webinar", draft), {"points": 12}, by=cast.admin, at=now())
    assert "Try v2 in the shadow" in text(admin.get("/scoring/draft/shadow/"))
    assert admin.post("/scoring/draft/shadow/", {"days": "many"}).status_code == 400
    admin.post("/scoring/draft/shadow/", {"days": "14"})
    page = text(admin.get("/scoring/"))
    assert "v2 in the shadow" in page and "14 days left" in page and "Nobody has a score in the shadow yet" in page
    assert "Nobody" in text(admin.get("/scoring/shadow/only_shadow/"))
    admin.post("/scoring/shadow/extend/")
    admin.post("/scoring/shadow/end/")
    assert drafts.the_draft().pk == draft.pk
    publishing.shadow(drafts.the_draft(), by=cast.admin, at=now())
    admin.post("/scoring/draft/publication/?shadow=1", {"hand_over": "wait"})
    assert drafts.live().pk == draft.pk


def test_the_replay_stands_beside_its_draft(admin, cast, make_lead):
    make_lead(at=now())
    assert "There is no draft" in text(admin.get("/scoring/replay/"))
    draft = drafts.open_draft(by=cast.admin, at=now())
    drafts.change(rule_of("Webinar", draft), {"points": 12}, by=cast.admin, at=now())
    assert f'id="fared-{rule_of("Webinar").line}"' in admin.get("/scoring/").content.decode()
    fragment = htmx(admin, "get", "/scoring/replay/")
    page = text(fragment)
    assert f'id="fared-{rule_of("Webinar").line}" hx-swap-oob="true"' in fragment.content.decode()
    assert "keeps out Webinar in the draft 0" in page, "what was changed comes first, even without any effect"
    assert "If draft 2 had been live" in page and "Leads handed to sales 1 1" in page
    assert "n/a none is old enough" in page and "1 lead under 60 days is too young" in page
    assert "Nobody" in text(admin.get("/scoring/replay/entering/"))
    assert "30 days" in text(admin.get("/scoring/replay/?days=30"))
    assert admin.get("/scoring/replay/?days=7").status_code == 200, "another number is the usual one"
    assert "v1 draft 2" in page


def test_what_a_rule_is_called_is_never_markup(admin, cast):
    draft = drafts.open_draft(by=cast.admin, at=now())
    drafts.change(rule_of("Webinar", draft), {"name": "<b>x"}, by=cast.admin, at=now())
    assert "&lt;b&gt;x" in admin.get(f"/scoring/rules/{rule_of('Webinar').line}/").content.decode()


def test_without_a_model_the_page_says_so(signed_in, cast):
    ScoringModel.objects.update(state="retired")
    assert "No model is published, so nothing is scored." in signed_in(cast.owner).get("/scoring/").content.decode()
