"""A list of new enquiries, like that of a trade show: each line goes the way of a form, and people are told."""

from collections.abc import Sequence

from leads import intake
from leads.importing import lots, write
from leads.importing.reading import Refusal
from leads.importing.rows import Row
from leads.incoming import IncomingTouch
from leads.models import Door
from marketing import vocabulary

# What became of an enquiry, as a line of a file.
AS_LINE = {"created": "created", "existing": "updated", "touched": "updated", "duplicate": "merged"}
DEFAULT_KIND = "event"


def take(rows: Sequence[Row], context: write.Context) -> tuple[list[str], list[tuple[int, Refusal]]]:
    """(an outcome for each row that was taken, the others). Must run inside a transaction."""
    rows, refused = lots.without_erased(rows)
    batch = []
    for row in rows:
        item = write.incoming(row)
        item.source = context.source
        item.external_id = row.person.get("external_id", "")
        item.lead_attributes = row.attributes["lead"]
        item.product_interest = row.lead.get("product_interest", "")
        item.hand_raise, item.message = row.lead.get("hand_raise", ""), row.lead.get("message", "")
        item.occurred_at = row.opened
        item.payload = row.raw
        channel = vocabulary.named(row.lead.get("source", "")) or ""
        if channel:
            # The channel the line names; the source stays what its ids are known by.
            item.utm = {"source": channel, "medium": channel}
        kind = row.touch.get("kind") or DEFAULT_KIND
        item.touches = [
            IncomingTouch(kind=kind, occurred_at=row.opened or context.now, channel=channel,
                          campaign=row.lead.get("campaign", ""), asset=row.touch.get("asset", ""))
        ]  # fmt: skip
        batch.append(item)
    by = context.by
    outcomes = intake.capture(batch, by=by, via=Door.IMPORT.value, now=context.now)
    return [AS_LINE[outcome.status] for outcome in outcomes], refused
