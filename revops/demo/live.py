"""A market that goes on while one watches: believable leads by REST every few seconds, and some reps who answer."""

import heapq
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

from revops.demo.market import SOURCES, Market, pick

TIMEOUT = 10  # seconds
ANSWERED = 0.55  # of the leads that get an owner
ACCEPTED = 0.5


class Live:
    """`every`: seconds between leads on average. `say` is told what happens, one line each."""

    def __init__(self, url: str, key: str, *, every: float, seed: int, say: Callable[[str], None]) -> None:
        self.url, self.key, self.every, self.say = url.rstrip("/"), key, every, say
        self.rng = Random(seed)
        # A market of its own: nobody here was in the story before.
        self.market = Market(self.rng, people=400)
        self.later: list[tuple[float, int, dict[str, Any]]] = []
        self.made = 0

    def run(self, *, limit: int, stopping: Callable[[], bool], wait: Callable[[float], None] = time.sleep) -> None:
        """Post `limit` leads, or until told to stop. A server that does not answer is tried again, with patience."""
        due, pause = time.monotonic(), 1.0
        while not stopping() and (self.made < limit or self.later):
            try:
                if time.monotonic() >= due and self.made < limit:
                    self.post_lead()
                    due = time.monotonic() + self.every * self.rng.uniform(0.5, 1.5)
                self.answer_some()
                pause = 1.0
            except urllib.error.HTTPError as error:
                self.say(f"{error.code} {error.reason}: {error.read()[:200].decode(errors='replace')}")
                due = time.monotonic() + self.every
                error.close()
            except OSError as error:
                self.say(f"no answer ({error}); again in {pause:.0f} s")
                wait(pause)
                pause = min(pause * 2, 30)
            wait(0.2)

    def post_lead(self) -> dict[str, Any]:
        source, _, quality, raises, extra = pick(self.rng, [(s, s[1]) for s in SOURCES])
        contact = self.market.contact()
        contact.number = int(time.time() * 1000) % 10**9
        now = datetime.now(UTC)
        body = {name: dict(value) if isinstance(value, dict) else value for name, value in extra.items()}
        enquiry = self.market.told(now, contact, source, quality, min(1.0, raises + 0.35), body)
        lead = self.send("/api/v1/leads/", enquiry.body)
        self.made += 1
        self.say(f"{contact.first_name} {contact.last_name}, {contact.firm.name}: lead {lead['id']}, {lead['stage']}")
        if lead["stage"] == "mql" and lead["owner"] is not None and self.rng.random() < ANSWERED:
            at = time.monotonic() + self.rng.uniform(15, 150)
            heapq.heappush(self.later, (at, lead["id"], {"email": contact.email, "owner": lead["owner"]}))
        return lead

    def answer_some(self) -> None:
        while self.later and self.later[0][0] <= time.monotonic():
            _, lead_id, who = heapq.heappop(self.later)
            call = {"kind": "call", "direction": "out", "automatic": False, "outcome": "two_way", "email": who["email"],
                    "occurred_at": datetime.now(UTC).isoformat()}  # fmt: skip
            call["by"] = who["owner"]
            self.send("/api/v1/touches/", {"touches": [call]})
            if self.rng.random() < ACCEPTED:
                self.send(f"/api/v1/leads/{lead_id}/acceptance/", {})
                self.say(f"lead {lead_id}: called and accepted")
            else:
                self.say(f"lead {lead_id}: called")

    def send(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            self.url + path, data=json.dumps(body).encode(), method="POST",
            headers={"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json",
                     "Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.load(answer)
