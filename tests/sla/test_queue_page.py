"""My queue: due first, with the reason, the verbs under the hand, and nothing said twice."""

from datetime import UTC, datetime, timedelta

import pytest

from deals.conversion import convert
from leads import touches
from leads.models import Lead
from sla import next_steps, pausing, questions
from sla.models import Clock
from tests.cast import handed_over

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


def at(**ago):
    return NOW - timedelta(**ago)


def names(answer):
    return [row["lead"].person.first_name for group in answer.context["groups"] for row in group["rows"]]


def test_due_first_and_grouped_by_what_is_owed(cast, signed_in, make_lead):
    make_lead("Owen Baptiste", at=at(minutes=1))
    late = make_lead("Priya Raman", at=at(minutes=20))
    answered = make_lead("Tom Okafor", at=at(hours=3))
    touches.log([touches.HumanTouch(answered.pk, "call", at(hours=3))], by=cast.owner.pk, at=at(hours=3))
    answer = signed_in(cast.owner).get("/queue/")
    assert [group["title"] for group in answer.context["groups"]] == ["Answer first", "Decide"]
    assert names(answer) == ["Priya", "Owen", "Tom"]
    assert answer.context["current"] == late.pk
    text = answer.content.decode()
    assert "15 min late" in text
    assert "<title>(1 late) My queue" in text
    assert "called once, no answer" in text


def test_one_asks_for_the_verb_that_stops_the_most_urgent_clock(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=1))
    first = signed_in(cast.owner).get("/queue/").context["offers"][0]
    assert (first.label, first.tone) == ("Call", "primary")
    touches.log([touches.HumanTouch(lead.pk, "call", NOW)], by=cast.owner.pk, at=NOW)
    first = signed_in(cast.owner).get("/queue/").context["offers"][0]
    assert (first.label, first.tone) == ("Accept", "primary")


def test_a_chosen_row_has_its_own_address_and_works_without_scripts(cast, signed_in, make_lead):
    make_lead("Priya Raman", at=at(minutes=20))
    lead = make_lead("Marcus Hale", at=at(minutes=1), message="We want a demo before the January peak.")
    for address in (f"/queue/{lead.pk}/", f"/queue/?lead={lead.pk}"):
        text = signed_in(cast.owner).get(address).content.decode()
        assert "We want a demo before the January peak." in text
        assert f'action="/leads/{lead.pk}/acceptance/?next=%2Fqueue%2F"' in text
        assert f'href="/leads/{lead.pk}/rejection/?next=%2Fqueue%2F"' in text


def test_the_panel_alone_is_sent_to_the_panel(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=1))
    answer = signed_in(cast.owner).get(f"/queue/{lead.pk}/", headers={"HX-Request": "true", "HX-Target": "panel"})
    text = answer.content.decode()
    assert "<html" not in text and "queue-list" not in text and "Marcus Hale" in text


def test_the_live_list_answers_304_until_something_concerns_it(cast, signed_in, make_lead, moment):
    make_lead("Priya Raman", at=at(minutes=2))
    client = signed_in(cast.owner)
    first = client.get("/queue/", headers={"X-Live": "1", "HX-Request": "true"})
    assert first.status_code == 200 and "<html" not in first.content.decode()
    again = client.get("/queue/", headers={"X-Live": "1", "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    lead = make_lead("Marcus Hale", at=NOW)
    fresh = client.get("/queue/", headers={"X-Live": "1", "If-None-Match": first["ETag"]})
    assert fresh.status_code == 200 and "Marcus Hale" in fresh.content.decode()
    lead.accept(by=cast.owner, at=NOW)
    assert client.get("/queue/", headers={"X-Live": "1", "If-None-Match": fresh["ETag"]}).status_code == 200


def test_a_lead_of_somebody_else_is_not_mine_but_its_panel_can_be_read(cast, signed_in, make_lead):
    lead = make_lead(owner=cast.other, at=at(minutes=1))
    answer = signed_in(cast.viewer).get(f"/queue/{lead.pk}/")
    assert answer.context["groups"] == []
    assert answer.context["offers"] == []
    assert lead.person.first_name in answer.content.decode()


def test_the_queries_do_not_grow_with_the_list(cast, signed_in, make_lead, django_assert_num_queries):
    client = signed_in(cast.owner)
    make_lead("Priya Raman", at=at(minutes=3))
    with django_assert_num_queries(QUERIES):
        client.get("/queue/")
    for number in range(5):
        make_lead(f"Extra{number} Person", at=at(minutes=4))
    with django_assert_num_queries(QUERIES):
        client.get("/queue/")
    tag = client.get("/queue/", headers={"X-Live": "1"})["ETag"]
    with django_assert_num_queries(5):  # session, user, my leads, my other promises, the newest entry
        client.get("/queue/", headers={"X-Live": "1", "If-None-Match": tag})


def won(cast, make_lead):
    lead = make_lead(at=at(days=3)).accept(by=cast.owner, at=at(days=2))
    items = {item: {"value": "yes", "evidence": "call"} for item in ("budget", "authority", "need", "timeline")}
    lead.qualify(by=cast.owner, at=at(days=2), items=items)
    deal = convert(lead, name="Routing", amount=100, currency="USD", close_on=NOW.date(), by=cast.owner, at=at(days=1))
    return handed_over(deal).win(by=cast.owner, at=at(hours=2))


def test_hand_over_calls_of_won_deals_are_owed_too(cast, signed_in, make_lead):
    deal = won(cast, make_lead)
    answer = signed_in(cast.owner).get("/queue/")
    [group] = [group for group in answer.context["groups"] if group["key"] == "hand_over"]
    [row] = group["rows"]
    assert (group["title"], group["said"], row["deal"]) == ("Hand over", "1 call to book", deal)
    assert f'href="/deals/{deal.pk}/"' in answer.content.decode()
    assert questions.owed_count(cast.owner) == 1


def test_after_accepting_touches_and_the_next_step_keep_in_touch(cast, signed_in, make_lead):
    touched, planned = (make_lead(name, at=at(days=2)) for name in ("Hana Sato", "Yusuf Demir"))
    for lead in (touched, planned):
        touches.log([touches.HumanTouch(lead.pk, "call", at(days=2))], by=cast.owner.pk, at=at(days=2))
        lead.accept(by=cast.owner, at=at(days=2))
    next_steps.set_step(planned, what="Send the contract", by_when=NOW + timedelta(hours=3), by=cast.owner, at=NOW)
    groups = signed_in(cast.owner).get("/queue/").context["groups"]
    [group] = [group for group in groups if group["key"] == "keep"]
    assert [row["lead"].person.first_name for row in group["rows"]] == ["Yusuf", "Hana"]
    step, soonest = group["rows"]
    assert step["clock"]["what"] == "next step" and "Send the contract" in step["note"]
    assert soonest["clock"]["target"] in ("touch_minimum", "stage_age")
    dues = [row["clock"]["due_at"] for row in group["rows"]]
    assert dues == sorted(dues) and group["said"].startswith("1 ")


def test_a_touch_minimum_says_which_touch_comes_next(cast, signed_in, make_lead):
    lead = make_lead("Hana Sato", at=at(days=2))
    touches.log([touches.HumanTouch(lead.pk, "call", at(days=2))], by=cast.owner.pk, at=at(days=2))
    lead.accept(by=cast.owner, at=at(days=1))
    Clock.objects.filter(lead=lead, target="stage_age").delete()
    row = signed_in(cast.owner).get("/queue/").context["groups"][0]["rows"][0]
    assert row["clock"]["what"].startswith("touch 1 of 8 · ")


def test_a_paused_promise_says_until_when_and_stands_after_the_others(cast, signed_in, make_lead):
    waits = make_lead("Priya Raman", at=at(hours=30), hand_raise="contact")
    touches.log([touches.HumanTouch(waits.pk, "call", at(hours=30))], by=cast.owner.pk, at=at(hours=30))
    other = make_lead("Owen Baptiste", at=at(hours=20))
    touches.log([touches.HumanTouch(other.pk, "call", at(hours=20))], by=cast.owner.pk, at=at(hours=20))
    clock = Clock.objects.get(lead=waits, target="disposition", phase="running")
    pausing.pause(clock, by=cast.owner, at=NOW, reason="prospect_asked", until=NOW + timedelta(days=2))
    answer = signed_in(cast.owner).get("/queue/")
    rows = [row for group in answer.context["groups"] for row in group["rows"]]
    said = next(row for row in rows if row["lead"].pk == waits.pk)
    assert "paused until Fri 15:00" in f"{said['clock'].get('text', '')} {said['note']}"
    panel = signed_in(cast.owner).get(f"/queue/{waits.pk}/", headers={"HX-Target": "panel", "HX-Request": "true"})
    assert f"/clocks/{clock.pk}/resumption/" in panel.content.decode()


def test_a_promise_that_may_be_paused_offers_it(cast, signed_in, make_lead):
    lead = make_lead(at=at(minutes=1))
    pauses = signed_in(cast.owner).get(f"/queue/{lead.pk}/").context["pauses"]
    clock = Clock.objects.get(lead=lead, target="disposition")
    assert {"href": f"/clocks/{clock.pk}/pause/", "label": "Decision", "verb": "Pause…"} in pauses
    assert "First response" not in {pause["label"] for pause in pauses}  # a hot answer is never paused
    assert signed_in(cast.viewer).get(f"/queue/{lead.pk}/").context["pauses"] == []


QUERIES = 28


def test_an_empty_queue_says_why_and_what_to_do(cast, signed_in):
    text = signed_in(cast.owner).get("/queue/").content.decode()
    assert "no open lead is yours" in text
    assert "/leads/?owner=none" in text


def test_nobody_signed_in_is_sent_to_the_door(cast, client):
    answer = client.get("/queue/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_a_lead_that_is_not_there_is_404(cast, signed_in):
    assert signed_in(cast.owner).get("/queue/4711/").status_code == 404
    assert Lead.objects.count() == 0
