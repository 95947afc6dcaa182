from teams.models.api_key import ApiKey
from teams.models.calendar import Calendar, CalendarVersion
from teams.models.organisation import Organisation
from teams.models.people import Leave, Role, SavedView, Team, TeamKind, User

__all__ = [
    "ApiKey",
    "Calendar",
    "CalendarVersion",
    "Leave",
    "Organisation",
    "Role",
    "SavedView",
    "Team",
    "TeamKind",
    "User",
]
