"""The customers' part in an erasure: what was paid stays, the ids that another system knows the person by go."""

from collections.abc import Sequence
from datetime import datetime

from revops.lib import bulk


def erase(person_ids: Sequence[int], lead_ids: Sequence[int], *, at: datetime) -> None:
    bulk.run([(
        "UPDATE customers_subscriptionmovement SET customer = 'erased:' || person_id WHERE person_id = ANY (%s)",
        [list(person_ids)],
    )])  # fmt: skip
