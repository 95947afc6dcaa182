"""What a column becomes, chosen column by column: the map language keeps everything that the page does not show."""

import pytest

from leads.importing import choices
from revops.lib.errors import Invalid

COLUMNS = ["Email", "First", "Status", "MQL date", "Create", "Score", "Deleted", "Other"]
MAPPING = {
    "kind": "leads", "source": "hubspot", "unmapped": "lead", "ignore": ["Score"], "skip": ["Deleted"],
    "person": {"identify": ["email"], "email": "Email", "first_name": "First", "title": "=Owner"},
    "stage": {"default": "inquiry", "column": "Status", "at": {"mql": "MQL date", "opened": "Create"}},
    "touch": {"kind": "=form"}, "values": {"Status": {"new": "inquiry"}},
}  # fmt: skip


def test_nothing_changed_is_the_same_mapping():
    shown = choices.by_column(MAPPING, COLUMNS)
    assert shown == {
        "Email": "person.email", "First": "person.first_name", "Status": "stage.column", "MQL date": "stage.at.mql",
        "Create": "stage.at.opened", "Score": "", "Deleted": "skip", "Other": "attribute.lead",
    }  # fmt: skip
    assert choices.from_columns(shown, MAPPING) == MAPPING


def test_changes_go_where_the_map_language_has_them():
    shown = choices.by_column(MAPPING, COLUMNS)
    wanted = shown | {"First": "person.last_name", "Score": "attribute.person", "Other": "", "Create": "stage.at.sql",
                      "Deleted": "deal.amount"}  # fmt: skip
    new = choices.from_columns(wanted, MAPPING)
    assert choices.by_column(new, COLUMNS) == wanted
    assert new["person"] == {"identify": ["email"], "email": "Email", "last_name": "First", "title": "=Owner"}
    assert new["stage"]["at"] == {"mql": "MQL date", "sql": "Create"}
    assert (new["ignore"], new["skip"]) == (["Other"], [])
    assert new["attributes"] == {"Score": {"subject": "person"}} and new["values"] == MAPPING["values"]
    assert MAPPING["ignore"] == ["Score"], "the given mapping is left alone"


def test_two_columns_change_places():
    shown = choices.by_column(MAPPING, COLUMNS) | {"MQL date": "stage.at.opened", "Create": "stage.at.mql"}
    assert choices.from_columns(shown, MAPPING)["stage"]["at"] == {"opened": "MQL date", "mql": "Create"}


@pytest.mark.parametrize("target", ["person.email", "person.nonsense", "stage.rules"])
def test_a_target_twice_or_one_that_is_none_is_said_at_its_column(target):
    with pytest.raises(Invalid) as refused:
        choices.from_columns(choices.by_column(MAPPING, COLUMNS) | {"Other": target}, MAPPING)
    assert [error["field"] for error in refused.value.errors] == ["Other"]


def test_each_kind_of_file_offers_its_own_fields():
    offered = {kind: {t for group in choices.targets(kind) for t, _ in group.options} for kind in choices.maps.KINDS}
    assert "history.of" in offered["lead_history"] and "person.email" not in offered["lead_history"]
    assert "company.domain" in offered["companies"] and "deal.amount" in offered["deals"]
    assert all("stage.at.merged" not in targets for targets in offered.values())
