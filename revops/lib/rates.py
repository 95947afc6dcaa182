"""How often a stranger may: limits that hold when many ask at once, and go on holding without Redis.

`hit("form-ip", "203.0.113.7", "20 per minute")` counts one and answers whether it was within the limit. Counting and
asking is one step (a script inside Redis; one lock in the process when Redis is away), so 200 at the same moment
against a limit of 50 are 50. While Redis does not answer, each process counts by itself: looser by the number of
processes, never open.
"""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Iterable
from functools import cache

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter
from redis import ConnectionPool
from redis.exceptions import RedisError

# A limit up to this size counts every moment of the last minute; a larger one counts by fixed windows, in one number.
EXACT_UP_TO = 1_000
WAIT_SECONDS = 0.25
RETRY_AFTER_SECONDS = 5.0
MOST_KEYS = 50_000


def hit(name: str, key: str, limit: str) -> bool:
    """Count one against `limit` ("50 per 10 seconds") of `key` in the family `name`; False: it was over, not counted.

    `key` may be anything a stranger sent, however long: only its hash is kept.
    """
    item = _parsed(limit)
    hashed = hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    redis = _redis()
    if redis is not None and (answer := redis.hit(item, name, hashed)) is not None:
        return answer
    return _here.hit(item, f"{name}:{hashed}:{limit}")


def first_over(asked: Iterable[tuple[str, str, str]]) -> str | None:
    """`hit` for each (name, key, limit) until one is over its limit: that one's name; None: all are within."""
    return next((name for name, key, limit in asked if not hit(name, key, limit)), None)


def forget() -> None:
    """Forget what this process counted by itself, and whether Redis answered (for tests)."""
    _here.clear()
    _redis.cache_clear()


@cache
def _parsed(limit: str) -> RateLimitItem:
    return parse(limit)


class _InRedis:
    def __init__(self, url: str) -> None:
        pool = ConnectionPool.from_url(url, socket_timeout=WAIT_SECONDS, socket_connect_timeout=WAIT_SECONDS)
        storage = RedisStorage("redis://", connection_pool=pool, key_prefix="rates")
        self.exact, self.counted = MovingWindowRateLimiter(storage), FixedWindowRateLimiter(storage)
        self.away_until = 0.0

    def hit(self, item: RateLimitItem, name: str, hashed: str) -> bool | None:
        """None: Redis does not answer, and is not asked again for a few seconds."""
        if time.monotonic() < self.away_until:
            return None
        try:
            return (self.exact if item.amount <= EXACT_UP_TO else self.counted).hit(item, name, hashed)
        except (RedisError, OSError):
            self.away_until = time.monotonic() + RETRY_AFTER_SECONDS
            return None


class _InProcess:
    """The moments of each key's last hits, the oldest first, behind one lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.moments: dict[str, deque[float]] = {}

    def hit(self, item: RateLimitItem, key: str) -> bool:
        now = time.monotonic()
        with self.lock:
            if len(self.moments) >= MOST_KEYS and key not in self.moments:
                self._make_room(now)
            kept = self.moments.setdefault(key, deque(maxlen=item.amount))
            if len(kept) == item.amount and kept[0] > now - item.get_expiry():
                return False
            kept.append(now)  # the oldest falls out when the row is full
            return True

    def _make_room(self, now: float) -> None:
        """Keys that nobody hit for an hour go; if that is not enough, the older half of them all."""
        for key in [key for key, kept in self.moments.items() if kept[-1] < now - 3_600]:
            del self.moments[key]
        if len(self.moments) >= MOST_KEYS:
            for key in list(self.moments)[: MOST_KEYS // 2]:
                del self.moments[key]

    def clear(self) -> None:
        with self.lock:
            self.moments.clear()


_here = _InProcess()


@cache
def _redis() -> _InRedis | None:
    url = settings.REDIS_URL
    return _InRedis(url) if url.partition("://")[0] in {"redis", "rediss", "unix"} else None
