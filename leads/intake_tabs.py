"""The pages of intake, side by side: what came in, by which doors, and what goes out."""

from typing import Any

TABS = {
    "submissions": ("/intake/", "Submissions"),
    "spam": ("/intake/spam/", "Spam review"),
    "forms": ("/intake/forms/", "Forms"),
    "sources": ("/intake/sources/", "Sources"),
    "tracking": ("/intake/tracking/", "Tracking"),
    "imports": ("/intake/imports/", "Import"),
    "exports": ("/intake/exports/", "Export"),
}


def tabs(here: str) -> list[dict[str, Any]]:
    """For _components/tabs.html, `here` being the one that is open."""
    return [
        {"href": href, "label": label, "count": None, "current": key == here} for key, (href, label) in TABS.items()
    ]
