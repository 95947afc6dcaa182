"""The moment a new MQL definition comes into force: everybody is looked at again by it.

Asked when a definition is published and at each look of the pulse, so that one that waits for its day is noticed on
that day. What was begun is a row (Rescoring.definition), so asking again begins nothing again. Where a new model is
just handing leads over, it may finish first: who was promised a hand-over at once does not begin to wait.
"""

from datetime import datetime

from django.db import transaction

from revops.lib import bulk
from scoring.current import DEFINITION_IN_FORCE
from scoring.models import Definition, ScoringModel

# What came with the installation was never agreed on (published_at): there is nothing before it to differ from.
NEW = f"""
SELECT d.id FROM scoring_definition d
 WHERE d.id = ({DEFINITION_IN_FORCE.format(stage="'mql'")}) AND d.published_at IS NOT NULL
   AND d.effective_at <= %(as_of)s
   AND NOT EXISTS (SELECT 1 FROM scoring_rescoring r WHERE r.definition_id = d.id)
   AND NOT EXISTS (SELECT 1 FROM scoring_rescoring r WHERE r.state = 'running' AND r.hand_over)
"""


def drain(now: datetime, limit: int) -> int:
    """For the pulse: 1 when a definition has just come into force, else 0."""
    return begin(now=now) if bulk.query(NEW, {"as_of": now}) else 0


def begin(*, now: datetime) -> int:
    """Have everybody scored anew if the MQL definition in force is a new one; twice is once."""
    from scoring import rescoring

    with transaction.atomic():
        bulk.query("SELECT pg_advisory_xact_lock(hashtextextended('scoring.definitions.coming_into_force', 0))")
        found = bulk.query(NEW, {"as_of": now})
        model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
        if not found or model is None:
            return 0
        definition = Definition.objects.select_related("created_by").get(pk=found[0][0])
        rescoring.begin(model, definition=definition, hand_over=False, by=definition.created_by, at=now)
    return 1
