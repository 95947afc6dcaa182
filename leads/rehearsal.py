"""An enquiry as it would stand once taken in, beside the record: the same steps as intake, nothing written.

The four tables that conditions and scores read are covered, in one statement, by common table expressions of the same
names that hold these rows too: the person, their firm, their cycle and the new touches, in place of what is kept.
So the SQL that scores and decides runs over an enquiry that was never sent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from leads import intake
from leads.arrivals import COMPANY, LEAD, PERSON, TOUCH, Rows
from leads.incoming import Incoming
from leads.models import Company, Lead, Person, Touch
from leads.recognition import KnownPerson
from revops.lib import bulk

NOBODY = 0  # the id of what is not kept yet; touches have −1, −2, …
Covered = dict[type[models.Model], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Beside:
    """Tables covered for one statement: put `text` in front of it, bind `params` with it."""

    text: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`status`: what intake would answer (created, existing, touched). `person_id`, `lead_id`: NOBODY when new; a
    `lead_id` of None: no cycle is open and none would be opened. `rows`: for `beside`."""

    status: str
    person_id: int
    lead_id: int | None
    company_id: int | None
    rows: Covered


def of(item: Incoming, *, now: datetime) -> Rehearsal:
    """What taking in `item` at `now` would leave, in a handful of queries that read."""
    outcome, known, firms, new = intake.rehearse(item, now=now)
    rows: Covered = {Person: [_stored(Person, known.id, created_at=now) | _of(PERSON, known)]}
    if known.company_id is not None:
        firm = firms.by_id[known.company_id]
        rows[Company] = [_stored(Company, firm.id, created_at=now) | _of(COMPANY, firm)]
    lead_id = None if outcome.status == "touched" else outcome.lead_id
    if lead_id is not None:
        rows[Lead] = [_lead(new, lead_id, now)]
    rows[Touch] = _touches(new)
    return Rehearsal(outcome.status, known.id, lead_id, known.company_id, rows)


def beside(rows: Covered) -> Beside:
    """Statements with this in front see these rows in place of those with the same ids."""
    parts, params = [], {}
    for model, covering in rows.items():
        table = model._meta.db_table
        # Not materialized, so that whoever looks for one row of a million still finds it by its index.
        parts.append(
            f"{table} AS NOT MATERIALIZED (SELECT * FROM {table} WHERE id <> ALL (%({table}_ids)s::bigint[]) "
            f"UNION ALL SELECT * FROM jsonb_populate_recordset(NULL::{table}, %({table}_rows)s::jsonb))"
        )
        params |= {f"{table}_ids": [row["id"] for row in covering], f"{table}_rows": bulk.dumps(covering)}
    return Beside(f"WITH {', '.join(parts)} ", params)


def stored(model: type[models.Model], pk: int, **changed: Any) -> dict[str, Any]:
    """A row as it is kept, {column: value}, with some of it changed."""
    return model._default_manager.filter(pk=pk).values().get() | changed


def _stored(model: type[models.Model], pk: int, **new: Any) -> dict[str, Any]:
    return _blank(model) | new if pk == NOBODY else stored(model, pk)


def _blank(model: type[models.Model]) -> dict[str, Any]:
    """A new row's columns with their plain defaults; what the database sets is left to the caller."""
    return {
        field.attname: field.get_default() if field.has_default() else "" if field.empty_strings_allowed else None
        for field in model._meta.concrete_fields
    }


def _of(columns: dict[str, str], known: Any) -> dict[str, Any]:
    renamed = {"first_channel_id": "first_channel"}
    row = {column: getattr(known, renamed.get(column, column)) for column in columns}
    if isinstance(known, KnownPerson) and known.last_touch_at is None:
        del row["last_touch_at"]
    return row


def _lead(new: Rows, lead_id: int, now: datetime) -> dict[str, Any]:
    """The cycle that is opened, or the open one with what the enquiry adds to it (arrivals._joined)."""
    if new.leads:
        [row] = new.leads
        return _blank(Lead) | dict(zip(LEAD, row, strict=True))
    lead = stored(Lead, lead_id, updated_at=now)
    for _, company, hand_raise, message, interest, attributes in new.joined.values():
        lead |= {
            "company_id": lead["company_id"] if lead["company_id"] is not None else company,
            "hand_raise": hand_raise or lead["hand_raise"], "message": lead["message"] or message,
            "product_interest": lead["product_interest"] or interest, "attributes": lead["attributes"] | attributes,
        }  # fmt: skip
    return lead


def _touches(new: Rows) -> list[dict[str, Any]]:
    """The new ones; what a sender has told before under its own id is kept once."""
    rows = [_blank(Touch) | dict(zip(TOUCH, row, strict=True)) for row in new.touches]
    named = [row["external_id"] for row in rows if row["external_id"] is not None]
    told = set(Touch.objects.filter(external_id__in=named).values_list("source", "external_id")) if named else set()
    fresh = [row for row in rows if (row["source"], row["external_id"]) not in told]
    return [{**row, "id": -i} for i, row in enumerate(fresh, 1)]
