"""The column a condition is kept in: with the version of the language at its root, read without it.

Whoever holds a condition in memory compares and edits the tree alone; rows written before there were versions read the
same. A version this code doesn't know is left in, so that validating it says so.
"""

from typing import Any

from django.db import models

from leads.conditions import tree


class ConditionField(models.JSONField):
    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options  # the same column: nothing to migrate

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return tree.bare(super().from_db_value(value, expression, connection))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(tree.versioned(value), connection)
