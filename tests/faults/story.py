"""What happens meanwhile: leads come in by the batch and by REST, people answer at the last moment, pause, merge."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from leads import touches
from leads.duplicates import merging
from leads.incoming import parse
from leads.intake import capture
from leads.models import Lead, Pool, PoolMember
from leads.touches import HumanTouch
from notify import promises
from notify.models import Destination, Preference
from revops.lib import bulk
from revops.lib.errors import DomainError
from revops.lib.now import now
from sla import pausing
from sla.models import Clock, Policy, Step
from teams.keys import create_api_key
from teams.models import Role, Team, TeamKind, User

LOT = 20
A_SECOND = 45  # leads
DEMO = {"attribute": "lead.hand_raise", "op": "is", "value": "demo"}
CONTACT = {"attribute": "lead.hand_raise", "op": "is", "value": "contact"}


def set_up(hook: str, *, answer_within: int = 8, decide_within: int = 11) -> str:
    """Four teams of three, each with a manager and a channel of its own; promises short enough to watch. → API key."""
    admin = User.objects.create_user("admin@faults.example", name="Admin", role=Role.ADMIN)
    User.objects.create_user("monitor@faults.example", name="Monitor", role=Role.SALES, watches_handoffs=True)
    fallback = Pool.objects.get(is_fallback=True)
    for number in range(4):
        team = Team.objects.create(name=f"Team {number}", kind=TeamKind.SALES)
        people = [
            User.objects.create_user(f"rep{number}{n}@faults.example", name=f"Rep {number}{n}", role=Role.SALES, team=team)
            for n in range(3)
        ]
        team.manager = User.objects.create_user(f"manager{number}@faults.example", name=f"Manager {number}", role=Role.SALES)
        team.save()
        PoolMember.objects.bulk_create([PoolMember(pool=fallback, user=person) for person in people])
        Destination.objects.create(
            name=f"Channel {number}", kind="slack", url=hook, team=team, made_at=now(), made_by=admin
        )
    lines = Policy.objects.filter(policy_set__state="published")
    # One in twenty-five is loud; what the others set off is the same but for the posts.
    lines.filter(target="first_response", tier="hot").update(amount=answer_within, condition=DEMO)
    lines.filter(target="first_response", tier="intent").update(amount=answer_within + 3, condition=CONTACT)
    lines.filter(target="disposition").update(amount=decide_within)
    Step.objects.filter(policy__policy_set__state="published").update(how=[])
    Step.objects.filter(policy__policy_set__state="published", policy__tier="hot", level=100).update(how=["slack"])
    Step.objects.filter(policy__policy_set__state="published", policy__tier="hot", level=101).update(how=["email"], after=answer_within // 2)
    Step.objects.filter(policy__policy_set__state="published", policy__tier="intent", level=101).update(after=answer_within // 2)
    # Fewer rungs and fewer mails than people would want: what is counted is the same, and 13 people get no 100,000.
    Step.objects.filter(policy__policy_set__state="published", level__in=[75, 90]).delete()
    quiet = [key for key in promises.PROMISES if key != "first_response:hot"]
    Preference.objects.bulk_create(
        [Preference(user=user, promise=key, channels=[]) for user in User.objects.all() for key in quiet]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TABLE poison (clock_id bigint PRIMARY KEY);
               CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   IF EXISTS (SELECT 1 FROM poison WHERE clock_id = NEW.id) THEN RAISE EXCEPTION 'poisoned row'; END IF;
                   RETURN NEW; END $$;
               CREATE TRIGGER poisoned BEFORE UPDATE ON sla_clock FOR EACH ROW EXECUTE FUNCTION poisoned()"""
        )
    return str(create_api_key("form", ["intake", "read", "work"])[1])


class Story:
    """Threads that go on whatever happens to the database; `done` counts what they managed, `acked` keeps 201s."""

    def __init__(self, *, leads: int, base: str, key: str, seed: int) -> None:
        self.leads, self.base, self.key, self.seed = leads, base, key, seed
        self.stopping = threading.Event()
        self.loaded = threading.Event()
        self.done: Counter[str] = Counter()
        self.acked: set[int] = set()
        self.odd: list[str] = []
        self.threads: list[threading.Thread] = []
        self.admin = User.objects.get(email="admin@faults.example")

    def start(self) -> None:
        for work in (self.load, self.post, self.answer, self.pause, self.merge):
            thread = threading.Thread(target=self._run, args=(work,), name=work.__name__, daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def _run(self, work: Callable[[Random], None]) -> None:
        work(Random(f"{self.seed} {work.__name__}"))
        connection.close()

    def again(self, work: Callable[[], Any], *, until_done: bool) -> Any:
        """Do it; while the database is away, wait for it. A refusal is an answer."""
        while not self.stopping.is_set() or until_done:
            try:
                return work()
            except DomainError:
                return None
            except (DatabaseError, InterfaceError) as error:
                with suppress(Exception):
                    connection.close()
                close_old_connections()
                if not until_done:
                    return None
                if "poisoned" in str(error):
                    return None
                time.sleep(0.1)
            except Exception as error:
                self.odd.append(f"{threading.current_thread().name}: {type(error).__name__}: {error}")
                return None
        return None

    def load(self, rng: Random) -> None:
        began = time.monotonic()
        for first in range(0, self.leads, LOT):
            if self.stopping.is_set():
                return
            bodies = [
                {"email": f"p{n}@firm{n // 3}.example", "hand_raise": "demo" if n % 25 == 0 else "contact",
                 "last_name": f"Person {n}", "company": {"name": f"Firm {n // 3}"}}
                for n in range(first, min(first + LOT, self.leads))
            ]  # fmt: skip

            def batch(bodies: list[dict] = bodies) -> None:
                at = now()
                capture([parse(body, now=at) for body in bodies], by=None, via="api", now=at)

            self.again(batch, until_done=True)
            self.done["leads"] += len(bodies)
            # As fast as a company's busiest day and then some, not as fast as the machine: lateness is to be seen.
            began += LOT / A_SECOND
            time.sleep(max(0.0, began - time.monotonic()))
        self.loaded.set()

    def post(self, rng: Random) -> None:
        """A form that repeats each request under its key until it has an answer."""
        number = 0
        while not self.stopping.is_set():
            number += 1
            body = json.dumps({"email": f"form{number}@web.example", "hand_raise": "contact"}).encode()
            headers = {"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json",
                       "Idempotency-Key": f"form-{self.seed}-{number}"}  # fmt: skip
            for _ in range(200):
                request = urllib.request.Request(f"{self.base}/api/v1/leads/", body, headers, method="POST")
                try:
                    with urllib.request.urlopen(request, timeout=5) as answer:
                        if answer.status in (200, 201):
                            self.acked.add(json.load(answer)["id"])
                            self.done["posts"] += 1
                            break
                except urllib.error.HTTPError as refusal:
                    if refusal.code not in (409, 502, 503):
                        self.odd.append(f"post: {refusal.code} {refusal.read()[:200]!r}")
                        break
                    time.sleep(0.1)
                except (OSError, ValueError):
                    time.sleep(0.1)
                if self.stopping.is_set():
                    break
            time.sleep(rng.uniform(0.02, 0.1))

    def answer(self, rng: Random) -> None:
        """F38: within a breath of due, on either side."""
        while not self.stopping.is_set():
            for lead in self.again(self._nearly_due, until_done=False) or []:
                touch = HumanTouch(lead, rng.choice(["call", "email"]), now())

                def log(touch: HumanTouch = touch) -> None:
                    at = now()
                    touches.log([HumanTouch(touch.lead_id, touch.kind, at)], by=self.admin.pk, at=at, trusted=True)

                self.again(log, until_done=False)
                self.done["answers"] += 1
            time.sleep(0.2)

    @staticmethod
    def _nearly_due() -> list[int]:
        moment = now()
        rows = bulk.query(
            """SELECT lead_id FROM sla_clock WHERE target = 'first_response' AND scope = 'lead' AND phase = 'running'
                  AND due_at BETWEEN %s AND %s ORDER BY random() LIMIT 2""",
            [moment - timedelta(milliseconds=150), moment + timedelta(milliseconds=150)],
        )
        return [row[0] for row in rows]

    def pause(self, rng: Random) -> None:
        """F40: decisions are put off and go on, some by themselves."""
        while not self.stopping.is_set():
            self.again(lambda: self._pause(rng), until_done=False)
            time.sleep(0.1)

    def _pause(self, rng: Random) -> None:
        running = Clock.objects.filter(target="disposition", phase="running", breached_at=None).order_by("-id")[:50]
        paused = Clock.objects.filter(phase="paused")[:20]
        if clock := _any(rng, list(running)):
            until = now() + timedelta(seconds=2) if rng.random() < 0.5 else None
            pausing.pause(clock, by=self.admin, at=now(), reason="legal_hold", until=until)
            self.done["pauses"] += 1
        if rng.random() < 0.7 and (clock := _any(rng, list(paused))):
            pausing.resume(clock, by=self.admin, at=now())

    def merge(self, rng: Random) -> None:
        """F39: two of one firm turn out to be one, clocks running or firing."""
        while not self.stopping.is_set():
            self.again(lambda: self._merge(rng), until_done=False)
            time.sleep(0.3)

    def _merge(self, rng: Random) -> None:
        newest = Lead.objects.filter(stage="mql").order_by("-id")[:200]
        one = _any(rng, list(newest))
        if one is None:
            return
        other = Lead.objects.filter(stage="mql", company=one.company_id).exclude(person=one.person_id).first()
        if one.company_id and other is not None:
            merging.merge(one.person, other.person, by=self.admin, at=now())
            self.done["merges"] += 1


def _any(rng: Random, found: list) -> Any:
    return rng.choice(found) if found else None
