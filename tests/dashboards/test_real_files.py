"""Real rows, moved in through the product with the mapping it suggests or one of ours, and what the numbers then say of them."""

from fractions import Fraction

import pytest

from dashboards import rows, sheet
from dashboards.filters import parse
from dashboards.kpis import registry, say
from deals.models import Deal
from revops.lib.now import now
from teams.models import Organisation
from tests.leads.importing.test_real_files import DATA, taken, upload
from tests.leads.test_import_real import olist

pytestmark = [pytest.mark.django_db, pytest.mark.long]


def moved_in(*files: str) -> None:
    for file in files:
        if not (DATA / file).exists():
            pytest.skip(f"{file} is not here: set REVOPS_REAL_INPUT to the folder that holds it.")
        taken(upload(DATA / file))


def asked(**query: str) -> sheet.Sheet:
    sheet.forget()
    organisation, at = Organisation.get(), now()
    return sheet.opened(parse(query, zone=organisation.timezone, now=at), now=at, organisation=organisation)


def test_maven_4238_won_2473_lost_63_15_percent_10_005_534_and_51_8_days(client, django_user_model):
    moved_in("maven_crm/accounts.csv", "maven_crm/sales_pipeline.csv")
    assert Deal.objects.filter(stage="open").count() == 2089
    found = asked(**{"from": "2016-10-01", "to": "2017-12-31"})
    rate = found.answer("win-rate")
    assert (rate.figure.hits, rate.figure.n) == (4238, 6711)
    assert (rate.found.now.n("won"), rate.found.now.n("lost")) == (4238, 2473)
    assert say.exact(rate.figure.value * 100, 2) == say.exact(Fraction(6315, 100), 2)
    assert found.answer("win-rate-by-value").found.now.sum("won") == 1_000_553_400
    cycle = found.answer("sales-cycle")
    assert round(cycle.found.now.spread("won").mean, 1) == 51.8
    for key, part, n in (("win-rate", "won", 4238), ("win-rate", "lost", 2473), ("sales-cycle", "won", 4238)):
        assert sum(1 for _ in rows.walk(found, registry.find(key), part=part)) == n
    user = django_user_model.objects.create_user("a@harbor.example", name="Ada Okafor", role="viewer")
    client.force_login(user)
    shown = client.get("/kpis/win-rate/?from=2016-10-01&to=2017-12-31").content.decode()
    assert "4,238 won ÷ (4,238 won + 2,473 lost)" in shown and "63.2%" in shown


def test_olist_11_48_percent_with_blank_origins_as_their_own_row(capsys):
    olist(capsys)  # with a map that says what its own words for it don't: these leads are MQLs
    found = asked(**{"from": "2017-01-01", "to": "2018-12-31"})
    answer = found.answer("mql-to-won")
    assert (answer.figure.hits, answer.figure.n) == (281, 2447)
    assert say.exact(answer.figure.value * 100, 2) == say.exact(Fraction(1148, 100), 2)
    by_source = answer.sources
    assert sum(figure.n for figure in by_source.values()) == 2447
    blank = by_source["unknown"]
    assert blank.n > 321 and blank.value > answer.figure.value
    mine = asked(**{"from": "2017-01-01", "to": "2018-12-31", "source": "unknown"})
    assert sum(1 for _ in rows.walk(mine, registry.find("mql-to-won"))) == blank.n
