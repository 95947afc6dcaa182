"""What becomes of a post: taken in, held, refused, or too many. One `capture` and nothing else."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, InterfaceError, OperationalError

from leads import identity
from leads.incoming import Incoming
from leads.models.submission import Door, Outcome
from leads.submissions import keeping
from leads.submissions.keeping import Kept
from leads.webforms import jointly, limits, reading, suspicion, tokens
from leads.webforms.known import Shown
from revops.lib import callers, rates
from revops.lib.errors import Invalid

# Nobody sees this box; it sounds like something worth filling in.
TRAP, TOKEN, PROOF = "contact_reference", "form_token", "altcha"
OWN = (TRAP, TOKEN, PROOF)
log = logging.getLogger("revops.forms")


@dataclass(slots=True)
class Answer:
    """`status`: taken (whatever we think of it: bots read this too), refused (with `errors`) or over (a limit, or what
    we can do at this moment)."""

    status: str
    errors: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Post:
    """One post. `key`: the same words from the same look at the form, so that a double click and a retry are one;
    None without a look. `same`: for counting, also without one."""

    form: Shown
    payload: dict[str, str]
    context: dict[str, Any]
    now: datetime
    look: tokens.Look | None
    key: str | None
    same: str


def take(form: Shown, posted: Mapping[str, Any], *, context: dict[str, Any], now: datetime) -> Answer:
    """Take one post in. `context`: {ip, agent, origin, page}. Nobody is told whether they were believed."""
    if jointly.full():
        return Answer("over")
    who, own = callers.group(context.get("ip", "")), form.limits
    if rates.first_over(
        [("form-ip", f"{form.pk} {who}", own["ip"]), ("form", str(form.pk), own["form"]),
         ("form-day", str(form.pk), own["day"])]
    ):  # fmt: skip
        return Answer("over")
    payload = reading.keepable({name: value for name, value in posted.items() if name not in OWN})
    look = tokens.read(_text(posted, TOKEN), form.pk, now=now)
    same = _same(look.nonce if look else f"{who} {now:%Y%m%d%H}", payload)
    post = _Post(form, payload, context, now, look, same if look else None, same)
    signs, first = _signs(post, posted), rates.hit("form-same", f"{form.pk} {same}", "1 per hour")
    if first and look and not rates.hit("form-looks", f"{form.pk} {look.nonce}", limits.SAME_TOKEN):
        signs.append("token_reused")
    if suspicion.is_enough(signs):
        return _held(post, signs)
    try:
        item = reading.incoming(form, payload, now=now, context=context, delivery_key=post.key)
    except Invalid as wrong:
        if rates.hit("form-refused", str(form.pk), limits.KEPT_REFUSALS):
            # Without its key: the next try from the same look at the form, put right, is another submission.
            _keep(post, Outcome.REFUSED, errors=wrong.errors)
        return Answer("refused", wrong.errors)
    mail = identity.exact_key(item.email) if item.email else None
    if first and mail and not rates.hit("form-email", f"{form.pk} {mail}", own["email"]):
        return _held(post, [*signs, "too_many_by_mail"])
    _capture(post, item)
    return Answer("taken")


def _capture(post: _Post, item: Incoming) -> None:
    """What cannot be taken in is kept as failed, to be tried again; a database that is away is the caller's."""
    try:
        jointly.capture(item, now=post.now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as wrong:
        log.exception("A form's submission could not be taken in")
        ours = "Something broke on our side while this was taken. Replay it."
        detail = "The database could not keep one of its values." if isinstance(wrong, Error) else ours
        _keep(post, Outcome.FAILED, errors=[{"field": "", "code": type(wrong).__name__, "detail": detail}])


def _signs(post: _Post, posted: Mapping[str, Any]) -> list[str]:
    found = ["honeypot"] if _text(posted, TRAP).strip() else []
    if post.look is None:
        found.append("bad_token" if _text(posted, TOKEN) else "no_token")
    elif post.now - post.look.at < timedelta(seconds=post.form.min_seconds):
        found.append("too_fast")
    elif post.now - post.look.at > tokens.OLDEST:
        found.append("old_token")
    if post.form.proof_of_work:
        salt = tokens.proved(_text(posted, PROOF), post.form.pk, now=post.now)
        if not salt:
            found.append("no_proof")
        elif not rates.hit("form-proof", salt, limits.SAME_PROOF):
            found.append("token_reused")
    if post.context.get("origin", "") in ("", "null"):
        found.append("no_origin")
    return found + suspicion.in_text(post.payload)


def _same(seen_by: str, payload: dict[str, str]) -> str:
    body = json.dumps(payload, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2s(f"{seen_by} {body}".encode(), digest_size=20).hexdigest()


def _held(post: _Post, signs: list[str]) -> Answer:
    _keep(post, Outcome.SUSPECT, key=post.same, suspicions=signs)
    return Answer("taken")


def _keep(post: _Post, outcome: Outcome, *, key: str | None = None, **more: Any) -> None:
    kept = Kept(post.form.source, Door.FORM, outcome, post.payload, context=post.context, delivery_key=key, **more)
    keeping.keep([kept], now=post.now)


def _text(posted: Mapping[str, Any], name: str) -> str:
    value = posted.get(name)
    return value if isinstance(value, str) else ""
