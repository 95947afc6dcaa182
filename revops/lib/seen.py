"""Who does it, when, and what they had in front of them: what a page hands to a verb that edits a draft."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest


def of(request: HttpRequest) -> datetime | None:
    """The state of the draft (its `edited_at`) that the page or dialog showed, in the form or in the address; None for
    what no page of ours wrote."""
    try:
        said = datetime.fromisoformat(request.POST.get("seen") or request.GET.get("seen") or "")
    except ValueError:
        return None
    return said if said.tzinfo else None


def by(request: HttpRequest) -> dict[str, Any]:
    """`by`, `at` and `seen` for a verb."""
    return {"by": request.user, "at": request.now, "seen": of(request)}
