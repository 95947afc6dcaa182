"""Each verb of a lead: a form with its own address, for those who may, and in words where it can't be."""

from datetime import UTC, datetime, timedelta

import pytest

from deals.models import Deal
from journal.models import Entry
from leads.models import Touch

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


@pytest.fixture
def lead(make_lead):
    return make_lead("Grace Lindqvist", at=NOW - timedelta(minutes=2))


def url(lead, noun):
    return f"/leads/{lead.pk}/{noun}/"


def fresh(lead):
    lead.refresh_from_db()
    return lead


# noun, what is sent, the stage afterwards, who may beside owner, manager and administrator
VERBS = {
    "acceptance": ({}, "sal", {"teammate"}),
    "rejection": ({"reason": "no_need", "note": "bought last month"}, "rejected", set()),
    "recycling": ({"reason": "timing", "track": "newsletter", "revisit_on": "2027-03-01"}, "recycled", set()),
    "disqualification": ({"reason": "spam"}, "disqualified", set()),
    "touches": ({"kind": "call", "outcome": "attempt"}, "mql", {"teammate"}),
}
EVERYBODY = ["owner", "teammate", "manager", "admin", "other", "marketer", "viewer"]


@pytest.mark.parametrize("noun", VERBS)
@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may(cast, signed_in, lead, noun, who):
    data, stage, also = VERBS[noun]
    may = who in {"owner", "manager", "admin"} | also
    client = signed_in(getattr(cast, who))
    assert client.get(url(lead, noun)).status_code == (200 if may else 403)
    answer = client.post(url(lead, noun), data)
    assert answer.status_code == (302 if may else 403)
    assert fresh(lead).stage == (stage if may else "mql")
    if not may:
        assert "Nothing was changed" in answer.content.decode() or "A viewer reads" in answer.content.decode()


@pytest.mark.parametrize("noun", [*VERBS, "undo", "reopening", "reassignment", "qualification", "conversion", "why"])
def test_nobody_signed_in_is_sent_to_the_door(cast, client, lead, noun):
    assert client.get(url(lead, noun))["Location"].startswith("/accounts/login/")


def test_a_plain_form_goes_back_with_the_sentence_and_an_undo(cast, signed_in, lead):
    client = signed_in(cast.owner)
    answer = client.post(url(lead, "acceptance") + "?next=/queue/", follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/queue/"
    assert "Grace Lindqvist accepted. In 2:00, in time." in text
    assert f"/leads/{lead.pk}/undo/" in text


def test_on_the_queue_htmx_stays_and_elsewhere_the_page_is_drawn_anew(cast, signed_in, lead):
    client = signed_in(cast.owner)
    stays = client.post(url(lead, "acceptance") + "?next=/queue/", headers=HTMX)
    assert stays.status_code == 204 and "verb:done" in stays["HX-Trigger"]
    again = client.post(url(lead, "touches"), {"kind": "note", "outcome": "attempt"}, headers=HTMX)
    assert again.status_code == 204 and again["HX-Redirect"] == f"/leads/{lead.pk}/"


def test_nobody_is_sent_to_another_site(cast, signed_in, lead):
    answer = signed_in(cast.owner).post(url(lead, "acceptance") + "?next=https://evil.example/")
    assert answer["Location"] == f"/leads/{lead.pk}/"
    answer = signed_in(cast.owner).post(url(lead, "rejection") + "?next=//evil.example/", {"reason": "no_need"})
    assert answer["Location"] == f"/leads/{lead.pk}/"


def test_twice_is_once(cast, signed_in, lead):
    client = signed_in(cast.owner)
    for _ in range(2):
        assert client.post(url(lead, "acceptance")).status_code == 302
    assert Entry.objects.about("lead", [lead.pk]).filter(kind="lead.sal").count() == 1


def test_somebody_was_faster_and_is_named(cast, signed_in, lead):
    lead.accept(by=cast.owner, at=NOW)
    lead.reject(by=cast.owner, at=NOW, reason="no_need")
    answer = signed_in(cast.manager).post(url(lead, "acceptance"), headers=HTMX)
    assert answer.status_code == 409
    assert "Jonah Reyes rejected this lead" in answer.content.decode()


def test_what_was_typed_is_kept_when_refused(cast, signed_in, lead):
    data = {"reason": "unable_to_reach", "track": "newsletter", "note": "tried all week"}
    answer = signed_in(cast.owner).post(url(lead, "recycling"), data, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Reason unable to reach needs 8 attempts; 0 are logged." in text
    assert "tried all week" in text


def test_errors_name_their_field(cast, signed_in, lead):
    client = signed_in(cast.owner)
    missing = client.post(url(lead, "rejection"), {"note": "x"}, headers=HTMX)
    assert missing.status_code == 422 and "reason" in missing.context["form"].errors
    other = client.post(url(lead, "rejection"), {"reason": "other"}, headers=HTMX)
    assert other.status_code == 422 and "note" in other.context["form"].errors
    past = client.post(url(lead, "recycling"), {"reason": "timing", "track": "newsletter", "revisit_on": "2026-11-25"})
    assert past.status_code == 422 and "revisit_on" in past.context["form"].errors


def test_a_dialog_for_htmx_and_a_page_without(cast, signed_in, lead):
    client = signed_in(cast.owner)
    assert "<html" in client.get(url(lead, "rejection")).content.decode()
    assert "<html" not in client.get(url(lead, "rejection"), headers=HTMX).content.decode()


def test_a_call_stops_the_response_clock_and_says_so(cast, signed_in, lead):
    client = signed_in(cast.owner)
    assert "+1 312" not in client.get(url(lead, "touches") + "?kind=call").content.decode()
    answer = client.post(
        url(lead, "touches") + "?kind=call", {"kind": "call", "outcome": "two_way", "note": "eager"}, follow=True
    )
    assert "Call with Grace Lindqvist logged. In 2:00, in time." in answer.content.decode()
    assert fresh(lead).first_response_at == NOW
    assert Touch.objects.get(side="sales").note == "eager"


def test_a_night_in_between_is_not_told_as_time_taken(cast, signed_in, lead):
    lead.clocks.filter(target="first_response").update(started_at=NOW - timedelta(hours=11))
    answer = signed_in(cast.owner).post(
        url(lead, "touches") + "?kind=call", {"kind": "call", "outcome": "attempt"}, follow=True
    )
    assert "Call with Grace Lindqvist logged. In time." in answer.content.decode()


def test_a_missing_reason_is_asked_for_in_our_words(cast, signed_in, lead):
    answer = signed_in(cast.owner).post(url(lead, "rejection"), {})
    assert answer.status_code == 422 and "Choose a reason." in answer.content.decode()


def test_an_earlier_touch_is_dated_in_the_readers_zone_and_one_ahead_is_said_to_wait(cast, signed_in, lead):
    cast.owner.timezone = "America/Chicago"
    cast.owner.save()
    client = signed_in(cast.owner)
    client.post(url(lead, "touches"), {"kind": "email", "outcome": "attempt", "when": "2026-11-25T08:30"})
    assert Touch.objects.get(side="sales").occurred_at == datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
    meeting = {"kind": "meeting", "outcome": "attempt", "when": "2026-11-25T09:30"}
    assert "It counts when it happens." in client.post(url(lead, "touches"), meeting, follow=True).content.decode()
    assert client.post(url(lead, "touches"), {**meeting, "when": "2031-11-25T09:30"}).status_code == 422


def test_reassigning_keeps_the_lead_clocks_and_can_be_undone(cast, signed_in, lead):
    client = signed_in(cast.manager)
    answer = client.post(url(lead, "reassignment"), {"to": cast.teammate.pk, "note": "holiday"}, follow=True)
    assert "given to Lena Fischer" in answer.content.decode()
    assert fresh(lead).owner == cast.teammate
    client.post(url(lead, "undo"))
    assert fresh(lead).owner == cast.owner


def test_a_decision_is_taken_back_within_ten_minutes(cast, signed_in, lead, moment):
    client = signed_in(cast.owner)
    client.post(url(lead, "rejection"), {"reason": "no_need"})
    moment.advance(minutes=3)
    answer = client.post(url(lead, "undo"), follow=True)
    assert "Undone. Grace Lindqvist is MQL again." in answer.content.decode()
    client.post(url(lead, "rejection"), {"reason": "no_need"})
    moment.advance(minutes=11)
    late = client.post(url(lead, "undo"))
    assert late.status_code == 409 and "over ten minutes old" in late.content.decode()


def test_a_rejected_lead_is_reopened(cast, signed_in, lead):
    lead.reject(by=cast.owner, at=NOW, reason="no_need")
    assert signed_in(cast.marketer).post(url(lead, "reopening")).status_code == 302
    assert fresh(lead).stage == "mql"


def test_items_are_confirmed_one_by_one_and_make_an_sql(cast, signed_in, lead):
    lead.accept(by=cast.owner, at=NOW)
    client = signed_in(cast.owner)
    page = client.get(url(lead, "qualification") + "?item=authority").content.decode()
    assert "Director Sales Ops" in page and "budget_value" not in page
    half = client.post(url(lead, "qualification"), {"budget_value": "40k"})
    assert half.status_code == 422 and "budget_evidence" in half.context["form"].errors
    for item in ("budget", "authority", "need", "timeline"):
        address = url(lead, "qualification") + f"?item={item}"
        answer = client.post(address, {f"{item}_value": "yes", f"{item}_evidence": "said on the call"}, follow=True)
    assert "is an SQL now" in answer.content.decode()
    assert fresh(lead).stage == "sql"


def test_an_sql_becomes_a_deal_once(cast, signed_in, lead):
    lead.accept(by=cast.owner, at=NOW)
    items = {item: {"value": "yes", "evidence": "call"} for item in ("budget", "authority", "need", "timeline")}
    lead.qualify(by=cast.owner, at=NOW, items=items)
    client = signed_in(cast.owner)
    data = {"name": "Routing", "amount": "48,600", "currency": "USD", "close_on": "2027-01-31"}
    wrong = client.post(url(lead, "conversion"), {**data, "amount": "a lot"})
    assert wrong.status_code == 422 and "amount" in wrong.context["form"].errors
    for _ in range(2):
        assert client.post(url(lead, "conversion"), data).status_code == 302
    assert Deal.objects.get().amount == 4_860_000
    assert fresh(lead).stage == "opportunity"
    assert "Routing" in client.get(f"/leads/{lead.pk}/").content.decode()
