"""A lot of rows that the database refuses because of one of them is taken apart until that one stands alone."""

from collections.abc import Callable, Sequence

from django.db import Error

# SQLSTATE classes that speak of a row: bad data, a broken constraint, an error raised on purpose, an internal one; and
# a statement that ran too long. Anything else (connection, deadlock, lock wait, a missing table) is no row's fault.
OF_A_ROW = ("22", "23", "P0", "XX", "57014")


def is_of_a_row(error: Error) -> bool:
    state = getattr(error.__cause__, "pgcode", None) or ""
    return state.startswith(OF_A_ROW)


def apart(ids: Sequence[int], work: Callable[[Sequence[int]], int], set_aside: Callable[[int, str], None]) -> int:
    """`work` over these rows, each call a transaction of its own, halved as long as one of them is refused;
    `set_aside(id, error)` for the one that is refused alone. Answers how many were worked off or set aside."""
    if not ids:
        return 0
    try:
        return work(ids)
    except Error as error:
        if not is_of_a_row(error):
            raise
        if len(ids) == 1:
            set_aside(ids[0], str(error))
            return 1
    half = len(ids) // 2
    return apart(ids[:half], work, set_aside) + apart(ids[half:], work, set_aside)
