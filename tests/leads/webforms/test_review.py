"""What was held is judged by people: let in as of when it was sent, or spam for good; each once."""

from datetime import timedelta

import pytest

from leads.models import Lead, Submission, Touch
from leads.webforms import review, taking
from leads.webforms.known import of
from revops.lib.errors import Forbidden, Invalid
from tests.leads.webforms.conftest import GOOD, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(web_form):
    """`held(3)`: so many held submissions, the newest first."""

    def hold(count=1, **more):
        for n in range(count):
            said = GOOD | {"email": f"{n}@held.example", taking.TRAP: "x"} | more
            taking.take(of(web_form), said, context={"ip": "203.0.113.7", "page": "https://acme.example/"}, now=NOW)
        return list(review.waiting())

    return hold


def test_released_it_is_a_lead_as_of_when_it_was_sent(held, cast, web_form):
    [one] = held()
    found = review.release([one.pk], by=cast.marketer, at=NOW + timedelta(hours=5))
    lead = Lead.objects.get()
    assert (found.leads, lead.created_at, lead.owner) == ([lead.pk], NOW, cast.owner)
    assert Touch.objects.get().occurred_at == NOW
    one.refresh_from_db()
    assert (one.judged_by, one.judged_at) == (cast.marketer, NOW + timedelta(hours=5))
    new = Submission.objects.get(replay_of_id=one.pk)
    assert (new.outcome, new.door, new.source, new.by) == ("created", "form", web_form.source, cast.marketer)
    assert review.release([one.pk], by=cast.admin, at=NOW).leads == [], "judged once"
    assert review.bury([one.pk], by=cast.admin, at=NOW) == []


def test_what_can_be_no_lead_is_refused_and_the_others_go_on(held, cast):
    held(1, email="nobody")
    rows = held(1)
    found = review.release([row.pk for row in rows], by=cast.marketer, at=NOW)
    assert (len(found.leads), list(found.refused.values())) == (1, ["This is not a mail address."])
    assert Submission.objects.get(pk=next(iter(found.refused))).outcome == "refused"


def test_spam_for_good_and_back(held, cast):
    rows = held(2)
    buried = review.bury([row.pk for row in rows], by=cast.marketer, at=NOW)
    assert (len(buried), review.waiting().count(), Lead.objects.count()) == (2, 0, 0)
    assert review.put_back(buried, by=cast.marketer) == 2
    assert review.waiting().count() == 2
    with pytest.raises(Forbidden):
        review.bury(buried, by=cast.owner, at=NOW)
    with pytest.raises(Invalid):
        review.bury(range(1_000), by=cast.admin, at=NOW)


def test_numbers_that_are_none_are_left_out(web_form, cast, signed_in):
    page = signed_in(cast.marketer)
    assert page.get("/intake/spam/?before=²").status_code == 200
    for path in ("/intake/spam/release/", "/intake/spam/burial/", "/intake/spam/undo/?ids=²"):
        assert page.post(path, {"one": "²"}).status_code == 302
    for step in ({"do": "up:²"}, {"do": "keep", "min_seconds": "²"}, {"do": "keep", "consent": "²"}):
        assert page.post(f"/intake/forms/{web_form.pk}/", {"field": "email"} | step).status_code in (200, 422), step


def test_the_page_shows_why_and_judges_one_or_many(held, cast, signed_in, django_assert_max_num_queries):
    rows = held(3, message="<b>Buy</b> casino")
    client = signed_in(cast.marketer)
    page = client.get("/intake/spam/").content.decode()
    assert "3 submissions held" in page
    assert "A box that people cannot see was filled in" in page
    assert "&lt;b&gt;Buy" in page
    client.post("/intake/spam/release/", {"one": rows[0].pk, "submission": [row.pk for row in rows]})
    assert Lead.objects.count() == 1, "the button of a row judges that row"
    answer = client.post(
        "/intake/spam/burial/", {"submission": [row.pk for row in rows]}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 204
    assert review.waiting().count() == 0
    client.post(f"/intake/spam/undo/?ids={rows[1].pk},{rows[2].pk},x")
    assert review.waiting().count() == 2
    with django_assert_max_num_queries(12):
        client.get(f"/intake/spam/?before={rows[1].pk}")
    assert signed_in(cast.owner).get("/intake/spam/").status_code == 403
