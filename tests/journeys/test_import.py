"""A marketer moves a list in: two lines are refused, fixed in the error file and uploaded again; then both imports are
taken back. In a real browser, by keyboard where it matters, and without a script."""

import csv

import pytest

from leads.importing import rehearsing, running, undoing
from leads.models import ImportRun, Lead, Person
from revops.lib.now import now
from tests.cast import make_cast
from tests.journeys.test_axe import found

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = ["Record ID", "Email", "First Name", "Last Name", "Company name", "Lifecycle Stage", "Original Source", "Create Date"]
ROWS = [
    ["1", "grace@harbor.example", "Grace", "Lindqvist", "Harbor & Pine", "marketingqualifiedlead", "PAID_SEARCH", "2026-02-03 09:14"],
    ["2", "tom@harbor.example", "Tom", "Okoye", "Harbor & Pine", "lead", "Badge scans", "2026-02-04 10:00"],
    ["3", "n/a", "Ana", "Sousa", "Alder", "lead", "PAID_SEARCH", "2026-02-05 10:00"],
    ["4", "bo@birch.example", "Bo", "Lund", "Birch", "lead", "PAID_SEARCH", "2062-02-05 10:00"],
    ["1", "grace@harbor.example", "Grace", "Lindqvist", "Harbor & Pine", "marketingqualifiedlead", "PAID_SEARCH", "2026-02-06 09:14"],
]  # fmt: skip


@pytest.fixture
def company(transactional_db, monkeypatch):
    """Every file is long enough for a worker, whose part the test does when it is time."""
    for module in (rehearsing, running, undoing):
        monkeypatch.setattr(module, "AT_ONCE", 0)
        monkeypatch.setattr(module, "hand_over", lambda *_: None)
    return make_cast()


def write(path, rows, head=HEAD):
    with path.open("w", newline="", encoding="utf-8-sig") as out:
        csv.writer(out).writerows([head, *rows])
    return path


def worked(page, state):
    """The worker's part; the page that waits goes on by itself."""
    run = ImportRun.objects.latest("pk")
    {"rehearsed": rehearsing, "done": running, "undone": undoing}[state].work(run.pk)
    run.refresh_from_db()
    assert run.state == state, (run.state, run.trouble)
    return run


def upload(page, path):
    page.goto("/intake/imports/")
    page.keyboard.press("n")
    page.wait_for_selector("h1:has-text('New import')")
    page.set_input_files("#id_file", path)
    page.click("button:text('Upload')")
    page.wait_for_selector("h2:has-text('Columns')")


def counts(page) -> dict[str, str]:
    card = page.locator("section:has(#counts-h)")
    return dict(zip(card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts(), strict=True))


def through(page):
    """Dry run and import, each with the worker's part; answers what the dry run counted."""
    page.click("button:text('Dry run')")
    page.wait_for_selector("#working progress")
    worked(page, "rehearsed")
    page.wait_for_selector("h2:has-text('Problems')")
    rehearsed = counts(page)
    page.click("main button:text('Import')")
    page.wait_for_selector("#working progress")
    run = worked(page, "done")
    page.wait_for_url("**/done/")
    assert counts(page)["Read"] == rehearsed["Read"] and counts(page)["Refused"] == rehearsed["Refused"]
    return run, rehearsed


def take_back(page, run):
    page.goto(f"/intake/imports/{run.pk}/done/")
    page.click("text=Undo import…")
    page.wait_for_selector("dialog[open]")
    told = page.inner_text("dialog")
    page.click("dialog button:text('Undo import')")
    page.wait_for_selector("dialog[open]", state="detached")
    page.wait_for_load_state()
    if ImportRun.objects.get(pk=run.pk).state == "undoing":
        undoing.work(run.pk)
    page.wait_for_selector("h2:has-text('Undone')")
    return told


@pytest.mark.long
def test_an_import_with_errors_is_fixed_uploaded_again_and_undone(page_as, company, tmp_path):
    page = page_as(company.marketer, width=1440, height=900)
    upload(page, write(tmp_path / "contacts.csv", ROWS))
    assert "UTF-8, comma, header in line 1" in page.inner_text("main")
    page.select_option("select:near(:text('Badge scans'))", label="Event")
    first, rehearsed = through(page)
    assert rehearsed["Read"] == "5" and rehearsed["Refused"] == "2" and rehearsed["Merged or already here"] == "1"
    assert "E-mail is not an address" in page.inner_text("main") and "Date in the future" in page.inner_text("main")
    assert set(Person.objects.values_list("first_name", flat=True)) == {"Grace", "Tom"}

    with page.expect_download() as download:
        page.click("text=error file, 2 lines")
    head, *lines = csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines())
    assert len(lines) == 2, "only what was refused"
    email, created = head.index("Email"), head.index("Create Date")
    for cells in lines:
        cells[email] = "ana@alder.example" if cells[email] == "n/a" else cells[email]
        cells[created] = "2026-02-05 10:00"
    page.set_input_files("#correction-file", write(tmp_path / "fixed.csv", lines, head))
    page.click("text=Upload the fixed lines")
    page.wait_for_selector("h2:has-text('Columns')")
    second, rehearsed = through(page)
    assert second.corrects == first and rehearsed["Read"] == "2" and rehearsed["Refused"] == "0"
    assert Person.objects.count() == 4 and Lead.objects.count() == 4

    page.goto("/intake/imports/")
    row = " ".join(page.inner_text(f"#import-{first.pk}").split())
    assert "contacts.csv" in row and "Done 5 2 0 1 2" in row, row
    assert "2 people and leads" in take_back(page, second)
    assert Person.objects.count() == 2
    take_back(page, first)
    assert not Person.objects.exists() and not Lead.objects.exists()


@pytest.mark.long
def test_undo_is_blocked_by_what_was_done_since(page_as, company, tmp_path):
    page = page_as(company.marketer, width=390, height=800)
    upload(page, write(tmp_path / "contacts.csv", ROWS[:1]))
    run, _ = through(page)
    lead = Lead.objects.get()
    lead.reassign(to=company.teammate, by=company.admin, at=now()) if lead.owner_id else None
    Person.objects.update(title="VP")
    page.goto(f"/intake/imports/{run.pk}/done/")
    page.click("text=Undo import…")
    page.wait_for_selector("dialog[open] >> text=Not undone yet")
    assert f"/leads/{lead.pk}/" in page.inner_html("dialog")
    assert found(page) == []
    assert Person.objects.count() == 1


@pytest.mark.long
def test_it_works_without_a_script(page_as, company, tmp_path):
    page = page_as(company.marketer, width=390, height=800, java_script_enabled=False)
    page.goto("/intake/imports/new/")
    page.set_input_files("#id_file", write(tmp_path / "contacts.csv", ROWS))
    page.click("button:text('Upload')")
    assert page.url.endswith("/columns/")
    page.click("button:text('Dry run')")
    worked(page, "rehearsed")
    page.click("text=See how far it is")
    assert counts(page)["Read"] == "5"
    page.click("main button:text('Import')")
    worked(page, "done")
    page.click("text=See how far it is")
    assert page.url.endswith("/done/")
    page.click("text=Undo import…")
    page.click("button:text('Undo import')")
    run = ImportRun.objects.get()
    if run.state == "undoing":
        undoing.work(run.pk)
        page.click("text=See how far it is")
    assert "Undone" in page.inner_text("main") and not Person.objects.exists()


@pytest.mark.long
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390), ("light", 320)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page_as, company, tmp_path, theme, width):
    page = page_as(company.marketer, width=width, height=900, theme=theme)

    def look():
        assert found(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url

    page.goto("/intake/imports/")
    look()
    page.goto("/intake/imports/new/")
    look()
    upload(page, write(tmp_path / "contacts.csv", ROWS))
    look()
    page.click("text=save as preset")
    page.wait_for_selector("dialog[open]")
    look()
    page.keyboard.press("Escape")
    page.click("button:text('Dry run')")
    page.wait_for_selector("#working progress")
    look()
    worked(page, "rehearsed")
    page.wait_for_selector("h2:has-text('Problems')")
    look()
    page.click("table.problems a >> nth=0")
    page.wait_for_selector("dialog[open]")
    look()
    page.keyboard.press("Escape")
    page.click("main button:text('Import')")
    page.wait_for_selector("#working progress")
    look()
    page.click("text=Cancel…")
    page.wait_for_selector("dialog[open]")
    look()
    page.goto(page.url)
    worked(page, "done")
    page.wait_for_url("**/done/")
    look()
    page.click("text=Undo import…")
    page.wait_for_selector("dialog[open]")
    look()
    page.goto("/intake/imports/")
    look()
