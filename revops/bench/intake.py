"""A minute of a form posted 200 times a second, with web, worker and database on this machine; then twice that.

Every post that was answered must be there afterwards. Held to figures of its own, not to a ratio: it is a promise to
whoever fills a form in.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from leads.models import Form, PersonKey
from leads.webforms import forms, tokens
from leads.webforms.taking import TOKEN
from revops.bench import figure
from revops.bench._company import analyze, moment, scaled, set_up
from revops.bench._load import Answered, paced
from revops.bench.posting import server
from revops.lib.embedded import Valkey

A_SECOND = 200
FIRMS = 5_003
SECONDS = 60
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://www.northwind.example\r\nAccept: application/json\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
)
PLENTY = {"ip": "1000000 per minute", "email": "1000 per hour", "form": "1000000 per minute", "day": "9000000 per day"}


def figures() -> Iterator[dict[str, Any]]:
    set_up(moment())
    form = forms.create("Bench", by=None, at=moment(), via="demo", limits=PLENTY)
    with _broker(), server() as port, _worker():
        _post(port, form, 500, start=9_000_000, a_second=100)  # warms up
        analyze()
        count = scaled(A_SECOND * SECONDS)
        answered = _post(port, form, count, start=0, a_second=A_SECOND)
        yield figure("intake_200_wait_p99", answered.share(0.99) * 1000, "ms", baseline=None, required=250, most=True)
        yield figure("intake_200_not_taken", _bad(answered, {200, 201, 202}), "posts", baseline=None, required=0, most=True)
        yield figure("intake_200_lost", _lost(answered, 0), "posts", baseline=None, required=0, most=True)
        answered = _post(port, form, count, start=count, a_second=2 * A_SECOND)
        told = Counter(answered.statuses)
        print(f"at twice that: {dict(told)}, p99 {answered.share(0.99):.1f} s", file=sys.stderr)
        wrong = _bad(answered, {200, 201, 202, 429, 503})
        yield figure("intake_400_other_answers", wrong, "posts", baseline=None, required=0, most=True)
        yield figure("intake_400_lost", _lost(answered, count), "posts", baseline=None, required=0, most=True)


def _post(port: int, form: Form, count: int, *, start: int, a_second: float) -> Answered:
    path, seen = f"/f/{form.key}/", moment() - timedelta(seconds=30)
    sent = []
    for n in range(start, start + count):
        body = urlencode({
            "email": _mail(n), "first_name": "Bo", "last_name": f"Person {n}", "company": f"Firm {n % FIRMS}",
            "message": "Please call about prices.", "page_url": "https://www.northwind.example/demo?utm_source=google",
            TOKEN: tokens.issue(form.pk, now=seen),
        }).encode()  # fmt: skip
        sent.append(HEAD.format(path=path, length=len(body)).encode() + body)
    return paced(port, sent, a_second=a_second)


def _mail(n: int) -> str:
    """Three of a firm, but not one after the other: colleagues don't fill forms in at the same instant."""
    return f"person{n}@firm-{n % FIRMS}.example"


def _bad(answered: Answered, good: set[int]) -> int:
    return sum(1 for status in answered.statuses if status not in good)


def _lost(answered: Answered, start: int) -> int:
    """Acknowledged posts whose person nobody knows."""
    taken = {_mail(start + n) for n, status in enumerate(answered.statuses) if 200 <= status < 300}
    there = PersonKey.objects.filter(kind="email", key__startswith="person").values_list("key", flat=True)
    return len(taken - set(there.iterator()))


@contextmanager
def _broker() -> Iterator[None]:
    with TemporaryDirectory(prefix="bench") as folder:
        os.chmod(folder, 0o755)
        valkey = Valkey(Path(folder))
        with open(Path(folder) / "broker.log", "ab") as log:
            valkey.start(log)
        before = os.environ.get("REDIS_URL")
        os.environ["REDIS_URL"] = valkey.url
        try:
            yield
        finally:
            os.environ.pop("REDIS_URL")
            if before is not None:
                os.environ["REDIS_URL"] = before
            valkey.stop()


@contextmanager
def _worker() -> Iterator[None]:
    """A worker with its pulse, as `up` starts it."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "-A", "revops.celery", "worker", "--concurrency", "2",
         "--without-mingle", "--without-gossip", "--loglevel", "error"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "revops.settings"}, stdout=sys.stderr, stderr=sys.stderr,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)
