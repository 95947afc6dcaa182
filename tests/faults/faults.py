"""What is done to the company; each is a row or two of the failure catalogue (F1 … F45)."""

import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import psycopg2
import redis

from tests.faults.company import BEAT, Company

SHIFTED = str(Path(__file__).parent / "shifted")
Fault = Callable[[Company, Random], None]


def _one(rng: Random, pids: list[int]) -> int | None:
    return rng.choice(pids) if pids else None


def kill_pulse(company: Company, rng: Random) -> None:
    """F1: kill -9 in the middle of a lot."""
    if pid := _one(rng, company.pids(b"pulse")):
        company.kill(pid)


def kill_sender(company: Company, rng: Random) -> None:
    """F3, F4: between taking and sending, or between sending and writing it down."""
    if pid := _one(rng, company.pids(b"deliver")):
        company.kill(pid)


def kill_worker(company: Company, rng: Random) -> None:
    """F2: the whole group, messages in hand."""
    company.replace_worker(rng.randrange(len(company.workers)))


def wrong_host_clock(company: Company, rng: Random) -> None:
    """F31, F32: a worker whose host is an hour off, either way."""
    shift = str(rng.choice([-3_600, 3_600]))
    company.replace_worker(rng.randrange(len(company.workers)), PYTHONPATH=SHIFTED, FAULT_SHIFT=shift)


def freeze_pulse(company: Company, rng: Random) -> None:
    """F8: it hangs with whatever locks it holds; the others go on."""
    if pid := _one(rng, company.pids(b"pulse")):
        company.kill(pid, signal.SIGSTOP)
        time.sleep(rng.uniform(0.5, 2))
        company.kill(pid, signal.SIGCONT)


def crash_postgres(company: Company, rng: Random) -> None:
    """F22, F23, F24: an immediate stop under load."""
    company.crash_postgres(rng.uniform(0, 1.5))


def drop_connections(company: Company, rng: Random) -> None:
    """F24: every session is ended, some of them after their COMMIT was sent."""
    with closing(company.postgres.connect()) as admin, admin.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'revops'")


def kill_broker(company: Company, rng: Random) -> None:
    """F14: and what it knew is gone."""
    company.crash_broker(forget=rng.random() < 0.7)


def flush_broker(company: Company, rng: Random) -> None:
    """F15."""
    with suppress(redis.RedisError), closing(redis.Redis.from_url(company.valkey.url, socket_timeout=2)) as broker:
        broker.flushall()


def hang_broker(company: Company, rng: Random) -> None:
    """F17: it neither answers nor refuses."""
    process = company.valkey.process
    assert process is not None
    company.kill(process.pid, signal.SIGSTOP)
    time.sleep(rng.uniform(0.5, 2.5))
    company.kill(process.pid, signal.SIGCONT)


def five_beats(company: Company, rng: Random) -> None:
    """F10; the next time F9: none at all."""
    if company.beats:
        for beat in company.beats:
            company.kill(beat.pid)
            beat.wait()
        company.beats.clear()
    else:
        company.beats += [company.run(BEAT) for _ in range(5)]


def kill_web(company: Company, rng: Random) -> None:
    """F43: in the middle of a request."""
    if company.web is not None:
        company.kill(company.web.pid)
        for pid in company.pids(b"granian"):
            company.kill(pid)
        company.web.wait()
        company.open_web()


def long_transaction(company: Company, rng: Random) -> None:
    """F26: somebody holds a snapshot open for a while."""
    with suppress(psycopg2.Error), closing(company.postgres.connect("revops")) as held, held.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM sla_clock")
        time.sleep(rng.uniform(1, 3))


def poison(company: Company, rng: Random) -> None:
    """F6, F7: a few rows that fail whoever fires them."""
    with suppress(psycopg2.Error), closing(company.postgres.connect("revops")) as admin, admin.cursor() as cursor:
        cursor.execute(
            """INSERT INTO poison SELECT id FROM sla_clock WHERE next_at BETWEEN now() AND now() + interval '5 seconds'
                ORDER BY random() LIMIT 3 ON CONFLICT DO NOTHING"""
        )


# How often each comes up.
FAULTS: dict[Fault, int] = {
    kill_pulse: 6, kill_sender: 4, kill_worker: 3, wrong_host_clock: 1, freeze_pulse: 2, crash_postgres: 3,
    drop_connections: 3, kill_broker: 1, flush_broker: 2, hang_broker: 1, five_beats: 1, kill_web: 1,
    long_transaction: 1, poison: 2,
}  # fmt: skip


def sequence(rng: Random, number: int, only: str | None = None) -> list[Fault]:
    """Every kind at least once where there is room, then by weight."""
    kinds = [fault for fault in FAULTS if only in (None, fault.__name__)]
    if not kinds:
        raise SystemExit(f"There is no fault {only}.")
    first = rng.sample(kinds, len(kinds))
    more = rng.choices(kinds, weights=[FAULTS[kind] for kind in kinds], k=max(0, number - len(kinds)))
    return (first + more)[:number]
