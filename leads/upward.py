"""What the rooms above say of a lead: named in settings, so that nothing here imports them."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@cache
def panel(name: str) -> Any:
    """callable(lead_ids, now=) → {lead id: data}; see settings.LEAD_PANELS."""
    return import_string(settings.LEAD_PANELS[name])


@cache
def card(name: str) -> Any:
    """What explains one number of a lead: see settings.LEAD_CARDS for what each is called with."""
    return import_string(settings.LEAD_CARDS[name])


@cache
def finders() -> list[tuple[str, Any]]:
    """[(heading, callable(text, limit=) → hits)] of the search page, in settings' order."""
    return [(name, import_string(path)) for name, path in settings.FINDERS.items()]
