"""/: everybody lands where their work is."""

import pytest

LANDS = {
    "owner": "/queue/", "manager": "/queue/", "marketer": "/leads/", "viewer": "/dashboard/", "admin": "/dashboard/",
}  # fmt: skip


@pytest.mark.parametrize(("who", "where"), LANDS.items())
def test_each_role_lands_on_its_page(cast, signed_in, who, where):
    assert signed_in(getattr(cast, who)).get("/").headers["Location"] == where
