"""A receipt as a page shows it: rounded so that it still adds up, and one hint of what comes next."""

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from leads import timeline
from revops.lib.words import largest_remainder, moment, number, signed
from scoring import current, cuts, words
from scoring.models import Rule, ScoringModel
from scoring.receipt import PARTS, Line, Receipt

# More touches of one rule than this become one line with their number.
FOLDED_AFTER = 3


def for_page(receipt: Receipt, model: ScoringModel | None, *, now: datetime, zone: tzinfo) -> list[dict[str, Any]]:
    """Lines for `_components/receipt.html` ([{label, note, value, kind, touch, at, rule}]), each part ending
    with its sum.

    `touch`, `at`: what gave the points, of several the newest; `rule`: its id. Moments are worded in `zone`.
    """
    found: list[dict[str, Any]] = []
    for part in PARTS:
        lines = _folded(receipt.of_part(part))
        if part == "usage" and not lines:
            continue
        places = 0 if all(line.points == line.points.to_integral_value() for line in lines) else 2
        values = largest_remainder([line.points for line in lines], places)
        for line, value in zip(lines, values, strict=True):
            until = f"until {moment(line.until, now, zone, 'full')}" if line.until else ""
            found.append(
                {
                    "label": line.label,
                    "note": ", ".join(filter(None, [line.note, until])),
                    "value": signed(value, places),
                    "kind": "missing" if line.kind == "missing" else "neg" if value < 0 else "",
                    "touch": line.touch_id,
                    "at": line.at,
                    "rule": line.rule_id,
                }
            )
        total = number(sum(values, Decimal(0)), places)
        found.append({"label": _sum(part, receipt, model), "note": "", "value": total, "kind": "sum", "touch": None})
    return found


def compared(receipt: Receipt, mode: str, cut: float | None) -> dict[str, Any] | None:
    """The line of the number that a threshold or the day's cut is compared with; None by cells."""
    if mode == cuts.CELLS:
        return None
    if cut is None:
        said = "no cut taken yet"
    else:
        said = f"MQL from {words.plain(cut)}" if mode == cuts.THRESHOLD else f"today’s cut {words.plain(round(cut, 2))}"
    value = number(receipt.fit + receipt.engagement, 2)
    return {"label": f"Priority, {said}", "note": "fit plus engagement", "value": value, "kind": "sum", "touch": None}


def linked(
    lines: Sequence[dict[str, Any]], model: ScoringModel, *, lead: int, shown: Collection[int] = ()
) -> None:  # fmt: skip
    """Give each line its `href`: the touch that gave the points on the lead's timeline (`shown`: those on the page
    already), else the rule."""
    rules = {rule.pk: rule.line for rule in current.of_model(model).rules}
    for line in lines:
        if line.get("touch"):
            anchor = f"#touch-{line['touch']}"
            away = f"/leads/{lead}/?before={timeline.down_to(line['touch'], line['at'])}{anchor}"
            line["href"] = anchor if line["touch"] in shown else away
        elif line.get("rule") in rules:
            line["href"] = f"/scoring/rules/{rules[line['rule']]}/"


def hint(receipt: Receipt, model: ScoringModel | None) -> str:
    """`Engagement 1 from 60: 14.5 more. Demo request (+40) would do it.`; empty when there is nothing to reach."""
    if model is None or receipt.engagement >= Decimal(str(model.engagement_1)):
        return ""
    below_2 = receipt.engagement < Decimal(str(model.engagement_2))
    grade, cut = ("2", model.engagement_2) if below_2 else ("1", model.engagement_1)
    # What pulls it below nought has to be made up for as well.
    raw = sum((line.points for line in receipt.of_part("engagement") if line.kind != "limit"), Decimal(0))
    missing = Decimal(str(cut)) - raw
    rules = current.of_model(model).rules
    enough = [
        rule
        for rule in rules
        if rule.kind == Rule.Kind.ENGAGEMENT
        and _room(rule, rules, receipt) >= missing
        and not _fires(rule, receipt)
        and _counts(rule, receipt)
    ]
    text = f"Engagement {grade} from {words.plain(cut)}: {words.plain(float(missing))} more."
    if enough:
        nearest = min(enough, key=lambda rule: rule.points)
        text += f" {nearest.name} ({words.signed(nearest.points)}) would do it."
    return text


def _room(rule: Rule, rules: Sequence[Rule], receipt: Receipt) -> Decimal:
    """What the rule could still add under its group's cap."""
    points = Decimal(str(rule.points))
    if rule.group is None or rule.group.cap is None:
        return points
    members = {one.pk for one in rules if one.group_id == rule.group_id and one.kind == rule.kind}
    given = sum((line.points for line in receipt.lines if line.rule_id in members), Decimal(0))
    return min(points, Decimal(str(rule.group.cap)) - given)


def _fires(rule: Rule, receipt: Receipt) -> bool:
    """A frequency rule gives its points once."""
    return rule.at_least is not None and any(line.rule_id == rule.pk for line in receipt.lines)


def _counts(rule: Rule, receipt: Receipt) -> bool:
    """Whether it is known that the rule counts for this person: it asks nothing of them, or has given points."""
    return not rule.condition or any(line.rule_id == rule.pk for line in receipt.lines)


def _folded(lines: Sequence[Line]) -> list[Line]:
    """Many touches of one rule as one line; what gave most stands first, what groups and limits took at the end."""
    counts: dict[int | None, list[Line]] = {}
    for line in lines:
        if line.kind == "touch":
            counts.setdefault(line.rule_id, []).append(line)
    found: list[Line] = []
    done: set[int | None] = set()
    for line in lines:
        mine = counts.get(line.rule_id, []) if line.kind == "touch" else []
        if len(mine) <= FOLDED_AFTER:
            found.append(line)
        elif line.rule_id not in done:
            done.add(line.rule_id)
            total = sum((one.points for one in mine), Decimal(0))
            newest = max(mine, key=lambda one: (one.at is not None, one.at, one.touch_id))
            found.append(
                Line(line.part, "rule", f"{line.label}, {len(mine)}", total, "", newest.touch_id, line.rule_id,
                     at=newest.at)
            )  # fmt: skip
    return sorted(found, key=lambda line: -line.points if line.kind in ("rule", "touch") else Decimal("Infinity"))


def _sum(part: str, receipt: Receipt, model: ScoringModel | None) -> str:
    """`Fit, A from 70` · `Engagement, 2 from 30` · `Usage, product-qualified`."""
    name = part.title()
    if part == "usage":
        return f"{name}, product-qualified" if receipt.pql else name
    if model is None:
        return name
    letter, digit = receipt.cell
    cuts = {"A": model.fit_a, "B": model.fit_b, "1": model.engagement_1, "2": model.engagement_2}
    grade = letter if part == "fit" else digit
    if grade in cuts:
        return f"{name}, {grade} from {words.plain(cuts[grade])}"
    return f"{name}, {grade} below {words.plain(model.fit_b if part == 'fit' else model.engagement_2)}"
