"""Files as they come: any encoding and separator, bombs, what is no table. S33, S34."""

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import InternalError, OperationalError, connection, transaction
from kombu.exceptions import OperationalError as BrokerAway

from journal.models import Entry
from leads import tasks
from leads.importing import detecting, mapping, presets, problems, reading, rehearsing, running, undoing, uploading
from leads.importing.cycles import split
from leads.models import AttributeDefinition, ImportChunk, ImportRun, ImportState, Lead, Person
from leads.rights import hashes
from revops.lib import bulk, csv_file
from revops.lib.errors import Invalid, Refused
from revops.lib.now import now
from revops.lib.runs import SILENT

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TABLE = "Id;Vorname;Nachname;E-Mail;Firma;Datum\n1;Jürgen;Groß;j@gross.example;Groß & Söhne;03.04.2026\n2;Anaïs;Noël;a@noel.example;Noël;13.04.2026\n"


def take(body: bytes, name: str = "list.csv") -> ImportRun:
    return uploading.upload(io.BytesIO(body), name=name, by=None, at=NOW, at_once=True)


def workbook(rows) -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.django_db
def test_S34_encodings_and_separators_are_told_apart():
    for encoding, separator in [("utf-8", ";"), ("utf-8-sig", ","), ("utf-16", "\t"), ("utf-16-le", "\t"),
                                ("latin-1", ";"), ("cp1252", "|")]:  # fmt: skip
        run = take(TABLE.replace(";", separator).encode(encoding))
        assert run.state == ImportState.ANALYSED, (encoding, run.trouble)
        assert run.facts["delimiter"] == separator
        names = [column["examples"][0] for column in run.facts["columns"]]
        assert names[1:4] == ["Jürgen", "Groß", "j@gross.example"], encoding
        assert run.mapping["person"]["email"] == "E-Mail"
        assert run.facts["dates"] == ["%d.%m.%Y"]
    run = running.start(run, by=None, at=now())
    assert (run.state, run.counts["created"]) == (ImportState.DONE, 2)
    assert set(Person.objects.values_list("last_name", flat=True)) == {"Groß", "Noël"}


@pytest.mark.django_db
def test_S33_what_is_no_table_is_refused_and_nothing_kept():
    bomb, packed = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../etc/passwd", "x")
    for body in (b"", b"%PDF-1.4 x", b"\x89PNG\r\n\x1a\n", b"\x1f\x8b\x08", b"<svg onload=alert(1)>", b'{"a": 1}',
                 b"MZ\x90\x00"):  # fmt: skip
        with pytest.raises(Invalid):
            take(body)
    assert not ImportRun.objects.exists() and not ImportChunk.objects.exists()
    for body in (bomb.getvalue(), packed.getvalue(), b"PK\x03\x04 broken", bytes(range(1, 32)) * 50, b"\n\n\n"):
        run = take(body)
        assert run.state == ImportState.FAILED and run.trouble, body[:20]
    assert uploading.plain_name("..\\..\\etc/pass\u202ewd\x00.csv") == "passwd.csv"


@pytest.mark.django_db
def test_S34_a_file_over_the_cap_is_not_read(monkeypatch):
    class Endless:
        size, read_bytes = None, 0

        def read(self, size):
            self.read_bytes += size
            return b"x" * size

    class Said(Endless):
        size = 1_000_000_000

    said = Said()
    with pytest.raises(Invalid, match="300 MB") as refusal:
        uploading.upload(said, name="big.csv", by=None, at=NOW)
    assert (refusal.value.code, said.read_bytes) == ("too_big", 0)
    monkeypatch.setattr(uploading, "MOST_BYTES", 3_000_000)
    endless = Endless()
    with pytest.raises(Invalid):
        uploading.upload(endless, name="big.csv", by=None, at=NOW)
    assert endless.read_bytes <= 4 * uploading.PIECE
    assert not ImportChunk.objects.exists()


@pytest.mark.django_db
def test_a_workbook_is_read_like_text():
    body = workbook([["Email", "First Name", "Last Name", "Created", "Visits"],
                     ["ann@acme.example", "Ann", "Lee", datetime(2026, 1, 5, 9, 30, tzinfo=UTC).replace(tzinfo=None), 7.0], [], [None] * 5,
                     ["", "No", "Body", None, None]])  # fmt: skip
    run = take(body, "list.xlsx")
    assert (run.facts["format"], run.facts["rows"]) == ("xlsx", 2)
    run = running.start(run, by=None, at=now())
    assert (run.counts["created"], run.counts["refused"]) == (1, 1)
    assert Lead.objects.get().created_at == datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    assert next(iter(problems.error_file(run)[1]))[3:] == ["", "No", "Body", "", ""]


@pytest.mark.django_db
def test_a_suggestion_that_is_not_enough_is_said_before_anything_begins():
    run = take(b"Email,First Name,Last Name,Code\n9f86d081,Ann,Lee,A7\n60303ae2,Bob,Ray,B8\n")
    assert (run.state, run.facts.get("refused")) == (ImportState.ANALYSED, None)
    for begin in (rehearsing.rehearse, running.start):
        with pytest.raises(Invalid, match="person") as refusal:
            begin(run, by=None, at=now())
        run.refresh_from_db()
        assert (refusal.value.field, run.state, run.work) == ("person", ImportState.ANALYSED, None)
    told = {**run.mapping, "person": {**run.mapping["person"], "external_id": "Code", "identify": ["external_id"]}}
    run = running.start(mapping.set_mapping(run, told, by=None, at=now()), by=None, at=now())
    assert (run.state, run.counts["created"]) == (ImportState.DONE, 2)


@pytest.mark.django_db
def test_an_error_file_is_fixed_and_read_alone():
    run = take(b"Email,First Name,Note\nann@acme.example,Ann,=1+1\nsee notes,Bob,'quoted\n")
    run = running.start(run, by=None, at=now())
    assert (run.counts["created"], run.counts["refused"]) == (1, 1)
    head, rows = problems.error_file(run)
    [row] = rows
    assert row[1:] == ["3", str(run.pk), "see notes", "Bob", "'quoted"]
    fixed = take((",".join(head) + "\n" + ",".join(["", *row[1:3], "bob@acme.example", *row[4:]]) + "\n").encode())
    assert fixed.corrects == run and fixed.mapping["person"] == run.mapping["person"]
    fixed = running.start(fixed, by=None, at=now())
    assert (fixed.counts["read"], fixed.counts["created"]) == (1, 1)


@pytest.mark.django_db
def test_a_quote_that_is_never_closed_swallows_no_line_unsaid():
    whole = b'Email,Note\nann@acme.example,"two\nlines"\nbob@acme.example,"end"'
    for body, refused in ((whole, []), (whole + b'\ncy@acme.example,"open\ndi@acme.example,x\n', [(5, "unreadable")])):
        run = running.start(take(body), by=None, at=now())
        assert list(run.problems.filter(outcome="refused").values_list("line", "code")) == refused
        assert run.counts["read"] == run.facts["rows"] == 2 + len(refused)


@pytest.mark.django_db
def test_S41_cells_come_back_from_an_error_file_as_they_were():
    cells = ["=1+1", "'+49 30 1", "''=1", "'-5", "-5", "|Acme", "%10", "＝1", "'tis"]
    names = [f"C{n}" for n in range(len(cells))]
    good = f"{{}}@acme.example{',' * len(cells)}\n"
    lines = [f"Email,{','.join(names)}\n", f"nobody,{','.join(cells)}\n", *map(good.format, "abc")]
    run = take("".join(lines).encode())
    head, rows = problems.error_file(running.start(run, by=None, at=now()))
    body = b"".join(csv_file.answer("errors", head, rows))
    for fixed in (body.replace(b",nobody", b",ann@acme.example"), body):
        run = take(fixed)
        assert next(reading.lines(run, [column["name"] for column in run.facts["columns"]]))[1] | {"Email": ""} == {
            **dict(zip(names, cells, strict=True)), "Email": "", "Line": "2", "Import": str(run.corrects_id),
            "Problem": "'nobody' is not a mail address.",
        }  # fmt: skip
    head, rows = problems.error_file(running.start(run, by=None, at=now()))
    assert next(rows)[4:] == cells


@pytest.mark.django_db
def test_a_worker_killed_in_the_middle_is_followed_by_another(monkeypatch):
    from leads.importing import taking

    monkeypatch.setattr(taking, "LOT", 10)
    body = b"Email,First Name\n" + b"".join(b"p%d@acme.example,P\n" % (n % 40) for n in range(50)) + b"nobody,X\n"
    run = take(body)
    first, lots = taking.Taker.take, []

    def killed(self, lot):
        lots.append(len(lot))
        if len(lots) == 3:
            raise KeyboardInterrupt
        return first(self, lot)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(taking.Taker, "take", killed)
        running.start(run, by=None, at=now())
    run.refresh_from_db()
    assert (run.state, run.done, Person.objects.count()) == (ImportState.RUNNING, 20, 20)
    handed = []
    monkeypatch.setattr(tasks.take_import, "delay", lambda pk: handed.append(("leads.tasks.take_import", pk)))
    assert running.drain(run.beat_at + SILENT, 10) == 0
    assert running.drain(run.beat_at + SILENT * 2, 10) == 1 and handed == [("leads.tasks.take_import", run.pk)]
    running.work(run.pk)
    run.refresh_from_db()
    assert run.state == ImportState.DONE
    assert {n: run.counts[n] for n in ("read", "created", "updated", "merged", "refused")} == {
        "read": 51, "created": 40, "updated": 0, "merged": 10, "refused": 1,
    }  # fmt: skip
    undoing.undo(run, by=None, at=now())
    assert not Person.objects.exists()


@pytest.mark.django_db
def test_cancelled_it_keeps_or_undoes_and_a_changed_row_keeps_an_import(monkeypatch):
    body = b"Email,First Name\nann@acme.example,Ann\nbob@acme.example,Bob\n"
    run = running.start(take(body), by=None, at=now())
    Person.objects.filter(first_name="Ann").update(title="CEO")
    assert [(one.table, one.how) for one in undoing.blocked_by(run)] == [("leads_person", "changed")]
    with pytest.raises(Refused) as refusal:
        undoing.undo(run, by=None, at=now())
    assert refusal.value.code == "changed" and Person.objects.count() == 2
    with pytest.raises(Refused):
        running.cancel(run, True, by=None, at=now())
    other = running.cancel(take(body), False, by=None, at=now())
    assert other.state == ImportState.CANCELLED


@pytest.mark.django_db
def test_an_undo_by_a_worker_is_of_who_asked_and_ends_with_a_sentence(monkeypatch, cast):
    uploader, presser = cast.admin, cast.marketer
    body, whole = b"Email,First Name\nann@acme.example,Ann\nbob@acme.example,Bob\n", undoing.take_back
    monkeypatch.setattr(undoing, "AT_ONCE", 0)
    monkeypatch.setattr(undoing, "hand_over", lambda task, pk: None)

    def worked(run, error=None):
        def take_back(*args, **named):
            if error is not None:
                raise error
            whole(*args, **named)

        monkeypatch.setattr(undoing, "take_back", take_back)
        undoing.work(run.pk)
        return ImportRun.objects.get(pk=run.pk)

    run = undoing.undo(running.start(take(body), by=uploader, at=now()), by=presser, at=now())
    assert run.state == ImportState.UNDOING
    run = worked(run, InternalError("corrupt"))
    assert (run.state, run.trouble) == (ImportState.DONE, "The database refused to undo it. Nothing was undone.")
    run = undoing.undo(run, by=presser, at=now())
    with pytest.raises(OperationalError):
        worked(run, OperationalError("deadlock detected"))
    assert ImportRun.objects.get(pk=run.pk).state == ImportState.UNDOING, "the pulse hands it on"
    run = worked(run)
    told = Entry.objects.get(kind="import.undone", subject_id=run.pk)
    assert (run.state, run.trouble) == (ImportState.UNDONE, "")
    assert (told.by_id, run.work.taken_back_by, run.by) == (presser.pk, presser, uploader)


@pytest.mark.django_db
def test_a_failed_import_that_cannot_be_undone_stays_failed(monkeypatch):
    from leads.importing import taking

    first, lots = taking.Taker.take, []

    def broken(self, lot):
        lots.append(lot)
        if len(lots) == 2:
            raise Invalid("The second lot is bad.")
        return first(self, lot)

    monkeypatch.setattr(taking, "LOT", 1)
    monkeypatch.setattr(taking.Taker, "take", broken)
    run = running.start(take(b"Email,First Name\nann@acme.example,Ann\nbob@acme.example,Bob\n"), by=None, at=now())
    assert (run.state, run.trouble) == (ImportState.FAILED, "The second lot is bad.")
    monkeypatch.setattr(undoing, "AT_ONCE", 0)
    monkeypatch.setattr(undoing, "hand_over", lambda task, pk: None)
    undoing.undo(run, by=None, at=now())
    Person.objects.update(title="CEO")
    undoing.work(run.pk)
    run.refresh_from_db()
    assert run.state == ImportState.FAILED
    assert run.trouble == "The second lot is bad. Some of its rows were changed since. Nothing was undone."


@pytest.mark.django_db
def test_cancelled_while_it_is_finished_it_is_undone_all_the_same(monkeypatch, cast):
    run, last = take(b"Email,First Name\nann@acme.example,Ann\n"), running._react

    def cancelled(run):
        last(run)
        running.cancel(run, False, by=cast.marketer, at=now())

    monkeypatch.setattr(running, "_react", cancelled)
    run = running.start(run, by=cast.admin, at=now())
    assert run.state == ImportState.UNDONE and not Person.objects.exists()
    assert Entry.objects.get(kind="import.undone").by == cast.marketer


@pytest.mark.django_db
def test_a_deadlock_is_no_end_of_an_import(monkeypatch):
    from leads.importing import taking

    def deadlock(self, lot):
        raise OperationalError("deadlock detected")

    run = take(b"Email,First Name\nann@acme.example,Ann\n")
    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(taking.Taker, "take", deadlock)
        running.start(run, by=None, at=now())
    run.refresh_from_db()
    assert run.state == ImportState.RUNNING, "whoever looks next goes on"
    running.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.counts["created"]) == (ImportState.DONE, 1)


@pytest.mark.django_db
def test_an_analysis_whose_worker_died_is_handed_on_by_the_pulse(monkeypatch):
    monkeypatch.setattr(uploading, "AT_ONCE", 0)
    handed = []

    def delay(pk):
        handed.append(pk)
        if len(handed) == 1:
            raise BrokerAway

    monkeypatch.setattr(tasks.analyse_import, "delay", delay)
    run = uploading.upload(io.BytesIO(TABLE.encode()), name="big.csv", by=None, at=NOW)
    assert [running.drain(NOW + SILENT * n, 10) for n in (1, 2, 3, 4)] == [0, 1, 0, 1]
    run.refresh_from_db()
    assert run.state == ImportState.UPLOADED, "nothing is done by the pulse itself"
    assert handed == [run.pk, run.pk]


@pytest.mark.django_db(transaction=True)
def test_the_pulse_waits_for_no_import_that_is_being_undone():
    run = ImportRun.objects.create(name="x", state=ImportState.UNDOING, beat_at=NOW)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        ImportRun.objects.select_for_update().get(pk=run.pk)

        def drained():
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '500ms'")
                return running.drain(NOW + SILENT * 9, 10)
            finally:
                connection.close()

        assert pool.submit(drained).result(10) == 0


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_lets_go_of_somebody_who_is_waited_for(monkeypatch):
    from leads.importing import taking

    ann = Person.objects.create(email="ann@acme.example", last_name="Lee")
    ann.keys.create(kind="email", key="ann@acme.example")
    monkeypatch.setattr(taking, "LOT", 1)
    run = take(b"Email,First Name\nann@acme.example,Ann\nbob@acme.example,Bob\nann@acme.example,Anne\n")
    first, lots, posts = taking.Taker.take, [], []
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"

    def posted():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            return Person.objects.filter(pk=ann.pk).update(title="CEO")
        finally:
            connection.close()

    def taken(self, lot):
        tally = first(self, lot)
        lots.append(lot[0][0])
        if len(lots) == 1:
            posts.append(pool.submit(posted))
            for _ in range(100):
                if bulk.query(waiting, ["UPDATE%leads_person%"]) != [(0,)]:
                    break
                time.sleep(0.02)
        return tally

    with ThreadPoolExecutor(1) as pool, monkeypatch.context() as patch:
        patch.setattr(taking.Taker, "take", taken)
        run = rehearsing.rehearse(run, by=None, at=now())
        assert posts[0].result(10) == 1
    assert lots == [2, 2, 3, 4], "let go after the lot, then counted from the start"
    ann.refresh_from_db()
    assert (run.state, ann.title, ann.first_name) == (ImportState.REHEARSED, "CEO", "")
    with monkeypatch.context() as patch:
        patch.setattr(rehearsing, "_awaited", lambda: True)
        gave_up = rehearsing.rehearse(run, by=None, at=now())
    assert (gave_up.state, gave_up.trouble, gave_up.rehearsal) == (ImportState.MATCHED, rehearsing.GAVE_WAY, None)
    did = running.start(gave_up, by=None, at=now())
    assert (did.state, did.trouble) == (ImportState.DONE, "")
    assert {name: run.rehearsal[name] for name in did.counts} == did.counts


@pytest.mark.django_db
def test_a_lead_history_makes_second_cycles_and_goes_again():
    leads = b"Id,LastName,Company,Email,Status,LeadSource,CreatedDate\n00Q1,Lee,Acme,ann@acme.example,Working,Web,2026-01-05 09:00\n"
    history = (
        b"LeadId,Field,OldValue,NewValue,CreatedDate\n"
        b"00Q1,Status,MQL,Working,2026-04-02 09:00\n00Q1,Owner,a,b,2026-02-01 09:00\n"
        b"00Q1,Status,Nurturing,MQL,2026-04-01 09:00\n00Q1,Status,New,MQL,2026-01-06 09:00\n"
        b"00Q1,Status,MQL,Nurturing,2026-02-10 09:00\n00Q9,Status,New,MQL,2026-02-10 09:00\n"
    )
    running.start(take(leads), by=None, at=now())
    before = list(Lead.objects.values())
    run = take(history)
    assert run.mapping["kind"] == "lead_history"
    run = running.start(run, by=None, at=now())
    assert (run.counts["read"], run.counts["created"], run.counts["merged"], run.counts["refused"]) == (6, 1, 4, 1)
    one, two = Lead.objects.order_by("cycle")
    assert (one.stage, one.mql_at.month, one.recycled_at.month, one.created_at.day) == ("recycled", 1, 2, 5)
    assert (two.stage, two.cycle, two.mql_at.month, two.sal_at.day) == ("sal", 2, 4, 2)
    assert run.counts["second_cycles"] == 1
    again = running.start(take(history), by=None, at=now())
    assert again.counts["created"] == again.counts["updated"] == 0 and Lead.objects.count() == 2
    undoing.undo(again, by=None, at=now())
    undoing.undo(run, by=None, at=now())
    assert list(Lead.objects.values()) == before


@pytest.mark.django_db
def test_somebody_decides_and_a_preset_remembers():
    body = b"Email,Source,Created\nann@acme.example,Fair,03/04/2026\nbob@acme.example,Fair,05/06/2026\n"
    run = take(body)
    asked = {(one.what, one.value): one for one in mapping.open_decisions(run)}
    assert set(asked) == {("channel", "Fair"), ("dates", "dates")}
    run = mapping.decide(run, {("Source", "Fair"): "event", ("", "dates"): "day"}, by=None, at=NOW)
    assert mapping.open_decisions(run) == []
    presets.save(run, "Fairs", by=None, at=NOW)
    other = take(body)
    assert other.map_name == "Fairs" and mapping.open_decisions(other) == []
    with pytest.raises(Invalid) as wrong:
        mapping.set_mapping(run, {"kind": "leads", "source": "x", "person": {"mail": "Email"}}, by=None, at=NOW)
    assert "person.mail" in [error["field"] for error in wrong.value.errors]
    run = running.start(other, by=None, at=now())
    assert Lead.objects.filter(source="event", created_at__month=4, created_at__day=3).count() == 1
    assert not AttributeDefinition.objects.filter(name="source").exists()


def test_cycles_are_split_at_their_ends():
    day = [datetime(2026, 1, n, tzinfo=UTC) for n in range(1, 9)]
    one, two = split([(day[0], "inquiry"), (day[1], "mql"), (day[2], "rejected"), (day[3], "mql"), (day[4], "won")])
    assert (one.stage, one.opened, one.at) == ("rejected", day[0], {"mql": day[1], "rejected": day[2]})
    assert (two.stage, two.opened, two.at) == ("won", day[3], {"mql": day[3], "won": day[4]})
    [still] = split([(day[1], "mql"), (day[2], "sal"), (day[3], "mql"), (day[4], "sal")])
    assert (still.stage, still.at) == ("sal", {"mql": day[1], "sal": day[2]})
    assert split([]) == []


def test_day_and_month_are_told_apart_where_they_can_be():
    assert detecting.dates([["03/04/2026", "13/04/2026"]]) == (["%d/%m/%Y"], False)
    assert detecting.dates([["03/04/2026", "04/13/2026"]]) == (["%m/%d/%Y"], False)
    assert detecting.dates([["03/04/2026", "05/06/2026"]])[1] is True
    assert detecting.dates([["2026-01-05", "2026-03-29 02:30:00"], ["hello"]]) == (["iso"], False)
    assert detecting.dates([["12", "13"]]) == ([], False)


@pytest.mark.django_db
def test_a_list_of_a_trade_show_goes_the_way_of_a_form():
    body = b"Email,First Name,Source\nann@acme.example,Ann,Event\nann@acme.example,Ann,Event\n"
    run = uploading.upload(io.BytesIO(body), name="fair.csv", mode="live", by=None, at=now())
    run = rehearsing.rehearse(run, by=None, at=now())
    assert (run.state, run.rehearsal["created"], run.rehearsal["touches"]) == (ImportState.REHEARSED, 1, 4)
    assert not Lead.objects.exists()
    run = running.start(run, by=None, at=now())
    assert (run.state, run.counts["created"], run.counts["updated"]) == (ImportState.DONE, 1, 1)
    lead = Lead.objects.get()
    assert (lead.history, lead.source_id) == (False, "event")
    assert set(lead.person.touches.values_list("kind", "channel")) == {("event", "event"), ("form", "event")}
    undoing.undo(run, by=None, at=now())
    assert not Lead.objects.exists()
    hashes.remember([("email", "ann@acme.example")], at=now())
    run = running.start(
        uploading.upload(io.BytesIO(body), name="fair.csv", mode="live", by=None, at=now()), by=None, at=now()
    )
    assert (run.counts["read"], run.counts["refused"], Person.objects.count()) == (2, 2, 0)
    assert {one.code for one in run.problems.all()} == {"erased"}
