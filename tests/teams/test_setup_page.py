"""/setup/: until somebody is here every page leads to it; it ends with a key that takes a lead in."""

import re

import pytest

from leads.models import Lead, PoolMember
from teams import first_run
from teams.models import ApiKey, Calendar, Organisation, Team, User

pytestmark = pytest.mark.django_db
ASKED = {
    "company": "Harbor & Pine", "timezone": "America/Chicago", "currency": "EUR", "opens": "08:00", "closes": "17:30",
    "team": "Midwest", "kind": "sales", "name": "Rosa Vidal", "email": "Rosa@harbor.example",
    "password": "a long enough phrase",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_yet():
    first_run.forget()
    yield
    first_run.forget()


@pytest.mark.parametrize("path", ["/", "/queue/", "/leads/", "/people/", "/accounts/login/", "/admin/"])
def test_every_page_leads_to_the_set_up(client, path):
    assert client.get(path).headers["Location"] == "/setup/"


def test_programs_get_their_own_answer(client):
    assert client.get("/api/v1/leads/").status_code == 401


def test_it_makes_a_company_that_can_work(client):
    assert client.get("/setup/").status_code == 200
    page = client.post("/setup/", ASKED)
    assert page.status_code == 200
    company = Organisation.get()
    assert (company.name, company.timezone, company.currency) == ("Harbor & Pine", "America/Chicago", "EUR")
    assert company.set_up_at is not None
    hours = Calendar.objects.get().versions.get()
    assert (hours.tz, hours.weekly["4"], "5" in hours.weekly) == ("America/Chicago", [["08:00", "17:30"]], False)
    admin = User.objects.get(is_service=False)
    assert (admin.email, admin.role, admin.team.name) == ("rosa@harbor.example", "admin", "Midwest")
    assert Team.objects.get().manager == admin
    assert PoolMember.objects.get().user == admin, "the first lead has somebody to go to"
    assert client.get("/me/").status_code == 200, "and is signed in"


def test_the_key_on_the_last_page_takes_a_lead_in(client):
    page = client.post("/setup/", ASKED).content.decode()
    key = re.search(r'value="([A-Za-z0-9]{8}\.[A-Za-z0-9]{32})"', page).group(1)
    assert f"Authorization: Api-Key {key}" in page
    assert ApiKey.objects.get().scopes == ["intake"]
    client.logout()
    body = {"email": "grace@example.com", "first_name": "Grace", "hand_raise": "demo"}
    auth = {"HTTP_AUTHORIZATION": f"Api-Key {key}"}
    answer = client.post("/api/v1/leads/", body, content_type="application/json", **auth)
    assert answer.status_code == 201, answer.content
    assert Lead.objects.get().owner.email == "rosa@harbor.example"
    assert client.get("/api/v1/leads/", **auth).status_code == 403, "it may not read"


def test_round_the_clock_needs_no_hours(client):
    client.post("/setup/", {**ASKED, "always": "on", "opens": "", "closes": ""})
    assert not User.objects.exists(), "the times are still asked for"
    client.post("/setup/", {**ASKED, "always": "on"})
    assert Calendar.objects.get().versions.get().weekly["6"] == [["00:00", "24:00"]]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timezone": "Mars/Base"}, "Time zone"),
        ({"closes": "07:00"}, "It closes after it opens."),
        ({"password": "short"}, "Password"),
        ({"email": "rosa"}, "Your e-mail"),
        ({"company": ""}, "Your company"),
        ({"company": "a\x00b"}, "Your company"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(client, wrong, said):
    page = client.post("/setup/", {**ASKED, **wrong})
    assert page.status_code == 400
    assert said in page.content.decode()
    assert not User.objects.exists()


def test_it_is_closed_once_somebody_is_here(client):
    client.post("/setup/", ASKED)
    client.logout()
    assert client.get("/setup/").headers["Location"] == "/"
    client.post("/setup/", {**ASKED, "email": "eve@elsewhere.example"})
    assert User.objects.filter(is_service=False).count() == 1


def test_a_key_alone_is_nobody(client):
    from teams.keys import create_api_key

    create_api_key("Script")
    assert client.get("/").headers["Location"] == "/setup/"


def test_the_form_is_right_as_it_comes(client):
    """What a browser sends back of the fields nobody touched is accepted."""
    page = client.get("/setup/").content.decode()
    fields = dict(re.findall(r'<input type="time" name="(\w+)" value="([^"]*)"', page))
    assert fields == {"opens": "09:00", "closes": "17:00"}
