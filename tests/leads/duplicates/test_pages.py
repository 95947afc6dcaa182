"""The pages and addresses of doubles: review, merge, take back, and the ways somebody is known."""

from datetime import UTC, datetime, timedelta

import pytest

from journal.models import Entry
from leads.duplicates import finding
from leads.duplicates.merging import merge
from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Merge, Pair, Person, PersonKey

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


@pytest.fixture
def two(make_lead):
    kept = make_lead("Marcus Hale", at=NOW - timedelta(minutes=2), country="US", company={"name": "Lumen"})
    lost = make_lead("Marc Hale", at=NOW, country="DE", phone="+49 30 1234567", email="mh@lumen.example",
                     title="CRO", company={"name": "Lumen"})  # fmt: skip
    while finding.drain(NOW):
        pass
    return kept, lost


def test_a_pair_is_reviewed_merged_by_choice_and_taken_back(two, cast, signed_in, moment):
    kept, lost = two
    client = signed_in(cast.admin)
    pair = Pair.objects.get()
    listed = client.get("/duplicates/").content.decode()
    assert f"/duplicates/{pair.pk}/" in listed and "Names that are close and the same company" in listed
    page = client.get(f"/duplicates/{pair.pk}/").content.decode()
    for words in ("Two open leads become one", "First response", "Marcus Hale", "mh@lumen.example", 'name="f_title"'):
        assert words in page, words
    assert 'name="f_region"' not in page, "only what differs"
    answer = client.post(f"/duplicates/{pair.pk}/merge/", {"keep": kept.person_id, "f_title": "survivor", "f_country": "loser",
                                                          "f_first_name": "loser", "f_nothing": "loser"})  # fmt: skip
    assert answer["Location"] == "/duplicates/"
    person = Person.objects.get(pk=kept.person_id)
    assert (person.first_name, person.title, person.country) == ("Marc", kept.person.title, "DE")
    assert person.phone == "+49 30 1234567", "what only one of them knew is kept"
    again = client.post(f"/duplicates/{pair.pk}/merge/", {"keep": kept.person_id})
    assert again.status_code == 302 and Merge.objects.count() == 1, "pressed twice is once"
    turned = client.post(f"/duplicates/{pair.pk}/merge/", {"keep": lost.person_id})
    assert turned.status_code == 409 and "was merged into" in turned.content.decode()
    made = Merge.objects.get()
    tombstone = client.get(f"/leads/{lost.pk}/").content.decode()
    assert f"/merges/{made.pk}/undo/" in tombstone and "24 Dec" in tombstone
    assert f"/merges/{made.pk}/undo/" in client.get("/duplicates/merged/").content.decode()
    moment.advance(minutes=3)
    assert "Nothing came in since" in client.get(f"/merges/{made.pk}/undo/").content.decode()
    assert client.post(f"/merges/{made.pk}/undo/")["Location"] == f"/leads/{lost.pk}/"
    assert client.post(f"/merges/{made.pk}/undo/").status_code == 404
    person.refresh_from_db()
    assert (person.first_name, person.country, person.phone) == ("Marcus", "US", "")
    assert "stay" not in client.get("/duplicates/").content.decode() and not Pair.objects.filter(state="open").exists()


def test_not_the_same_and_back(two, cast, signed_in):
    pair = Pair.objects.get()
    client = signed_in(cast.manager)
    answer = client.post(f"/duplicates/{pair.pk}/difference/", follow=True).content.decode()
    assert "stay two" in answer and "Nobody seems to be kept twice" in answer
    client.post(f"/duplicates/{pair.pk}/question/")
    assert Pair.objects.get().state == "open"


def test_the_second_of_two_answers_is_refused_when_they_differ(two, cast, signed_in):
    kept, _ = two
    client, pair = signed_in(cast.admin), Pair.objects.get()
    client.post(f"/duplicates/{pair.pk}/difference/")
    stale = client.post(f"/duplicates/{pair.pk}/merge/", {"keep": kept.person_id})
    assert stale.status_code == 409 and "said that they are not the same" in stale.content.decode()
    assert not Merge.objects.exists()
    client.post(f"/duplicates/{pair.pk}/question/")
    client.post(f"/duplicates/{pair.pk}/merge/", {"keep": kept.person_id})
    late = client.post(f"/duplicates/{pair.pk}/difference/")
    assert late.status_code == 409 and "They are one already" in late.content.decode()


def test_who_may_not_merge_may_look(two, cast, signed_in, client):
    pair = Pair.objects.get()
    Lead.objects.filter(pk=two[1].pk).update(owner=cast.other)
    assert client.get("/duplicates/")["Location"].startswith("/accounts/login/")
    asker = signed_in(cast.owner)
    assert "Only an administrator" in asker.get(f"/duplicates/{pair.pk}/").content.decode()
    for verb in ("merge", "difference"):
        assert asker.post(f"/duplicates/{pair.pk}/{verb}/").status_code == 403
    assert Pair.objects.get().state == "open" and not Merge.objects.exists()
    for path in ("/duplicates/4711/", "/merges/4711/undo/", "/duplicates/?after=x-9", "/duplicates/?after=99999-1"):
        assert asker.get(path).status_code in (200, 404), path


def test_the_queue_is_read_page_by_page(cast, signed_in):
    people = Person.objects.bulk_create(Person(first_name=f"P{n}") for n in range(121))
    Pair.objects.bulk_create(
        Pair(one=people[0], other=one, strength=60 + n % 7, found_at=NOW) for n, one in enumerate(people[1:])
    )
    client, seen, path = signed_in(cast.admin), [], "/duplicates/"
    while path:
        page = client.get(path)
        seen += [row.pair.pk for row in page.context["rows"]]
        path = f"/duplicates/{page.context['next']}" if page.context["next"] else ""
    assert len(seen) == len(set(seen)) == 120


def test_rest_merges_and_unmerges(two, cast, signed_in):
    kept, lost = two
    client = signed_in(cast.admin)

    def post(path: str, body: dict | None = None):
        return client.post(f"/api/v1/leads/{path}", body or {}, content_type="application/json")

    assert post(f"{kept.pk}/unmerge/").json()["code"] == "not_merged"
    assert post(f"{kept.pk}/merge/", {"lead": lost.pk}).status_code == 200
    answer = post(f"{lost.pk}/unmerge/")
    assert (answer.status_code, answer.json()["stage"]) == (200, "mql"), answer.content
    assert not Person.objects.exclude(merged_into=None).exists()


def test_addresses_are_added_preferred_removed_and_given_back(two, cast, signed_in):
    lead, other = two
    client, home = signed_in(cast.owner), f"/leads/{lead.pk}/addresses/"
    for text in ("Marcus@Hale.example", "+1 312 555 0100"):
        assert client.post(home, {"address": text})["Location"] == home
    page = client.get(home).content.decode()
    assert "Marcus@Hale.example" in page and "+1 312 555 0100" in page
    [outcome] = capture([parse({"email": "MARCUS@hale.example"}, now=NOW)], by=None, via="api", now=NOW)
    assert outcome.person_id == lead.person_id
    key = PersonKey.objects.get(key="marcus@hale.example")
    client.post(f"{home}{key.pk}/preference/")
    person = Person.objects.get(pk=lead.person_id)
    assert person.email == "Marcus@Hale.example" and "marcus@hale.example" in person.search
    client.post(f"{home}{key.pk}/removal/")
    person.refresh_from_db()
    assert person.email == "marcus.hale@lumen.example" and not PersonKey.objects.filter(pk=key.pk).exists()
    client.post(f"{home}return/?address=Marcus%40Hale.example")
    assert PersonKey.objects.filter(key="marcus@hale.example", person=person).exists()
    taken = client.post(home, {"address": other.person.email})
    assert taken.status_code == 409 and "If they are the same person, merge them" in taken.content.decode()
    for odd in ("", "nobody", "a@b", "12", "a" * 300, "x\x00y@acme.com"):
        assert client.post(home, {"address": odd}).status_code in (400, 409, 422), odd
    assert Entry.objects.filter(kind="person.identified").count() == 5
    for key in PersonKey.objects.filter(person=person)[1:]:
        client.post(f"{home}{key.pk}/removal/")
    [last] = PersonKey.objects.filter(person=person)
    assert client.post(f"{home}{last.pk}/removal/").status_code == 409
    assert signed_in(cast.viewer).post(home, {"address": "a@b.example"}).status_code == 403


def test_a_merge_is_taken_back_from_the_last_on(make_lead, cast, signed_in):
    a, b, c = (make_lead(f"{name} Hale", at=NOW) for name in ("Ann", "Bea", "Cleo"))
    merge(b.person, c.person, by=cast.admin, at=NOW)
    merge(a.person, b.person, by=cast.admin, at=NOW)
    inner, outer = Merge.objects.order_by("pk")
    client = signed_in(cast.admin)
    refused = client.post(f"/merges/{inner.pk}/undo/")
    assert refused.status_code == 409 and "Bea Hale was merged into Ann Hale later" in refused.content.decode()
    for one in (outer, inner):
        assert client.post(f"/merges/{one.pk}/undo/").status_code == 302
    assert not Person.objects.exclude(merged_into=None).exists()
    assert set(Lead.objects.values_list("person_id", "stage")) == {(one.person_id, "mql") for one in (a, b, c)}
