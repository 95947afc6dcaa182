"""The score receipt as the lead page and the queue's panel draw it."""

from collections.abc import Collection
from datetime import UTC, datetime, tzinfo
from typing import Any

from leads.models import Person
from scoring import cuts, receipt
from scoring.models import ScoringModel
from scoring.receipt_page import compared, for_page, hint, linked

TOP = 4


def of(
    person_id: int, *, as_of: datetime, zone: tzinfo = UTC, lead: int | None = None, shown: Collection[int] = ()
) -> dict[str, Any] | None:
    """{version, as_of, cell, lines, top, more, hint, line}; None when nothing is scored. Five queries, six by a cut.

    With `lead` each line opens its touch on that lead's timeline; `shown`: the touches that are on the page already.
    `line`: where a score begins to qualify (cuts.line), for the chips beside it.

    `lines`: all of them for `_components/receipt.html`; `top`: the strongest of engagement and both sums, for a panel;
    `more`: how many `top` leaves out. Points fade by the hour: the receipt is of the moment the score was last written,
    so that it adds up to the score shown beside it, and of `as_of` where that is earlier or nothing was written yet.
    """
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    scored_at = Person.objects.filter(pk=person_id).values_list("scored_at", flat=True).first()
    moment = min(as_of, scored_at) if scored_at else as_of
    found = receipt.of(person_id, as_of=moment, model=model) if model else None
    if found is None or model is None:
        return None
    lines = for_page(found, model, now=as_of, zone=zone)
    if lead is not None:
        linked(lines, model, lead=lead, shown=shown)
    line = cuts.line(at=as_of)
    compared_with = compared(found, line.mode, line.cut)
    sums = [i for i, line in enumerate(lines) if line["kind"] == "sum"]
    fit, engagement = lines[: sums[0] + 1], lines[sums[0] + 1 : sums[1] + 1]
    gains = [line for line in engagement if line["kind"] == ""]
    signals = [line["label"].lower() for line in fit if line["kind"] == ""]
    return {
        "version": found.version,
        "as_of": moment,
        "cell": found.cell,
        "lines": [*lines, compared_with] if compared_with else lines,
        "top": [*gains[:TOP], engagement[-1], {**fit[-1], "note": ", ".join(signals[:5])}],
        "more": max(0, len(gains) - TOP),
        "hint": hint(found, model),
        "line": line,
    }
