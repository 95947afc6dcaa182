"""The pages before one is in, and the ones that say no."""

import pytest
from django.template.loader import render_to_string
from django.urls import path

from tests.look import gallery
from tests.look.test_accessible import found


@pytest.fixture
def whole_product(settings, gallery):
    settings.ROOT_URLCONF = "revops.urls"


def test_signing_in_and_out_without_scripts(page_as, jonah, whole_product):
    jonah.set_password("a long enough word")
    jonah.save()
    page = page_as(java_script_enabled=False)
    page.goto("/accounts/login/?next=/me/")
    page.fill("[name=login]", "jonah@example.com")
    page.fill("[name=password]", "not this one")
    page.click("button:text('Sign in')")
    assert page.locator(".problem").count() == 1
    page.fill("[name=password]", "a long enough word")
    page.click("button:text('Sign in')")
    assert page.url.endswith("/me/")
    page.goto("/accounts/logout/")
    assert page.inner_text("h1") == "Sign out?"
    page.click("main button:text('Sign out')")
    page.goto("/me/")
    assert "/accounts/login/" in page.url


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_the_pages_before_one_is_in_pass_axe_and_have_one_heading(page_as, jonah, whole_product, theme):
    page = page_as(width=390, theme=theme)
    for name in ("accounts/login", "accounts/signup", "accounts/password/reset", "accounts/password/reset/done", "no"):
        address = f"/{name}/"
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        assert found(page) == [], address


def test_the_pages_of_the_sign_in_library_wear_our_frame(page_as, jonah, whole_product):
    page = page_as(jonah)
    for address in ("/accounts/password/change/", "/accounts/email/", "/accounts/2fa/", "/nowhere/"):
        page.goto(address)
        assert page.locator("nav.nav").count() == 1, address
        assert page.locator("h1").inner_text().strip(), address
        assert found(page) == [], address


def refuse(request):
    from django.core.exceptions import PermissionDenied

    raise PermissionDenied("Only the owner or a manager of Midwest may accept this lead.")


urlpatterns = [*gallery.urlpatterns, path("no/", refuse)]


def test_a_refusal_says_who_may(client, jonah, settings):
    settings.ROOT_URLCONF = "tests.look.test_entrance"
    client.force_login(jonah)
    answer = client.get("/no/")
    assert answer.status_code == 403
    assert "Only the owner or a manager of Midwest" in answer.content.decode()


def test_the_page_for_failures_needs_nothing():
    assert "Something failed here" in render_to_string("500.html")
