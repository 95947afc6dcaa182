"""What happens once in this company: a promise, the model and a definition are changed, the best customers described,
somebody is taken out of rotation, two records become one."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from leads import benching
from leads.duplicates import merging
from leads.models import Person
from revops.demo import agreed, promised_lines
from revops.demo.faces import TWICE
from teams.models import User

VIA = "demo"
BENCHED, MERGED = timedelta(hours=45), timedelta(hours=47)


class Happenings:
    """`at(now)` does what has come due since the last beat, each thing once."""

    def __init__(self, users: Mapping[str, User], *, anchor: datetime) -> None:
        self.users = users
        self.waiting: list[tuple[datetime, Callable[[datetime], None]]] = sorted([
            (anchor - promised_lines.CHANGED_BEFORE, self._change),
            (anchor - agreed.MODEL_BEFORE, lambda now: agreed.model(users, at=now)),
            (anchor - agreed.SQL_BEFORE, lambda now: agreed.definition(users, at=now)),
            (anchor - agreed.PROFILE_BEFORE, lambda now: agreed.profile(users, at=now)),
            (anchor - agreed.REVIEWED_BEFORE, lambda now: agreed.reviewed(users, at=now)),
            (anchor - MERGED, self._merge),
            (anchor - BENCHED, self._bench),
        ], key=lambda item: item[0])  # fmt: skip

    def at(self, now: datetime) -> None:
        while self.waiting and self.waiting[0][0] <= now:
            self.waiting.pop(0)[1](now)

    def _change(self, now: datetime) -> None:
        promised_lines.change(self.users["Ruth Adeyemi"], at=now)

    def _bench(self, now: datetime) -> None:
        benching.bench(self.users["Owen Clarke"], by=self.users["Ruben Castillo"], at=now, via=VIA)

    def _merge(self, now: datetime) -> None:
        known = {person.email: person for person in Person.objects.filter(email__in=[c.email for c in TWICE])}
        survivor, loser = (known[contact.email] for contact in TWICE)
        merging.merge(survivor, loser, by=self.users["Ruth Adeyemi"], at=now, via=VIA)
