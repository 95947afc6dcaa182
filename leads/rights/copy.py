"""Everything we hold of one person, what they gave and what was observed, to be handed out (DOMAIN 7.2)."""

import csv
import io
import json
import zipfile
from typing import Any

from django.http import HttpResponse

from leads.models import Person
from leads.rights import erasing
from revops.lib import bulk, csv_file

# name -> SQL; %(people)s: all records of this human being.
PARTS = {
    "person": """SELECT id, first_name, last_name, email, phone, title, seniority, country, region, attributes, consent,
        suppressed, fit, engagement, cell, first_touch_at, last_touch_at, created_at FROM leads_person
        WHERE id = ANY (%(people)s) ORDER BY id""",
    "keys": "SELECT kind, key, created_at FROM leads_personkey WHERE person_id = ANY (%(people)s) ORDER BY id",
    "consent": """SELECT e.purpose, e.channel, e.state, t.version, coalesce(t.text, e.said) AS words, e.how, e.at
        FROM leads_consentevent e LEFT JOIN leads_consenttext t ON t.id = e.text_id
        WHERE e.person_id = ANY (%(people)s) ORDER BY e.at, e.id""",
    "submissions": """SELECT id, source, door, outcome, payload, context, received_at FROM leads_submission
        WHERE person_id = ANY (%(people)s) ORDER BY id""",
    "leads": """SELECT id, cycle, stage, source_id AS source, hand_raise, product_interest, message, attributes, reason,
        created_at, mql_at, sal_at, sql_at, first_response_at FROM leads_lead WHERE person_id = ANY (%(people)s)
        ORDER BY id""",
    "touches": """SELECT id, lead_id, kind, side, channel_id AS channel, asset, url, direction, automatic, outcome,
        note, source, occurred_at FROM leads_touch WHERE person_id = ANY (%(people)s) ORDER BY occurred_at, id""",
    "visits": """SELECT type, name, url, properties, occurred_at FROM leads_visitevent
        WHERE person_id = ANY (%(people)s) OR person_id IS NULL AND visitor_id IN (
              SELECT id FROM leads_visitor WHERE person_id = ANY (%(people)s) AND NOT is_ambiguous)
        ORDER BY occurred_at, id""",
    "qualifications": """SELECT q.lead_id, q.item, q.value, q.evidence, q.confirmed_at FROM leads_qualification q
        JOIN leads_lead l ON l.id = q.lead_id WHERE l.person_id = ANY (%(people)s) ORDER BY q.id""",
    "requests": """SELECT kind, state, note, received_at, due_on, extended_at, extended_because, verified, answer,
        answered_at FROM leads_datarequest WHERE person_id = ANY (%(people)s) ORDER BY id""",
}


def of(person: Person) -> dict[str, list[dict[str, Any]]]:
    """{part: rows}, in the order of time; values as JSON takes them."""
    people = erasing.family(person)
    return {name: _rows(text, {"people": people}) for name, text in PARTS.items()}


def as_zip(person: Person) -> bytes:
    """person.json with everything, and each part as a CSV file that is safe to open."""
    found, file = of(person), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("person.json", json.dumps(found, ensure_ascii=False, indent=1))
        for name, rows in found.items():
            if rows:
                packed.writestr(f"{name}.csv", _csv(rows))
    return file.getvalue()


def answer(person: Person) -> HttpResponse:
    """The packed file, to be downloaded."""
    file = HttpResponse(as_zip(person), content_type="application/zip")
    file["Content-Disposition"] = f'attachment; filename="person-{person.pk}.zip"'
    return file


def _csv(rows: list[dict[str, Any]]) -> str:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([csv_file.safe(bulk.dumps(v) if isinstance(v, dict | list) else v) for v in row.values()])
    return table.getvalue()


def _rows(text: str, params: dict) -> list[dict[str, Any]]:
    return [bulk.loads(row[0]) for row in bulk.query(f"SELECT row_to_json(q)::text FROM ({text}) q", params)]
