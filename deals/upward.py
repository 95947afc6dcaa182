"""What the rooms above say of a deal: named in settings, so that nothing here imports them."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@cache
def panel(name: str) -> Any:
    """callable(deal_ids, now=) → {deal id: data}; see settings.DEAL_PANELS."""
    return import_string(settings.DEAL_PANELS[name])
