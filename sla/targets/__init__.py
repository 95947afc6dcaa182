"""What each kind of promise makes of news, a module a target.

A module names what it listens to and answers two questions about a batch of facts:
`HEARD`: kinds of facts it wants to see. `BEGINS`: those of them after which one of its clocks may begin.
`stops(fact) -> Iterable[Stop]`: what ends its clocks; pure, asked of each fact. A lead or deal of which a fact begins
its first clocks (`lead.mql`) is asked too: it has nothing to end.
`starts(news) -> list[Start]`: what begins, asked once a batch when a fact of BEGINS is in it.
"""

from sla.targets import assignment, disposition, response

TARGETS = [assignment, response, disposition]

HEARD: frozenset[str] = frozenset().union(*(target.HEARD for target in TARGETS))
BEGINS: frozenset[str] = frozenset().union(*(target.BEGINS for target in TARGETS))
