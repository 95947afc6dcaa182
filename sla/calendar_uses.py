"""What of the promises counts by a calendar: the lines that name it, and the clocks that run on it."""

from revops.lib.words import plural
from sla import policy_board
from sla.models import Clock, Policy


def of(calendar_id: int) -> list[tuple[str, str]]:
    """[(what, address)]; two queries."""
    lines = Policy.objects.filter(policy_set__state="published", calendar_id=calendar_id).order_by("position")
    found = [(f"Promise: {line.name}", f"/sla/{policy_board.slug(line.target)}/") for line in lines]
    running = Clock.objects.filter(calendar_version__calendar_id=calendar_id).exclude(phase="stopped").count()
    return [*found, (plural(running, "open clock"), "")] if running else found
