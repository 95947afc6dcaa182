"""What the lead page and the lead's JSON show of the score."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from leads.models.stage import OPEN_STAGES
from revops.lib import bulk
from scoring import words
from scoring.models import ScoringModel
from scoring.points import shown
from scoring.receipt import PARTS, Receipt

COLUMNS = "l.fit, l.engagement, l.usage, l.pql, l.cell"


def score(lead_ids: Sequence[int], *, now: datetime) -> dict[int, dict[str, Any]]:
    """{lead id: {fit, engagement, usage, priority, pql, cell, version, as_of, person}}; one query.

    An open lead carries its person's score; a closed one keeps what it had when it closed. `as_of`: the moment a
    receipt of this score must be asked for. Unscored: version and as_of are None.
    """
    rows = bulk.query(
        f"""SELECT l.id, {COLUMNS}, p.score_version, p.scored_at, p.id, l.stage
              FROM leads_lead l JOIN leads_person p ON p.id = l.person_id WHERE l.id = ANY (%s::bigint[])""",
        [list(lead_ids)],
    )
    return {
        pk: {
            "fit": fit, "engagement": engagement, "usage": usage, "priority": round(fit + engagement, 4), "pql": pql,
            "cell": cell, "version": version, "as_of": as_of if stage in OPEN_STAGES else None, "person": person,
        }
        for pk, fit, engagement, usage, pql, cell, version, as_of, person, stage in rows
    }  # fmt: skip


def for_page(receipt: Receipt, model: ScoringModel | None) -> list[dict[str, Any]]:
    """The receipt as lines for `_components/receipt.html`: [{label, note, value, kind, touch_id, until}].

    Shown values are rounded so that they add up to the shown sums. `until` is for the template to word.
    """
    found: list[dict[str, Any]] = []
    for part in PARTS:
        lines, total = receipt.of_part(part), getattr(receipt, part)
        if part == "usage" and not lines:
            continue
        places = 0 if all(line.points == line.points.to_integral_value() for line in lines) else 2
        values = shown([line.points for line in lines], total, places)
        for line, value in zip(lines, values, strict=True):
            found.append(
                {"label": line.label, "note": line.note, "value": _signed(value, places), "until": line.until,
                 "touch_id": line.touch_id, "kind": _kind(line.kind, value)}
            )  # fmt: skip
        found.append({"label": _sum(part, receipt, model), "value": f"{total:.{places}f}", "kind": "sum", "note": ""})
    return found


def _kind(kind: str, value: Decimal) -> str:
    return "missing" if kind == "missing" else "neg" if value < 0 else ""


def _signed(value: Decimal, places: int) -> str:
    if not value:
        return "0"
    return f"{'+' if value > 0 else '−'}{abs(value):.{places}f}"


def _sum(part: str, receipt: Receipt, model: ScoringModel | None) -> str:
    """`Fit, A from 70` · `Engagement, 2 from 30` · `Usage, product-qualified`."""
    name = part.title()
    if part == "usage":
        return f"{name}, product-qualified" if receipt.pql else name
    if model is None:
        return name
    letter, digit = receipt.cell
    cut = {"A": model.fit_a, "B": model.fit_b, "1": model.engagement_1, "2": model.engagement_2}
    grade = letter if part == "fit" else digit
    if grade in cut:
        return f"{name}, {grade} from {words.plain(cut[grade])}"
    return f"{name}, {grade} below {words.plain(model.fit_b if part == 'fit' else model.engagement_2)}"
