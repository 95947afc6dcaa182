"""`lead.territory` for conditions: the first territory that covers the company's place, else the person's."""

from leads.attributes import BUILT_IN, TEXT, Attribute, in_the_past
from leads.territories import NAMES

COVERS = (
    "(SELECT tt.code FROM leads_territory tt JOIN leads_territoryarea ta ON ta.territory_id = tt.id "
    "WHERE tt.removed_at IS NULL AND ta.country = {country} "
    "AND (cardinality(ta.spellings) = 0 OR lower(trim({region})) = ANY (ta.spellings)) "
    "ORDER BY tt.position, tt.id LIMIT 1)"
)
_PLACES = {attribute.name: attribute for attribute in BUILT_IN}


def _covering(read) -> str:
    """`read(attribute)` gives the SQL of a part of the place: as it is now, or as it was known then."""
    of = [
        COVERS.format(country=read(_PLACES[f"{whose}.country"]), region=read(_PLACES[f"{whose}.region"]))
        for whose in ("company", "person")
    ]
    return f"COALESCE({', '.join(of)})"


OFFERED = [
    Attribute(
        "lead.territory", "territory", TEXT, _covering(lambda attribute: attribute.sql), past=_covering(in_the_past),
        choices=NAMES,
    )
]  # fmt: skip
