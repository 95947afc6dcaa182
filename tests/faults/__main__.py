"""`python -m tests.faults --clocks 100000 --faults 200 --seed 1`: hurt a company of its own, then count everything.

Real PostgreSQL, Valkey, web server, workers with their pulses and senders, a mail server and a webhook that count. It
ends with 0 when nothing was lost, doubled, early or contradictory; the seed is printed, so that a run can be repeated
(what the machine does in between is its own).
"""

import argparse
import os
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.faults.company import Company, seed_or_new
from tests.faults.receivers import Hook, Mailbox

CLOCKS_A_LEAD = 5.7  # a lead's own, its owners' and the decision; measured
PATIENCE = 90.0  # seconds without getting less of what is left to do once nothing is hurt any more


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--clocks", type=int, default=2_000)
    parser.add_argument("--faults", type=int, default=14)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--breath", type=float, default=0.4, help="Seconds between two faults, on average.")
    parser.add_argument("--only", help="Only this kind of fault, by its name in tests/faults/faults.py.")
    parser.add_argument("--punctual", action="store_true", help="Fail also when lateness is over its limits.")
    asked = parser.parse_args()
    seed = seed_or_new(asked.seed)
    say(f"seed {seed}: at least {asked.clocks:,} clocks, {asked.faults} faults")
    mailbox, hook = Mailbox(), Hook()
    url = hook.open()
    company = Company(mail_port=mailbox.open(), hook_host=url.split("/")[2], workers=asked.workers)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run(company, asked, seed, url, mailbox, hook)
    finally:
        company.close()
        mailbox.close()
        hook.close()


def run(company: Company, asked: Any, seed: int, url: str, mailbox: Mailbox, hook: Hook) -> int:
    opened = time.monotonic()
    company.open()
    os.environ.update(company.env)
    import django

    django.setup()
    from django.db import connection

    # Our own view of time stays true when the company's database is told another.
    connection.settings_dict["OPTIONS"]["options"] = "-c search_path=public,pg_catalog"
    from sla import policies
    from tests.faults import story

    # The short form is over sooner; in the long one there is always much that is running.
    quick = asked.clocks < 10_000
    key = story.set_up(url, answer_within=4, decide_within=5) if quick else story.set_up(url)
    policies.forget()
    company.work()
    company.beating()
    say(f"everything beats after {time.monotonic() - opened:.0f} s")
    told = story.Story(leads=round(asked.clocks / CLOCKS_A_LEAD), base=f"http://127.0.0.1:{company.port}", key=key, seed=seed)
    began = time.monotonic()
    told.start()
    done = hurt(company, told, asked.faults, Random(seed), asked.breath, asked.only)
    told.loaded.wait(1_800)
    told.stop()
    calm(company)
    wait_until_fired()
    poisoned = unpoison()
    wait_until_fired()
    done["jump_of_the_clock"] += jump(company)
    end = settled()
    return report(company, told, asked, seed, end, poisoned, done, time.monotonic() - began, mailbox, hook)


def hurt(
    company: Company, told: Any, number: int, rng: Random, breath: float, only: str | None
) -> Counter[str]:
    """One fault after the other, with a breath in between; the last ones wait for what is still coming in."""
    from tests.faults.faults import sequence

    done: Counter[str] = Counter()
    for fault in sequence(rng, number, only):
        time.sleep(rng.uniform(0.3, 1.7) * breath)
        fault(company, rng)
        done[fault.__name__] += 1
    return done


def calm(company: Company) -> None:
    for beat in company.beats:
        company.kill(beat.pid)
        beat.wait()
    company.beats.clear()
    for index, worker in enumerate(company.workers):
        if worker.poll() is not None:
            company.replace_worker(index)
    company.beating()


def ask(text: str, params: Any = None) -> Any:
    """One value, however often the connection was cut before."""
    from django.db import DatabaseError, InterfaceError, connection

    for _ in range(100):
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, params)
                row = cursor.fetchone() if cursor.description else None
                return row[0] if row else None
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.1)
    raise SystemExit("The database doesn't answer any more.")


def wait_until_fired() -> None:
    """Nothing due within the next half minute, nothing waiting to be sent but for browsers that nobody has open."""
    left = """SELECT (SELECT count(*) FROM sla_clock WHERE next_at < now() + interval '30 seconds'
                         AND id NOT IN (SELECT clock_id FROM poison))
                   + (SELECT count(*) FROM sla_clock WHERE phase = 'paused' AND resume_at IS NOT NULL)
                   + (SELECT count(*) FROM sla_hop WHERE done_at IS NULL)
                   + (SELECT count(*) FROM notify_notice WHERE planned_at IS NULL)"""
    waited(left, "clocks to fire")


def settled() -> datetime:
    """After the last fault: all of it again, and the messages."""
    wait_until_fired()
    waited("SELECT count(*) FROM notify_delivery WHERE state = 'waiting' AND channel <> 'browser'", "messages to go out")
    return ask("SELECT pg_catalog.clock_timestamp()").astimezone(UTC)


def waited(text: str, what: str) -> None:
    least, deadline = None, time.monotonic() + PATIENCE
    while left := ask(text):
        if least is None or left < least:
            least, deadline = left, time.monotonic() + PATIENCE
        if time.monotonic() > deadline:
            say(f"gave up waiting for {left:,} {what}")
            return
        time.sleep(0.25)


def unpoison() -> list[int]:
    """The poisoned rows must have been set aside, visibly; healed and asked again, they fire."""
    poisoned = [int(pk) for pk in (ask("SELECT string_agg(clock_id::text, ',') FROM poison") or "").split(",") if pk]
    parked = ask("SELECT count(*) FROM sla_parked WHERE clock_id IN (SELECT clock_id FROM poison)")
    ask("DELETE FROM poison")
    ask("UPDATE sla_parked SET retry_at = now()")
    say(f"{len(poisoned)} rows were poisoned, {parked} of them set aside and now tried again")
    return poisoned


def jump(company: Company) -> int:
    """F33: the database's clock goes six hours forward. Nothing may fire; put right, everything goes on."""
    from contextlib import closing

    from tests.faults.faults import drop_connections
    from tests.processes import wait_for

    before = ask("SELECT count(*) FROM sla_effect")
    with closing(company.postgres.connect("revops")) as admin, admin.cursor() as cursor:
        cursor.execute(
            """CREATE SCHEMA shifted;
               CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
               $$ SELECT pg_catalog.clock_timestamp() + interval '6 hours' $$;
               ALTER DATABASE revops SET search_path = shifted, pg_catalog, public"""
        )
    drop_connections(company, Random(0))
    wait_for(lambda: ask("SELECT count(*) FROM journal_brake WHERE released_at IS NULL"), within=30, what="the brake")
    time.sleep(2)
    fired = ask("SELECT count(*) FROM sla_effect") - before
    with closing(company.postgres.connect("revops")) as admin, admin.cursor() as cursor:
        cursor.execute("ALTER DATABASE revops RESET search_path")
    drop_connections(company, Random(0))
    wait_for(lambda: not ask("SELECT count(*) FROM journal_brake WHERE released_at IS NULL"), within=30, what="letting go")
    say(f"the clock jumped six hours: the brake held, {fired} fired meanwhile")
    if fired:
        raise SystemExit("Deadlines were fired while the brake was on.")
    return 1


def report(company: Company, told: Any, asked: Any, seed: int, end: datetime, poisoned: list[int], done: Counter[str],
           took: float, mailbox: Mailbox, hook: Hook) -> int:  # fmt: skip
    from tests.faults import accounts

    found = accounts.settle(
        end=end, acked=told.acked, poisoned=poisoned, down=_moments(company.down),
        ids={**mailbox.received.ids, **hook.received.ids}, sent_ids=_sent, odd=told.odd,
    )  # fmt: skip
    say(f"{sum(done.values())} faults in {took:.0f} s: {', '.join(f'{n} {name}' for name, n in sorted(done.items()))}")
    say(f"meanwhile: {', '.join(f'{n:,} {name}' for name, n in sorted(told.done.items()))}; "
        f"PostgreSQL away for {company.longest_down:.1f} s at most")  # fmt: skip
    for name, value in found.lines():
        say(f"  {name:24} {value}")
    for line in found.odd[:10]:
        say(f"  unexpected: {line}")
    enough = found.clocks >= asked.clocks
    late = asked.punctual and found.lateness and (
        found.lateness[-1] > company.longest_down + 5 or found.calm[int(0.99 * len(found.calm))] > 1
    )
    if not enough:
        say(f"only {found.clocks:,} clocks ran")
    if late:
        say("too late: the limits are p99 1 s while the database is up, and its longest absence + 5 s at most")
    clean = found.clean and enough and not late
    say("clean" if clean else "NOT CLEAN")
    return 0 if clean else 1


def _sent() -> set[str]:
    """The ids of what was written down as sent by mail or webhook, each by itself."""
    from urllib.parse import urlsplit

    from django.conf import settings

    from notify.models import Delivery

    host = urlsplit(settings.PUBLIC_URL).hostname
    found = Delivery.objects.filter(state="sent", inside=None, channel__in=["email", "slack"]).select_related("user")
    return {
        f"<{one.message_id}@{host}> {one.user.email}" if one.channel == "email" else str(one.message_id)
        for one in found.iterator()
    }


def _moments(down: list[tuple[float, float]]) -> list[tuple[datetime, datetime]]:
    """Monotonic stretches as times of day, with the second it takes to come back to work."""
    now, here = datetime.now(UTC), time.monotonic()
    return [(now - timedelta(seconds=here - a + 1), now - timedelta(seconds=here - b - 2)) for a, b in down]


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
