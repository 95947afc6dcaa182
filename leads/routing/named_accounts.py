"""Named accounts: firms that somebody has already, by domain or by name, whether they are known here or not.

Only RevOps administrators, and keys with the scope admin. In force at once. A line is `acme.com`, `Acme Analytics`, or
either with whose it is behind a tab, a semicolon or a comma: `acme.com, lena@northwind.example`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from journal.record import Fact, record
from leads import identity
from leads.models import AccountList, Company, NamedAccount
from leads.routing import draft_fields
from leads.routing.draft_fields import done, text
from revops.lib.errors import Invalid, Refused
from teams import access
from teams.models import User

MOST_LINES, MOST_ACCOUNTS = 5_000, 50_000
SPLIT = re.compile(r"[\t;,]")


@dataclass(slots=True)
class Added:
    """What became of pasted lines. `refused`: (line from 1, as said, why)."""

    added: int = 0
    known: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def lists() -> list[AccountList]:
    """By name, with their owner and `.n` accounts. One query."""
    return list(AccountList.objects.select_related("owner").annotate(n=Count("accounts")).order_by("name"))


def accounts(found: AccountList, *, text: str = "", after: int = 0, limit: int = 100) -> list[NamedAccount]:
    """In the order they were put on the list; those with `text` in name or domain. `after`: the last one's id."""
    rows = found.accounts.select_related("owner").filter(pk__gt=after).order_by("pk")
    if text.strip():
        rows = rows.filter(Q(name_key__contains=identity.name_key(text)) | Q(domain__contains=text.strip().lower()))
    return list(rows[:limit])


def of_company(company: Company) -> NamedAccount | None:
    """The entry that counts for a company; None when it is on no list."""
    wanted = Q(domain="", name_key=company.name_key) & ~Q(name_key="")
    if company.domain:
        wanted |= Q(domain=company.domain)
    return NamedAccount.objects.select_related("list__owner", "owner").filter(wanted).order_by("pk").first()


@transaction.atomic
def add_list(*, name: str, owner: Any, by: Any, at: datetime, via: str = "page") -> AccountList:
    """`owner`: a person or their id, of all accounts that name nobody else. Raises Invalid by field."""
    access.require(by, "administer")
    said = _said({"name": name, "owner": owner})
    made = AccountList(created_at=at, edited_at=at, **said)
    _save(made)
    _tell(made, "added", {"after": said}, by=by, at=at, via=via)
    return made


@transaction.atomic
def change_list(
    found: AccountList, *, by: Any, at: datetime, seen: datetime | None = None, via: str = "page", **fields: Any
) -> AccountList:
    """Set its name or owner. Raises Refused (code `stale`) when it changed since `seen`."""
    access.require(by, "administer")
    kept = _held(found, seen)
    said = _said(fields)
    before = {name: getattr(kept, name) for name in said}
    if said != before:
        for name, value in said.items():
            setattr(kept, name, value)
        kept.edited_at = at
        _save(kept)
        _tell(kept, "changed", {"before": before, "after": said}, by=by, at=at, via=via)
    return kept


@transaction.atomic
def remove_list(found: AccountList, *, by: Any, at: datetime, via: str = "page") -> None:
    """With all its accounts. Twice is once."""
    access.require(by, "administer")
    kept = AccountList.objects.select_for_update().filter(pk=found.pk).first()
    if kept is not None:
        before = {"name": kept.name, "owner_id": kept.owner_id, "accounts": kept.accounts.count()}
        _tell(kept, "removed", {"before": before}, by=by, at=at, via=via)
        kept.delete()


@transaction.atomic
def add(found: AccountList, lines: str | Sequence[str], *, by: Any, at: datetime, via: str = "page") -> Added:
    """Pasted lines; what is on the list already stays as it is. Lines that can't be read are refused one by one; raises
    Invalid only for far too many. Four queries."""
    access.require(by, "administer")
    said = [line.strip() for line in (lines.splitlines() if isinstance(lines, str) else lines)]
    if len(said) > MOST_LINES:
        raise Invalid(f"At most {MOST_LINES:,} lines at a time.", code="too_many", field="lines")
    kept = _held(found, None)
    answer = Added()
    read = [(n, line, *_line(line)) for n, line in enumerate(said, 1) if line]
    people = _people({whose for *_, whose in read if whose})
    have = set(kept.accounts.values_list("domain", "name_key"))
    have = {(domain, "" if domain else key) for domain, key in have}
    if len(have) + len(read) > MOST_ACCOUNTS:
        raise Refused(f"A list has at most {MOST_ACCOUNTS:,} accounts.", code="too_many")
    rows = []
    for n, line, name, key, domain, whose in read:
        if not (key or domain):
            answer.refused.append((n, line[:120], "Neither a domain nor a name of a firm."))
        elif whose and whose.lower() not in people:
            answer.refused.append((n, line[:120], f"Nobody here who can own leads has the mail {whose[:80]}."))
        elif (domain, "" if domain else key) in have:
            answer.known += 1
        else:
            have.add((domain, "" if domain else key))
            rows.append(
                NamedAccount(list=kept, name=name, name_key=key, domain=domain, owner_id=people.get(whose.lower()))
            )
    NamedAccount.objects.bulk_create(rows, batch_size=1_000)
    answer.added = len(rows)
    if rows:
        AccountList.objects.filter(pk=kept.pk).update(edited_at=at)
        _tell(kept, "filled", {"added": len(rows)}, by=by, at=at, via=via)
    return answer


@transaction.atomic
def give(account: NamedAccount, *, to: Any, by: Any, at: datetime, via: str = "page") -> NamedAccount:
    """Another owner, or None: the list's."""
    access.require(by, "administer")
    errors: list[dict[str, str]] = []
    owner_id = draft_fields.owner(to, "owner", errors) if to is not None else None
    done({}, errors)
    kept = NamedAccount.objects.select_for_update(of=("self",)).select_related("list").filter(pk=account.pk).first()
    if kept is None:
        raise Refused("Somebody has taken this account off the list. Nothing was changed.", code="stale")
    if kept.owner_id != owner_id:
        data = {"account": kept.pk, "before": kept.owner_id, "after": owner_id}
        kept.owner_id = owner_id
        kept.save(update_fields=["owner"])
        _tell(kept.list, "given", data, by=by, at=at, via=via)
    return kept


@transaction.atomic
def remove(account: NamedAccount, *, by: Any, at: datetime, via: str = "page") -> None:
    """Take one off its list. Twice is once."""
    access.require(by, "administer")
    gone, _ = NamedAccount.objects.filter(pk=account.pk).delete()
    if gone:
        _tell(account.list, "emptied", {"account": account.pk, "owner": account.owner_id}, by=by, at=at, via=via)


def _line(line: str) -> tuple[str, str, str, str]:
    """(name, its key, domain, whose) of a line; empty where it says nothing of it."""
    parts = [part.strip() for part in SPLIT.split(line)]
    whose = parts.pop() if len(parts) > 1 and "@" in parts[-1] else ""
    what = ", ".join(part for part in parts if part)[:255]
    errors: list[dict[str, str]] = []
    what = text(what, "lines", 200, errors)
    if errors or not what:
        return "", "", "", whose
    host = what.rpartition("//")[2].split("/")[0].lower()
    domain = identity.registrable(host) if "." in host and " " not in host else None
    if domain and not identity.is_free_mail(domain):
        return "", "", domain, whose
    return what, identity.name_key(what), "", whose


def _people(mails: set[str]) -> dict[str, int]:
    if not mails:
        return {}
    here = User.objects.filter(is_active=True, is_service=False, role__in=access.SELLERS)
    rows = here.filter(email__in=[mail.lower() for mail in mails]).values_list("email", "pk")
    return {mail.lower(): pk for mail, pk in rows}


def _held(found: AccountList, seen: datetime | None) -> AccountList:
    kept = AccountList.objects.select_for_update().filter(pk=found.pk).first()
    if kept is None:
        raise Refused("Somebody has removed this list. Nothing was changed.", code="stale")
    if seen is not None and kept.edited_at != seen:
        raise Refused("This list has changed since you looked. Nothing was changed.", code="stale")
    return kept


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    errors: list[dict[str, str]] = []
    said: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "name":
            said["name"] = text(value, name, 80, errors, needed=True)
        elif name == "owner":
            said["owner_id"] = draft_fields.owner(value, name, errors)
        else:
            errors.append({"field": name, "code": "unknown_field", "detail": "A list has no such field."})
    return done(said, errors)


def _save(found: AccountList) -> None:
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError:
        raise Invalid(f"There is a list called {found.name} already.", code="taken", field="name") from None


def _tell(found: AccountList, what: str, data: dict[str, Any], *, by: Any, at: datetime, via: str) -> None:
    record([Fact(f"accounts.{what}", "account_list", found.pk, at, by=by.pk, via=via, data=data)], now=at)
