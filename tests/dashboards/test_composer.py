"""A decision in one line: who after @, by when after #."""

from datetime import date

import pytest

from dashboards.meetings.composer import Said, read
from revops.lib.errors import Invalid

PEOPLE = {1: "Aisha Bello", 2: "Camille Roy", 3: "Aidan O’Neil"}
MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Book it", Said("Book it", None, None)),
        ("Close it unless they answer @aisha #fri", Said("Close it unless they answer", 1, date(2026, 12, 4))),
        ("@Camille.Roy sends the one-pager, #4dec.", Said("sends the one-pager, .", 2, date(2026, 12, 4))),
        ("Ask #mon", Said("Ask", None, date(2026, 12, 7))),
        ("Ask @roy #2026-12-24", Said("Ask", 2, date(2026, 12, 24))),
        ("Ask #Thursday", Said("Ask", None, date(2026, 12, 3))),
        ("Ask #+3", Said("Ask", None, date(2026, 12, 3))),
        ("Ask #4.1", Said("Ask", None, date(2027, 1, 4))),
        ("Mail cfo@northwind.example about #today", Said("Mail cfo@northwind.example about", None, MONDAY)),
    ],
)
def test_who_and_by_when_are_read_from_the_line(line, said):
    got = read(line, people=PEOPLE, today=MONDAY)
    assert (got.text.rstrip(" .,"), got.owner, got.due_on) == (said.text.rstrip(" .,"), said.owner, said.due_on)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("@ai", "Aidan O’Neil, Aisha Bello"),
        ("@zoe", "Nobody"),
        *((line, "no day") for line in ("#31feb", "#soon", "#money", "#4marketing", "#412")),
    ],
)
def test_what_cannot_be_read_is_said(line, why):
    with pytest.raises(Invalid, match=why):
        read(line, people=PEOPLE, today=MONDAY)
