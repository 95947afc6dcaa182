"""/definitions/: read by everybody, written by administrators, agreed by two sides; violators and outcomes counted."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from leads.models import Lead, Qualification, Snapshot
from notify.models import Notice
from revops.lib.now import now as present
from scoring.definitions import board as definition_board
from scoring.definitions import current, violators
from scoring.definitions import drafts as definition_drafts
from scoring.definitions import outcomes as definition_outcomes
from scoring.definitions import words as definition_words
from scoring.models import Definition
from teams.models import Organisation, Team, TeamKind
from tests.scoring.model_of import person

pytestmark = pytest.mark.django_db
US = {"attribute": "person.country", "op": "is", "value": "US"}
BIG = {"attribute": "company.employees", "op": "at_least", "value": 500}
PAGES = ["/definitions/", "/definitions/mql/", "/definitions/sql/", "/definitions/review/", "/definitions/sal/draft/"]


@pytest.fixture(autouse=True)
def long_in_force(db):
    Definition.objects.update(effective_at=present() - timedelta(days=300))


def read(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return " ".join(answer.content.decode().split())


def in_force(stage="mql", version=2, *, predicate=US, **more):
    at = present() - timedelta(days=30)
    return Definition.objects.create(
        stage=stage, version=version, sentence="What we agreed.", predicate=predicate, effective_at=at, **more
    )


def mql(version=2, *, stage="mql", snapshot=True, because="cell", days=9, **fields):
    at = present() - timedelta(days=days)
    lead_fields = {"stage": stage, "mql_at": at, "created_at": at, "stage_at": at} | fields.pop("lead", {})
    someone = person(lead=lead_fields, **fields)
    lead = someone.leads.get()
    if snapshot:
        Snapshot.objects.create(
            lead=lead, at=at, definition_version=version, because=because, fit=80, engagement=70, usage=0, cell="A1"
        )
    return lead


@pytest.mark.parametrize("path", PAGES)
def test_everybody_signed_in_reads_and_strangers_sign_in(signed_in, client, cast, path):
    assert client.get(path)["Location"].startswith("/accounts/login/")
    page = read(signed_in(cast.viewer), path)
    assert 'name="begin"' not in page and "Keep it…" not in page


@pytest.mark.parametrize("path", ["/definitions/lead/", "/definitions/lead/draft/", "/definitions/mql/draft/effect/"])
def test_what_is_not_there_is_not_found(signed_in, cast, path):
    assert signed_in(cast.admin).get(path).status_code == 404


def test_few_queries_however_many_leads_there_are(signed_in, cast, django_assert_max_num_queries):
    in_force()
    for _ in range(12):
        mql(country="DE", company={})
    client = signed_in(cast.admin)
    for path, most in (("/definitions/", 18), ("/definitions/mql/", 15), ("/definitions/review/", 21)):
        with django_assert_max_num_queries(most):
            read(client, path)


def test_violators_are_counted_listed_with_what_is_missing_and_paged(signed_in, cast):
    in_force(predicate={"all": [US, BIG]})
    kept = [
        mql(country="US", company={"employees": 500}), mql(country="US", company={"employees": 499}),
        mql(country="US", company={"employees": None}), mql(country="DE", company={"employees": 900}),
    ]  # fmt: skip
    found = violators.count(current("mql", at=present()), now=present())
    assert (found.n, found.unknown, found.of, found.newest) == (3, 1, 4, False)
    page = read(signed_in(cast.owner), "/definitions/mql/")
    assert "3 of 4 MQLs, 1 because something is unknown" in page
    assert "Not met: 500 people or more." in page and "Unknown: 500 people or more." in page
    assert "Not met: country is US." in page
    assert f'href="/leads/{kept[0].pk}/"' not in page and f'href="/leads/{kept[3].pk}/"' in page
    shown, more = violators.page(current("mql", at=present()), now=present(), limit=2)
    assert len(shown) == 2 and more
    rest, more = violators.page(current("mql", at=present()), now=present(), after=shown[-1].lead.pk, limit=2)
    assert len(rest) == 1 and not more
    assert {one.lead.pk for one in [*shown, *rest]} == {lead.pk for lead in kept[1:]}


def test_a_long_list_of_violators_goes_on_over_the_page(signed_in, cast, monkeypatch):
    monkeypatch.setattr(violators.page, "__kwdefaults__", {"after": None, "limit": 1})
    in_force(predicate=BIG)
    leads = [mql(company={"employees": size}) for size in (10, 20)]
    client = signed_in(cast.owner)
    first = read(client, "/definitions/mql/")
    assert f'href="/leads/{leads[1].pk}/"' in first or f'href="/leads/{leads[0].pk}/"' in first
    following = re.search(r'rel="next" href="([^"#]+)', first)
    assert following, "there is more"
    second = read(client, f"/definitions/mql/{following[1]}")
    assert sum(f'href="/leads/{lead.pk}/"' in first + second for lead in leads) == 2


def test_points_that_faded_since_the_hand_over_are_no_violation(cast):
    """A snapshot of A1, a person who is C3 by now."""
    in_force(predicate={"attribute": "score.cell", "op": "in", "value": ["A1"]})
    mql()
    mql(snapshot=False)
    found = violators.count(current("mql", at=present()), now=present())
    assert (found.n, found.of) == (1, 2), "without a snapshot the present score is all there is"


def test_an_sql_with_fewer_items_than_are_asked_for_today_violates(signed_in, cast):
    lead = mql(stage="sql", lead={"sql_at": present()})
    for item in ("budget", "need", "timeline"):
        Qualification.objects.create(
            lead=lead, item=item, value="v", evidence="e", confirmed_at=present(), confirmed_by=cast.owner
        )
    assert "3 of 4 items confirmed." in read(signed_in(cast.owner), "/definitions/sql/")
    Definition.objects.filter(stage="sql").update(items_needed=3)
    assert violators.count(current("sql", at=present()), now=present()).n == 0


def test_what_converted_since_by_version_with_small_samples_as_counts(signed_in, cast):
    now = present()
    two = in_force()
    for _ in range(3):
        mql(1, stage="sql", lead={"sql_at": now})
    mql(2, stage="won", lead={"sql_at": now, "won_at": now})
    mql(2), mql(2, because="override"), mql(2, stage="merged")
    found = definition_outcomes.of("mql", [two, Definition.objects.get(stage="mql", version=1)])
    assert (found[1].entered, found[1].open, [r.n for r in found[1].reached]) == (3, 3, [3, 0])
    assert (found[2].entered, found[2].open, [r.n for r in found[2].reached]) == (2, 1, [1, 1])
    assert "1 of 2, small sample" in read(signed_in(cast.viewer), "/definitions/")
    assert definition_outcomes.Reached("won", 30, 100).text == "30.0%"
    assert definition_outcomes.Reached("won", 30, 100).interval == "95% interval 21.9%–39.6%"
    assert definition_outcomes.Reached("won", 0, 0).text == "n/a: none entered"


def test_sals_and_sqls_count_by_the_day_they_entered(cast):
    now = present()
    first = Definition.objects.get(stage="sal")
    second = in_force("sal")
    mql(stage="sql", lead={"sal_at": now - timedelta(days=40), "sql_at": now})
    mql(stage="sal", lead={"sal_at": second.effective_at})
    found = definition_outcomes.of("sal", [second, first])
    assert [(found[v].entered, found[v].reached[0].n) for v in (1, 2)] == [(1, 1), (1, 0)]


def test_a_version_that_was_overtaken_before_its_day_never_held(signed_in, cast):
    now = present()
    two = in_force(version=2)
    Definition.objects.filter(pk=two.pk).update(effective_at=now + timedelta(days=9))
    in_force(version=3)
    page = read(signed_in(cast.owner), "/definitions/mql/")
    assert "never: a later version came first" in page


def test_the_review_says_why_they_were_sent_back_and_sets_the_next_day(signed_in, cast):
    in_force()
    mql(2, stage="rejected", lead={"reason": "no_need", "rejected_at": present()})
    mql(2, stage="recycled", lead={"reason": "timing", "recycled_at": present()})
    client = signed_in(cast.admin)
    page = read(client, "/definitions/review/")
    assert re.search(
        r"No need <small>rejected</small></th><td><small>points at definition</small></td><td class=\"n\">1", page
    )
    assert re.search(r"Timing <small>recycled</small></th><td><small>points at nurture</small>", page)
    assert client.post("/definitions/mql/review/", {"next_on": "2001-01-01"}).status_code == 400
    assert client.post("/definitions/mql/review/", {"next_on": ""}).status_code == 422
    day = (present() + timedelta(days=80)).date().isoformat()
    assert client.post("/definitions/mql/review/", {"next_on": day}).status_code == 302
    assert current("mql", at=present()).review_on.isoformat() == day
    assert "MQL v2, kept" in read(client, "/definitions/review/")
    refusal = signed_in(cast.owner).post("/definitions/mql/review/", {"next_on": "2099-01-01"})
    assert refusal.status_code == 403


def test_a_day_that_is_over_asks_for_the_review(signed_in, cast):
    Definition.objects.filter(stage="sal").update(review_on=present().date() - timedelta(days=1))
    page = read(signed_in(cast.viewer), "/definitions/")
    assert page.count('<span class="tag" data-tone="warn">due</span>') == 1


def test_from_the_first_word_to_both_agreeing_without_a_script(signed_in, cast, client):
    manager = cast.marketer
    Team.objects.create(name="Demand", kind=TeamKind.MARKETING, manager=manager)
    admin = signed_in(cast.admin)
    assert admin.post("/definitions/mql/draft/", {"begin": "1"})["Location"] == "/definitions/mql/draft/"
    draft = definition_drafts.the_draft("mql")
    page = read(admin, "/definitions/mql/draft/")
    assert "Nothing to propose yet." in page and "Marketing: Mei Tan" in page and "Sales: Ada Okafor" in page
    seen = quote(draft.edited_at.isoformat())
    answer = admin.post(
        f"/definitions/mql/draft/condition/?seen={seen}",
        {"at": "", "do": "value", "new": "1", "attribute": "person.country", "op": "is", "value": "US"},
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    draft.refresh_from_db()
    assert US in draft.predicate["any"], draft.predicate
    words = {"seen": draft.edited_at.isoformat(), "sentence": "Anybody from the US too.", "note": "The US launch",
             "asked_on": "", "review_on": ""}  # fmt: skip
    assert admin.post("/definitions/mql/draft/", words).status_code == 302
    page = read(admin, "/definitions/mql/draft/")
    assert "Anybody from the US too." in page and "Propose v2…" in page
    assert "Inquiries that meet it" in read(admin, "/definitions/mql/draft/effect/")
    assert "who is" not in read(admin, "/definitions/mql/draft/proposal/")
    assert admin.post("/definitions/mql/draft/proposal/").status_code == 302
    assert Notice.objects.filter(user=manager, kind="definition.to_approve").count() == 1
    page = read(admin, "/definitions/")
    assert "v2 waits for marketing and sales." in page and "Sales is asked: Ada Okafor" in page and "Remind" in page
    seller = signed_in(cast.manager)
    assert "Read and approve…" in read(seller, "/definitions/")
    assert "You approve for <b>sales</b>" in read(seller, "/definitions/mql/draft/approval/")
    assert seller.post("/definitions/mql/draft/approval/", {"side": "marketing"}).status_code == 403
    assert seller.post("/definitions/mql/draft/approval/", {"side": "sales"})["Location"] == "/definitions/mql/draft/"
    assert seller.post("/definitions/mql/draft/reminder/").status_code == 302
    assert Notice.objects.filter(user=manager, kind="definition.to_approve").count() == 2
    marketer = signed_in(manager)
    assert marketer.post("/definitions/mql/draft/approval/", {"side": "marketing"})["Location"] == "/definitions/#mql"
    page = read(marketer, "/definitions/")
    assert "version 2, since" in page and "Anybody from the US too." in page
    page = read(marketer, "/definitions/mql/")
    assert "The US launch" in page and "Mei Tan" in page and "Ada Okafor" in page
    assert "<b>Rule</b>:" in page and "country is US" in page


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(signed_in, cast):
    client = signed_in(cast.admin)
    client.post("/definitions/sql/draft/", {"begin": "1"})
    given = {
        "sentence": "",
        "items_needed": "3",
        "budget_label": "Geld",
        "budget_evidence": "",
        "review_on": "2001-01-01",
    }
    given |= {f"{item}_{part}": "x" for item in ("authority", "need", "timeline") for part in ("label", "evidence")}
    answer = client.post("/definitions/sql/draft/", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in ("Say in a sentence what it is.", "Say what counts as evidence here.", "Geld"):
        assert words in page
    answer = client.post("/definitions/sql/draft/", given | {"sentence": "S", "budget_evidence": "an amount"})
    assert answer.status_code == 422 and "must be after today" in answer.content.decode()
    draft = definition_drafts.the_draft("sql")
    answer = client.post("/definitions/sql/draft/", given | {
        "sentence": "S", "budget_evidence": "an amount", "review_on": "", "seen": "2020-01-01T00:00:00+00:00",
    })  # fmt: skip
    assert answer.status_code == 409 and "see what changed" in answer.content.decode()
    answer = client.post(
        "/definitions/sql/draft/", given | {"sentence": "S", "budget_evidence": "an amount", "review_on": ""}
    )
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.items_needed, draft.items[0]["label"], draft.items[0]["evidence"]) == (3, "Geld", "an amount")


@pytest.mark.parametrize("verb", ["proposal", "withdrawal", "removal", "condition"])
def test_only_admins_write(signed_in, cast, verb):
    definition_drafts.open_draft("mql", by=cast.admin, at=present())
    assert signed_in(cast.manager).post(f"/definitions/mql/draft/{verb}/").status_code == 403
    assert signed_in(cast.manager).post("/definitions/sal/draft/", {"begin": "1"}).status_code == 403


def test_a_rule_that_names_what_is_gone_is_said_in_place(signed_in, cast):
    in_force(predicate={"attribute": "person.shoe_size", "op": "is", "value": 1})
    client = signed_in(cast.viewer)
    for path in ("/definitions/", "/definitions/mql/", "/definitions/review/"):
        assert "can’t be read" in read(client, path)


def test_past_mqls_keep_the_version_and_scores_they_met(cast):
    """8.2: rescoring with today's rules, or a new definition, changes no past MQL."""
    lead = mql(1, country="DE")
    kept = Snapshot.objects.values().get(lead=lead)
    draft = definition_drafts.open_draft("mql", by=cast.admin, at=present())
    definition_drafts.change(draft, {"predicate": US}, by=cast.admin, at=present())
    definition_drafts.propose(draft, by=cast.admin, at=present())
    definition_drafts.approve(draft, side="marketing", by=cast.marketer, at=present())
    definition_drafts.approve(draft, side="sales", by=cast.owner, at=present())
    from scoring import rescoring
    from scoring.rescore import rescore

    rescore([lead.person_id], now=present())
    while rescoring.drain(present(), 100):
        pass
    assert Snapshot.objects.values().get(lead=lead) == kept
    assert Lead.objects.get(pk=lead.pk).stage == "mql"
    assert violators.count(current("mql", at=present()), now=present()).n == 1, "it is listed, not taken back"


def test_what_changed_is_said_with_a_few_words_around_it():
    before = "Somebody we may contact who raised a hand; or whose score is A1, A2 or B1; or who uses the product."
    after = before.replace("A1, A2 or B1", "A1 or A2")
    assert definition_words.apart(before, after) == ("… whose score is A1, A2 or B1; or who uses …",
                                                     "… whose score is A1 or A2; or who uses …")  # fmt: skip
    assert definition_words.apart("4", "3") == ("4", "3")
    assert definition_words.apart("a b", "a b c") == ("a b", "a b c")


def test_the_day_it_holds_from_is_the_organisations_day(signed_in, cast):
    """Midnight in Berlin is still the day before in UTC."""
    Organisation.objects.update(timezone="Europe/Berlin")
    now = present()
    draft = definition_drafts.open_draft("mql", by=cast.admin, at=now)
    definition_drafts.change(draft, {"predicate": US, "asked_on": "2037-12-10"}, by=cast.admin, at=now)
    definition_drafts.propose(draft, by=cast.admin, at=now)
    definition_drafts.approve(draft, side="marketing", by=cast.marketer, at=now)
    told = signed_in(cast.owner).post("/definitions/mql/draft/approval/", {"side": "sales"}, follow=True)
    assert "holds from 10 Dec 2037 on" in told.content.decode()


def test_of_several_that_wait_for_their_day_the_next_one_comes(cast):
    now = present()
    for version, in_days in ((2, 5), (3, 20)):
        at = now + timedelta(days=in_days)
        Definition.objects.create(stage="mql", version=version, sentence="x", predicate=US, effective_at=at)
    [entry] = definition_board.entries(cast.owner, now=now, stages=["mql"])
    assert (entry.current.version, entry.coming.version) == (1, 2)
