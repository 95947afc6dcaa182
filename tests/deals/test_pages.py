"""The board and a deal's page: what is shown to whom, and each verb as a plain form."""

from datetime import date, timedelta

import pytest

from deals import board, pipelines
from deals.models import Deal, PipelineStage
from leads.models import Lead, Person
from teams.models import Organisation
from tests.deals.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(frozen):
    with frozen(NOW):
        yield


def sums(page):
    return {column.stage: (column.count, column.total) for column, _ in page.context["columns"]}


def test_strangers_sign_in_first(client):
    assert client.get("/deals/").status_code == client.get("/deals/1/").status_code == 302


def test_an_empty_board_says_what_to_do_next(signed_in, cast):
    page = signed_in(cast.viewer).get("/deals/")
    assert b"A deal is opened from an SQL" in page.content and b"Nothing was won in these 90 days." in page.content


def test_columns_count_and_add_up_everything_but_show_fifty(signed_in, cast, deal):
    bare = {str(pk): (0, 0) for pk in PipelineStage.objects.filter(position__gt=1).values_list("pk", flat=True)}
    for n in range(60):
        Deal.objects.create(name=f"Open {n}", amount=100, created_at=NOW, owner=cast.other)
    Deal.objects.create(name="Euro", amount=100, currency="EUR", created_at=NOW)
    for n, days in enumerate((1, 80, 100)):
        Deal.objects.create(
            name=f"Won {n}", amount=700, stage="won", created_at=NOW, closed_at=NOW - timedelta(days=days)
        )
    client = signed_in(cast.viewer)
    page = client.get("/deals/")
    first = str(deal.pipeline_stage_id)
    assert sums(page) == {"none": (61, 6_000), first: (1, 5_200_000), **bare, "won": (2, 1_400), "lost": (0, 0)}
    assert len(page.context["columns"][0][1]) == 50
    assert sums(client.get("/deals/?days=365"))["won"] == (3, 2_100)
    assert client.get("/deals/?stage=none&page=0").context["first"] == 1
    second = client.get("/deals/?stage=none&page=2")
    assert len(second.context["columns"][0][1]) == 11 and second.context["previous"] and not second.context["next"]


def test_lately_is_the_period_of_the_dashboard(signed_in, cast):
    """Local days with today the last, not so many times 24 hours: the two pages count the same wins."""
    begins = board.begins(days=90, now=NOW, zone="America/Chicago")
    assert (begins.hour, begins.minute) == (0, 0)
    for closed in (begins - timedelta(seconds=1), begins, NOW):
        Deal.objects.create(
            name="Won", amount=700, stage="won", created_at=begins - timedelta(days=9), closed_at=closed
        )
    organisation = Organisation.get()
    organisation.timezone = "America/Chicago"
    organisation.save()
    assert sums(signed_in(cast.viewer).get("/deals/"))["won"] == (2, 1_400)


def test_a_card_says_the_closing_day_in_words(signed_in, cast):
    Deal.objects.create(name="Near", amount=1, created_at=NOW, close_on=NOW.date() + timedelta(days=1))
    Deal.objects.create(name="Far", amount=1, created_at=NOW, close_on=date(NOW.year + 1, 2, 3))
    page = signed_in(cast.viewer).get("/deals/").content.decode()
    assert "closes tomorrow" in page and f"closes 3 Feb {NOW.year + 1}" in page


def test_search_finds_by_deal_and_company(signed_in, cast, deal):
    client = signed_in(cast.viewer)
    first = str(deal.pipeline_stage_id)
    for text, n in (("kestrel roll", 1), ("nobody", 0), ("rollout kestrel", 1), ("rollout nobody", 0)):
        assert sums(client.get("/deals/", {"q": text}))[first][0] == n
    assert client.get("/deals/", {"q": "%_'\0"}).status_code == 200


def test_a_word_that_fits_too_many_says_so(signed_in, cast, deal, monkeypatch):
    monkeypatch.setattr("deals.board.MOST", 3)
    for n in range(4):
        Deal.objects.create(name=f"Pilot {n}", amount=100, created_at=NOW)
    page = signed_in(cast.viewer).get("/deals/?q=pilot")
    assert sums(page)["none"][0] == 3 and b"Over 3 deals match" in page.content


def test_the_board_asks_the_same_number_of_questions_for_one_deal_and_for_many(
    signed_in, cast, deal, django_assert_max_num_queries
):
    client = signed_in(cast.manager)
    for n in range(40):
        Deal.objects.create(name=f"Open {n}", amount=100, created_at=NOW, owner=cast.owner, company=deal.company)
    with django_assert_max_num_queries(16):  # one of them once an hour
        assert client.get("/deals/").status_code == 200


def test_verbs_are_offered_to_those_who_may(signed_in, cast, deal):
    for who, offered in ((cast.owner, True), (cast.manager, True), (cast.viewer, False), (cast.other, False)):
        client = signed_in(who)
        assert (b"/win/" in client.get("/deals/").content) is offered
        assert (b"/win/" in client.get(f"/deals/{deal.pk}/").content) is offered


def test_the_board_names_who_may_move_a_deal_of_somebody_else(signed_in, cast, deal):
    assert b"data-of" not in signed_in(cast.owner).get("/deals/").content
    shown = signed_in(cast.viewer).get("/deals/").content.decode()
    assert f'data-of="{cast.owner.name}"' in shown and "data-deal=" not in shown


def test_winning_by_a_plain_form_and_taking_it_back(signed_in, cast, deal):
    client = signed_in(cast.owner)
    page = client.post(f"/deals/{deal.pk}/win/", follow=True)
    assert b"won, $52,000." in page.content and Deal.objects.get().stage == "won"
    assert client.get(f"/deals/{deal.pk}/reopening/").status_code == 200
    client.post(f"/deals/{deal.pk}/reopening/")
    assert Deal.objects.get().stage == "open"


def test_losing_asks_why_and_keeps_what_was_typed(signed_in, cast, deal):
    client = signed_in(cast.owner)
    assert b"No decision" in client.get(f"/deals/{deal.pk}/loss/").content
    page = client.post(f"/deals/{deal.pk}/loss/", {"reason": "competitor", "note": "they were cheaper"})
    assert page.status_code == 422 and b"Name the competitor." in page.content and b"they were cheaper" in page.content
    client.post(f"/deals/{deal.pk}/loss/", {"reason": "competitor", "competitor": "Globex"})
    assert Deal.objects.get().competitor == "Globex"


def test_editing_shows_on_the_timeline(signed_in, cast, deal):
    client = signed_in(cast.owner)
    page = client.post(
        f"/deals/{deal.pk}/changes/",
        {"amount": "60,000", "close_on": "2027-03-01"},
        follow=True,
    )
    assert Deal.objects.get().close_on == date(2027, 3, 1)
    assert b"the amount from $52,000 to $60,000" in page.content
    wrong = client.post(f"/deals/{deal.pk}/changes/", {"amount": "lots", "close_on": "2027-03-01"})
    assert wrong.status_code == 422 and b"not a number" in wrong.content


def test_the_deal_page_tells_the_leads_story_too(signed_in, cast, deal):
    page = signed_in(cast.viewer).get(f"/deals/{deal.pk}/")
    assert b"Jonah Reyes opened the deal" in page.content


@pytest.mark.parametrize("verb", ["win", "loss", "changes", "reopening"])
def test_those_who_may_not_get_the_reason(signed_in, cast, deal, verb):
    page = signed_in(cast.other).post(f"/deals/{deal.pk}/{verb}/", {"reason": "price"})
    assert page.status_code == 403 and b"Only Jonah Reyes" in page.content
    assert Deal.objects.get().stage == "open"


def test_a_refusal_says_why(signed_in, cast, deal):
    deal.lose(by=cast.owner, at=NOW, reason="price")
    page = signed_in(cast.owner).post(f"/deals/{deal.pk}/win/")
    assert page.status_code == 409 and b"was lost. Reopen it first." in page.content


def test_a_deal_that_is_not_there_is_404(signed_in, cast):
    assert signed_in(cast.viewer).get("/deals/999/").status_code == 404


def test_the_board_is_asked_for_news_and_answers_only_when_there_is_some(signed_in, cast, deal):
    client = signed_in(cast.owner)
    first = client.get("/deals/", headers={"X-Live": "1"})
    assert first.content.startswith(b'<div id="board">') and first["ETag"]
    again = client.get("/deals/", headers={"X-Live": "1", "If-None-Match": first["ETag"]})
    assert again.status_code == 304
    deal.move(to=PipelineStage.objects.last(), by=cast.owner, at=NOW)
    assert client.get("/deals/", headers={"X-Live": "1", "If-None-Match": first["ETag"]}).status_code == 200


def test_moving_by_the_dialog_says_what_is_missing(signed_in, cast, deal):
    stages = list(PipelineStage.objects.all())
    asked = pipelines.add_criterion(stages[0], text="The pain is named", by=cast.admin, at=NOW)
    client = signed_in(cast.owner)
    assert b"The pain is named" in client.get(f"/deals/{deal.pk}/moves/").content
    assert b"It is so" in client.get(f"/deals/{deal.pk}/").content
    refused = client.post(f"/deals/{deal.pk}/moves/", {"to": stages[1].pk})
    assert refused.status_code == 409 and b"Missing: The pain is named" in refused.content
    evidence = {"evidence": "Said so on 3 May"}
    client.post(f"/deals/{deal.pk}/criteria/{asked.pk}/", evidence)
    page = client.post(f"/deals/{deal.pk}/moves/", {"to": stages[2].pk}, follow=True)
    assert b"is in Proposal now" in page.content and b"moved it to Proposal" in page.content
    assert b"1 stage skipped" in page.content
    assert client.post(f"/deals/{deal.pk}/moves/?to={stages[0].pk}").status_code == 302, "as an undo does"
    assert client.post(f"/deals/{deal.pk}/moves/", {"to": "x"}).status_code == 400
    client.post(f"/deals/{deal.pk}/criteria/{asked.pk}/", {"evidence": ""})
    assert not deal.criteria_met.exists()


def test_a_stuck_deal_says_why_and_what_to_do(signed_in, cast, deal, frozen):
    with frozen(NOW + timedelta(days=15)):
        client = signed_in(cast.viewer)
        assert b"stuck since 10 Dec" in client.get("/deals/").content
        page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "15 days in Discovery, usually at most 14 days" in page and "Next: Call the primary contact" in page


def test_people_are_named_and_taken_off(signed_in, cast, deal):
    ada = Person.objects.create(first_name="Ada", last_name="Byron", email="ada@k.example", company=deal.company)
    client = signed_in(cast.owner)
    assert b"Ada Byron" in client.get(f"/deals/{deal.pk}/people/").content
    client.post(f"/deals/{deal.pk}/people/", {"person": ada.pk, "role": "buyer", "primary": "on"})
    page = client.get(f"/deals/{deal.pk}/")
    assert b"Economic buyer, primary contact" in page.content
    client.post(f"/deals/{deal.pk}/people/{ada.pk}/removal/")
    assert client.post(f"/deals/{deal.pk}/people/{sql_person(deal)}/removal/").status_code == 409


def sql_person(deal):
    return deal.lead.person_id


def test_administrators_keep_pipelines_and_others_see_the_reason(signed_in, cast, deal):
    assert signed_in(cast.manager).get("/deals/pipelines/").status_code == 403
    client = signed_in(cast.admin)
    assert b"nothing is asked" in client.get("/deals/pipelines/").content
    assert client.post("/deals/pipelines/", {"name": "Partners", "stages": "Intro\nIntro"}).status_code == 422
    client.post("/deals/pipelines/", {"name": "Partners", "stages": "Intro\nPaper\n"})
    stage = PipelineStage.objects.get(name="Intro")
    client.post(f"/deals/stages/{stage.pk}/criteria/", {"text": "A partner is named"})
    given = {"name": "Hello", "probability": 5, "limit_days": 9, "next_step": ""}
    client.post(f"/deals/stages/{stage.pk}/", given)
    client.post(f"/deals/pipelines/{stage.pipeline_id}/stages/", given | {"name": "Last"})
    client.post(f"/deals/stages/{stage.pk}/shift/", {"to": "later"})
    paper = PipelineStage.objects.get(name="Paper")
    client.post(f"/deals/stages/{paper.pk}/retirement/", {"to": stage.pk})
    names = [one.name for one in PipelineStage.objects.filter(pipeline=stage.pipeline, retired_at=None)]
    assert names == ["Hello", "Last"]
    client.post(f"/deals/pipelines/{stage.pipeline_id}/", {"be": "default"})
    board = client.get("/deals/")
    assert board.context["pipeline"].name == "Partners" and b"New business" in board.content
    assert client.get("/deals/?pipeline=999").context["pipeline"].name == "Partners"
    client.post(f"/deals/pipelines/{stage.pipeline_id}/", {"name": "Allies"})
    assert b"Allies" in client.get("/deals/pipelines/").content


def test_the_conversion_page_offers_the_companys_open_deals(signed_in, cast, deal):
    person = Person.objects.create(first_name="Ada", last_name="Byron", email="ada@k.example", company=deal.company)
    second = Lead.objects.create(
        person=person, company=deal.company, owner=cast.owner, stage="sql", created_at=NOW, sql_at=NOW, stage_at=NOW
    )
    client = signed_in(cast.owner)
    assert b"Join Kestrel rollout, $52,000" in client.get(f"/leads/{second.pk}/conversion/").content
    page = client.post(f"/leads/{second.pk}/conversion/", {"into": deal.pk}, follow=True)
    assert b"joined Kestrel rollout" in page.content and Deal.objects.count() == 1
    assert f"/deals/{deal.pk}/".encode() in page.content, "the lead's page names its deal"
