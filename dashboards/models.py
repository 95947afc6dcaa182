"""What this room keeps: meetings and the numbers frozen in them, nightly snapshots, goals, judgements, and who gets
what by mail. Facts belong to the rooms below."""

from dashboards.agreed.models import Goal, Judgement
from dashboards.attribution.models import AttributionClose
from dashboards.journey.models import Silence
from dashboards.mailing.models import Mailing
from dashboards.meetings.models import Decision, Meeting, Slide
from dashboards.snapshots.models import Snapshot
from dashboards.wall.models import Wall

__all__ = [
    "AttributionClose", "Decision", "Goal", "Judgement", "Mailing", "Meeting", "Silence", "Slide", "Snapshot", "Wall",
]  # fmt: skip
