"""Deals of the past, as an import tells them: no guards, no reactions, once each by their external key."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from deals import roles, stages_of
from deals.models import Deal
from deals.stages import LossReason
from journal import record
from journal.record import Fact
from leads.importing.past_deals import PastDeal
from revops.lib import bulk
from teams.models import Organisation

TYPES = {
    "external_key": "text", "stage": "text", "name": "text", "person_id": "bigint", "company_id": "bigint",
    "lead_id": "bigint", "owner_id": "bigint", "source_id": "text", "amount": "bigint", "currency": "text",
    "created_at": "timestamptz", "closed_at": "timestamptz", "close_on": "date", "reason": "text", "competitor": "text",
    "note": "text", "next_step": "text", "undated": "bool", "attributes": "jsonb", "flags": "jsonb",
}  # fmt: skip
TOLD = [name for name in TYPES if name != "external_key"]


def write(deals: Sequence[PastDeal], *, by: int | None, now: datetime) -> dict[str, str]:
    """{external key: created, updated or merged (nothing new)}; three statements and the journal's, however many.

    A deal known by its key is updated only while it is one of the past; a worked deal is left alone. A lead that
    already has a deal keeps it: the second one stands beside it without a lead.
    """
    currency = Organisation.get().currency
    rows = {deal.external_key: _row(deal, currency) for deal in deals}
    known = {deal.external_key: deal for deal in Deal.objects.filter(external_key__in=list(rows)).select_for_update()}
    wanted = [row["lead_id"] for row in rows.values() if row["lead_id"]]
    has_deal = dict(Deal.objects.filter(lead_id__in=wanted).values_list("lead_id", "external_key"))
    outcomes: dict[str, str] = {}
    new, changed, told = [], [], []
    for key, row in rows.items():
        if row["lead_id"] and has_deal.get(row["lead_id"], key) != key:
            row["lead_id"] = None
            row["flags"] = [*row["flags"], "second_deal_of_lead"]
        old = known.get(key)
        if old is None:
            outcomes[key] = "created"
            new.append(row)
            told.append(key)
            continue
        for name in ("created_at", "closed_at"):
            # Not in this file: the first import's date stands, or every import would move it.
            if f"{name.removesuffix('_at')}_missing" in row["flags"] and getattr(old, name):
                row[name] = getattr(old, name)
        if not old.history or all(getattr(old, name) == row[name] for name in TOLD):
            outcomes[key] = "merged"
            continue
        outcomes[key] = "updated"
        changed.append(row)
        if old.stage != row["stage"]:
            told.append(key)
    _insert(new, now)
    _update(changed, now)
    ids = dict(
        Deal.objects.filter(external_key__in=[key for key in outcomes if outcomes[key] != "merged"]).values_list(
            "external_key", "id"
        )
    )
    stages_of.settle(list(ids.values()), named={ids[deal.external_key]: deal.stage_name for deal in deals
                                                if deal.external_key in ids})  # fmt: skip
    roles.first(list(ids.values()))
    _tell(told, set(known), rows, by=by, now=now)
    _kept(list(ids.values()), now)
    return outcomes


def _kept(deal_ids: Sequence[int], now: datetime) -> None:
    """The rooms above hear of the deals of the past: callable(deal ids, now=)."""
    if deal_ids:
        for path in settings.PAST_DEALS_KEPT:
            import_string(path)(deal_ids, now=now)


def _row(deal: PastDeal, currency: str) -> dict:
    flags = list(deal.flags)
    reason = deal.reason
    if deal.stage == "lost" and reason not in LossReason.values:
        reason = LossReason.OTHER
        flags.append("reason_unknown")
    return {
        "external_key": deal.external_key, "stage": deal.stage, "name": deal.name, "person_id": deal.person_id,
        "company_id": deal.company_id, "lead_id": deal.lead_id, "owner_id": deal.owner_id, "source_id": deal.source,
        "amount": deal.amount, "currency": deal.currency or currency, "created_at": deal.created_at,
        "closed_at": deal.closed_at, "close_on": deal.close_on, "reason": str(reason), "competitor": deal.competitor,
        "note": deal.note, "next_step": deal.next_step, "undated": deal.undated, "attributes": deal.attributes,
        "flags": flags,
    }  # fmt: skip


def _insert(rows: Sequence[dict], now: datetime) -> None:
    if not rows:
        return
    types = {**TYPES, "amount_created": "bigint", "updated_at": "timestamptz", "history": "bool"}
    values = [(*(row[name] for name in TYPES), row["amount"], now, True) for row in rows]
    bulk.run([bulk.insert("deals_deal", types, values)])


def _update(rows: Sequence[dict], now: datetime) -> None:
    if not rows:
        return
    relation, params = bulk.source(TYPES, [tuple(row[name] for name in TYPES) for row in rows])
    sets = ", ".join(f"{c} = v.{c}{'::jsonb' if TYPES[c] == 'jsonb' else ''}" for c in TYPES if c != "external_key")
    bulk.run([
        (f"UPDATE deals_deal d SET {sets}, updated_at = %s FROM {relation} WHERE d.external_key = v.external_key",
         [now, *params])
    ])  # fmt: skip


def _tell(keys: Sequence[str], known: set[str], rows: dict[str, dict], *, by: int | None, now: datetime) -> None:
    ids = dict(Deal.objects.filter(external_key__in=list(keys)).values_list("external_key", "id")) if keys else {}
    facts = []
    for key in keys:
        row = rows[key]
        data = {"lead": row["lead_id"], "amount": row["amount"], "currency": row["currency"]}
        if row["undated"]:
            data["undated"] = True
        if key not in known:
            facts.append(Fact("deal.opened", "deal", ids[key], row["created_at"], by, "import", data))
        if row["stage"] != "open":
            data = {**data, **({"reason": row["reason"]} if row["reason"] else {})}
            facts.append(Fact(f"deal.{row['stage']}", "deal", ids[key], row["closed_at"], by, "import", data))
    record.append(facts, now=now)


def steps(told: dict[str, list[tuple[datetime, str]]], *, by: int | None, now: datetime) -> tuple[
    dict[str, str], dict[int, tuple[str, dict[str, datetime]]]
]:  # fmt: skip
    """What a history of stages says of deals that came by an import: {external key: [(moment, open | won | lost)]}.

    Answers ({external key: updated or merged} of those that are known, {lead: (stage, {stage: moment})} that follow).
    The first step dates the opening, the last close dates the end; a deal reopened since is open. A worked deal is left
    alone.
    """
    known = {deal.external_key: deal for deal in Deal.objects.filter(external_key__in=list(told)).select_for_update()}
    outcomes, leads = {}, {}
    rows, facts = [], []
    for key, deal in known.items():
        way = sorted(told[key])
        outcomes[key] = "merged"
        if not deal.history or not way:
            continue
        created = min(way[0][0], deal.created_at) if "created_missing" not in deal.flags else way[0][0]
        stage = way[-1][1]
        # Several versions of one end are one end: the first of them is when it happened.
        ended = next((n for n in range(len(way) - 1, -1, -1) if way[n][1] != stage), -1) + 1
        closed = way[ended][0] if stage != "open" else None
        reason = (deal.reason or LossReason.OTHER) if stage == "lost" else ""
        flags = [flag for flag in deal.flags if flag not in ("created_missing", "closed_missing")]
        wanted = (created, closed, stage, str(reason), flags, False)
        if (deal.created_at, deal.closed_at, deal.stage, deal.reason, deal.flags, deal.undated) == wanted:
            continue
        outcomes[key] = "updated"
        rows.append((deal.pk, *wanted))
        data = {"lead": deal.lead_id, "amount": deal.amount, "currency": deal.currency}
        if stage != "open" and (deal.stage, deal.closed_at) != (stage, closed):
            facts.append(Fact(f"deal.{stage}", "deal", deal.pk, closed, by, "import", data))
        if deal.lead_id:
            at = {"opportunity": created} | ({stage: closed} if closed else {})
            leads[deal.lead_id] = (stage if stage != "open" else "opportunity", at)
    if rows:
        types = {"id": "bigint", "created_at": "timestamptz", "closed_at": "timestamptz", "stage": "text",
                 "reason": "text", "flags": "jsonb", "undated": "bool"}  # fmt: skip
        relation, params = bulk.source(types, rows)
        bulk.run([(
            f"""UPDATE deals_deal d SET created_at = v.created_at, closed_at = v.closed_at, stage = v.stage,
                   reason = v.reason, flags = v.flags::jsonb, undated = v.undated, updated_at = %s
                  FROM {relation} WHERE d.id = v.id""", [now, *params])])  # fmt: skip
        stages_of.settle([pk for pk, *_ in rows])
        record.append(facts, now=now)
        _kept([pk for pk, *_ in rows], now)
    return outcomes, leads
