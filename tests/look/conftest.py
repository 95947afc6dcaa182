import pytest

from tests.look.gallery import State


@pytest.fixture
def jonah(transactional_db, django_user_model):
    return django_user_model.objects.create_user(
        "jonah@example.com", name="Jonah Reyes", role="sales", timezone="America/Chicago"
    )


@pytest.fixture(autouse=True)
def gallery(settings):
    settings.ROOT_URLCONF = "tests.look.gallery"
    settings.NAV_COUNTS = {}
    State.reset()
    yield
    State.reset()
