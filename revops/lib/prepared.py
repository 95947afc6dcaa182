"""Long statements that run all day, parsed and planned once a connection.

A scoring statement of several kilobytes takes ten times longer to plan than to run. PostgreSQL keeps the plan of a
prepared statement for as long as the connection lives, and ours live long.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg2.extensions import AsIs

# connection of the driver -> names prepared on it; a new connection starts with none
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Prepared:
    """`text` with named placeholders: those in `types` (name → SQL type) vary, the `constants` are bound once.

    Where a pooler may hand each transaction another server connection (Django's DISABLE_SERVER_SIDE_CURSORS says so)
    nothing is prepared and the statement is sent whole.
    """

    __slots__ = ("constants", "name", "text", "types", "written")

    def __init__(self, text: str, *, types: Mapping[str, str], constants: Mapping[str, Any]) -> None:
        self.text, self.types, self.constants = text, types, constants
        self.written: bytes | None = None
        self.name = ""

    def rows(self, values: Mapping[str, Any], *, planned_once: bool = True) -> list[tuple]:
        """Run it with `values` for the names in `types`. `planned_once=False` plans for these very values: for lots."""
        with connection.cursor() as cursor:
            if not planned_once or connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
                cursor.execute(self.text, {**self.constants, **values})
            else:
                self._prepare()
                slots = ", ".join(f"%({name})s::{kind}" for name, kind in self.types.items())
                cursor.execute(f"EXECUTE {self.name} ({slots})", values)
            return cursor.fetchall()

    def _prepare(self) -> None:
        """Goes past Django's cursor: what a page asks must not depend on whether its connection is young."""
        connection.ensure_connection()
        own = connection.connection
        known = _prepared.setdefault(own, set())
        if self.name in known:
            return
        with connection.wrap_database_errors, own.cursor() as cursor:
            if self.written is None:
                slots = {name: AsIs(f"${i}") for i, name in enumerate(self.types, 1)}
                self.written = cursor.mogrify(self.text, {**self.constants, **slots})
                self.name = f"once_{hashlib.md5(self.written, usedforsecurity=False).hexdigest()}"
            if self.name not in known:
                cursor.execute(f"PREPARE {self.name} ({', '.join(self.types.values())}) AS ".encode() + self.written)
                known.add(self.name)
