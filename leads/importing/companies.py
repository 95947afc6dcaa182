"""A file of companies: firms are found by their id in the other system, their name or domain, and learn from it."""

from collections.abc import Sequence

from leads import arrivals
from leads.importing import lots, write
from leads.importing.reading import Refusal
from leads.importing.rows import Row
from leads.recognition import KnownCompany
from revops.lib import bulk


def take(rows: Sequence[Row], context: write.Context) -> tuple[list[str], list[tuple[int, Refusal]]]:
    """(an outcome for each firm and folded line, lines that name no firm). Must run inside a transaction."""
    lot = lots.recognise(rows_without_keys(rows), context.source, locking=context.locking)
    ids = arrivals.Ids.draw(people=0, companies=len(rows), leads=0, submissions=0)
    outcomes: dict[int, str] = {}
    merged, refused = 0, []
    for row in rows:
        learnt = len(context.firm_keys)
        firm = write.firm_of(row, lot, ids, context)
        if firm is None:
            refused.append((row.lines[0], Refusal("no_identity", "Only an id, without a name or a domain.")))
            continue
        _learn(firm, row)
        if firm.id in outcomes:
            merged += 1
        elif firm.is_new:
            outcomes[firm.id] = "created"
        else:
            outcomes[firm.id] = "updated" if firm.changed or len(context.firm_keys) > learnt else "merged"
    bulk.run([*arrivals.writes(arrivals.Rows(), [], lot.firms.by_id.values(), now=context.now),
              write.firm_keys_written(context)])  # fmt: skip
    return [*outcomes.values(), *["merged"] * merged], refused


def rows_without_keys(rows: Sequence[Row]) -> list[Row]:
    return [Row(row.lines[:1], company=dict(row.company)) for row in rows]


def _learn(firm: KnownCompany, row: Row) -> None:
    arrivals.learn_company(firm, write.incoming(row))
    region = row.company.get("region", "")
    if region and region != firm.region:
        firm.region = firm.changed["region"] = region
