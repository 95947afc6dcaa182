"""Budget, authority, need, timeline: confirmed one by one with evidence; enough of them make an SQL (DOMAIN 2.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from journal.record import Fact, record
from leads import ownership
from leads.models.stage import Stage
from leads.progress import Move, change_stage, facts_of
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams import access

if TYPE_CHECKING:
    from leads.models import Lead
    from teams.models import User

ITEMS = ["budget", "authority", "need", "timeline"]
MOST = {"value": 400, "evidence": 1000}


class Qualifying:
    """Mixed into Lead."""

    def qualify(
        self: "Lead", *, by: "User", at: datetime, items: Mapping[str, Mapping[str, str]], via: str = "page"
    ) -> "Lead":
        """Keep the items given; when the SQL definition has enough of them, SAL → SQL. Errors name the item's field."""
        access.require_work(by, self, "qualify")
        checked = _checked(items)
        definition = _definition()
        with transaction.atomic():
            # Held, so that two who confirm at once count each other's items.
            stage = ownership.hold([self.pk])[self.pk]
            if stage not in (Stage.SAL, Stage.SQL):
                raise Refused(
                    f"Not qualified: this lead is {Stage(stage).label}; accept it first. Nothing was changed.",
                    code="stage",
                )
            for item, values in checked.items():
                self.qualifications.update_or_create(
                    item=item, defaults={**values, "confirmed_at": at, "confirmed_by": by}
                )
            facts = [
                Fact("lead.bant", "lead", self.pk, at, by=by.pk, via=via, data={"items": sorted(checked)})
            ] if checked else []  # fmt: skip
            if stage == Stage.SAL and self.qualifications.count() >= definition.items_needed:
                moves = [Move(self.pk, Stage.SQL, at, by=by.pk, data={"definition": definition.version})]
                facts += facts_of(moves, change_stage(moves, now=at), via=via)
            record(facts, now=at)
        self.refresh_from_db()
        return self


@dataclass(slots=True)
class Confirmation:
    """Items of one lead as somebody confirmed them: {item: {"value", "evidence"}}."""

    lead_id: int
    by: int
    at: datetime
    items: Mapping[str, Mapping[str, str]]


QUALIFICATION = {
    "lead_id": "bigint", "item": "text", "value": "text", "evidence": "text", "confirmed_at": "timestamptz",
    "confirmed_by_id": "bigint",
}  # fmt: skip


def confirm_many(batch: Sequence[Confirmation], *, now: datetime, via: str = "task") -> None:
    """`lead.qualify` for many leads, one confirmation each, without the question of rights; leads that are neither SAL
    nor SQL are passed over. Set-based: the same statements for one and for a thousand. Raises Invalid."""
    if not batch:
        return
    rows = [
        (c.lead_id, item, values["value"], values["evidence"], c.at, c.by)
        for c in batch
        for item, values in _checked(c.items).items()
    ]
    definition = _definition()
    relation, params = bulk.source(QUALIFICATION, rows)
    names = ", ".join(QUALIFICATION)
    with transaction.atomic():
        counted = bulk.query(
            f"""
            WITH kept AS (
                INSERT INTO leads_qualification ({names})
                SELECT {bulk.selected(QUALIFICATION)} FROM {relation}
                  JOIN leads_lead l ON l.id = v.lead_id AND l.stage IN ('sal', 'sql')
                ON CONFLICT (lead_id, item) DO UPDATE SET value = excluded.value, evidence = excluded.evidence,
                    confirmed_at = excluded.confirmed_at, confirmed_by_id = excluded.confirmed_by_id
                RETURNING lead_id, item)
            SELECT k.lead_id, (SELECT count(DISTINCT x.item) FROM (
                       SELECT q.item FROM leads_qualification q WHERE q.lead_id = k.lead_id
                       UNION SELECT o.item FROM kept o WHERE o.lead_id = k.lead_id) x)
              FROM kept k GROUP BY k.lead_id""",
            params,
        )
        confirmed = dict(counted)
        ready = [c for c in batch if confirmed.get(c.lead_id, 0) >= definition.items_needed]
        moves = [Move(c.lead_id, Stage.SQL, c.at, by=c.by, data={"definition": definition.version}) for c in ready]
        facts = [
            Fact("lead.bant", "lead", c.lead_id, c.at, by=c.by, via=via, data={"items": sorted(c.items)})
            for c in batch
            if c.lead_id in confirmed
        ]
        record(facts + facts_of(moves, change_stage(moves, now=now), via=via), now=now)


def _checked(items: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    errors: list[dict[str, Any]] = []
    kept: dict[str, dict[str, str]] = {}
    for item, given in items.items():
        if item not in ITEMS:
            errors.append({"field": item, "code": "unknown", "detail": f"There are only {', '.join(ITEMS)}."})
            continue
        kept[item] = {}
        for name, most in MOST.items():
            text = str(given.get(name) or "").strip()
            if not text:
                detail = "Say what it is and how you know: a value and its evidence."
                errors.append({"field": f"{item}.{name}", "code": "required", "detail": detail})
            elif len(text) > most:
                errors.append({"field": f"{item}.{name}", "code": "too_long", "detail": f"At most {most} characters."})
            kept[item][name] = text
    if errors:
        raise Invalid(errors[0]["detail"], errors=errors, field=errors[0]["field"], code=errors[0]["code"])
    return kept


def _definition() -> Any:
    """The published SQL definition (`version`, `items_needed`), asked upward through settings."""
    return _asker()("sql")


@cache
def _asker() -> Any:
    return import_string(settings.STAGE_DEFINITION)
