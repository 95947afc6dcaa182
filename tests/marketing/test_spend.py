"""Spend and time by page, file and verb: kept once, shown, taken back; who may."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Entry
from marketing import spend, spend_csv
from marketing.models import Campaign, EffortNorm, LoadedRate, SalesHours, Spend
from marketing.spend_reading import Names, minor, month, read
from revops.lib.csv_reading import Wrong
from revops.lib.errors import Forbidden
from teams.models import Organisation, User
from tests.at_once import beside

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)
NOVEMBER = date(2026, 11, 1)
NAMES = Names(frozenset({"webinar", "event"}), {"webinars": "webinar"}, {"q4 tour": (7, "event")}, "USD")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"month": "2026-11", "channel": "Webinars", "amount": "12,000.50"}, ("webinar", None, "programme", 1_200_050)),
        ({"month": "2026-11-30", "campaign": "Q4 Tour", "amount": "0"}, ("event", 7, "programme", 0)),
        ({"month": "2026-11", "kind": "tools", "amount": "$40"}, (None, None, "tools", 4_000)),
        ({"month": "2026-11", "channel": "event", "amount": " "}, ("event", None, "programme", None)),
        ({"month": "2026-13", "channel": "event", "amount": "1"}, "month"),
        ({"month": "2026-11", "channel": "blimp", "amount": "1"}, "channel"),
        ({"month": "2026-11", "amount": "1"}, "channel"),
        ({"month": "2026-11", "kind": "tools", "channel": "event", "amount": "1"}, "channel"),
        ({"month": "2026-11", "channel": "webinar", "campaign": "q4 tour", "amount": "1"}, "campaign"),
        ({"month": "2026-11", "channel": "event", "amount": "-1"}, "amount"),
        ({"month": "2026-11", "channel": "event", "amount": "1.005"}, "amount"),
        ({"month": "2026-11", "channel": "event", "amount": "Infinity"}, "amount"),
        ({"month": "2026-11", "channel": "event", "amount": "1e999999"}, "amount"),
        ({"month": "2026-11", "channel": "event", "amount": "1200,50"}, "amount"),
        ({"month": "2026-11", "channel": "event"}, "amount"),
        ({"month": "2026-11", "channel": "event", "amount": "1", "currency": "euro"}, "currency"),
        ({"month": "2026-11", "channel": "event", "amount": "1", "note": "x" * 201}, "note"),
    ],
)
def test_an_entry_is_read_or_names_what_is_wrong(said, found):
    if isinstance(found, str):
        with pytest.raises(Wrong) as wrong:
            read(said, NAMES)
        assert wrong.value.field == found
    else:
        amount = read(said, NAMES)
        assert (amount.channel, amount.campaign, amount.kind, amount.amount) == found
        assert amount.month == NOVEMBER


def test_a_file_says_which_lines_it_left_out_and_why():
    text = (
        "\ufeffMonth;Channel;Amount;Key\r\n2026-11;webinar;10;a\r\n\r\n2026-11;blimp;10;b\r\n2026-11;event;1;c\r\n"
        "2026-11;webinar;20;a\r\n"
    )
    found = spend_csv.parse(text, NAMES)
    assert [(line, amount.amount) for line, amount in found.kept] == [(2, 1_000), (5, 100)]
    assert [(line, field) for line, field, _ in found.refused] == [(4, "channel"), (6, "key")]
    assert month("2026-02") == date(2026, 2, 1) and minor("1 000") == 100_000


def test_what_is_told_again_changes_nothing_and_all_of_it_can_be_taken_back(cast):
    first = [spend.Amount(NOVEMBER, "webinar", amount=n, source="ads", key=key) for n, key in ((5, "a"), (6, "b"))]
    done = spend.keep(first, by=cast.marketer, at=AT)
    assert (done.new, done.same) == (2, 0)
    again = spend.keep([*first, *first], by=cast.marketer, at=AT)
    assert (again.new, again.changed, again.same) == (0, 0, 2)
    assert Entry.objects.filter(kind="spend.kept").count() == 2
    fix = [spend.Amount(NOVEMBER, "webinar", amount=n, source="ads", key=key) for n, key in ((9, "a"), (None, "b"))]
    changed = spend.keep(fix, by=cast.manager, at=AT)
    assert (changed.changed, changed.removed) == (1, 1)
    spend.take_back(changed.batch, by=cast.admin, at=AT)
    assert list(Spend.objects.order_by("key").values_list("key", "amount")) == [("a", 5), ("b", 6)]
    assert spend.take_back(changed.batch, by=cast.admin, at=AT).new == 0
    moved = spend.keep([spend.Amount(date(2026, 10, 1), "event", amount=7, currency="EUR", source="ads", key="a")],
                       by=cast.marketer, at=AT)  # fmt: skip
    spend.take_back(moved.batch, by=cast.admin, at=AT)
    row = Spend.objects.get(key="a")
    assert (row.month, row.channel_id, row.amount, row.currency) == (NOVEMBER, "webinar", 5, "USD")
    for nobody in (cast.owner, cast.viewer):
        with pytest.raises(Forbidden):
            spend.keep(first, by=nobody, at=AT)


def test_the_grid_keeps_what_was_changed_and_offers_undo(cast, signed_in, django_assert_max_num_queries):
    page = signed_in(cast.marketer)
    tour = Campaign.objects.create(code="tour", name="Tour", channel_id="event")
    typed = {"cell webinar": "1,200", "was cell webinar": "", "cell tools": "30", "was cell tools": "",
             "cell email": "7", "was cell email": "7", "new-campaign": tour.pk, "new-amount": "90.10"}  # fmt: skip
    answer = page.post("/spend/?month=2026-11", typed, follow=True)
    assert "3 amounts added." in answer.content.decode()
    assert {(s.channel_id, s.campaign_id, s.amount) for s in Spend.objects.all()} == {
        ("webinar", None, 120_000), (None, None, 3_000), ("event", tour.pk, 9_010),
    }  # fmt: skip
    with django_assert_max_num_queries(12):
        shown = page.get("/spend/?month=2026-11").content.decode()
    assert 'value="1200"' in shown and "$1,320.10" in shown and 'name="cell event ' in shown
    wrong = page.post("/spend/?month=2026-11", {"cell webinar": "much", "was cell webinar": "1200"})
    assert wrong.status_code == 422 and 'value="much"' in wrong.content.decode()
    for name in ("cell webinar 99999", "cell webinar 9" + "9" * 20, "cell webinar ²", "cell blimp"):
        assert page.post("/spend/?month=2026-11", {name: "5"}).status_code == 422
    assert page.post("/spend/?month=2026-11", {"cell": "5"}).status_code == 302, "says nothing"
    batch = Entry.objects.filter(kind="spend.kept").first().data["batch"]
    page.post(f"/spend/undo/{batch}/")
    assert not Spend.objects.exists()


def test_what_is_typed_replaces_its_own_cell_alone_and_nobodys_newer_word(cast, signed_in):
    page = signed_in(cast.marketer)
    text = "month,channel,amount,currency,key\n2026-11,webinar,5000,EUR,\n2026-11,webinar,100,,inv-1\n"
    page.post("/spend/upload/", {"text": text, "keep": "1"})
    page.post("/spend/?month=2026-11", {"cell webinar": "10", "was cell webinar": ""})
    assert set(Spend.objects.values_list("currency", "amount")) == {("EUR", 500_000), ("USD", 10_000), ("USD", 1_000)}
    assert "$110" in page.get("/spend/?month=2026-11").content.decode()
    late = page.post("/spend/?month=2026-11", {"cell webinar": "12", "was cell webinar": ""})
    assert late.status_code == 422 and "changed to 10 meanwhile" in late.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_files_with_the_same_keys_in_another_order_are_both_kept(cast):
    def told(amount, step):
        entries = [
            spend.Amount(NOVEMBER, "webinar", amount=amount, source="ads", key=f"k{n}") for n in range(200)[::step]
        ]
        return lambda: spend.keep(entries, by=cast.marketer, at=AT).new

    assert sorted(beside(told(1, 1), told(2, -1))) == [0, 200]


def test_a_file_is_shown_before_it_is_kept_and_comes_out_as_it_went_in(cast, signed_in):
    page = signed_in(cast.manager)
    text = "month,channel,amount,note,source,key\n2026-10,webinar,10,a note,ads,1\n2026-10,blimp,1,,,\n"
    preview = page.post("/spend/upload/", {"file": SimpleUploadedFile("s.csv", text.encode())}).content.decode()
    assert "1 line can be kept" in preview and "There is no channel blimp." in preview and not Spend.objects.exists()
    page.post("/spend/upload/", {"text": text, "keep": "1"})
    out = b"".join(page.get("/spend/spend.csv").streaming_content).decode("utf-8-sig")
    assert "2026-10,webinar,,programme,10.00,USD,a note,ads,1" in out
    page.post("/spend/upload/", {"text": out, "keep": "1"})
    assert Spend.objects.get().note == "a note" and Entry.objects.filter(kind="spend.kept").count() == 1
    assert page.post("/spend/upload/", {"text": "what\n1"}).status_code == 422


def test_time_and_margin_are_kept_by_who_may(cast, signed_in, django_assert_max_num_queries):
    page = signed_in(cast.marketer)
    page.post("/spend/time/rates/", {"role": "sales", "hourly": "60", "from_on": "2026-01-01"})
    page.post("/spend/time/norms/", {"call": "20", "note": "", "sms": "0"})
    page.post("/spend/time/hours/", {"month": "2026-11", f"hours-{cast.owner.pk}": "120.5"})
    assert LoadedRate.objects.get().hourly == 6_000 and EffortNorm.objects.get(kind="call").minutes == 20
    assert not EffortNorm.objects.filter(kind="sms").exists()
    assert SalesHours.objects.get().hours == Decimal("120.5")
    assert page.post("/spend/time/hours/", {"month": "2026-11", f"hours-{cast.owner.pk}": "1e30"}).status_code == 422
    assert page.post("/spend/time/margin/", {"percent": "80"}).status_code == 403
    assert page.post("/spend/time/rates/", {"role": "sales", "hourly": "x", "from_on": "2026-01-01"}).status_code == 422
    shown = page.get("/spend/time/?month=2026-11").content.decode()
    assert "120.5" in shown and "$60" in shown and "no gross margin entered" in shown
    signed_in(cast.admin).post("/spend/time/margin/", {"percent": "80"})
    assert Organisation.get().gross_margin == 80
    seller = signed_in(cast.owner)
    with CaptureQueriesContext(connection) as few:
        seller.get("/spend/time/")
    for n in range(4):
        User.objects.create_user(f"more{n}@harbor.example", name=f"More {n}", role="sales")
    with django_assert_max_num_queries(len(few)):
        seller.get("/spend/time/")
    seller.post("/spend/time/hours/", {"month": "2026-11", f"hours-{cast.owner.pk}": ""})
    assert not SalesHours.objects.exists()
    assert seller.post("/spend/time/hours/", {"month": "2026-11", f"hours-{cast.other.pk}": "1"}).status_code == 403
    assert seller.post("/spend/", {"cell webinar": "1", "was cell webinar": ""}).status_code == 403
    assert "enter spend and time" in seller.get("/spend/").content.decode()
