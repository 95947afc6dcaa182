"""What both sides promised each other, the monthly reviews they held, and the few leads handed over by hand."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from dashboards.meetings import verbs
from dashboards.meetings.models import Decision
from dashboards.scoreboard.month import first_of
from dashboards.scoreboard.quota import Inputs
from leads.models import Lead, Stage
from leads.overriding import hand_over_anyway
from sla import commitments
from teams.models import User

TARGET, DEAL, RATE = 360_000_000, 3_000_000, Fraction(3, 4)  # money in cents: 160 SQLs a quarter
VIA = "demo"
# Days before the end at which somebody could not wait for the score, and why.
BY_HAND = [(47, "asked our founder at the trade fair"), (31, "partner asked for it"), (9, "board contact")]
# (screen, who, what, days to do it in, done after so many days or not at all)
DECIDED = [
    [
        ("rejection", "Camille Roy", "Ask for firm size on the webinar form", 14, 9),
        ("sales", "Dana Whitfield", "Cover the Midwest lunch hour in turns", 10, 12),
    ],
    [
        ("rejection", "Camille Roy", "Propose fewer points for a webinar alone", 21, None),
        ("touches", "Ruben Castillo", "Write down why touches stop before the eighth", 14, 11),
        ("marketing", "Felix Braun", "Bring forward the November mailings", 7, None),
    ],
]


class Promises:
    """`at(now)` does what has come due since the last beat, each thing once."""

    def __init__(self, users: Mapping[str, User], *, start: datetime, until: datetime) -> None:
        self.users = users
        today = until.date()
        waiting: list[tuple[datetime, Callable[[datetime], None]]] = [(start, self._commit)]
        waiting += [
            (until - timedelta(days=days), lambda now, why=why: self._by_hand(now, why)) for days, why in BY_HAND
        ]  # type: ignore[misc]
        for back, decided in zip((1, 0), DECIDED, strict=True):
            held = datetime.combine(first_of(today, back) + timedelta(days=2), until.timetz())
            period = first_of(today, back + 1)
            if held < until:
                waiting.append((held, lambda now, p=period, d=decided: self._review(now, p, d)))
        self.waiting = sorted((item for item in waiting if item[0] >= start), key=lambda item: item[0])

    def at(self, now: datetime) -> None:
        while self.waiting and self.waiting[0][0] <= now:
            self.waiting.pop(0)[1](now)

    def _commit(self, now: datetime) -> None:
        inputs = Inputs(TARGET, DEAL, RATE, "USD")
        commitments.commit(
            "volume", goal=Decimal(inputs.needed), inputs=inputs.as_json() | {"measured": []},
            starts_on=now.date().replace(day=1), by=self.users["Camille Roy"], at=now, note="Agreed for the year", via=VIA,
        )  # fmt: skip

    def _by_hand(self, now: datetime, why: str) -> None:
        lead = (
            Lead.objects.filter(stage=Stage.INQUIRY, history=False, person__suppressed=False)
            .exclude(company=None).order_by("-created_at", "person__email").first()
        )  # fmt: skip
        if lead:
            hand_over_anyway(lead, by=self.users["Camille Roy"], at=now, reason=why, via=VIA)

    def _review(self, now: datetime, period: date, decided: list[tuple]) -> None:
        dana = self.users["Dana Whitfield"]
        meeting = verbs.start("sla", period=period, by=dana, at=now, via=VIA)
        for topic, who, what, days, done in decided:
            made = verbs.decide(
                meeting, topic=topic, text=what, owner=self.users[who], due_on=now.date() + timedelta(days=days),
                by=dana, at=now + timedelta(minutes=20), via=VIA,
            )  # fmt: skip
            if done is not None:
                self._later(now + timedelta(days=done), made.pk)
        verbs.close(meeting, by=dana, at=now + timedelta(minutes=40), via=VIA)

    def _later(self, at: datetime, decision: int) -> None:
        def finish(now: datetime) -> None:
            found = Decision.objects.select_related("owner").get(pk=decision)
            verbs.finish(found, by=found.owner, at=now, via=VIA)

        self.waiting.append((at, finish))
        self.waiting.sort(key=lambda item: item[0])
