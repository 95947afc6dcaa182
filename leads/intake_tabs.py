"""The pages of intake, side by side: what came in, by which doors, and what goes out."""

from typing import Any

from teams.models import Role

TABS = {
    "submissions": ("/intake/", "Submissions"),
    "spam": ("/intake/spam/", "Spam review"),
    "forms": ("/intake/forms/", "Forms"),
    "sources": ("/intake/sources/", "Sources"),
    "tracking": ("/intake/tracking/", "Tracking"),
    "imports": ("/intake/imports/", "Import"),
    "exports": ("/intake/exports/", "Export"),
}


def tabs(here: str, user: Any) -> list[dict[str, Any]]:
    """For _components/tabs.html, `here` being the one that is open: only those that this user may open."""
    keeps = user.role in (Role.MARKETING, Role.ADMIN)
    return [
        {"href": href, "label": label, "count": None, "current": key == here}
        for key, (href, label) in TABS.items()
        if keeps or key == here
    ]
