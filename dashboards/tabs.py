"""The pages of shared numbers as one row of tabs, for `_components/tabs.html`."""

from typing import Any

PAGES = (
    ("/dashboard/", "Overview"),
    ("/attribution/", "Attribution"),
    ("/journey/", "Journey"),
    ("/retention/", "Retention"),
    ("/economics/", "Economics"),
    ("/goals/", "Goals"),
    ("/kpis/audit/", "KPI audit"),
    ("/kpis/", "All KPIs"),
)


def tabs(here: str, user: Any) -> list[dict[str, Any]]:
    """[{href, label, current}]; `here` is the page's address (its own or one under it). All roles read all of them, so
    `user` narrows nothing yet; it stands here for the page that some day only some may read."""
    under = [href for href, _ in PAGES if here.startswith(href)]
    current = max(under, key=len, default="")
    return [{"href": href, "label": label, "current": href == current} for href, label in PAGES]
