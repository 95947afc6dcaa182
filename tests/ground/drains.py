"""Drains for the pulse's tests: they count how often they were asked, and one is broken."""

from django.db import connection

from revops import pulse

asked: list[str] = []
left = {"long": 0}


def good(now, limit):
    asked.append("good")
    return 0


def broken(now, limit):
    asked.append("broken")
    raise ValueError("this drain is broken")


def long(now, limit):
    asked.append("long")
    done = min(limit, left["long"])
    left["long"] -= done
    return done


def asks_the_database(now, limit):
    asked.append("database")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return 0


LOT = pulse.LOT
