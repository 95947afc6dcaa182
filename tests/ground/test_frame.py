"""The bars by role, the reader's zone and theme; nothing is counted until a page asks."""

from types import SimpleNamespace

import pytest
from django.test import RequestFactory

from revops.lib import frame

asked = []


@pytest.fixture(autouse=True)
def nothing_counted(settings):
    settings.NAV_COUNTS = {}


def three(user):
    asked.append(user)
    return 3


def request_of(role="sales", path="/queue/", zone="America/Chicago", **cookies):
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(role=role, timezone=zone, is_authenticated=True)
    request.COOKIES.update(cookies)
    return request


def labels(role):
    bar = frame.navigation(request_of(role))["nav"]
    return [entry.label for _, entries in bar.groups for entry in entries]


@pytest.mark.parametrize(
    ("role", "sees", "misses"),
    [
        ("sales", {"My queue", "Leads", "Deals", "Dashboard", "Definitions", "Scoring"}, {"Admin", "People"}),
        ("viewer", {"Leads", "Dashboard", "Definitions"}, {"My queue", "Admin"}),
        ("admin", {"My queue", "People", "Admin"}, set()),
    ],
)
def test_an_entry_a_role_cannot_use_is_absent(role, sees, misses):
    shown = set(labels(role))
    assert sees <= shown
    assert not misses & shown


def test_counts_are_asked_only_by_a_page_that_draws_the_bar(settings):
    settings.NAV_COUNTS = {"queue": f"{__name__}.three"}
    asked.clear()
    context = frame.navigation(request_of())
    assert asked == []
    queue = context["nav"].short[0]
    assert (queue.label, queue.count, queue.current) == ("My queue", 3, True)
    assert [entry.count for entry in context["nav"].short[1:]] == [0, 0, 0]
    assert len(asked) == 1


def test_only_the_page_one_is_on_is_marked():
    bar = frame.navigation(request_of(path="/leads/42/"))["nav"]
    assert [entry.key for _, entries in bar.groups for entry in entries if entry.current] == ["leads"]


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("x onload=", "system"), (None, "system")]
)
def test_the_theme_is_one_of_three(cookie, theme):
    cookies = {"theme": cookie} if cookie else {}
    assert frame.navigation(request_of(**cookies))["theme"] == theme


def test_a_zone_that_no_longer_exists_does_not_take_the_page_down():
    assert frame.navigation(request_of(zone="Mars/Olympus"))["zone"].key == "UTC"
    assert frame.navigation(request_of(zone="Europe/Warsaw"))["zone"].key == "Europe/Warsaw"
