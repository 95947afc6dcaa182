"""Whatever stands in the address or the form, a page answers; it never falls over."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from leads.models import Lead

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
HUGE = "9" * 30
MORE = ["%", "_", "-1", "\n", "é" * 300, "🙂"]
ODD = [
    "",
    "\0",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "'; --",
    HUGE,
    "[[[",
    *(pytest.param(odd, marks=pytest.mark.long) for odd in MORE),
]


@pytest.fixture
def lead(cast, make_lead, frozen):
    with frozen(NOW):
        yield make_lead(at=NOW)


@pytest.mark.parametrize("odd", ODD)
def test_no_parameter_brings_a_page_down(cast, signed_in, lead, odd):
    client, value = signed_in(cast.owner), quote(odd)
    names = [
        "q",
        "stage",
        "owner",
        "team",
        "source",
        "cell",
        "company",
        "entered",
        "due",
        "answered",
        "back",
        "sort",
        "cursor",
    ]
    names += ["updated_after", "attr.lead.x", "attr.company.y", "attribute", "value", "lead", "nonsense"]
    addresses = [f"/leads/?{name}={value}" for name in names]
    addresses += [f"/leads/{lead.pk}/?{name}={value}" for name in ("tab", "before", "from", "list")]
    addresses += [
        f"/leads/{lead.pk}/news/?since={value}",
        f"/queue/?lead={value}",
        f"/search/?q={value}",
        f"/notices/?after={value}",
    ]
    addresses += [f"/leads/export.csv?lead={value}&list={value}", f"/leads/filters/?q={value}&stage={value}"]
    addresses += [
        f"/leads/{lead.pk}/qualification/?item={value}",
        f"/leads/{lead.pk}/touches/?kind={value}&next={value}",
    ]
    addresses += [f"/leads/recycling/?lead={value}&all={value}&list={value}"]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.streaming:
            b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    "address", [f"/leads/{HUGE}/", f"/queue/{HUGE}/", f"/leads/{HUGE}/rejection/", f"/leads/{HUGE}/why/"]
)
def test_a_number_no_lead_can_have_is_404(cast, signed_in, address):
    assert signed_in(cast.owner).get(address).status_code == 404


@pytest.mark.parametrize("odd", ODD)
def test_no_form_brings_a_page_down(cast, signed_in, lead, odd):
    client = signed_in(cast.owner)
    fields = [
        "reason",
        "note",
        "track",
        "revisit_on",
        "kind",
        "outcome",
        "when",
        "to",
        "budget_value",
        "budget_evidence",
        "amount",
    ]
    fields += [
        "name",
        "currency",
        "close_on",
        "query",
        "email",
        "first_name",
        "phone",
        "company",
        "employees",
        "country",
        "source",
    ]
    data = {**dict.fromkeys(fields, odd)}
    nouns = [
        "rejection",
        "recycling",
        "disqualification",
        "touches",
        "reassignment",
        "qualification",
        "undo",
        "conversion",
    ]
    addresses = [f"/leads/{lead.pk}/{noun}/" for noun in nouns]
    addresses += [
        "/leads/new/",
        "/leads/views/",
        f"/leads/recycling/?lead={lead.pk}",
        f"/leads/reassignment/?lead={lead.pk}",
    ]
    for address in addresses:
        assert client.post(address, data).status_code < 500, address
    assert Lead.objects.get(pk=lead.pk).stage == "mql"
