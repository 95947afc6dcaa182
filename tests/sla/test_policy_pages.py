"""/sla/: lines read by everybody, changed by administrators in a draft, published, taken back; refusals in place."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import territories
from leads.conditions import editing
from revops.lib.now import now as present
from sla import drafts, policies
from sla.draft_differences import rungs_of
from sla.models import Policy, PolicySet, Target

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    policies.forget()
    territories.NAMES.forget()
    yield
    policies.forget()
    territories.NAMES.forget()


@pytest.fixture
def admin(cast, signed_in):
    cast.admin.watches_handoffs = True
    cast.admin.save()
    return signed_in(cast.admin)


@pytest.fixture
def hot():
    return Policy.objects.get(policy_set__state="published", tier="hot")


def page(client, path="/sla/first-response/"):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def in_draft(line) -> Policy:
    return drafts.the_draft().lines.get(line=line.line)


def seen() -> str:
    draft = drafts.the_draft()
    return draft.edited_at.isoformat().replace("+", "%2B") if draft else "none"


READ = ["/sla/", "/sla/history/", *[f"/sla/{slug}/" for slug in (
    "first-response", "assignment", "disposition", "touches", "time-in-stage", "next-step", "hand-over-call-booked",
    "hand-over-call-held",
)]]  # fmt: skip


@pytest.mark.parametrize("path", READ)
def test_everybody_reads_and_is_told_who_may_change(cast, client, admin, path):
    assert "You can read" not in page(admin, path)
    client.logout()
    assert client.get(path).status_code == 302
    client.force_login(cast.owner)
    text = page(client, path)
    assert "Rosa Vidal may" in text
    assert "data-slot" not in text and "data-edit" not in text


def test_verbs_are_refused_to_everybody_else(cast, client, hot):
    for path in (
        f"/sla/lines/{hot.line}/amount/", f"/sla/lines/{hot.line}/condition/", f"/sla/lines/{hot.line}/position/",
        f"/sla/lines/{hot.line}/steps/100/", f"/sla/lines/{hot.line}/removal/", "/sla/first-response/lines/new/",
        "/sla/draft/publication/", "/sla/draft/removal/", "/sla/history/1/rollback/", "/sla/first-response/effect/",
    ):  # fmt: skip
        for who in (cast.owner, cast.manager, cast.marketer, cast.viewer):
            client.force_login(who)
            assert client.post(path, {"amount": "10"}).status_code == 403, path
            assert client.get(path).status_code == 403, path
    assert not PolicySet.objects.filter(state="draft").exists()


def test_a_slot_changes_the_draft_and_marks_what_it_was(admin, hot):
    text = page(admin)
    assert "Hot lead answered" in text and "no draft" in text
    answer = admin.post(f"/sla/lines/{hot.line}/amount/?seen=none", {"amount": "10", "unit": "minutes"})
    assert answer.status_code == 302 and answer["Location"] == f"/sla/first-response/?line={hot.line}#slot-amount"
    assert in_draft(hot).amount == 600
    assert Policy.objects.get(pk=hot.pk).amount == 300, "what is live is as it was"
    text = page(admin, f"/sla/first-response/?line={hot.line}")
    assert "<s>5 min</s> 10 min" in text
    assert "Rosa Vidal changed 1 line" in text and "Publish as v" in text


@pytest.mark.parametrize(("slot", "fields", "name", "value"), [
    ("amount", {"amount": "1.5", "unit": "hours"}, "amount", 5_400), ("amount", {"unit": "same_business_day"}, "unit", "same_business_day"),
    ("hours", {"hours": "always"}, "hours", "always"), ("goal", {"goal": "95"}, "goal", 95), ("moves", {"hops": "1", "bench": "on"}, "bench", True),
    ("name", {"name": "Hottest", "tier": "hot"}, "name", "Hottest"), ("pause", {"pause_reasons": ["legal_hold"]}, "pause_reasons", ["legal_hold"]),
])  # fmt: skip
def test_every_slot_has_a_form_that_works_without_a_script(admin, hot, slot, fields, name, value):
    path = f"/sla/lines/{hot.line}/{slot}/?seen=none"
    assert f'action="{path}"' in page(admin, path), "what was seen is sent along"
    assert admin.post(path, fields).status_code == 302
    assert getattr(in_draft(hot), name) == value


@pytest.mark.parametrize(("slot", "fields", "words"), [
    ("amount", {"amount": "soon", "unit": "minutes"}, "Enter a number"), ("amount", {"unit": "hours"}, "Give a number"),
    ("goal", {"goal": "101"}, "100"), ("hours", {"hours": "calendar:99999"}, "valid choice"), ("name", {"name": "", "tier": "hot"}, "required"),
])  # fmt: skip
def test_what_does_not_fit_stays_in_the_popover(admin, hot, slot, fields, words):
    answer = admin.post(f"/sla/lines/{hot.line}/{slot}/?seen=none", fields, headers={"HX-Request": "true"})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert answer["HX-Retarget"] == "#slot"
    assert drafts.the_draft() is None


def test_the_script_gets_the_live_part_and_where_to_look(admin, hot):
    answer = admin.post(f"/sla/lines/{hot.line}/goal/?seen=none", {"goal": "97"}, headers={"HX-Request": "true"})
    told = json.loads(answer["HX-Trigger-After-Settle"])["slot:done"]
    assert told["focus"] == "slot-goal" and told["seen"] == drafts.the_draft().edited_at.isoformat()
    text = answer.content.decode()
    assert text.startswith('<div class="stack" id="policy">') and 'hx-swap-oob="true"' in text and "<html" not in text


def test_the_condition_is_edited_in_place(admin, hot):
    territories.add(name="Mountain West", areas=[("US", "CO")], by=_user(admin), at=present())
    text = page(admin, f"/sla/first-response/?line={hot.line}")
    assert "score cell" in text and "of these hold" in text
    path = f"/sla/lines/{hot.line}/condition/?seen=none"
    form = page(admin, f"{path}&at=&slot=value&attribute=lead.territory&new=1")
    assert "Mountain West" in form and "or it is missing" in form
    answer = admin.post(path, {"do": "value", "at": "", "new": "1", "attribute": "lead.territory", "op": "is", "value": "mountain-west"})
    assert answer.status_code == 302
    assert in_draft(hot).condition["any"][-1] == {"attribute": "lead.territory", "op": "is", "value": "mountain-west"}
    wrong = admin.post(f"/sla/lines/{hot.line}/condition/?seen={seen()}", {
        "do": "value", "at": "any[0]", "attribute": "company.employees", "op": "at_least", "written": "many"})  # fmt: skip
    assert wrong.status_code == 400 and "Give a number" in wrong.content.decode()


def test_a_line_for_one_territory_is_two_fields(admin, hot):
    territories.add(name="Mountain West", areas=[("US", "CO")], by=_user(admin), at=present())
    path = f"/sla/first-response/lines/new/?like={hot.line}&seen=none"
    assert "Mountain West" in page(admin, path)
    answer = admin.post(path, {"territory": "mountain-west", "amount": "10", "unit": "minutes"})
    assert answer.status_code == 302
    first, second = drafts.the_draft().lines.filter(target="first_response")[:2]
    assert (first.name, first.amount, second.name, second.amount) == ("Hot lead answered, Mountain West", 600, "Hot lead answered", 300)
    assert first.condition == editing.add({"all": [hot.condition]}, "", {"attribute": "lead.territory", "op": "is", "value": "mountain-west"})
    assert rungs_of(first) == rungs_of(second)
    text = page(admin, f"/sla/first-response/?line={first.line}")
    assert "<s>5 min</s> 10 min" in text, "a new line is read against the one it stands before"
    assert ">new<" in text


def test_a_territory_that_a_line_names_stays(admin, hot):
    west = territories.add(name="Mountain West", areas=[("US", "CO")], by=_user(admin), at=present())
    admin.post(f"/sla/first-response/lines/new/?like={hot.line}&seen=none", {"territory": west.code, "amount": "10", "unit": "minutes"})
    assert "the promise Hot lead answered, Mountain West (in the draft)" in page(admin, f"/territories/{west.pk}/removal/")
    assert admin.post(f"/territories/{west.pk}/removal/").status_code == 409
    west.refresh_from_db()
    assert west.removed_at is None


def test_lines_move_and_go(admin, hot):
    path = f"/sla/lines/{hot.line}/position/?seen=none"
    assert admin.post(path, {"to": "down"}).status_code == 302
    order = [line.tier for line in drafts.the_draft().lines.filter(target="first_response")]
    assert order == ["intent", "hot", "standard"]
    admin.post(f"/sla/lines/{hot.line}/removal/?seen={seen()}")
    assert not drafts.the_draft().lines.filter(line=hot.line).exists()
    assert "removed in this draft" in page(admin)


def test_the_ladder_is_edited_step_by_step(admin, hot):
    path = f"/sla/lines/{hot.line}/steps"
    assert 'value="50"' in page(admin, f"{path}/50/?seen=none")
    admin.post(f"{path}/50/?seen=none", {"when": "before", "share": "40", "who": ["owner", "manager"], "how": ["browser"]})
    rungs = rungs_of(in_draft(hot))
    assert (rungs[0]["level"], rungs[0]["who"], rungs[0]["how"]) == (40, ["owner", "manager"], ["browser"])
    admin.post(f"{path}/0/?seen={seen()}", {"when": "after", "after": "10", "who": ["manager"], "how": ["slack"]})
    assert [rung["after"] for rung in rungs_of(in_draft(hot)) if rung["after"]] == [300, 600]
    admin.post(f"{path}/101/?seen={seen()}", {"remove": "1"})
    assert [rung["after"] for rung in rungs_of(in_draft(hot)) if rung["after"]] == [600]
    assert admin.post(f"{path}/0/?seen={seen()}", {"when": "before", "who": ["owner"]}).status_code == 422
    assert admin.get(f"{path}/77/").status_code == 404


def test_who_was_slower_is_told_who_changed_what(cast, client, admin, hot):
    admin.post(f"/sla/lines/{hot.line}/amount/?seen=none", {"amount": "7", "unit": "minutes"})
    old = seen()
    admin.post(f"/sla/lines/{hot.line}/goal/?seen={old}", {"goal": "93"})
    for path, fields in (
        (f"/sla/lines/{hot.line}/amount/?seen={old}", {"amount": "9", "unit": "minutes"}),
        (f"/sla/lines/{hot.line}/amount/?seen=none", {"amount": "9", "unit": "minutes"}),
        (f"/sla/lines/{hot.line}/position/?seen={old}", {"to": "down"}),
        (f"/sla/lines/{hot.line}/condition/?seen={old}", {"do": "remove", "at": "any[0]"}),
    ):
        answer = admin.post(path, fields, headers={"HX-Request": "true"})
        assert answer.status_code == 409 and answer["HX-Retarget"] == "#slot"
        assert "Rosa Vidal" in answer.content.decode()
    assert "93%" in admin.post(f"/sla/lines/{hot.line}/amount/?seen={old}", {"amount": "9", "unit": "minutes"}).content.decode()
    assert in_draft(hot).amount == 420
    admin.post("/sla/draft/removal/")
    assert admin.post(f"/sla/lines/{hot.line}/amount/?seen={old}", {"amount": "9", "unit": "minutes"}).status_code == 409
    assert drafts.the_draft() is None


def test_problems_stand_at_their_line_and_block_publishing(admin, hot):
    standard = Policy.objects.get(policy_set__state="published", tier="standard")
    admin.post(f"/sla/lines/{standard.line}/position/?seen=none", {"to": "up"})
    text = page(admin)
    assert "is never reached: “Any MQL answered” takes everything before it." in text
    admin.post(f"/sla/lines/{hot.line}/steps/100/?seen={seen()}", {"remove": "1"})
    text = page(admin)
    assert "tells nobody when it is due" in text and "Can’t be published" in text
    assert "disabled aria-describedby" in text.replace('type="button" ', "")
    assert "tells nobody when it is due" in page(admin, "/sla/assignment/"), "the other pages say where to look"
    answer = admin.post("/sla/draft/publication/", {"mode": "pin"})
    assert answer.status_code == 409 and "Not published" in answer.content.decode()


def test_publish_and_undo_and_history(admin, hot):
    admin.post(f"/sla/lines/{hot.line}/amount/?seen=none", {"amount": "10", "unit": "minutes"})
    number, former = drafts.the_draft().version, drafts.live().version
    dialog = page(admin, "/sla/draft/publication/?next=/sla/first-response/")
    assert f"Publish v{number}?" in dialog and f"keep v{former}" in dialog and "You can roll back" in dialog
    answer = admin.post("/sla/draft/publication/", {"mode": "pin", "next": "/sla/first-response/"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/sla/first-response/"
    assert drafts.live().version == number
    text = page(admin)
    assert f"v{number} is live" in text
    undo = f"/sla/history/{former}/rollback/?next=/sla/first-response/"
    assert undo in text
    assert admin.post(undo).status_code == 302
    assert Policy.objects.get(policy_set=drafts.live(), line=hot.line).amount == 300
    text = page(admin, "/sla/history/")
    assert text.index("<s>10 min</s> → 5 min") < text.index("<s>5 min</s> → 10 min")
    assert f"Back to v{former}" in text and f"/sla/history/{number}/rollback/" in text


def test_what_a_colleague_wrote_meanwhile_is_not_discarded_unseen(cast, admin, hot):
    mine = drafts.open_draft(by=cast.admin, at=present()).lines.get(line=hot.line)
    drafts.change(mine, {"goal": 80}, by=cast.admin, at=present())
    shown = re.search(r'name="seen" value="([^"]+)"', page(admin, "/sla/draft/removal/"))[1]
    drafts.change(mine, {"goal": 85}, by=cast.admin, at=present())
    answer = admin.post("/sla/draft/removal/", {"seen": shown})
    assert answer.status_code == 409 and "changed this draft" in answer.text
    assert drafts.the_draft() is not None


def test_the_effect_is_a_page_and_a_part(admin, hot, make_lead):
    assert "That begins a draft" in page(admin, "/sla/first-response/effect/")
    make_lead("Marcus Hale", at=present() - timedelta(days=30))
    admin.post(f"/sla/lines/{hot.line}/amount/?seen=none", {"amount": "10", "unit": "minutes"})
    text = page(admin, "/sla/first-response/effect/")
    assert "Hot clocks, all territories" in text and "small sample" in text and "People are assumed to answer as they did" in text
    again = admin.get("/sla/first-response/effect/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in again and "Hot clocks, all territories" in again
    assert "nothing to replay" in page(admin, "/sla/next-step/effect/")


def test_hits_are_counted_by_first_match_and_opened(admin, hot, make_lead):
    for n in range(3):
        make_lead(f"Ann N{n}", at=present() - timedelta(days=10 + n))
    text = page(admin, f"/sla/first-response/?line={hot.line}")
    assert "takes 3 of 3 MQLs in 90 days" in text
    assert "Ann N0" in page(admin, f"/sla/lines/{hot.line}/leads/")


def test_a_slow_count_says_about(admin, hot, make_lead, monkeypatch):
    from django.db import OperationalError

    from sla import policy_hits

    make_lead("Ann Able", at=present() - timedelta(days=10))
    really = policy_hits._counted

    def slow(lines, *, now, step):
        if step == 1:
            raise OperationalError("canceling statement due to statement timeout")
        return really(lines, now=now, step=step)

    monkeypatch.setattr(policy_hits, "_counted", slow)
    assert "90 days, about" in page(admin)
    monkeypatch.setattr(policy_hits, "PATIENCE_MS", {1: 1, 10: 1})
    monkeypatch.setattr(policy_hits, "_counted", really)
    assert page(admin), "and never fails because of it"


def test_the_number_of_queries_does_not_grow_with_the_lines(admin, hot):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as caught:
            page(admin, f"/sla/first-response/?line={hot.line}")
        counts.append(len(caught))
        for n in range(6):
            admin.post(f"/sla/first-response/lines/new/?like={hot.line}&seen={seen()}", {"amount": "4", "unit": "minutes", "name": f"L{n}"})
    with CaptureQueriesContext(connection) as caught:
        page(admin, f"/sla/first-response/?line={hot.line}")
    assert len(caught) <= 40, [query["sql"][:90] for query in caught]
    assert len(caught) - counts[1] <= 1


def test_every_target_has_a_page():
    from sla import policy_board

    assert set(policy_board.TARGETS.values()) == set(Target)


def _user(client):
    from teams.models import User

    return User.objects.get(pk=client.session["_auth_user_id"])
