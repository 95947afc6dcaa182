import pytest


@pytest.fixture(autouse=True)
def cheap_passwords(settings):
    """The real hash is slow on purpose; here it would only make the tests wait."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
