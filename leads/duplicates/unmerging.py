"""A merge taken back, for 30 days: both records are again what they were; what was done since stays where it was done.

Rows go back by what the database noted (journal.remembering), column by column. What was decided on the lead since is
kept: then the lead stays as it is now, and only what belongs to the other person goes. The rooms above follow by the
facts: deals on `person.unmerged`, clocks on `lead.unmerged`, which also strikes what the merge had told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from journal import remembering
from journal.models import Change
from journal.record import Fact, record
from leads import ownership, routing
from leads.consent import giving
from leads.duplicates import finding
from leads.duplicates.merging import hold, require
from leads.models import ConsentEvent, ConsentState, Lead, Merge, Pair, PairState, Person
from leads.routing import waiting
from leads.touches import MAY_ANSWER
from revops.lib import bulk, words
from revops.lib.errors import Refused
from teams.models import User

# What makes a lead's standing: when somebody has decided on it since, it stays together.
DECIDED = ["stage", "owner_id"]
STANDING = [*DECIDED, "stage_at", "assigned_at", "decided_by_id", "mql_at", "sal_at", "sql_at"]


@dataclass(frozen=True, slots=True)
class Since:
    """What happened on the merged record since: it stays with the survivor, except on leads that go back."""

    touches: int
    submissions: int

    @property
    def words(self) -> str:
        touches = words.plural(self.touches, "touch", "touches")
        return f"{touches} and {words.plural(self.submissions, 'enquiry', 'enquiries')}"


def of(person: Person) -> Merge | None:
    """The merge by which this record went into another; None when there is none, or it was taken back."""
    merges = Merge.objects.filter(loser=person, unmerged_at=None)
    return merges.select_related("work", "survivor", "loser", "by").first()


def latest_into(person: Person) -> Merge | None:
    """The latest merge into this record that was not taken back."""
    merges = Merge.objects.filter(survivor=person, unmerged_at=None).order_by("-pk")
    return merges.select_related("work", "survivor", "loser", "by").first()


def unmerge(merge: Merge, *, by: User, at: datetime, via: str = "page") -> Person:
    """Both are two again; answers with the one who had become part of the other. Twice is once.

    Whoever may merge may. Raises Refused: `too_late` after 30 days, `order` when one of the two was merged again later
    (the later merge goes first), `forgotten` when what was noted is gone, as after an erasure.
    """
    require(by, merge.survivor, merge.loser)
    with transaction.atomic():
        survivor, loser = hold(merge.survivor_id, merge.loser_id)
        merge = Merge.objects.select_for_update().select_related("work").get(pk=merge.pk)
        if merge.unmerged_at is not None:
            return loser
        _require_last(merge)
        _require_noted(merge, at)
        list(Lead.objects.filter(person__in=[survivor, loser]).order_by("pk").select_for_update(no_key=True))
        told = _told(merge)
        stands = _decided_since(merge)
        if stands:
            _keep_standing(merge)
        for make_way in settings.UNMERGING:
            import_string(make_way)(merge.work_id, stands)
        answer = remembering.take_back(merge.work, by=by.pk, at=at, but=["journal_entry"], keep_later=True)
        _follow_leads(survivor, loser)
        _first_responses(merge)
        _both_said_no(merge)
        one, other = sorted((survivor.pk, loser.pk))
        Pair.objects.filter(one=one, other=other).update(state=PairState.DIFFERENT, decided_at=at, decided_by=by)
        Merge.objects.filter(pk=merge.pk).update(unmerged_at=at, unmerged_by=by)
        finding.again([survivor.pk, loser.pk], now=at)
        changed = sorted(int(one.row) for one in answer.kept if one.table == "sla_clock" and one.how == "changed")
        news = _news(merge, told, changed, by=by, at=at, via=via)
        record([*news, *_give(survivor, loser, by=by, at=at, via=via)], now=at)
    loser.refresh_from_db()
    return loser


def since(merge: Merge) -> Since:
    """What came to the merged record after the merge; two queries."""
    counts = bulk.query(
        """SELECT (SELECT count(*) FROM leads_touch WHERE person_id = %s AND recorded_at > %s),
                  (SELECT count(*) FROM leads_submission WHERE person_id = %s AND recorded_at > %s)""",
        [merge.survivor_id, merge.at, merge.survivor_id, merge.at],
    )
    return Since(*counts[0])


def later(merge: Merge) -> Merge | None:
    """A later merge of one of the two that was not taken back, the latest; it has to go first."""
    pair = [merge.survivor_id, merge.loser_id]
    return (
        Merge.objects.filter(Q(survivor__in=pair) | Q(loser__in=pair), pk__gt=merge.pk, unmerged_at=None)
        .select_related("survivor", "loser").order_by("-pk").first()
    )  # fmt: skip


def _require_last(merge: Merge) -> None:
    last = later(merge)
    if last is not None:
        raise Refused(
            f"{last.loser} was merged into {last.survivor} later. Un-merge these two first; nothing was changed.",
            code="order",
        )


def _require_noted(merge: Merge, at: datetime) -> None:
    if at <= merge.work.until and not Change.objects.filter(work=merge.work_id).exists():
        raise Refused("What these two were before is no longer known. Nothing was changed.", code="forgotten")


def _told(merge: Merge) -> list[int]:
    """The entries that the merge wrote in the journal: they stay there, and no longer count."""
    rows = Change.objects.filter(work=merge.work_id, table="journal_entry", op="I").values_list("row", flat=True)
    return sorted(int(row) for row in rows)


def _decided_since(merge: Merge) -> bool:
    """Whether somebody decided on the lead that went on, where the merge itself had given it its stage or its owner."""
    if merge.kept_id is None:
        return False
    rows = bulk.query(
        # An owner who lost it and got it back is decided on, too: the ownership that the merge began is over.
        """SELECT bool_or(to_jsonb(l) -> d.key IS DISTINCT FROM d.after) OR EXISTS (
                    SELECT FROM journal_change c JOIN leads_ownership o ON o.id = c.row::bigint
                     WHERE c.work_id = %s AND c."table" = 'leads_ownership' AND c.op = 'I' AND o.lead_id = %s
                       AND o.to_at IS NOT NULL)
             FROM leads_lead l
             JOIN (SELECT DISTINCT ON (a.key) a.key, a.value AS after
                     FROM journal_change c CROSS JOIN LATERAL jsonb_each(c.after) a
                    WHERE c.work_id = %s AND c."table" = 'leads_lead' AND c.row = %s AND c.op = 'U'
                      AND a.key = ANY (%s)
                    ORDER BY a.key, c.id DESC) d ON true
            WHERE l.id = %s""",
        [merge.work_id, merge.kept_id, merge.work_id, str(merge.kept_id), DECIDED, merge.kept_id],
    )
    return bool(rows[0][0])


def _keep_standing(merge: Merge) -> None:
    """Strike from the notes what made the lead's standing: it is what somebody has worked with since."""
    bulk.run([
        ("""UPDATE journal_change SET before = before - %s::text[], after = after - %s::text[]
             WHERE work_id = %s AND "table" = 'leads_lead' AND row = %s AND op = 'U'""",
         [STANDING, STANDING, merge.work_id, str(merge.kept_id)]),
        ("""DELETE FROM journal_change WHERE work_id = %s AND "table" = 'leads_ownership' AND op = 'I'""",
         [merge.work_id]),
    ])  # fmt: skip


def _follow_leads(survivor: Person, loser: Person) -> None:
    """What came since to a lead that goes back goes with it."""
    bulk.run([
        (f"""UPDATE {table} t SET person_id = l.person_id FROM leads_lead l
              WHERE l.id = t.lead_id AND l.person_id = %s AND t.person_id = %s""", [loser.pk, survivor.pk])
        for table in ("leads_touch", "leads_submission")
    ])  # fmt: skip


def _both_said_no(merge: Merge) -> None:
    """A no of the time in between holds for both: nobody can tell any more which of the two it was."""
    nos = ConsentEvent.objects.filter(person=merge.survivor_id, at__gte=merge.at).exclude(state=ConsentState.GRANTED)
    said = list(nos.order_by("at", "pk"))
    if not said:
        return
    # What every objection to marketing writes (leads.consent.saying).
    objected = any((one.purpose, one.channel) == ("marketing", "") for one in said)
    for person in Person.objects.filter(pk__in=[merge.survivor_id, merge.loser_id]):
        for one in said:
            giving.note(person.consent, one.purpose, one.channel, one.state, one.at)
        person.suppressed = person.suppressed or objected
        person.save(update_fields=["consent", "suppressed"])
    for one in said:
        one.pk, one.person_id = None, merge.loser_id
    ConsentEvent.objects.bulk_create(said)


def _first_responses(merge: Merge) -> None:
    """The first answer of each lead is its own again: one of the time in between, where it had none before."""
    if merge.kept_id is None:
        return
    bulk.run([(
        f"""UPDATE leads_lead l SET first_response_at = a.at
              FROM (SELECT t.lead_id, min(t.occurred_at) AS at FROM leads_touch t JOIN leads_lead k ON k.id = t.lead_id
                     WHERE t.lead_id = %s AND t.recorded_at > %s AND t.side = 'sales' AND {MAY_ANSWER}
                       AND t.standing = 'counts' AND t.occurred_at >= coalesce(k.mql_at, k.created_at)
                     GROUP BY t.lead_id) a
             WHERE l.id = a.lead_id AND l.mql_at IS NOT NULL AND l.first_response_at IS NULL""",
        [merge.kept_id, merge.at],
    )])  # fmt: skip


def _give(survivor: Person, loser: Person, *, by: User, at: datetime, via: str) -> list[Fact]:
    """Whose owner has left since, and what was held and tried no more while it was part of the other, is routed."""
    rows = Lead.objects.filter(person__in=[survivor, loser], stage__in=waiting.WAITING).filter(
        Q(owner=None, waiting=None) | Q(owner__is_active=False)
    )
    owned = dict(rows.order_by("pk").values_list("pk", "owner_id"))
    decided = routing.route(list(owned), at=at)
    given = [
        ownership.Assignment(lead, d.owner_id, d.cause if owned[lead] is None else "handover", d.why)
        for lead, d in decided.items()
        if d.owner_id is not None
    ]
    facts = ownership.assign(given, at=at, now=at, by=by.pk, via=via)
    left = [lead for lead, d in decided.items() if d.owner_id is None]
    facts += ownership.release([lead for lead in left if owned[lead]], at=at, cause="handover", by=by.pk, via=via)
    return facts + waiting.keep(decided, at=at, via=via, by=by.pk)


def _news(merge: Merge, told: Sequence[int], changed: Sequence[int], *, by: User, at: datetime, via: str) -> list[Fact]:
    data: dict[str, Any] = {"merge": merge.pk, "entries": list(told)}
    people = [
        Fact("person.touched", "person", pk, at, by=by.pk, via=via, data={"touches": 0, "lead": None})
        for pk in (merge.survivor_id, merge.loser_id)
    ]
    parted = Fact("person.unmerged", "person", merge.survivor_id, at, by=by.pk, via=via,
                  data={**data, "loser": merge.loser_id})  # fmt: skip
    leads = []
    if merge.kept_id is not None:
        leads = [
            Fact("lead.unmerged", "lead", merge.kept_id, at, by=by.pk, via=via,
                 data={**data, "loser": merge.lost_id, "clocks": list(changed), "merged": merge.at.isoformat()}),
            Fact("lead.unmerged", "lead", merge.lost_id or 0, at, by=by.pk, via=via,
                 data={**data, "survivor": merge.kept_id}),
        ]  # fmt: skip
    return [*people, parted, *leads]
