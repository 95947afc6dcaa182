"""Work that can be taken back leaves every row as it was, or says who has changed what since."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from journal import remembering
from journal.models import Change, Work
from leads.importing import undoing
from leads.importing.run import import_file
from leads.models import Company, ImportRun, Person
from revops.lib import bulk
from revops.lib.errors import Refused

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def prints() -> dict[str, str]:
    """{table: hash of all its rows}."""
    tables = ["leads_company", "leads_person", "leads_personkey", "marketing_channel"]
    return {
        t: bulk.query(f"SELECT md5(coalesce(string_agg(x::text, '|' ORDER BY x::text), '')) FROM {t} x")[0][0]
        for t in tables
    }


@pytest.fixture
def acme():
    return Company.objects.create(name="Acme", name_key="acme", employees=12, technologies=["a"], created_at=NOW)


@pytest.fixture
def work():
    return remembering.begin("import", by=None, at=NOW)


def test_nothing_is_noted_outside_of_work(acme):
    assert not Change.objects.exists()


def test_taken_back_every_row_is_what_it_was(acme, work):
    person = Person.objects.create(first_name="Ida", company=acme, attributes={"a": None, "b": [1.5]}, created_at=NOW)
    before = prints()
    with remembering.remember(work):
        new = Company.objects.create(name="Fjell", name_key="fjell")
        Person.objects.create(first_name="Nils", company=new)
        Company.objects.filter(pk=acme.pk).update(employees=None, technologies=["a", "b"])
        Company.objects.filter(pk=acme.pk).update(employees=99, name="ACME")
        Company.objects.filter(pk=new.pk).update(name="Fjell Parts")
        Person.objects.filter(pk=person.pk).update(company=new, attributes={}, fit=7.25, scored_at=NOW)
    assert prints() != before
    answer = remembering.take_back(work, by=None, at=NOW)
    assert prints() == before
    assert answer.removed == {"leads_company": 1, "leads_person": 1}
    assert answer.restored == {"leads_company": 1, "leads_person": 1}
    work.refresh_from_db()
    assert work.taken_back_at == NOW


def test_a_row_destroyed_comes_back(acme, work):
    before = prints()
    with remembering.remember(work):
        acme.delete()
    remembering.take_back(work, by=None, at=NOW)
    assert prints() == before


def test_a_row_changed_and_then_destroyed_comes_back_as_it_was_first(acme, work):
    before = prints()
    with remembering.remember(work):
        Company.objects.filter(pk=acme.pk).update(employees=99, name="Fjell")
        Company.objects.filter(pk=acme.pk).update(employees=None)
        acme.delete()
    remembering.take_back(work, by=None, at=NOW)
    assert prints() == before


def test_what_somebody_changed_since_blocks_it(acme, work):
    with remembering.remember(work):
        new = Company.objects.create(name="Fjell", name_key="fjell")
        Company.objects.filter(pk=acme.pk).update(employees=99)
    Company.objects.filter(pk=acme.pk).update(name="ACME")
    before = prints()
    with pytest.raises(Refused) as refusal:
        remembering.take_back(work, by=None, at=NOW)
    assert refusal.value.code == "changed" and prints() == before
    assert [(t.table, t.row, t.how) for t in remembering.changed_since(work)] == [
        ("leads_company", str(acme.pk), "changed")
    ]
    assert new.pk


def test_a_later_row_that_points_there_blocks_it(work):
    with remembering.remember(work):
        new = Company.objects.create(name="Fjell", name_key="fjell")
    Person.objects.create(first_name="Nils", company=new)
    assert [(t.table, t.how) for t in remembering.changed_since(work)] == [("leads_company", "used")]
    with pytest.raises(Refused):
        remembering.take_back(work, by=None, at=NOW)


def test_a_renewed_cache_is_nobodys_change(work):
    person = Person.objects.create(first_name="Ida", fit=1, created_at=NOW)
    with remembering.remember(work):
        Person.objects.filter(pk=person.pk).update(title="CEO", fit=5)
    Person.objects.filter(pk=person.pk).update(fit=9, scored_at=NOW)
    remembering.take_back(work, by=None, at=NOW)
    person.refresh_from_db()
    assert (person.title, person.fit) == ("", 1)


def test_what_was_done_since_can_be_kept(acme, work):
    with remembering.remember(work):
        Company.objects.filter(pk=acme.pk).update(employees=99, country="DE")
    Company.objects.filter(pk=acme.pk).update(employees=120, industry="Rail")
    answer = remembering.take_back(work, by=None, at=NOW, keep_later=True)
    acme.refresh_from_db()
    assert (acme.employees, acme.country, acme.industry) == (120, "", "Rail")
    assert [t.how for t in answer.kept] == ["changed"]


def test_twice_and_too_late_are_refused(acme, work):
    with remembering.remember(work):
        Company.objects.filter(pk=acme.pk).update(employees=99)
    with pytest.raises(Refused) as late:
        remembering.take_back(work, by=None, at=NOW + timedelta(days=31))
    assert late.value.code == "too_late"
    remembering.take_back(work, by=None, at=NOW)
    with pytest.raises(Refused) as again:
        remembering.take_back(work, by=None, at=NOW)
    assert again.value.code == "undone"


def test_notes_are_forgotten_when_the_time_is_over(acme, work):
    with remembering.remember(work):
        Company.objects.filter(pk=acme.pk).update(employees=99)
    assert remembering.forget(NOW + timedelta(days=29)) == 0
    assert remembering.forget(NOW + timedelta(days=31)) == 1
    assert Work.objects.filter(pk=work.pk).exists()


def test_after_an_error_nothing_more_is_noted(acme, work):
    with pytest.raises(IntegrityError), transaction.atomic(), remembering.remember(work):
        Company.objects.create(name="A", name_key="a", domain="a.com")
        Company.objects.create(name="B", name_key="b", domain="a.com")
    Company.objects.filter(pk=acme.pk).update(employees=99)
    assert not Change.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_changes_a_row_between_the_look_and_the_undo(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("Mail,Name\nann@x.example,Ann Bell\n")
    (tmp_path / "a.toml").write_text(
        'kind = "leads"\nsource = "a"\nzone = "UTC"\ndates = ["%Y-%m-%d"]\nunmapped = "lead"\n[person]\n'
        'identify = ["email"]\nemail = "Mail"\nname = "Name"\n[stage]\ndefault = "inquiry"\n'
    )
    import_file(tmp_path / "a.csv", tmp_path / "a.toml", by=None, now=NOW)
    look, answers = remembering.changed_since, []

    def edit(text: str) -> str:
        try:
            with transaction.atomic():
                bulk.run([("SET LOCAL lock_timeout = '100ms'", []), (text, [])])
            return "done"
        except OperationalError:
            return "waits"
        finally:
            connection.close()

    def meddled(*args, **kwargs):
        found = look(*args, **kwargs)
        if connection.in_atomic_block and kwargs.get("limit") == 1 and not answers:
            with ThreadPoolExecutor(1) as thread:
                for text in ("UPDATE leads_person SET title = 'CEO'", "UPDATE leads_lead SET message = 'Call'"):
                    answers.append(thread.submit(edit, text).result())
        return found

    with monkeypatch.context() as patched:
        patched.setattr(remembering, "changed_since", meddled)
        with transaction.atomic():
            undoing.take_back(ImportRun.objects.get(), by=None, at=NOW)
    assert answers == ["waits", "waits"]
