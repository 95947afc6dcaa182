"""A file of 100,000 people with their history through the whole import, against a bare COPY and upsert of the same
rows; the memory it takes; and taking all of it back."""

import csv
import io
import resource
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from leads.importing import running, undoing, uploading
from leads.models import ImportState, Lead
from revops.bench import figure
from revops.bench._company import analyze, empty, moment, scaled, set_up

HEADER = ["Record ID", "Email", "First Name", "Last Name", "Phone Number", "Job Title", "Company Name", "Website URL",
          "Country/Region", "Lifecycle Stage", "Create Date", "Became a Marketing Qualified Lead Date",
          "Original Source"]  # fmt: skip
TABLES = ["leads_company", "leads_person", "leads_personkey", "leads_lead", "leads_submission", "journal_entry"]
MEGABYTE = 1024 * 1024
BARE = [
    """INSERT INTO leads_company (name, name_key, domain)
       SELECT min(c6), lower(min(c6)), c7 FROM staged GROUP BY c7
           ON CONFLICT (domain) DO UPDATE SET name = excluded.name""",
    """WITH made AS (
           INSERT INTO leads_person (id, company_id, first_name, last_name, email, phone, title, country, search,
                                     first_touch_at, last_touch_at)
           SELECT s.c0::bigint, c.id, c2, c3, c1, c4, c5, 'DE', lower(c2 || ' ' || c3 || ' ' || c1), c10::timestamptz,
                  c10::timestamptz
             FROM staged s JOIN leads_company c ON c.domain = s.c7
               ON CONFLICT (id) DO UPDATE SET email = excluded.email RETURNING id, email)
       INSERT INTO leads_personkey (person_id, kind, key)
       SELECT m.id, k.kind, k.key FROM made m
        CROSS JOIN LATERAL (VALUES ('email', m.email), ('external', 'hubspot:' || m.id)) k(kind, key)
           ON CONFLICT (kind, key) DO UPDATE SET person_id = excluded.person_id""",
    """INSERT INTO leads_lead (id, person_id, cycle, stage, created_at, stage_at, mql_at, history)
       SELECT c0::bigint, c0::bigint, 1, CASE WHEN c11 <> '' THEN 'mql' ELSE 'inquiry' END, c10::timestamptz,
              coalesce(nullif(c11, ''), c10)::timestamptz, nullif(c11, '')::timestamptz, true
         FROM staged ON CONFLICT (id) DO UPDATE SET stage = excluded.stage""",
    """INSERT INTO leads_submission (source, payload, outcome, person_id, lead_id, received_at)
       SELECT 'hubspot', to_jsonb(s), 'created', c0::bigint, c0::bigint, c10::timestamptz FROM staged s""",
    """INSERT INTO journal_entry (kind, subject_kind, subject_id, at, via)
       SELECT 'lead.opened', 'lead', c0::bigint, c10::timestamptz, 'import' FROM staged UNION ALL
       SELECT 'lead.mql', 'lead', c0::bigint, c11::timestamptz, 'import' FROM staged WHERE c11 <> ''""",
]


def figures() -> Iterator[dict[str, Any]]:
    set_up(moment())
    rows = scaled(100_000)
    body = _file(rows)
    analyze()
    bare = _bare(body)
    began = time.perf_counter()
    run = uploading.upload(io.BytesIO(body), name="contacts.csv", by=None, at=moment(), at_once=True)
    run = running.start(run, by=None, at=moment(), at_once=True)
    ours = time.perf_counter() - began
    if (run.state, run.counts["created"]) != (ImportState.DONE, rows):
        raise AssertionError(f"{run.state}: {run.counts} {run.trouble}")
    yield figure("import_100k", ours, "s", baseline=bare, required=8.0, most=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    yield figure("import_100k_memory", memory, "MB", baseline=None, required=300, most=True)
    began = time.perf_counter()
    undoing.take_back(run, by=None, at=moment())
    yield figure("import_100k_undone", time.perf_counter() - began, "s", baseline=ours, required=2.0, most=True)
    if Lead.objects.exists():
        raise AssertionError("The import was not taken back.")


def _file(rows: int) -> bytes:
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


def _bare(body: bytes) -> float:
    """Into the very tables, as somebody in a hurry would write it by hand; then emptied, so that ours meets no corpses."""
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        columns = ", ".join(f"c{n} text" for n in range(len(HEADER)))
        cursor.execute(f"CREATE TEMP TABLE staged ({columns}) ON COMMIT DROP")
        cursor.copy_expert("COPY staged FROM STDIN WITH (FORMAT csv, HEADER true)", io.BytesIO(body))
        cursor.execute("ANALYZE staged")
        for statement in BARE:
            cursor.execute(statement)
    took = time.perf_counter() - began
    empty(TABLES)
    analyze()
    return took
