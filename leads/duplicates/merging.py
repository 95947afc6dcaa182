"""Two records of one human being become one, and nothing that was known or owed is lost (DOMAIN 1.6, 7.1).

Keys, touches, enquiries, facts and cycles move to the survivor; where both had an open lead, the loser's goes on as the
survivor's and stays behind as a tombstone. The rooms above follow by the facts: clocks on `lead.merged`, deals on
`person.merged`. All of it is one piece of work that can be taken back (unmerging).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from journal import remembering
from journal.record import Fact, record
from leads import ownership
from leads.duplicates import choosing, finding, moving
from leads.duplicates.choosing import LOSER
from leads.models import (
    AttributeFact,
    Lead,
    Merge,
    Ownership,
    Pair,
    PairState,
    Person,
    PersonKey,
    Qualification,
    Snapshot,
    Submission,
    Touch,
)
from leads.models.stage import OPEN_STAGES, Stage
from leads.recognition import BUCKETS
from revops.lib import bulk
from revops.lib.errors import Forbidden, Invalid, Refused
from teams import access
from teams.models import Team, User

LEAD_FILLED = ["company_id", "source_id", "campaign_id", "product_interest", "hand_raise", "message"]
STAMPS = ["created_at", "mql_at", "sal_at", "sql_at", "first_touch_at", "first_response_at"]
NO = {"denied", "withdrawn", "revoked", "refused", "no", "false", "opt_out"}


def merge(
    survivor: Person,
    loser: Person,
    *,
    by: User,
    at: datetime,
    via: str = "page",
    choose: Mapping[str, str] | None = None,
) -> Person:
    """Make `loser` part of `survivor`; answers with the survivor. Twice is once.

    `choose`: {field: "survivor" or "loser"}, whose value stays where they differ; what is not said is as suggested
    (choosing). Administrators and managers may, and who owns the leads of both. Raises Refused when one is a tombstone
    already.
    """
    if survivor.pk == loser.pk:
        raise Invalid("This is the same person: there is nothing to merge.", code="same", field="lead")
    require(by, survivor, loser)
    with transaction.atomic():
        survivor, loser = hold(survivor.pk, loser.pk)
        if loser.merged_into_id == survivor.pk:
            return survivor
        gone = next((person for person in (survivor, loser) if person.merged_into_id), None)
        if gone is not None:
            raise Refused(f"{gone} was merged into {gone.merged_into} already. Nothing was changed.", code="merged")
        if any(person.erased_at for person in (survivor, loser)):
            raise Refused("One of the two was erased on their request. Nothing was changed.", code="erased")
        work = remembering.begin("merge", by=by.pk, at=at)
        with remembering.remember(work):
            kept, lost = _merge(survivor, loser, by=by, at=at, via=via, choose=choose or {})
        Merge.objects.create(survivor=survivor, loser=loser, kept=kept, lost=lost, work=work, at=at, by=by)
    return survivor


def _merge(
    survivor: Person, loser: Person, *, by: User, at: datetime, via: str, choose: Mapping[str, str]
) -> tuple[Lead | None, Lead | None]:
    """(the lead that goes on, the one that goes on as it) where both had an open one."""
    leads = list(Lead.objects.filter(person__in=[survivor, loser]).order_by("pk").select_for_update(no_key=True))
    kept, lost = choosing.open_one(leads, survivor), choosing.open_one(leads, loser)
    news = []
    if kept is not None and lost is not None:
        news = _join_leads(kept, lost, by=by, at=at, via=via)
    told: dict[str, Any] = {"loser": loser.pk, "leads": _renumber(leads, survivor, lost if kept else None, at=at)}
    told |= _move(survivor, loser, kept, lost)
    told |= _fill(survivor, loser, at=at, sides=choosing.settle(survivor, loser, choose))
    _decide_pairs(survivor, loser, by=by, at=at)
    finding.again([survivor.pk, loser.pk], now=at)
    open_lead = kept or lost
    facts = [
        Fact("person.touched", "person", survivor.pk, at, by=by.pk, via=via,
             data={"touches": len(told["touches"]), "lead": open_lead.pk if open_lead else None}),
        Fact("person.merged", "person", survivor.pk, at, by=by.pk, via=via, data=told),
    ]  # fmt: skip
    record([*facts, *news], now=at)
    return (kept, lost) if kept is not None and lost is not None else (None, None)


def may(by: User, survivor: Person, loser: Person) -> bool:
    """Whether `by` may merge these two; at most three queries."""
    if not by.is_active or (not by.is_service and by.role not in access.WRITERS):
        return False
    if by.is_service:
        return "work" in access.scopes_of(by)
    if by.is_admin or Team.objects.filter(manager=by).exists():
        return True
    owners = dict(
        Lead.objects.filter(person__in=[survivor, loser]).exclude(stage=Stage.MERGED).order_by("cycle")
        .values_list("person_id", "owner_id")
    )  # fmt: skip
    return owners.get(survivor.pk) == by.pk == owners.get(loser.pk)


def current(person: Person) -> Lead | None:
    """The lead a page of this person is about: the open one, else the last."""
    leads = list(Lead.objects.filter(person=person).exclude(stage=Stage.MERGED).order_by("-cycle")[:20])
    return next((lead for lead in leads if lead.is_open), leads[0] if leads else None)


def require(by: User, survivor: Person, loser: Person) -> None:
    if not may(by, survivor, loser):
        raise Forbidden(
            "Only an administrator, a manager or the owner of both may merge two people or take it back. Nothing was "
            "changed.",
            code="not_yours",
        )


def hold(survivor: int, loser: int) -> tuple[Person, Person]:
    """Both people and every way they are known by: nobody comes in by one of their keys meanwhile. Keys before people
    before leads, each in one order, as intake takes them."""
    names = [f"{kind}:{key}" for kind, key in PersonKey.objects.filter(person__in=[survivor, loser])
             .values_list("kind", "key")]  # fmt: skip
    bulk.query(
        """SELECT pg_advisory_xact_lock(770001, b) FROM (
               SELECT DISTINCT hashtext(k) & %s AS b FROM unnest(%s::text[]) k ORDER BY 1) buckets""",
        [BUCKETS - 1, names],
    )
    people = Person.objects.filter(pk__in=[survivor, loser]).order_by("pk").select_for_update(no_key=True)
    found = {person.pk: person for person in people}
    return found[survivor], found[loser]


def _join_leads(kept: Lead, lost: Lead, *, by: User, at: datetime, via: str) -> list[Fact]:
    """The loser's open lead goes on as the survivor's: the further stage, the first of each moment, an owner."""
    before = {"survivor": _as_was(kept), "loser": _as_was(lost)}
    filled = [name for name in LEAD_FILLED if not getattr(kept, name) and getattr(lost, name)]
    ahead = OPEN_STAGES.index(Stage(lost.stage)) > OPEN_STAGES.index(Stage(kept.stage))
    for name in filled:
        setattr(kept, name, getattr(lost, name))
    for name in STAMPS:
        moments = [moment for moment in (getattr(kept, name), getattr(lost, name)) if moment is not None]
        setattr(kept, name, min(moments, default=None))
    kept.last_touch_at = max(filter(None, (kept.last_touch_at, lost.last_touch_at)), default=None)
    if ahead:
        kept.stage, kept.stage_at, kept.decided_by_id = lost.stage, lost.stage_at, lost.decided_by_id
    kept.attributes = {**lost.attributes, **kept.attributes}
    kept.history, kept.undated = kept.history and lost.history, kept.undated and lost.undated
    kept.updated_at = at
    owner = kept.owner_id or lost.owner_id
    Lead.objects.filter(pk=lost.pk).update(
        stage=Stage.MERGED, stage_at=at, merged_into=kept, updated_at=at, next_due_at=None
    )
    Ownership.objects.filter(lead=lost, to_at=None).update(to_at=at)
    kept.save()
    if kept.owner_id is None and owner is not None:
        # No news for anybody: they had the other record already.
        ownership.assign([ownership.Assignment(kept.pk, owner, "merge", {"from": lost.pk})], at=at, now=at, by=by.pk)
    items = [q.item for q in Qualification.objects.filter(lead=kept)]
    moved = Qualification.objects.filter(lead=lost).exclude(item__in=items)
    bant = list(moved.values_list("item", flat=True))
    Qualification.objects.filter(lead=lost, item__in=bant).update(lead=kept)
    snapshot = not Snapshot.objects.filter(lead=kept).exists() and bool(
        Snapshot.objects.filter(lead=lost).update(lead=kept)
    )
    data = {"loser": lost.pk, "person_from": lost.person_id, "person_to": kept.person_id, "before": before,
            "filled": filled, "bant": bant, "snapshot": snapshot, "owner": owner}  # fmt: skip
    return [Fact("lead.merged", "lead", kept.pk, at, by=by.pk, via=via, data=data)]


def _renumber(leads: Sequence[Lead], survivor: Person, tombstone: Lead | None, *, at: datetime) -> list[dict[str, Any]]:
    """All cycles become the survivor's, in the order they began, the open one last; answers those that changed as they
    were. A tombstone stays with the person it was of."""
    going = [lead for lead in leads if tombstone is None or lead.pk != tombstone.pk]
    going.sort(key=lambda lead: (lead.is_open, lead.created_at, lead.pk))
    changed = [
        (lead.pk, cycle) for cycle, lead in enumerate(going, 1) if (lead.cycle, lead.person_id) != (cycle, survivor.pk)
    ]
    if not changed:
        return []
    was = {lead.pk: {"lead": lead.pk, "person": lead.person_id, "cycle": lead.cycle} for lead in going}
    relation, params = bulk.source({"id": "bigint", "cycle": "int"}, changed)
    bulk.run([
        (f"""UPDATE leads_lead l SET person_id = %s, cycle = v.cycle, updated_at = %s FROM {relation}
              WHERE l.id = v.id""", [survivor.pk, at, *params]),
    ])  # fmt: skip
    return [was[pk] for pk, _ in changed]


def _move(survivor: Person, loser: Person, kept: Lead | None, lost: Lead | None) -> dict[str, list[int]]:
    """Everything that hangs on the loser; answers {what: ids} of the most of it."""
    told: dict[str, list[int]] = {}
    names = {"leads_personkey": "keys", "leads_touch": "touches", "leads_submission": "submissions"}
    for table, column in moving.moved():
        rows = bulk.query(f"UPDATE {table} SET {column} = %s WHERE {column} = %s RETURNING id", [survivor.pk, loser.pk])
        if table in names:
            told[names[table]] = sorted(pk for (pk,) in rows)
    facts = AttributeFact.objects.filter(subject_kind="person", subject_id=loser.pk)
    told["facts"] = list(facts.order_by("pk").values_list("pk", flat=True))
    facts.update(subject_id=survivor.pk)
    if kept is not None and lost is not None:
        told["lead_touches"] = list(Touch.objects.filter(lead=lost).values_list("pk", flat=True))
        Touch.objects.filter(lead=lost).update(lead=kept)
        told["lead_submissions"] = list(Submission.objects.filter(lead=lost).values_list("pk", flat=True))
        Submission.objects.filter(lead=lost).update(lead=kept)
    return told


def _fill(survivor: Person, loser: Person, *, at: datetime, sides: Mapping[str, str]) -> dict[str, Any]:
    """The chosen value of each field; the strictest consent; the first and the last touch of both."""
    before = {"consent": survivor.consent, "suppressed": survivor.suppressed,
              "first_touch_at": survivor.first_touch_at, "last_touch_at": survivor.last_touch_at}  # fmt: skip
    filled, added = [], []
    attributes = {**loser.attributes, **survivor.attributes}
    for field in (field for field, side in sides.items() if side == LOSER):
        if field.startswith("custom."):
            name = field.removeprefix("custom.")
            added.append(name)
            if name in loser.attributes:
                attributes[name] = loser.attributes[name]
            else:
                attributes.pop(name, None)
            continue
        column = "company_id" if field == "company" else field
        filled.append(column)
        setattr(survivor, column, getattr(loser, column))
    if "title" in filled or not survivor.seniority:
        survivor.seniority = loser.seniority
    survivor.attributes = attributes
    survivor.consent = strictest(survivor.consent, loser.consent)
    survivor.suppressed = survivor.suppressed or loser.suppressed
    survivor.search = " ".join(dict.fromkeys(f"{survivor.search} {loser.search}".split()))[:600]
    first = [moment for moment in (survivor.first_touch_at, loser.first_touch_at) if moment]
    survivor.first_channel_id = survivor.first_channel_id or loser.first_channel_id
    if loser.first_touch_at and loser.first_touch_at == min(first):
        survivor.first_channel_id = loser.first_channel_id or survivor.first_channel_id
    survivor.first_touch_at = min(first, default=None)
    survivor.last_touch_at = max(filter(None, (survivor.last_touch_at, loser.last_touch_at)), default=None)
    survivor.created_at = min(survivor.created_at, loser.created_at)
    survivor.save()
    Person.objects.filter(pk=loser.pk).update(merged_into=survivor, search="", score_due_at=None)
    # What the survivor is known by from now on, so that a look back reads what the record says.
    values = {name: getattr(survivor, name) for name in ("title", "seniority", "country", "region")}
    values = {name: value for name, value in {**values, **survivor.attributes}.items() if value not in ("", None)}
    if values:
        AttributeFact.objects.create(subject_kind="person", subject_id=survivor.pk, at=at, values=values)
    return {"filled": filled, "attributes": sorted(added), "before": before}


def _decide_pairs(survivor: Person, loser: Person, *, by: User, at: datetime) -> None:
    """The pair is decided; whoever was called different from the loser is different from the survivor too, and what
    else waited about the loser is asked anew about the survivor."""
    one, other = sorted((survivor.pk, loser.pk))
    Pair.objects.filter(one=one, other=other).update(state=PairState.MERGED, decided_at=at, decided_by=by)
    bulk.run([
        ("""INSERT INTO leads_pair (one_id, other_id, strength, reasons, state, found_at, decided_at, decided_by_id)
            SELECT least(x.third, %s), greatest(x.third, %s), x.strength, x.reasons, 'different', %s, x.decided_at,
                   x.decided_by_id
              FROM (SELECT p.*, CASE WHEN p.one_id = %s THEN p.other_id ELSE p.one_id END AS third FROM leads_pair p
                     WHERE (p.one_id = %s OR p.other_id = %s) AND p.state = 'different') x
             WHERE x.third <> %s
                ON CONFLICT (one_id, other_id) DO UPDATE SET state = 'different', decided_at = excluded.decided_at,
                   decided_by_id = excluded.decided_by_id WHERE leads_pair.state = 'open'""",
         [survivor.pk, survivor.pk, at, *[loser.pk] * 3, survivor.pk]),
        ("DELETE FROM leads_pair WHERE state = 'open' AND (one_id = %s OR other_id = %s)", [loser.pk, loser.pk]),
    ])  # fmt: skip


def strictest(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Any opt-out wins; what only one of them said holds."""
    return {
        name: other[name] if name not in one or (_is_no(other.get(name)) and not _is_no(one[name])) else one[name]
        for name in {**one, **other}
    }


def _is_no(value: Any) -> bool:
    state = value.get("state") if isinstance(value, Mapping) else value
    return state is False or str(state).lower() in NO


def _as_was(lead: Lead) -> dict[str, Any]:
    names = ["stage", "stage_at", "owner_id", "decided_by_id", "cycle", "last_touch_at", "next_due_at", *STAMPS]
    return {name: getattr(lead, name) for name in names}
