"""/: everybody lands where their work is."""

import pytest

LANDS = {
    "owner": "/queue/", "marketer": "/leads/", "viewer": "/dashboard/", "admin": "/dashboard/",
}  # fmt: skip


@pytest.mark.parametrize(("who", "where"), LANDS.items())
def test_each_role_lands_on_its_page(cast, signed_in, who, where):
    assert signed_in(getattr(cast, who)).get("/").headers["Location"] == where


def test_a_manager_begins_with_the_teams_leads_due_first(cast, signed_in):
    where = signed_in(cast.manager).get("/").headers["Location"]
    assert where == f"/leads/?team={cast.midwest.pk}"
    assert signed_in(cast.manager).get(where).status_code == 200
