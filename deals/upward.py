"""What the rooms above say of a deal: named in settings, so that nothing here imports them."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString


@cache
def panel(name: str) -> Any:
    """callable(deal_ids, now=) → {deal id: data}; see settings.DEAL_PANELS."""
    return import_string(settings.DEAL_PANELS[name])


def takes_over(user: Any, deal: Any) -> bool:
    """Whether `user` is who takes the customer of this deal over (settings.DEAL_TAKER)."""
    return import_string(settings.DEAL_TAKER)(user, deal)


def sections(request: Any, deal: Any) -> list[SafeString]:
    """What rooms show on the deal's page, rendered by their templates, in the order of settings.DEAL_SECTIONS; those
    with nothing to say left out."""
    parts = [import_string(path)(request, deal) for path in settings.DEAL_SECTIONS]
    return [part for part in parts if part]
