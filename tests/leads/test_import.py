"""Files of our own making: what is taken, what is refused and why, and what a second look changes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deals.models import Deal
from journal.models import Entry
from leads.importing.run import import_file
from leads.incoming import parse
from leads.intake import capture
from leads.models import AttributeDefinition, Lead, Ownership, PersonKey, Submission, Touch
from notify.models import Notice
from revops.lib.errors import Invalid
from sla.models import Clock
from teams.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MAP = """
kind = "leads"
source = "old"
zone = "America/New_York"
dates = ["%Y-%m-%d", "%m/%d/%Y %H:%M"]
blank = ["n/a"]
unmapped = "lead"
ignore = ["Row"]
[person]
identify = ["email", "external_id"]
external_id = "Id"
email = "Mail"
name = "Name"
title = "Title"
[company]
name = "Company"
employees = "Staff"
[lead]
source = "Source"
owner = "Owner"
[stage]
default = "inquiry"
column = "Status"
[stage.at]
opened = "Created"
mql = "MQL date"
won = "Won"
first_response = "Called"
[values.Status]
"Qualified" = "mql"
"Closed" = "won"
"""
COLUMNS = ["Row", "Id", "Mail", "Name", "Title", "Company", "Staff", "Source", "Owner", "Status", "Created", "MQL date",
           "Won", "Called", "Visits", "Opt in"]  # fmt: skip
GOOD = {"Id": "1", "Mail": "ann@acme.example", "Name": "Ann Lee", "Created": "2026-01-05"}


def line(**cells) -> str:
    given = {**dict.fromkeys(COLUMNS, ""), **cells}
    return ",".join(f'"{given[column]}"' for column in COLUMNS)


@pytest.fixture
def take(tmp_path):
    """take(*lines or raw bytes, chart=MAP) → Report"""

    def run(*lines, chart=MAP, columns=COLUMNS, now=NOW, name="old.csv"):
        file, map_file = tmp_path / name, tmp_path / "old.toml"
        if lines and isinstance(lines[0], bytes):
            file.write_bytes(lines[0])
        else:
            file.write_text("\n".join([",".join(columns), *lines]) + "\n", encoding="utf-8")
        map_file.write_text(chart, encoding="utf-8")
        report = import_file(file, map_file, by=None, now=now)
        c = report.counts
        assert c["read"] == c["created"] + c["updated"] + c["merged"] + c["refused"]
        return report

    return run


def outcomes(report) -> tuple[int, ...]:
    return tuple(report.counts[name] for name in ("read", "created", "updated", "merged", "refused"))


def refused(report) -> list[tuple[int, str]]:
    return [(r["line"], r["code"]) for r in report.as_dict()["refusals"]]


def test_a_row_becomes_a_person_a_firm_a_lead_and_its_dates(take):
    rep = User.objects.create_user("rep@northwind.example", name="Rep", role="sales")
    report = take(line(**{**GOOD, "Title": "VP Sales", "Company": "Acme Inc.", "Staff": "640", "Source": "Webinar",
                          "Owner": "REP@northwind.example", "Status": "Qualified", "MQL date": "01/07/2026 09:30",
                          "Called": "01/07/2026 09:34", "Visits": "7", "Opt in": "Yes"}))  # fmt: skip
    assert outcomes(report) == (1, 1, 0, 0, 0)
    lead = Lead.objects.with_names().get()
    assert (lead.person.name, lead.person.seniority, lead.company.name, lead.company.employees) == (
        "Ann Lee", "vp", "Acme Inc.", 640,
    )  # fmt: skip
    assert (lead.stage, lead.source_id, lead.owner, lead.history, lead.undated) == ("mql", "webinar", rep, True, False)
    assert lead.created_at == datetime(2026, 1, 5, 5, tzinfo=UTC)  # midnight in New York
    assert lead.mql_at == datetime(2026, 1, 7, 14, 30, tzinfo=UTC)
    assert lead.first_response_at - lead.mql_at == timedelta(minutes=4)
    assert lead.attributes == {"visits": 7, "opt_in": True}
    assert Ownership.objects.get().cause == "import"
    assert Submission.objects.get().payload["Visits"] == "7"
    assert [e.kind for e in Entry.objects.filter(subject_kind="lead").order_by("id")][:2] == ["lead.opened", "lead.mql"]


def test_nobody_is_told_and_no_clock_runs(take):
    rep = User.objects.create_user("rep@northwind.example", name="Rep", role="sales")
    take(line(**GOOD, Owner=rep.email, Status="Qualified", **{"MQL date": "2026-01-07"}))
    assert not Notice.objects.exists()
    assert not Clock.objects.filter(history=False).exists()
    assert not Clock.objects.exclude(next_at=None).exists()


def test_clocks_of_the_past_are_computed_for_reports(take):
    take(
        line(**GOOD, Status="Qualified", **{"MQL date": "01/07/2026 09:30", "Called": "01/07/2026 09:34"}),
        line(
            **{**GOOD, "Id": "2", "Mail": ""},
            Status="Qualified",
            **{"MQL date": "01/07/2026 09:30", "Called": "02/07/2026 09:34"},
        ),
        line(**{**GOOD, "Id": "3", "Mail": ""}, Status="Qualified", **{"MQL date": "01/07/2026 09:30"}),
    )
    clocks = Clock.objects.order_by("lead")
    assert [(c.history, c.target, c.outcome, c.next_at) for c in clocks] == [
        (True, "first_response", "met", None), (True, "first_response", "met_late", None),
    ]  # fmt: skip
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Id": "", "Mail": ""}, "no_identity"),
        ({"Id": "n/a", "Mail": "N/A"}, "no_identity"),
        ({"Mail": "see notes"}, "bad_email"),
        ({"Created": "05.01.2026"}, "wrong_date"),
        ({"Created": "2026-02-30"}, "wrong_date"),
        ({"Won": "2026-06-02"}, "future_date"),
        ({"Created": "1970-01-01"}, "date_too_early"),
        ({"Status": "Warm"}, "unknown_stage"),
        ({"Staff": "about 50"}, "wrong_number"),
        ({"Title": "x" * 161}, "too_long"),
        ({"Name": "An\x00n"}, "bad_characters"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_the_rest_comes_in(take, cells, code):
    report = take(
        line(**{**GOOD, "Id": "2", "Mail": ""}), line(**{**GOOD, **cells}), line(**{**GOOD, "Id": "3", "Mail": ""})
    )
    assert refused(report) == [(3, code)]
    assert outcomes(report) == (3, 2, 0, 0, 1)


def test_a_line_of_another_length_is_refused(take):
    report = take(line(**GOOD), "1,2,3", line(**{**GOOD, "Id": "4", "Mail": ""}))
    assert refused(report) == [(3, "wrong_columns")]


def test_line_numbers_count_lines_of_the_file_not_records(take):
    first = line(**{**GOOD, "Name": "Ann\nLee"})
    report = take(first, line(**{**GOOD, "Mail": "nobody"}))
    assert refused(report) == [(4, "bad_email")]


def test_a_byte_order_mark_and_foreign_bytes(take):
    good = ",".join(COLUMNS) + "\r\n" + line(**GOOD) + "\r\n"
    bad = line(**{**GOOD, "Id": "2", "Mail": "", "Name": "Zoe"}).encode().replace(b"Zoe", b"Zo\xe9")
    report = take(b"\xef\xbb\xbf" + good.encode() + bad + b"\r\n")
    assert outcomes(report) == (2, 1, 0, 0, 1)
    assert refused(report) == [(3, "bad_characters")]


def test_the_same_person_twice_is_joined_with_the_earliest_of_each_date(take):
    report = take(
        line(**GOOD, Status="Qualified", **{"MQL date": "2026-01-09"}),
        line(**{**GOOD, "Created": "2026-01-02"}, Status="Qualified", Title="CEO", **{"MQL date": "2026-01-20"}),
    )
    assert outcomes(report) == (2, 1, 0, 1, 0)
    lead = Lead.objects.get()
    assert (lead.created_at.day, lead.mql_at.day, lead.person.title) == (2, 9, "CEO")


def test_keys_of_two_people_on_one_line_are_refused(take):
    take(line(Id="1", Created="2026-01-05"), line(Mail="bo@acme.example", Created="2026-01-05"))
    report = take(line(Id="1", Mail="bo@acme.example", Created="2026-01-05"))
    assert refused(report) == [(2, "two_people")]
    assert PersonKey.objects.count() == 2


def test_a_second_import_changes_nothing_and_a_new_word_changes_only_its_line(take):
    rows = [line(**GOOD), line(**{**GOOD, "Id": "2", "Mail": ""})]
    take(*rows)
    before, entries = list(Lead.objects.values()), Entry.objects.exclude(kind="import.done").count()
    later = NOW + timedelta(days=1)
    assert outcomes(take(*rows, now=later)) == (2, 0, 0, 2, 0)
    assert (list(Lead.objects.values()), Entry.objects.exclude(kind="import.done").count()) == (before, entries)
    changed = line(**GOOD, Status="Closed", **{"MQL date": "2026-02-01", "Won": "2026-03-01"})
    assert outcomes(take(changed, rows[1], now=later)) == (2, 0, 1, 1, 0)
    assert Lead.objects.get(person__email="ann@acme.example").stage == "won"
    # An older file does not take it back.
    assert outcomes(take(*rows, now=later)) == (2, 0, 0, 2, 0)
    assert Lead.objects.filter(stage="won").count() == 1


def test_what_is_missing_or_out_of_order_is_kept_and_flagged(take):
    take(line(**GOOD, Status="Closed", Won="2026-01-03"))
    lead = Lead.objects.get()
    assert set(lead.flags) == {"mql_missing", "sal_missing", "sql_missing", "opportunity_missing", "won_before_opened"}
    assert (lead.stage, lead.mql_at, lead.won_at < lead.created_at) == ("won", None, True)


def test_a_row_without_dates_gets_the_imports_and_is_undated(take):
    take(line(**{**GOOD, "Created": ""}, Status="Closed"))
    lead = Lead.objects.get()
    assert (lead.undated, lead.created_at, lead.won_at) == (True, NOW, NOW)
    assert "won_undated" in lead.flags
    assert not Touch.objects.exists()
    assert outcomes(take(line(**{**GOOD, "Created": ""}, Status="Closed"), now=NOW + timedelta(days=3))) == (
        1,
        0,
        0,
        1,
        0,
    )
    # Dates that come later replace the guess.
    take(line(**GOOD, Status="Closed", Won="2026-03-01", **{"MQL date": "2026-02-01"}))
    lead.refresh_from_db()
    assert (lead.undated, lead.created_at.month, lead.won_at.month) == (False, 1, 3)


def test_a_lead_that_is_worked_is_left_to_its_people(take):
    [outcome] = capture([parse({"email": "ann@acme.example"}, now=NOW)], by=None, via="api", now=NOW)
    before = Lead.objects.values("stage", "created_at", "history").get(pk=outcome.lead_id)
    report = take(line(**GOOD, Status="Closed", Title="CEO", Won="2026-03-01"))
    assert outcomes(report) == (1, 0, 1, 0, 0)
    assert Lead.objects.values("stage", "created_at", "history").get() == before
    assert report.flags == {"live_lead_kept": 1}
    assert Lead.objects.get().person.title == "CEO"


def test_types_are_guessed_once_and_then_held_to(take):
    take(line(**{**GOOD, "Visits": "7"}))
    assert AttributeDefinition.objects.get(name="visits").type == "number"
    report = take(line(**{**GOOD, "Visits": "many"}))
    assert refused(report) == [(2, "wrong_value")]
    assert AttributeDefinition.objects.filter(name="visits").count() == 1
    # Empty throughout: nothing to define.
    assert not AttributeDefinition.objects.filter(name="opt_in").exists()


DEALS = """
kind = "deals"
source = "old"
dates = ["%Y-%m-%d"]
unmapped = "lead"
[person]
external_id = "Person"
[deal]
external_id = "Deal"
stage = "State"
amount = "Amount"
closed_at = "Closed on"
reason = "Why"
"""
DEAL_COLUMNS = ["Deal", "Person", "State", "Amount", "Closed on", "Why", "Segment"]


def test_deals_join_their_leads_or_stand_alone(take):
    take(line(**GOOD, Status="Qualified", **{"MQL date": "2026-01-07"}))

    def file(*rows):
        return take(*rows, chart=DEALS, columns=DEAL_COLUMNS, name="deals.csv")

    rows = [
        "d1,1,won,1200.50,2026-03-01,,pets",
        "d2,99,lost,10,2026-03-02,price,",
        "d3,1,won,5,2026-03-03,,",
        "d1,1,won,9,2026-03-01,,",
    ]
    report = file(*rows, "d4,1,maybe,,2026-03-01,,", "d5,1,won,minus,2026-03-01,,", ",1,won,1,2026-03-01,,")
    assert outcomes(report) == (7, 3, 0, 1, 3)
    assert refused(report) == [(6, "unknown_stage"), (7, "wrong_amount"), (8, "no_identity")]
    lead = Lead.objects.get()
    first, stranger, second = Deal.objects.order_by("external_key")
    assert (first.lead, first.amount, first.history, first.source_id) == (lead, 120_050, True, lead.source_id)
    assert (lead.stage, lead.won_at.month, lead.attributes["segment"]) == ("won", 3, "pets")
    assert (stranger.person, stranger.reason, stranger.flags) == (None, "price", ["no_person", "created_missing"])
    assert (second.lead, second.person) == (None, lead.person)
    assert [e.kind for e in Entry.objects.filter(subject_kind="deal", subject_id=first.pk).order_by("id")] == [
        "deal.opened", "deal.won",
    ]  # fmt: skip
    assert outcomes(file(*rows[:3])) == (3, 0, 0, 3, 0)


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        ('kind = "leads"', "source"),
        ('source = "x"\n[person]\nmail = "A"', "person.mail"),
        ('source = "x"\nzone = "Mars/Olympus"\n[person]\nemail = "Mail"', "Mars/Olympus"),
        ('source = "x"\n[person]\nemail = "Mail"\n[stage]\ndefault = "hot"', "stage.default"),
        ('source = "x"\n[person]\nemail = "Nowhere"', "Nowhere"),
        ("kind = ", "not a TOML file"),
    ],
)
def test_a_map_that_makes_no_sense_says_what_is_wrong(take, chart, words):
    with pytest.raises(Invalid, match=words):
        take(line(**GOOD), chart=chart)
    assert not Lead.objects.exists()


def test_an_empty_file_and_a_missing_one(take, tmp_path):
    with pytest.raises(Invalid, match="empty"):
        take(b"")
    with pytest.raises(Invalid, match="cannot be read"):
        import_file(tmp_path / "none.csv", tmp_path / "old.toml", by=None, now=NOW)


def test_the_number_of_statements_does_not_grow_with_the_lot(take):
    def rows(start, number):
        return [line(**{**GOOD, "Id": str(n), "Mail": f"p{n}@firm{n}.example", "Company": f"Firm {n}"})
                for n in range(start, start + number)]  # fmt: skip

    take(*rows(0, 3))
    with CaptureQueriesContext(connection) as few:
        take(*rows(10, 3))
    with CaptureQueriesContext(connection) as many:
        take(*rows(100, 300))
    assert len(many) == len(few)


def test_a_list_of_contacts_makes_people_and_no_leads(take):
    contacts = MAP.replace('default = "inquiry"', 'default = "none"')
    assert outcomes(take(line(**GOOD), line(**{**GOOD, "Id": "2", "Mail": ""}), chart=contacts)) == (2, 2, 0, 0, 0)
    assert (Lead.objects.count(), PersonKey.objects.count()) == (0, 3)
    assert outcomes(take(line(**GOOD), line(**GOOD, Status="Qualified"), chart=contacts)) == (2, 1, 0, 1, 0)
