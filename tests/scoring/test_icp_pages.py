"""/scoring/icp/ from empty to agreed, as an administrator, both sides and a reader meet it; and by REST."""

from datetime import date, timedelta

import pytest

from revops.lib.now import frozen
from scoring.icp import verbs
from scoring.models import Icp
from teams.models import ApiKey, Organisation
from tests.scoring.icp_world import a_company, firms
from tests.scoring.model_of import T

pytestmark = pytest.mark.django_db
HERE = "/scoring/icp/"


@pytest.fixture(autouse=True)
def at_T():
    with frozen(T) as clock:
        yield clock


@pytest.fixture
def draft(cast):
    a_company()
    return verbs.derive(by=cast.admin, at=T)


def page(client):
    response = client.get(HERE)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_empty_it_says_how_many_customers_there_are_and_offers_nothing(cast, signed_in):
    firms(7, "won")
    shown = page(signed_in(cast.admin))
    assert "A profile needs 20 customers older than 90 days; there are 7 so far." in shown
    assert "derivation" not in shown
    response = signed_in(cast.admin).post(f"{HERE}derivation/")
    assert response.status_code == 409
    assert b"there are 7 so far" in response.content


def test_a_company_with_customers_is_offered_to_derive_one(cast, signed_in):
    a_company()
    assert "Derive from our customers" in page(signed_in(cast.admin))
    reader = page(signed_in(cast.owner))
    assert "A RevOps admin can derive one" in reader
    assert '<form method="post" action="/scoring/icp/' not in reader


def test_the_whole_way_through_the_doors(cast, signed_in):
    a_company()
    admin = signed_in(cast.admin)
    assert admin.post(f"{HERE}derivation/").status_code == 302
    icp = Icp.objects.get()
    shown = page(admin)
    assert "This is a draft." in shown
    assert "4 of 60" in shown  # fintech among those we lost
    seen = {"seen": icp.edited_at.isoformat()}
    dropped = {"attribute": "company.technologies", "value": "kafka", "keep": "no"}
    assert admin.post(f"{HERE}{icp.pk}/values/", dropped | seen).status_code == 302
    stale = admin.post(f"{HERE}{icp.pk}/values/", dropped | {"keep": "yes"} | seen)
    assert stale.status_code == 409
    assert b"changed this draft at" in stale.content
    admin.post(f"{HERE}{icp.pk}/sentence/", {"sentence": "Payment firms <b>"})
    assert "Payment firms &lt;b&gt;" in page(admin)
    assert admin.post(f"{HERE}{icp.pk}/proposal/").status_code == 302
    assert "Take back to change it" in page(admin)
    marketer = signed_in(cast.marketer)
    assert "Approve for marketing" in page(marketer)
    assert "Approve for sales" not in page(marketer)
    marketer.post(f"{HERE}{icp.pk}/approvals/", {"side": "marketing"})
    assert "Approve for" not in page(marketer)
    done = signed_in(cast.owner).post(f"{HERE}{icp.pk}/approvals/", {"side": "sales"}, follow=True)
    assert b"Both sides agree: v1 is in force." in done.content
    shown = page(signed_in(cast.viewer))
    assert "Mei Tan (marketing" in shown
    assert "Jonah Reyes (sales" in shown
    assert "review on 10 May 2026" in shown
    assert "Too early to say." in shown


def test_readers_have_no_controls_and_get_403(draft, cast, signed_in):
    for user in (cast.owner, cast.viewer):
        client = signed_in(user)
        assert "values/" not in page(client)
        for noun in (f"{draft.pk}/values", f"{draft.pk}/proposal", f"{draft.pk}/removal", "derivation"):
            assert client.post(f"{HERE}{noun}/").status_code == 403
    verbs.propose(draft, by=cast.admin, at=T)
    assert signed_in(cast.viewer).post(f"{HERE}{draft.pk}/approvals/", {"side": "sales"}).status_code == 403
    assert signed_in(cast.admin).post(f"{HERE}{draft.pk}/approvals/", {"side": "sales"}).status_code == 403


def test_discarding_asks_first(draft, cast, signed_in):
    admin = signed_in(cast.admin)
    assert b"Discard draft v1?" in admin.get(f"{HERE}{draft.pk}/removal/").content
    assert admin.post(f"{HERE}{draft.pk}/removal/").status_code == 302
    assert not Icp.objects.exists()
    assert admin.post(f"{HERE}{draft.pk}/removal/").status_code == 404


def test_a_quarter_later_the_page_says_whether_it_holds_and_that_the_review_is_due(draft, cast, signed_in, at_T):
    verbs.propose(draft, by=cast.admin, at=T)
    verbs.approve(draft, side="marketing", by=cast.marketer, at=T)
    verbs.approve(draft, side="sales", by=cast.owner, at=T)
    later = T + timedelta(days=30)
    fits = {"industry": "Fintech", "employees": 700, "technologies": ["Kafka"]}
    firms(25, "won", closed=later, **fits)
    firms(5, "lost", closed=later, **fits)
    firms(30, "lost", closed=later, industry="Retail", employees=20, technologies=["Salesforce"])
    at_T.advance(days=89)
    shown = page(signed_in(cast.admin))
    assert "The review is due." in shown
    assert "It still holds." in shown
    assert "25 of 30 deals that match were won, 0 of 30 others" in shown
    assert "Derive again" in shown
    assert "before it was in force" in shown


@pytest.mark.parametrize("version", ["0", "99", "x", "1' OR 1=1", "9" * 30, "²"])
def test_no_such_version_is_404(version, cast, signed_in):
    assert signed_in(cast.admin).get(HERE, {"version": version}).status_code == 404


def test_the_page_asks_the_same_number_of_questions_whatever_the_number_of_deals(
    draft, cast, signed_in, django_assert_max_num_queries
):
    client = signed_in(cast.admin)
    firms(200, "lost", industry="Retail")
    with django_assert_max_num_queries(22):
        client.get(HERE)


def test_rest_reads_the_profile_and_an_administrator_derives(cast, client):
    a_company()
    _, secret = ApiKey.objects.create_key(name="Site", user=cast.admin, scopes=["read", "admin"])
    cast.admin.is_service = True
    cast.admin.save()
    headers = {"Authorization": f"Api-Key {secret}"}
    empty = client.get("/api/v1/scoring/icp/", headers=headers).json()
    assert empty == {"in_force": None, "open": None, "since_in_force": None}
    made = client.post("/api/v1/scoring/icp/", {}, content_type="application/json", headers=headers)
    assert (made.status_code, made.json()["version"], made.json()["customers"]) == (201, 1, 50)
    shown = client.get("/api/v1/scoring/icp/", headers=headers).json()["open"]
    assert {"company.industry", "company.employees"} <= {one["attribute"] for one in shown["criteria"]}
    assert client.get("/api/v1/scoring/icp/?x=1", headers=headers).status_code == 400


def test_the_review_is_due_on_the_organisations_day(cast, signed_in, draft, at_T):
    Organisation.objects.update(timezone="Asia/Tokyo")
    Icp.objects.update(state=Icp.State.PUBLISHED, effective_at=T - timedelta(days=90), review_on=date(2026, 2, 11))
    assert "It was agreed to look at" not in page(signed_in(cast.admin))
    at_T.advance(hours=4)  # one in the morning of the 11th there
    assert "It was agreed to look at" in page(signed_in(cast.admin))
