import pytest
from django.db import connection


def test_the_driver_is_psycopg2(db):
    connection.ensure_connection()
    assert type(connection.connection).__module__.startswith("psycopg2"), "psycopg 3 crept in and Django prefers it"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_that_commits_leaves_nothing_and_takes_nothing(turn):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 20, "what migrations wrote must be there after a committing test"
        cursor.execute("SELECT to_regclass('left_behind')")
        assert cursor.fetchone()[0] is None
        cursor.execute("CREATE TABLE left_behind ()")
