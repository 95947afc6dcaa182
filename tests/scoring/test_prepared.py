"""Long statements are planned once a connection, and plainly sent where a pooler stands between."""

import pytest
from django.db import connection, transaction

from revops.lib.prepared import Prepared

pytestmark = pytest.mark.django_db


def names():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, calls FROM (SELECT name, generic_plans + custom_plans AS calls "
                       "FROM pg_prepared_statements) x WHERE name LIKE 'once_%'")  # fmt: skip
        return dict(cursor.fetchall())


@pytest.fixture
def add():
    return Prepared(
        "SELECT %(a)s + %(b)s, %(word)s", types={"a": "int", "b": "int"}, constants={"word": "100% 'quoted' $1 %(a)s"}
    )


def test_it_is_prepared_once_and_its_constants_are_bound(add):
    assert add.rows({"a": 1, "b": 2}) == [(3, "100% 'quoted' $1 %(a)s")]
    assert add.rows({"b": 40, "a": 2})[0][0] == 42
    assert names()[add.name] == 2


def test_it_outlives_a_rollback(add):
    with pytest.raises(KeyError), transaction.atomic():
        add.rows({"a": 1, "b": 1})
        raise KeyError
    assert add.rows({"a": 1, "b": 1})[0][0] == 2


def test_a_lot_is_planned_for_itself(add):
    assert add.rows({"a": 1, "b": 2}, planned_once=False)[0][0] == 3
    assert add.name == ""


def test_behind_a_pooler_nothing_is_prepared(add, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert add.rows({"a": 1, "b": 2}) == [(3, "100% 'quoted' $1 %(a)s")]
    assert add.name == ""
