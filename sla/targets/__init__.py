"""What each kind of promise makes of news, a module a target.

A module names what it listens to and answers two questions about a batch of facts:
`HEARD`: kinds of facts it wants to see. `BEGINS`: those of them after which one of its clocks may begin.
`stops(fact) -> Iterable[Stop]`: what ends its clocks; pure, asked of each fact. A lead or deal of which a fact begins
its first clocks (`lead.mql`) is asked too: it has nothing to end.
`starts(news) -> list[Start]`: what begins, asked once a batch when a fact of BEGINS is in it.
`ends(news) -> list[Stop]`, where a module has it: what a batch ends that no single fact can tell; asked with the stops.
"""

from sla.targets import assignment, discount, disposition, handover, next_step, response, stage_age, touch_minimum

TARGETS = [assignment, response, disposition, touch_minimum, stage_age, next_step, handover, discount]

HEARD: frozenset[str] = frozenset().union(*(target.HEARD for target in TARGETS))
BEGINS: frozenset[str] = frozenset().union(*(target.BEGINS for target in TARGETS))
