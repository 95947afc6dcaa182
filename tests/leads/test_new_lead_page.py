"""A lead typed in by hand takes the same way in as every other."""

from datetime import UTC, datetime

import pytest

from leads.models import Lead, PoolMember

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(frozen):
    with frozen(NOW) as clock:
        yield clock


TYPED = {
    "first_name": "Hana", "last_name": "Sato", "email": "hana@kiso.example", "title": "RevOps Lead", "company": "Kiso Systems",
    "employees": "300", "source": "referral", "message": "Met at the fair.",
}  # fmt: skip


def test_the_maker_owns_what_no_rule_takes(cast, signed_in):
    answer = signed_in(cast.owner).post("/leads/new/", TYPED)
    lead = Lead.objects.with_names().get()
    assert answer["Location"] == f"/leads/{lead.pk}/"
    assert (str(lead.person), str(lead.company), lead.owner, lead.source_id) == (
        "Hana Sato",
        "Kiso Systems",
        cast.owner,
        "referral",
    )
    assert lead.submissions.get().by == cast.owner


def test_a_hand_raise_is_routed_like_every_other(cast, signed_in):
    PoolMember.objects.all().delete()
    from leads.models import Pool

    PoolMember.objects.create(pool=Pool.objects.get(is_fallback=True), user=cast.teammate)
    signed_in(cast.owner).post("/leads/new/", {**TYPED, "hand_raise": "demo"})
    lead = Lead.objects.get()
    assert (lead.stage, lead.owner) == ("mql", cast.teammate)


def test_a_marketer_makes_one_without_owning_it(cast, signed_in):
    signed_in(cast.marketer).post("/leads/new/", TYPED)
    assert Lead.objects.get().owner is None


def test_a_known_person_is_joined_not_doubled(cast, signed_in):
    client = signed_in(cast.owner)
    client.post("/leads/new/", TYPED)
    answer = client.post("/leads/new/", {**TYPED, "message": "Wrote again."}, follow=True)
    assert "has an open lead already" in answer.content.decode()
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "not a mail"}, "email"),
        ({"email": "", "phone": "12"}, "phone"),
        ({"country": "Germany"}, "country"),
        ({"country": "1Z"}, "country"),
        ({"employees": "-1"}, "employees"),
        ({"employees": "99999999999"}, "employees"),
        ({"first_name": "a\x00b"}, "first_name"),
        ({"source": "nowhere"}, "source"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(cast, signed_in, typed, field):
    answer = signed_in(cast.owner).post("/leads/new/", {**TYPED, **typed})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Met at the fair." in answer.content.decode()
    assert not Lead.objects.exists()


def test_a_viewer_may_not(cast, signed_in):
    client = signed_in(cast.viewer)
    assert client.get("/leads/new/").status_code == 403
    assert client.post("/leads/new/", TYPED).status_code == 403
    assert "New lead" not in client.get("/leads/").content.decode()
    assert not Lead.objects.exists()
