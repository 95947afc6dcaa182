"""/: everybody lands where their work is."""

import pytest

LANDS = {
    "owner": "/queue/", "marketer": "/scoreboard/", "viewer": "/dashboard/", "admin": "/dashboard/",
}  # fmt: skip


@pytest.mark.parametrize(("who", "where"), LANDS.items())
def test_each_role_lands_on_its_page(cast, signed_in, who, where):
    assert signed_in(getattr(cast, who)).get("/").headers["Location"] == where


def test_a_manager_begins_on_the_floor_of_their_team(cast, signed_in):
    assert signed_in(cast.manager).get("/").headers["Location"] == "/floor/"
    assert signed_in(cast.manager).get("/floor/").status_code == 200


def test_the_hand_off_monitor_begins_on_the_floor_of_all_teams(cast, signed_in):
    cast.viewer.watches_handoffs = True
    cast.viewer.save()
    assert signed_in(cast.viewer).get("/").headers["Location"] == "/floor/"
    assert signed_in(cast.viewer).get("/floor/").context["standing"].everybody
