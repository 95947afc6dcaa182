"""In which kept files somebody stands, whatever the files' bytes (S55)."""

import io

import pytest
from openpyxl import Workbook

from leads.importing import holding, problems
from leads.models import ImportChunk, ImportProblem, ImportRun

MAIL, PHONE = "wilhelmina.q@brightmoor.example", "+442079460991"


def kept(name: str, body: bytes, piece: int = 1 << 20, **facts) -> int:
    run = ImportRun.objects.create(name=name, facts=facts)
    for number, at in enumerate(range(0, len(body), piece)):
        ImportChunk.objects.create(run=run, number=number, body=body[at : at + piece])
    return run.pk


def workbook(*rows: list, hidden: bool = False) -> bytes:
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    if hidden:
        sheet.append(["Nothing"])
        sheet = book.create_sheet("Old")
        sheet.sheet_state = "hidden"
    for row in rows:
        sheet.append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.django_db
def test_s55_who_stands_in_a_kept_file_is_found_in_any_encoding():
    line = f"Mail,Name\n{MAIL.upper()},x\n"
    there = {
        kept("utf-8", line.encode()),
        kept("cut in two", line.encode(), piece=16),
        kept("utf-16 with a mark", line.encode("utf-16"), encoding="utf-16"),
        kept("utf-16 cut, not looked at yet", line.encode("utf-16-le"), piece=31),
        kept("workbook", workbook(["Mail"], [MAIL.upper()])),
        kept("another sheet", workbook([MAIL], hidden=True)),
        kept("a number as a number", workbook(["Phone"], [442079460991])),
        kept("as written at home", b"Phone\n(020) 7946-0991\n"),
        kept("broken", b"PK\x03\x04 and no more"),
    }
    kept("of others", f"Mail,Phone\nelse@x.example,+44 20 7946 0992\nx{MAIL[3:]},\n".encode())
    kept("workbook of others", workbook(["Mail"], ["else@x.example"], [442079460992]))
    assert set(holding.runs([MAIL, PHONE])) == there
    assert holding.runs([]) == []


@pytest.mark.django_db
def test_the_error_file_of_a_file_that_went_still_says_where_and_why():
    run = ImportRun.objects.create(name="gone.xlsx", facts={"format": "xlsx", "columns": [{"name": "Mail"}]})
    ImportProblem.objects.create(run=run, rehearsed=False, line=7, outcome="refused", code="x", detail="No address.")
    head, rows = problems.error_file(run)
    assert head[-1] == "Mail" and [(row[0], row[1], row[-1]) for row in rows] == [("No address.", "7", "")]
