"""Who earned it: credit of won deals shared among the touches before them, under every model side by side.

`of(sheet)` is the one question: the same answer for the page, the dashboard's card, REST and CSV. `paths`, `weights`,
`markov` and `shapley` are pure; `reading` fetches eligible touches in one statement. No model shows cause.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboards.attribution.crediting import Result
    from dashboards.sheet import Sheet


def of(sheet: "Sheet", **asked: Any) -> "Result":
    """`crediting.of`: mapping, teams, look_back, half_life, own, level, all optional."""
    from dashboards.attribution import crediting  # this package is read while models load, before sheets can be

    return crediting.of(sheet, **asked)
