"""The list and one customer's page, their verbs as plain forms, and who may."""

import base64
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import handover, owed, promises, readings
from customers.models import Customer, Handover, OnboardingStep, SubscriptionMovement, Term
from customers.readings import Reading
from deals import handover_call, objections
from deals.models import Deal
from leads.models import Company
from marketing import requests
from sla import questions
from teams.models import Organisation, Role, User
from tests.cast import handed_over
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HELD = {"rep": True, "customer": True, "csm": True}


def firm(name, **more):
    company = Company.objects.create(name=name, name_key=name.lower())
    return Customer.objects.create(**{"company": company, "since": NOW - 400 * DAY, "status": "active"} | more)


def names(page):
    return [row.name for row in page.context["rows"]]


def test_who_needs_us_first_is_on_top(signed_in, csm, cast, frozen, django_assert_num_queries):
    calm, red, late = firm("Calm", csm=csm), firm("Red", csm=csm), firm("Late", csm=csm)
    firm("Gone", status="churned", churned_at=NOW)
    firm("Nobody’s")
    readings.keep([Reading(calm.pk, "usage", 90, NOW), Reading(red.pk, "usage", 10, NOW)], by=csm, at=NOW)
    OnboardingStep.objects.create(customer=red, title="Train", due_on=(NOW - 3 * DAY).date())
    Term.objects.create(customer=late, starts_on=NOW.date(), renews_on=(NOW + 20 * DAY).date())
    with frozen(NOW):
        client = signed_in(csm)
        page = client.get("/customers/")
        assert names(page) == ["Red", "Late", "Nobody’s", "Calm"]
        assert page.context["rows"][0].why == ["health is red", "1 late step"]
        assert b"3 of these need somebody" in page.content
        asked = {"?status=churned": ["Gone"], "?health=green": ["Calm"], "?csm=nobody": ["Nobody’s"],
                 f"?csm={csm.pk}&health=unknown": ["Late"], "?q=ed": ["Red"], "?csm=me": ["Red", "Late", "Calm"]}  # fmt: skip
        for query, found in asked.items():
            assert names(client.get(f"/customers/{query}")) == found, query
        file = b"".join(client.get("/customers/?format=csv").streaming_content).decode()
        assert file.count("\r\n") == 5 and "health is red; 1 late step" in file
        assert client.get("/customers/?after=nonsense").status_code == 404
        # A week's day is a day to Python and none to the database.
        week = base64.urlsafe_b64encode(b'[1, "2026-W01-1", 5]').decode()
        assert client.get(f"/customers/?after={week}").status_code == 200
        with django_assert_num_queries(12):
            client.get("/customers/")


def test_the_list_goes_on_where_it_stopped(csm, frozen):
    from customers import listing

    for n in range(7):
        firm(f"F{n}", csm=csm if n % 2 else None)
    seen, after = [], ""
    while True:
        found = listing.page(now=NOW, after=after, size=3)
        seen += [row.name for row in found.rows]
        assert found.total == 7
        if not (after := found.after):
            break
    assert seen == ["F0", "F2", "F4", "F6", "F1", "F3", "F5"]


def test_onboarding_is_over_when_the_call_was_held_and_the_first_value_seen(
    signed_in, csm, cast, customer, won, frozen
):
    promises.promise(won, "Single sign-on by March", by=cast.owner, at=NOW)
    with frozen(NOW + 3 * DAY):
        client = signed_in(csm)
        address = f"/customers/{customer.pk}/"
        page = client.get(address).content.decode()
        assert page.index("Single sign-on by March") < page.index("Before the sale") < page.index("Onboarding</h2>")
        step = customer.steps.first()
        client.post(f"/onboarding-steps/{step.pk}/done/")
        client.post(f"{address}steps/", {"title": "Connect billing", "due_on": "2026-12-24"})
        said = client.post(f"{address}first-value/", {"what": "First answer in 5 minutes", "seen_at": "2026-11-28T09:00"},
                           follow=True)  # fmt: skip
        assert b"First value written down." in said.content and customer.steps.count() == 7
        customer.refresh_from_db()
        assert (customer.status, customer.activated_at) == ("onboarding", None), "no call was held"
        assert b"Handover call" not in client.get(f"/deals/{won.pk}/handover-call.ics").content
        handover_call.book(won, when=NOW + 4 * DAY, by=cast.owner, at=NOW + 3 * DAY)
        file = client.get(f"/deals/{won.pk}/handover-call.ics").content.decode()
        assert "DTSTART:20261130T180000Z\r\n" in file and "SUMMARY:Hand-over call: Kestrel Foods" in file
    with frozen(NOW + 5 * DAY):
        handover_call.hold(won, held_at=NOW + 4 * DAY, **HELD, by=cast.owner, at=NOW + 5 * DAY)
        customer.refresh_from_db()
        assert (customer.status, customer.activated_at) == ("active", NOW + 4 * DAY)
        page = client.get(address).content.decode()
        assert "Onboarding is over" in page and "Connect billing" in page


def test_they_leave_with_a_reason_and_come_back(signed_in, csm, customer, frozen):
    address = f"/customers/{customer.pk}/"
    with frozen(NOW + 30 * DAY):
        client = signed_in(csm)
        assert client.post(f"{address}leaving/", {"reason": "other", "on": "2026-12-26"}).status_code == 422
        client.post(f"{address}leaving/", {"reason": "price", "on": "2026-12-26", "note": "Twice what they pay now"})
        customer.refresh_from_db()
        assert (customer.status, customer.churn_reason, customer.churned_at) == ("churned", "price", NOW + 30 * DAY)
        assert b"Left" in client.get(address).content and b"Twice what they pay now" in client.get(address).content
        for nothing in ("", "0"):
            said = client.post(f"{address}return/", {"on": "2026-12-26", "monthly": nothing})
            assert said.status_code == 422 and list(said.context["form"].errors) == ["monthly"]
        customer.refresh_from_db()
        assert customer.status == "churned"
        client.post(f"{address}return/", {"on": "2026-12-26", "monthly": "1,500"})
    customer.refresh_from_db()
    assert (customer.status, customer.reactivated_at, customer.churn_reason) == ("active", NOW + 30 * DAY, "")
    kinds = SubscriptionMovement.objects.order_by("id").values_list("kind", "after", "reason", "by__name")
    assert list(kinds) == [("new", 200_000, "", None), ("churn", 0, "price", "Iris Bauer"),
                           ("reactivation", 150_000, "", "Iris Bauer")]  # fmt: skip


def test_what_they_pay_changes_by_hand_and_health_is_read(signed_in, csm, customer, frozen):
    address = f"/customers/{customer.pk}/"
    with frozen(NOW + 9 * DAY):
        client = signed_in(csm)
        client.post(f"{address}subscription/", {"subscription": "1", "monthly": "2500", "on": "2026-12-05"})
        client.post(f"{address}readings/", {"usage": "80", "support": "60", "engagement": "100"})
        assert client.post(f"{address}readings/", {}).status_code == 422
        page = client.get(address).content.decode()
    assert "78.75" in page and "sentiment missing: the others weigh more" in page and "$2,500 a month" in page
    assert SubscriptionMovement.objects.get(kind="expansion").before == 200_000


def test_renewal_and_expansion_open_deals(signed_in, csm, customer, frozen):
    with frozen(NOW + 9 * DAY):
        client = signed_in(csm)
        term = Term.objects.get()
        assert client.post(f"/terms/{term.pk}/renewal/").url == client.post(f"/terms/{term.pk}/renewal/").url
        client.post(f"/customers/{customer.pk}/expansion/", {"amount": "9,000", "close_on": "2027-02-01"})
    found = Deal.objects.exclude(kind="new").order_by("id").values_list("kind", "amount", "close_on", "owner__name")
    assert [(k, a, str(d), o) for k, a, d, o in found] == [
        ("renewal", 2_400_000, "2027-11-26", "Iris Bauer"), ("expansion", 900_000, "2027-02-01", "Iris Bauer")]  # fmt: skip


def test_a_term_whose_renewal_was_lost_can_be_ended(signed_in, csm, customer, frozen):
    lost = Deal.objects.create(name="Again", company=customer.company, kind="renewal", stage="lost", reason="price",
                               closed_at=NOW, created_at=NOW)  # fmt: skip
    Term.objects.update(deal=lost)
    with frozen(NOW):
        client, end = signed_in(csm), f"/terms/{Term.objects.get().pk}/end/"
        assert end in client.get(f"/customers/{customer.pk}/").content.decode()
        client.post(end)
        assert end not in client.get(f"/customers/{customer.pk}/").content.decode()


def test_the_day_offered_is_one_that_can_be_sent_back(signed_in, csm, customer, frozen):
    """Late in the day where the reader is, the organisation has tomorrow already: its noon would be in the future."""
    Organisation.objects.update(timezone="Asia/Tokyo")
    csm.timezone = "America/Los_Angeles"
    csm.save()
    with frozen(NOW + DAY):
        client, at = signed_in(csm), f"/customers/{customer.pk}/leaving/"
        day = client.get(at).context["form"].initial["on"]
        assert client.post(at, {"reason": "price", "on": day.isoformat()}).status_code == 302


@pytest.mark.parametrize("where", ["steps", "first-value", "readings", "subscription", "leaving", "terms", "manager"])
def test_others_read_and_do_not_write(signed_in, cast, customer, where):
    for user in (cast.owner, cast.viewer):
        client = signed_in(user)
        assert client.get(f"/customers/{customer.pk}/").status_code == 200
        assert client.get(f"/customers/{customer.pk}/{where}/").status_code == 403
        assert f"/{where}/".encode() not in client.get(f"/customers/{customer.pk}/").content


def test_a_customer_of_nobody_is_taken_by_any_success_manager(signed_in, csm, cast):
    mine = firm("Nobody’s")
    client = signed_in(csm)
    client.post(f"/customers/{mine.pk}/manager/", {"csm": csm.pk})
    mine.refresh_from_db()
    assert mine.csm == csm


def test_who_took_the_customer_over_books_and_holds_the_call(signed_in, cast, csm, customer, won, frozen):
    """The handover was accepted by one success manager, the customer given to another: both may, a third may not."""
    third = User.objects.create_user("finn@cast.example", name="Finn", role=Role.SUCCESS)
    accepted = User.objects.create_user("nora@cast.example", name="Nora", role=Role.SUCCESS)
    Handover.objects.filter(deal=won).update(csm=accepted)
    pages, booking = [f"/deals/{won.pk}/", f"/customers/{customer.pk}/"], f"/deals/{won.pk}/handover-booking/"
    with frozen(NOW + DAY):
        for who, may in ((csm, True), (accepted, True), (cast.owner, True), (third, False), (cast.viewer, False)):
            client = signed_in(who)
            assert [booking in client.get(page).content.decode() for page in pages] == [may, may], who
            assert client.get(booking).status_code == (200 if may else 403), who
        client = signed_in(csm)
        assert client.post(booking, {"when": "2026-11-30T15:00"}).status_code == 302
        rest = f"/api/v1/deals/{won.pk}/handover-booking/"
        assert client.post(rest, {"when": "2026-12-01T15:00:00Z"}, "application/json").status_code == 200
        assert signed_in(third).post(rest, {"when": "2026-12-02T15:00:00Z"}, "application/json").status_code == 403
        client = signed_in(csm)
    with frozen(NOW + 5 * DAY):
        said = client.post(f"/deals/{won.pk}/handover-call/", {"held_at": "2026-11-30T15:00", **HELD})
        assert said.status_code == 302 and handover_call.state(won)[1].told_by == csm
        assert "handover-call/" not in client.get(pages[0]).content.decode(), "held once is enough"


def test_my_queue_says_what_success_owes(signed_in, csm, cast, customer, won, frozen, django_assert_num_queries):
    def asked(n):
        deal = Deal.objects.create(name=f"Pilot {n}", amount=100, currency="USD", created_at=NOW, owner=cast.owner)
        Handover.objects.create(deal=deal, csm=csm, opened_at=NOW - 50 * DAY)
        return deal

    deal = asked(1)
    OnboardingStep.objects.exclude(pk=OnboardingStep.objects.order_by("due_on").first().pk).update(due_on=None)
    with frozen(NOW + 40 * DAY):
        client = signed_in(csm)
        page = client.get("/queue/")
        [group] = page.context["groups"]
        assert group["said"] == "1 call to book, 1 handover to accept, 1 customer with late steps"
        text = page.content.decode()
        for href in (f"/deals/{won.pk}/", f"/deals/{deal.pk}/#handover", f"/customers/{customer.pk}/#plan"):
            assert f'href="{href}"' in text
        assert "Jonah Reyes asks you to take the customer over" in text and "1 late step of the onboarding" in text
        assert questions.owed_count(csm) == 1, "what runs is the call"
        tag = page.context["etag"]
        with CaptureQueriesContext(connection) as few:
            client.get("/queue/")
        for n in range(4):
            asked(2 + n)
        with django_assert_num_queries(len(few)):
            again = client.get("/queue/")
        assert again.context["etag"] != tag and "5 handovers to accept" in again.content.decode()
        other = User.objects.create_user("finn@cast.example", name="Finn", role=Role.SUCCESS)
        assert signed_in(other).get("/queue/").context["groups"] == []
    handover_call.hold(won, held_at=NOW + 41 * DAY, **HELD, by=csm, at=NOW + 41 * DAY)
    assert owed.calls(csm) == []


def test_what_marketing_answered_to_an_objection_is_said(signed_in, csm, cast, customer, won):
    made = objections.log(won, kind="security", words="Who reads our data?", wish="A page on security", by=cast.owner,
                          at=NOW)  # fmt: skip
    page = signed_in(csm).get(f"/customers/{customer.pk}/").content.decode()
    assert "not answered yet" in page and "never answered" not in page
    requests.answer(made.request, text="Nobody but you: page 3 of the sheet", by=cast.marketer, at=NOW)
    page = signed_in(csm).get(f"/customers/{customer.pk}/").content.decode()
    assert "marketing answered: Nobody but you: page 3 of the sheet" in page and "not answered" not in page


def test_the_win_dialog_says_what_is_missing_before_it_is_asked(signed_in, cast, fresh):
    client = signed_in(cast.owner)
    page = client.get(f"/deals/{fresh.pk}/win/").content.decode()
    assert "The handover isn’t complete. Missing: goals in their words" in page
    assert b"hasn\xe2\x80\x99t accepted" not in client.get(f"/deals/{handed_over(fresh).pk}/win/").content
    assert b"isn\xe2\x80\x99t complete" not in client.get(f"/deals/{fresh.pk}/win/").content


def test_the_deal_page_hands_over(signed_in, cast, csm, fresh, frozen):
    with frozen(NOW):
        client = signed_in(cast.owner)
        page = client.get(f"/deals/{fresh.pk}/").content.decode()
        assert "0 of 8 filled" in page and "Goals in their words" in page
        client.post(f"/deals/{fresh.pk}/handover/", {"goals": "Answers in 5 minutes by March"})
        client.post(f"/deals/{fresh.pk}/handover/manager/", {"csm": csm.pk})
        client.post(f"/deals/{fresh.pk}/promises/", {"text": "Single sign-on", "due_on": "2027-03-01"})
        page = client.get(f"/deals/{fresh.pk}/").content.decode()
        assert "1 of 8 filled" in page and "Single sign-on" in page and "/handover/acceptance/" not in page
        assert "returned" not in page
        theirs = signed_in(csm)
        assert theirs.get("/customers/").context["waiting"][0]["id"] == fresh.pk
        assert b"/handover/acceptance/" in theirs.get(f"/deals/{fresh.pk}/").content
        assert theirs.post(f"/deals/{fresh.pk}/handover/acceptance/").status_code == 409
        theirs.post(f"/deals/{fresh.pk}/handover/return/", {"gaps": "Who pays?"})
        assert b"Who pays?" in theirs.get(f"/deals/{fresh.pk}/").content
    assert handover.state(fresh).row.state == "returned"
