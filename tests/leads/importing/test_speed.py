"""A hundred thousand lines against a bare COPY and upsert of the same rows in the same run, and back again."""

import csv
import io
import os
import resource
import sys
from time import perf_counter

import pytest
from django.db import connection

from leads.importing import running, undoing, uploading
from leads.models import ImportState, Lead
from revops.lib.now import now

pytestmark = [pytest.mark.django_db, pytest.mark.long]
ROWS = int(os.environ.get("IMPORT_ROWS", "100000"))
RATIO, MEMORY = 8.0, 300_000_000
HEADER = ["Record ID", "Email", "First Name", "Last Name", "Phone Number", "Job Title", "Company Name", "Website URL",
          "Country/Region", "Lifecycle Stage", "Create Date", "Became a Marketing Qualified Lead Date",
          "Original Source"]  # fmt: skip


def file(rows: int) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for n in range(rows):
        day, firm = n % 28 + 1, n // 7
        mql = f"2025-0{n % 9 + 1}-{day:02} 11:00" if n % 3 == 0 else ""
        writer.writerow([
            n, f"person{n}@firm{firm}.example", f"First{n % 500}", f"Last{n % 3000}", f"+4930{n:07}", "Head of Sales",
            f"Firm {firm} GmbH", f"firm{firm}.example", "Germany", "marketingqualifiedlead" if mql else "lead",
            f"2025-0{n % 9 + 1}-{day:02} 10:00", mql, "ORGANIC_SEARCH",
        ])  # fmt: skip
    return out.getvalue().encode()


def bare(body: bytes) -> float:
    """COPY into a table of texts, then people and leads by one upsert each, with the same indexes as ours."""
    begun = perf_counter()
    with connection.cursor() as cursor:
        columns = ", ".join(f"c{n} text" for n in range(len(HEADER)))
        cursor.execute(f"CREATE TEMP TABLE staged ({columns})")
        cursor.copy_expert("COPY staged FROM STDIN WITH (FORMAT csv, HEADER true)", io.BytesIO(body))
        for table in ("leads_company", "leads_person", "leads_personkey", "leads_lead", "leads_submission"):
            cursor.execute(f"CREATE TEMP TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
        cursor.execute("""
            INSERT INTO bare_leads_company (id, name, name_key, domain)
            SELECT row_number() OVER (), min(c6), lower(min(c6)), c7 FROM staged GROUP BY c7 ON CONFLICT DO NOTHING""")
        cursor.execute("""
            INSERT INTO bare_leads_person (id, company_id, first_name, last_name, email, phone, title, country, search)
            SELECT s.c0::bigint, c.id, c2, c3, c1, c4, c5, 'DE', lower(c2 || ' ' || c3 || ' ' || c1)
              FROM staged s JOIN bare_leads_company c ON c.domain = s.c7
                ON CONFLICT (id) DO UPDATE SET email = excluded.email""")
        cursor.execute("""
            INSERT INTO bare_leads_personkey (id, person_id, kind, key)
            SELECT c0::bigint * 2, c0::bigint, 'email', c1 FROM staged UNION ALL
            SELECT c0::bigint * 2 + 1, c0::bigint, 'external', 'hubspot:' || c0 FROM staged
                ON CONFLICT (id) DO UPDATE SET person_id = excluded.person_id""")
        cursor.execute("""
            INSERT INTO bare_leads_lead (id, person_id, cycle, stage, created_at, stage_at, mql_at)
            SELECT c0::bigint, c0::bigint, 1, CASE WHEN c11 <> '' THEN 'mql' ELSE 'inquiry' END, c10::timestamptz,
                   coalesce(nullif(c11, ''), c10)::timestamptz, nullif(c11, '')::timestamptz
              FROM staged ON CONFLICT (id) DO UPDATE SET stage = excluded.stage""")
        cursor.execute("""
            INSERT INTO bare_leads_submission (id, source, payload, outcome, received_at)
            SELECT c0::bigint, 'hubspot', to_jsonb(s), 'created', c10::timestamptz FROM staged s""")
    return perf_counter() - begun


def test_a_hundred_thousand_lines(capsys):
    body = file(ROWS)
    plain = bare(body)
    begun = perf_counter()
    run = uploading.upload(io.BytesIO(body), name="contacts.csv", by=None, at=now(), at_once=True)
    looked = perf_counter() - begun
    run = running.start(run, by=None, at=now(), at_once=True)
    whole = perf_counter() - begun
    assert (run.state, run.counts["created"]) == (ImportState.DONE, ROWS), run.trouble
    begun = perf_counter()
    undoing.take_back(run, by=None, at=now())
    back = perf_counter() - begun
    assert not Lead.objects.exists()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with capsys.disabled():
        sys.stdout.write(f"\n{ROWS:,} lines: bare {plain:.1f} s, looked through {looked:.1f} s, whole {whole:.1f} s = "
                         f"{whole / plain:.1f} ×, undone {back:.1f} s, {memory / 1e6:.0f} MB\n")  # fmt: skip
    assert whole / plain <= RATIO
    assert memory <= MEMORY
