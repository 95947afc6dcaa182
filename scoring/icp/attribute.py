"""`company.icp` for conditions: how much of the profile in force a firm meets, 0–100.

The criteria are read from the row inside the statement, so a new version needs no new SQL and no value is ever part of
it. A criterion whose trait is not known of the firm is left out; with fewer than half of them known the match is
unknown, and without a profile too. The past: the version in force then, met by what was known then.
"""

from leads.attributes import NUMBER, Attribute
from scoring.icp.traits import held

IN_FORCE = "(SELECT i.criteria FROM scoring_icp i WHERE i.state = 'published')"
IN_FORCE_THEN = (
    "(SELECT i.criteria FROM scoring_icp i WHERE i.state IN ('published', 'retired') AND i.effective_at <= %(as_of)s "
    "ORDER BY i.effective_at DESC, i.version DESC LIMIT 1)"
)


def met(criteria: str, *, then: bool = False) -> str:
    """A FROM item with one row a criterion: place (from 1), holds (NULL = unknown). `criteria`: SQL of the jsonb."""
    # What each criterion asks for is taken apart once a statement, not once a firm.
    return (
        "(SELECT k.place, CASE WHEN h.has IS NOT NULL THEN EXISTS "
        "(SELECT 1 FROM unnest(h.has) AS one(v) WHERE lower(one.v) = ANY (k.wanted)) END AS holds "
        "FROM (WITH e AS MATERIALIZED (SELECT e.place, e.v ->> 'attribute' AS name, "
        "ARRAY(SELECT jsonb_array_elements_text(e.v -> 'values')) AS wanted "
        f"FROM jsonb_array_elements({criteria}) WITH ORDINALITY AS e(v, place)) SELECT * FROM e) k "
        f"CROSS JOIN LATERAL (SELECT {held('k.name', then=then)} AS has OFFSET 0) h OFFSET 0)"
    )


def share(holds: str) -> str:
    """SQL of the match, 0–100: the criteria met of those known; NULL with fewer than half of them known."""
    return (
        f"CASE WHEN count(*) > 0 AND 2 * count({holds}) >= count(*) "
        f"THEN round(100.0 * count(*) FILTER (WHERE {holds}) / count({holds}), 1) END"
    )


def _match(criteria: str, *, then: bool) -> str:
    return f"(SELECT {share('m.holds')} FROM {met(criteria, then=then)} m)"


PHRASES = {"at_least": "ICP match {} or more", "at_most": "ICP match {} or less", "is_missing": "no ICP match is known"}
OFFERED = [
    Attribute(
        "company.icp", "ICP match", NUMBER, _match(IN_FORCE, then=False), past=_match(IN_FORCE_THEN, then=True),
        phrases=PHRASES,
    )
]  # fmt: skip
