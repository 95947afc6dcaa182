"""The score receipt as the lead page and the queue's panel draw it."""

from datetime import datetime
from typing import Any

from scoring import panels, receipt
from scoring.models import ScoringModel


def of(person_id: int, *, as_of: datetime) -> dict[str, Any] | None:
    """{version, as_of, lines, top, fit, engagement, cell, signals}; None when nothing is scored. Four queries.

    `lines`: all of them for `_components/receipt.html`; `top`: the strongest of engagement and both sums, for a panel.
    `signals`: what fit consists of, in words.
    """
    model = ScoringModel.objects.filter(state=ScoringModel.State.PUBLISHED).first()
    found = receipt.of(person_id, as_of=as_of, model=model) if model else None
    if found is None or found.version is None:
        return None
    lines = panels.for_page(found, model)
    parts: list[list[dict[str, Any]]] = [[]]
    for line in lines:
        parts[-1].append(line)
        if line["kind"] == "sum":
            parts.append([])
    fit, engagement = parts[0], parts[1] if len(parts) > 1 else []
    strongest = [line for line in engagement if line["kind"] == ""][:4]
    signals = [line["label"].lower() for line in fit if line["kind"] == ""]
    return {
        "version": found.version, "as_of": as_of, "cell": found.cell, "lines": lines,
        "top": [*strongest, *engagement[-1:], *({**line, "note": ", ".join(signals[:5])} for line in fit[-1:])],
        "more": max(0, len([line for line in engagement if line["kind"] == ""]) - len(strongest)),
    }  # fmt: skip
