"""What this room keeps: meetings. Numbers are never kept but frozen in one."""

from dashboards.meetings.models import Decision, Meeting, Slide

__all__ = ["Decision", "Meeting", "Slide"]
