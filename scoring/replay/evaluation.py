"""How well scores tell who converts: pure arithmetic over (score, converted) pairs (DOMAIN 3.4).

`judging` does the same in SQL over the rows of a long replay; tests hold them to the same answers.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from scoring.replay.result import Threshold

Pair = tuple[float, bool]


def auc(pairs: Iterable[Pair]) -> float | None:
    """P(a converted one scores higher) + ½ P(tie), 0–1; None when everybody converted or nobody did."""
    groups = _by_score(pairs)
    positives = sum(hits for _, _, hits in groups)
    negatives = sum(n - hits for _, n, hits in groups)
    if not positives or not negatives:
        return None
    above, won = negatives, 0.0
    for _, n, hits in groups:  # from the best score down
        above -= n - hits
        won += hits * (above + (n - hits) / 2)
    return won / (positives * negatives)


def captured(pairs: Sequence[Pair], share: float = 0.2) -> float | None:
    """Share of all who converted that the top `share` of the scores holds; where the cut falls into a tie, the mean
    over all orders of the tied. None when nobody converted."""
    groups = _by_score(pairs)
    positives = sum(hits for _, _, hits in groups)
    room = cut(len(pairs), share)
    if not positives:
        return None
    held = 0.0
    for _, n, hits in groups:
        taken = min(n, room)
        held += hits * taken / n
        room -= taken
        if not room:
            break
    return held / positives


def lift(pairs: Sequence[Pair], share: float = 0.2) -> float | None:
    """How many times more often the top `share` converts than everybody; None when nobody did."""
    held = captured(pairs, share)
    return None if held is None else held * len(pairs) / cut(len(pairs), share)


def cut(n: int, share: float) -> int:
    """How many of n are the top `share`: ceil, so that ten have a top fifth of two and eleven one of three."""
    return math.ceil(round(n * share, 6))


def threshold(pairs: Iterable[Pair], at_least: float) -> Threshold:
    """Everybody with `at_least` or more taken for a yes."""
    tp = fp = fn = tn = 0
    for score, converted in pairs:
        if score >= at_least:
            tp, fp = tp + converted, fp + (not converted)
        else:
            fn, tn = fn + converted, tn + (not converted)
    return rated(Threshold(at_least, tp, fp, fn, tn))


def rated(found: Threshold) -> Threshold:
    """With precision, recall and F1 of its four counts."""
    found.precision = ratio(found.tp, found.tp + found.fp)
    found.recall = ratio(found.tp, found.tp + found.fn)
    found.f1 = ratio(2 * found.tp, 2 * found.tp + found.fp + found.fn)
    return found


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _by_score(pairs: Iterable[Pair]) -> list[tuple[float, int, int]]:
    """[(score, how many, how many of them converted)] from the best score down."""
    groups: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for score, converted in pairs:
        groups[score][0] += 1
        groups[score][1] += bool(converted)
    return [(score, n, hits) for score, (n, hits) in sorted(groups.items(), reverse=True)]
