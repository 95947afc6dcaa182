"""Rules, cut-offs and receipts in plain words."""

from leads import conditions
from leads.conditions import tree
from leads.conditions import words as phrases
from scoring.compiling import half_life, is_frequency
from scoring.models import Rule


def plain(value: float) -> str:
    """20 · 0.5 · −10: at most two decimals, a true minus."""
    return phrases.number(value)


def signed(value: float) -> str:
    return f"+{plain(value)}" if value > 0 else plain(value)


def what(rule: Rule) -> str:
    """What the rule looks at: `Seniority is Director or above` · `Visited /pricing at least 3 times in 7 days, where
    company size is 500 or more`."""
    if rule.kind == Rule.Kind.FIT:
        return conditions.sentence(rule.condition)
    text = phrases.touches(rule.touches, at_least=rule.at_least, within_days=rule.within_days, distinct=rule.distinct)
    where = f", where {phrases.phrase(tree.read(rule.condition))}" if rule.condition else ""
    return text[:1].upper() + text[1:] + where


def how(rule: Rule) -> str:
    """How its points last: `each time, half of it left after 30 days`; empty when simply as long as it holds."""
    if rule.kind == Rule.Kind.FIT:
        return ""
    life = half_life(rule)
    if life is None:
        return "" if rule.within_days else "once"
    fades = f"half of it left after {phrases.days(life)}"
    return f"once, {fades}" if is_frequency(rule) else f"each time, {fades}"


def counted(rule: Rule) -> str:
    """`3 in 7 days` beside a frequency rule's line."""
    kinds = "different " if rule.distinct else ""
    return f"{rule.at_least or 1} {kinds}in {phrases.days(rule.within_days)}" if rule.within_days else ""


def faded(points: float, age: float, life: float | None, asset: str) -> str:
    """`20, 6.6 d old` as the receipt says it, with the asset in front when there is one."""
    old = f"{age:.1f} d old" if age >= 0.05 else "just now"
    return f"{asset + ': ' if asset else ''}{plain(points)}, {old}" if life else asset
