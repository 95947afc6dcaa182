"""The five steps of an import by plain forms: what each page says and where it leads. The tests do the workers' part."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.importing import rehearsing, running, undoing, uploading
from leads.models import ImportRun, Lead, Person

HEAD = "Record ID,Email,First Name,Last Name,Company name,Lifecycle Stage,Original Source,Create Date\n"
LINES = """1,grace@harbor.example,Grace,Lindqvist,Harbor & Pine,marketingqualifiedlead,PAID_SEARCH,2026-02-03 09:14
2,tom@harbor.example,Tom,Okoye,Harbor & Pine,lead,Badge scans,2026-02-04 10:00
3,n/a,No,Body,Nowhere,lead,PAID_SEARCH,2026-02-05 10:00
1,grace@harbor.example,Grace,Lindqvist,Harbor & Pine,marketingqualifiedlead,PAID_SEARCH,2026-02-06 09:14
"""


def file(text: str = HEAD + LINES, name: str = "contacts.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(), "text/csv")


def said(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def marketer(cast, client, monkeypatch):
    for module in (rehearsing, running, undoing):
        monkeypatch.setattr(module, "AT_ONCE", 0)
        monkeypatch.setattr(module, "hand_over", lambda *_: None)
    client.force_login(cast.marketer)
    return client


def test_only_marketing_and_administrators_move_files_in(client, cast):
    for who in (cast.owner, cast.manager, cast.viewer):
        client.force_login(who)
        for address in ("/intake/imports/", "/intake/imports/new/"):
            answer = client.get(address)
            assert answer.status_code == 403 and "arketing" in answer.content.decode(), address
        assert client.post("/intake/imports/new/", {"file": file()}).status_code == 403
    client.force_login(cast.admin)
    assert client.get("/intake/imports/").status_code == 200
    assert not ImportRun.objects.exists()


def test_what_is_no_table_or_too_big_is_refused_and_not_kept(marketer, monkeypatch):
    answer = marketer.post("/intake/imports/new/", {"file": file("%PDF-1.7 x", "leads.pdf")})
    assert answer.status_code == 400 and "This is a PDF" in said(answer)
    assert "Choose a file first" in said(marketer.post("/intake/imports/new/", {}))
    monkeypatch.setattr(uploading, "MOST_BYTES", 100)
    answer = marketer.post("/intake/imports/new/", {"file": file()})
    assert answer.status_code == 413 and "Nothing was kept" in said(answer)
    assert not ImportRun.objects.exists()


def test_the_token_is_asked_for_although_the_body_is_read_late(cast):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.marketer)
    assert strict.post("/intake/imports/new/", {"file": file()}).status_code == 403
    assert not ImportRun.objects.exists()


def rehearsed(client) -> ImportRun:
    """Uploaded, its one unknown value decided, and dry-run."""
    to = client.post("/intake/imports/new/", {"file": file()})["Location"]
    assert client.get(to)["Location"] == f"{to}columns/"
    page = said(client.get(f"{to}columns/"))
    assert "contacts.csv · 4 rows" in page and "Person · e-mail" in page and "“Badge scans”" in page
    asked = {"kind": "leads", "source": "hubspot", "zone": "", "go": "1", "d0": "event", "d0-column": "Original Source",
             "d0-value": "Badge scans"}  # fmt: skip
    answer = client.post(f"{to}columns/", asked)
    assert answer.status_code == 302, said(answer)
    run = ImportRun.objects.get()
    rehearsing.work(run.pk)
    run.refresh_from_db()
    return run


def test_the_steps_lead_from_a_file_to_its_counts_and_back(marketer):
    run = rehearsed(marketer)
    page = said(marketer.get(f"/intake/imports/{run.pk}/dry-run/"))
    assert "Import 3 lines" in page and "E-mail is not an address" in page and "line 4" in page
    lines = said(marketer.get(f"/intake/imports/{run.pk}/problems/bad_email/", headers={"HX-Request": "true"}))
    assert "&#x27;n/a&#x27; is not a mail address" in lines
    assert not Person.objects.exists(), "a dry run changes nothing"
    assert marketer.post(f"/intake/imports/{run.pk}/progress/").status_code == 302
    waiting = marketer.get(f"/intake/imports/{run.pk}/progress/", headers={"HX-Request": "true"})
    assert "load delay:" in said(waiting)
    running.work(run.pk)
    gone_on = marketer.get(f"/intake/imports/{run.pk}/progress/", headers={"HX-Request": "true"})
    assert gone_on["HX-Redirect"] == f"/intake/imports/{run.pk}/done/"
    page = said(marketer.get(f"/intake/imports/{run.pk}/done/"))
    assert "4 lines read" in page and "error file, 1 line" in page and "Undo import" in page
    errors = b"".join(marketer.get(f"/intake/imports/{run.pk}/errors.csv").streaming_content).decode("utf-8-sig")
    head, line = csv.reader(io.StringIO(errors))
    assert line[head.index("Last Name")] == "Body" and "not a mail address" in line[head.index("Problem")]
    assert "2 people and leads, 1 new company go." in said(marketer.get(f"/intake/imports/{run.pk}/undo/"))
    marketer.post(f"/intake/imports/{run.pk}/undo/")
    if ImportRun.objects.get().state == "undoing":
        undoing.work(run.pk)
    assert not Person.objects.exists()
    assert "Undone" in said(marketer.get("/intake/imports/"))


def test_a_dry_run_that_let_others_go_first_says_so_and_starts_again(marketer):
    run = rehearsed(marketer)
    ImportRun.objects.update(state="matched", rehearsal=None, trouble=rehearsing.GAVE_WAY)
    for page in ("columns", "dry-run"):
        assert rehearsing.GAVE_WAY in said(marketer.get(f"/intake/imports/{run.pk}/{page}/")), page
    assert marketer.post(f"/intake/imports/{run.pk}/dry-run/").status_code == 302
    assert "let them go first" not in said(marketer.get(f"/intake/imports/{run.pk}/dry-run/"))


def test_undo_says_which_rows_were_changed_since_and_changes_nothing(marketer):
    run = rehearsed(marketer)
    marketer.post(f"/intake/imports/{run.pk}/progress/")
    running.work(run.pk)
    Person.objects.filter(first_name="Grace").update(title="VP")
    lead = Lead.objects.get(person__first_name="Grace")
    for answer in (marketer.get(f"/intake/imports/{run.pk}/undo/"), marketer.post(f"/intake/imports/{run.pk}/undo/")):
        page = said(answer)
        assert "Grace Lindqvist" in page and f"/leads/{lead.pk}/" in page and "changed since" in page
    assert Person.objects.count() == 2


def test_cancelling_asks_keep_or_undo_only_where_something_is_in(marketer):
    run = rehearsed(marketer)
    assert "Keep what is in" not in said(marketer.get(f"/intake/imports/{run.pk}/cancellation/"))
    marketer.post(f"/intake/imports/{run.pk}/progress/")
    assert "Keep what is in" in said(marketer.get(f"/intake/imports/{run.pk}/cancellation/"))
    assert marketer.post(f"/intake/imports/{run.pk}/cancellation/", {"what": "undo"}).status_code == 302
    running.work(run.pk)
    assert not Person.objects.exists()


def test_mistakes_in_the_columns_are_said_beside_them_and_a_stale_page_is_told(marketer):
    to = marketer.post("/intake/imports/new/", {"file": file()})["Location"]
    asked = {"kind": "leads", "source": "hubspot", "zone": ""}
    answer = marketer.post(f"{to}columns/", asked | {"c2": "person.email"})
    assert answer.status_code == 400 and "chosen for Email and First Name" in said(answer)
    assert 'href="#c2"' in answer.content.decode()
    assert "no time zone" in said(marketer.post(f"{to}columns/", asked | {"zone": "Mars"}))
    old = ImportRun.objects.get().changed_at.isoformat()
    assert marketer.post(f"{to}columns/", asked | {"c3": "", "seen": old}).status_code == 302
    assert marketer.post(f"{to}columns/", asked | {"c4": "", "seen": old}).status_code == 409
    assert marketer.post(f"{to}preset/", {"name": "Our list"}).status_code == 302
    assert "Our list" in said(marketer.get(f"{to}columns/"))
    assert "There is a preset of this name" in said(marketer.post(f"{to}preset/", {"name": "Our list"}))
