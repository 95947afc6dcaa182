"""Forms as a process keeps them: read once every few seconds, so that intake asks the database for no form at all."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from leads import custom_attributes
from leads.models import ConsentText, Form
from leads.webforms import fields, limits
from leads.webforms.fields import Asked

FRESH_FOR = 5.0  # seconds; a change, a rotated key or a switched-off form is known everywhere within this
MOST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Agreed:
    """Words to agree to, by version. `name`: of the box in the form."""

    text_id: int
    purpose: str
    channel: str
    version: int
    text: str
    required: bool

    @property
    def name(self) -> str:
        return f"consent_{self.text_id}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A form with everything a page or a post needs. `key`: the one it was asked for by."""

    pk: int
    key: str
    name: str
    title: str
    intro: str
    button: str
    thanks: str
    redirect_url: str
    fields: tuple[Asked, ...]
    consents: tuple[Agreed, ...]
    origins: tuple[str, ...]
    hand_raise: str
    product_interest: str
    campaign: str
    min_seconds: int
    proof_of_work: bool
    limits: dict[str, str]
    is_active: bool

    @property
    def source(self) -> str:
        return f"form:{self.pk}"


_kept: dict[str, tuple[float, Shown | None, datetime | None]] = {}


def by_key(key: str, *, now: datetime) -> Shown | None:
    """The form of a public key, also of one rotated away that still works; None: there is none."""
    kept = _kept.get(key)
    if kept is None or time.monotonic() - kept[0] > FRESH_FOR:
        form = Form.objects.filter(Q(key=key) | Q(old_key=key)).first() if _may_be(key) else None
        until = form.old_key_until if form is not None and form.key != key else None
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        kept = _kept[key] = (time.monotonic(), of(form, key=key) if form is not None else None, until)
    return kept[1] if kept[2] is None or now < kept[2] else None


def _may_be(key: str) -> bool:
    """Ours are short and plain; of others the database is not asked, which takes not every sign."""
    return len(key) <= 40 and key.isascii() and key.isprintable()


def of(form: Form, *, key: str = "") -> Shown:
    """Two statements: the words to agree to, and the attributes there are."""
    return Shown(
        pk=form.pk or 0, key=key or form.key, name=form.name, title=form.title, intro=form.intro, button=form.button,
        thanks=form.thanks, redirect_url=form.redirect_url,
        fields=tuple(fields.resolved(form.fields, custom_attributes.types())), consents=tuple(_agreed(form.consents)),
        origins=tuple(form.origins), hand_raise=form.hand_raise, product_interest=form.product_interest,
        campaign=form.campaign, min_seconds=form.min_seconds, proof_of_work=form.proof_of_work,
        limits=limits.DEFAULTS | form.limits, is_active=form.is_active,
    )  # fmt: skip


def _agreed(kept: list[dict[str, Any]]) -> list[Agreed]:
    if not kept:
        return []
    texts = ConsentText.objects.in_bulk([row["text"] for row in kept])
    return [
        Agreed(text.pk, text.purpose, text.channel, text.version, text.text, bool(row.get("required")))
        for row in kept
        if (text := texts.get(row["text"]))
    ]


def forget() -> None:
    """After a form changed in this process, and between tests."""
    _kept.clear()
