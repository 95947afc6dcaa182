"""Budget, authority, need, timeline: confirmed one by one with evidence; enough of them make an SQL (DOMAIN 2.2)."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from journal.record import Fact, record
from leads.models.stage import Stage
from leads.progress import Move, change_stage, facts_of
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
        if self.stage not in (Stage.SAL, Stage.SQL):
            raise Refused(
                f"Not qualified: this lead is {self.get_stage_display()}; accept it first. Nothing was changed.",
                code="stage",
            )
        definition = _definition()
        with transaction.atomic():
            for item, values in checked.items():
                self.qualifications.update_or_create(
                    item=item, defaults={**values, "confirmed_at": at, "confirmed_by": by}
                )
            facts = [
                Fact("lead.bant", "lead", self.pk, at, by=by.pk, via=via, data={"items": sorted(checked)})
            ] if checked else []  # fmt: skip
            if self.stage == Stage.SAL and self.qualifications.count() >= definition.items_needed:
                moves = [Move(self.pk, Stage.SQL, at, by=by.pk, data={"definition": definition.version})]
                facts += facts_of(moves, change_stage(moves, now=at), via=via)
            record(facts, now=at)
        self.refresh_from_db()
        return self


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
