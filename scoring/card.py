"""The score receipt as the lead page and the queue's panel draw it."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from leads.models import Person
from scoring import receipt
from scoring.models import ScoringModel
from scoring.receipt_page import for_page, hint

TOP = 4


def of(person_id: int, *, as_of: datetime, zone: tzinfo = UTC) -> dict[str, Any] | None:
    """{version, as_of, cell, lines, top, more, hint}; None when nothing is scored. Four queries.

    `lines`: all of them for `_components/receipt.html`; `top`: the strongest of engagement and both sums, for a panel;
    `more`: how many `top` leaves out. Points fade by the hour: the receipt is of the moment the score was last written,
    so that it adds up to the score shown beside it, and of `as_of` where that is earlier or nothing was written yet.
    """
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    scored_at = Person.objects.filter(pk=person_id).values_list("scored_at", flat=True).first()
    moment = min(as_of, scored_at) if scored_at else as_of
    found = receipt.of(person_id, as_of=moment, model=model) if model else None
    if found is None:
        return None
    lines = for_page(found, model, now=as_of, zone=zone)
    sums = [i for i, line in enumerate(lines) if line["kind"] == "sum"]
    fit, engagement = lines[: sums[0] + 1], lines[sums[0] + 1 : sums[1] + 1]
    gains = [line for line in engagement if line["kind"] == ""]
    signals = [line["label"].lower() for line in fit if line["kind"] == ""]
    return {
        "version": found.version,
        "as_of": moment,
        "cell": found.cell,
        "lines": lines,
        "top": [*gains[:TOP], engagement[-1], {**fit[-1], "note": ", ".join(signals[:5])}],
        "more": max(0, len(gains) - TOP),
        "hint": hint(found, model),
    }
