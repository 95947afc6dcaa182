"""What REST refused is kept too, so that a sender who never reads the answers is found by us."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from leads.hooks.told import cleaned
from leads.models import Door, Outcome
from leads.submissions.keeping import Kept, keep
from revops.lib import callers, rates

# Of one key; a sender that is wrong a thousand times a minute says nothing new.
MOST = "60 per minute"


def note(request: Any, refused: Sequence[tuple[Any, list[dict[str, str]]]]) -> None:
    """Keep [(body, errors)] after the answer's own work, whatever becomes of that. Costs one statement a request."""
    user, name = request.user, str(request.user)[:74]
    within = [one for one in refused if rates.hit("rest-refused", str(user.pk), MOST)]
    if not within:
        return
    context = {"ip": callers.address(request), "agent": request.headers.get("User-Agent", "")[:200]}
    batch = [
        Kept(source=_source(body) or name, door=Door.API, outcome=Outcome.REFUSED, errors=errors[:50], by=user.pk,
             payload=cleaned(body if isinstance(body, dict) else {"body": body}), context=context)
        for body, errors in within
    ]  # fmt: skip
    transaction.on_commit(lambda: keep(batch, now=request.now), robust=True)


def _source(body: Any) -> str:
    said = body.get("source") if isinstance(body, dict) else ""
    return " ".join(said.split())[:60] if isinstance(said, str) and said.isprintable() else ""
