"""What hangs on a person and moves with them when two records become one: every table that points to people and takes
part in remembering, so that it can move back."""

from functools import cache

from django.db import models

from leads.models import Person
from revops.lib import bulk

# What points to a person and stays where it is, and why.
STAYS = {
    "leads.Lead": "cycles are dealt anew with their numbers",
    "leads.Person": "who was merged into them earlier stays theirs",
    "leads.Likeness": "what doubles share is worked out anew",
    "leads.Pair": "a pair is of these two records",
    "leads.Merge": "a merge is of these two records",
    "deals.Deal": "deals follow by the news",
    "deals.ContactRole": "so do the parts people play in them: one each",
    "scoring.ShadowScore": "a night’s comparison; the next one knows",
}


@cache
def moved() -> list[tuple[str, str]]:
    """[(table, column)] of what moves; by hand are only the facts, which point without a key."""
    taking_part = {
        table
        for (table,) in bulk.query(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'remember_update'"
        )
    }
    return [(model._meta.db_table, column) for model, column in pointing(Person)
            if model._meta.label not in STAYS and model._meta.db_table in taking_part]  # fmt: skip


def pointing(to: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """[(model, column)] of every key in the product that points to this model."""
    found = []
    for relation in to._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and relation.field.concrete:  # type: ignore[union-attr]
            found.append((relation.related_model, relation.field.column))  # type: ignore[union-attr]
    return sorted(found, key=lambda one: (one[0]._meta.label, one[1]))
