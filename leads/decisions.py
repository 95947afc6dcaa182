"""What a person decides about a lead: accept, reject, recycle, disqualify, reopen, reassign, undo.

Methods of Lead. Each checks the right, then the guard, then makes one guarded move; done twice is done once; a move
somebody else was faster with is refused with their name. Many at once: `leads.progress.advance` and `reassign_many`.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from journal.models import Entry
from journal.record import Fact, record
from leads import attempts, ownership, routing
from leads.models.stage import (
    DISQUALIFY_REASONS,
    OPEN_STAGES,
    RECYCLE_REASONS,
    REJECT_REASONS,
    Reason,
    Stage,
)
from leads.progress import FROM, Move, change_stage, facts_of
from leads.routing import waiting
from revops.lib import bulk
from revops.lib.errors import Invalid, Refused
from teams import access
from teams.models import Organisation, User

if TYPE_CHECKING:
    from leads.models import Lead

UNDO_WITHIN = timedelta(minutes=10)
REVIEWABLE = [Stage.REJECTED, Stage.RECYCLED, Stage.DISQUALIFIED]
DONE = {
    Stage.SAL: "accepted",
    Stage.REJECTED: "rejected",
    Stage.RECYCLED: "recycled",
    Stage.DISQUALIFIED: "disqualified",
    Stage.SQL: "qualified",
}


class Decisions:
    """Mixed into Lead."""

    def accept(self: "Lead", *, by: "User", at: datetime, via: str = "page") -> "Lead":
        """MQL → SAL. A teammate who accepts becomes the owner; a manager or administrator accepts for the owner."""
        access.require_work(by, self, "accept")
        if self.stage == Stage.SAL and by.pk in (self.decided_by_id, self.owner_id):
            return self
        takes_over = not by.is_service and (self.owner_id is None or self._is_teammate(by))
        if self.owner_id is None and by.is_service:
            raise Refused("Nobody owns this lead yet. Give it to somebody first.", code="no_owner")
        with transaction.atomic():
            facts: list[Fact] = []
            moves = [Move(self.pk, Stage.SAL, at, by=by.pk)]
            moved = change_stage(moves, now=at)
            if not moved:
                return self._too_late(Stage.SAL, by)
            if takes_over and self.owner_id != by.pk:
                mine = [ownership.Assignment(self.pk, by.pk, "accepted", {"from": self.owner_id})]
                facts += ownership.assign(mine, at=at, now=at, by=by.pk, via=via)
            record(facts + facts_of(moves, moved, via=via), now=at)
        self.refresh_from_db()
        return self

    def reject(self: "Lead", *, by: "User", at: datetime, reason: str, note: str = "", via: str = "page") -> "Lead":
        """MQL or SAL → rejected, with a reason marketing can act on."""
        _require_reason(reason, REJECT_REASONS, note)
        return self._decide("reject", Move(self.pk, Stage.REJECTED, at, by=by.pk, reason=reason, note=note), by, via)

    def recycle(
        self: "Lead", *, by: "User", at: datetime, reason: str, track: str, revisit_on: date | None = None,
        note: str = "", via: str = "page",
    ) -> "Lead":  # fmt: skip
        """MQL, SAL or SQL → recycled: back to marketing with a reason, a nurture track and perhaps a date."""
        _require_reason(reason, RECYCLE_REASONS, note)
        if not track.strip():
            raise Invalid("Name the nurture track this person goes to.", code="required", field="track")
        if revisit_on is not None and revisit_on <= Organisation.get().today(at):
            raise Invalid("The day to come back must be after today.", code="past", field="revisit_on")
        if reason == Reason.UNABLE_TO_REACH:
            attempts.require([self.pk], at=at)
        move = Move(self.pk, Stage.RECYCLED, at, by=by.pk, reason=reason, note=note, track=track, revisit_on=revisit_on)
        return self._decide("recycle", move, by, via)

    def disqualify(self: "Lead", *, by: "User", at: datetime, reason: str, note: str = "", via: str = "page") -> "Lead":
        """Any open stage → disqualified, terminal until somebody reopens it."""
        _require_reason(reason, DISQUALIFY_REASONS, note)
        move = Move(self.pk, Stage.DISQUALIFIED, at, by=by.pk, reason=reason, note=note)
        return self._decide("disqualify", move, by, via)

    def reopen(self: "Lead", *, by: "User", at: datetime, via: str = "page") -> "Lead":
        """A rejected, recycled or disqualified lead goes back to MQL if it was one, else to inquiry; stamps stay."""
        access.require_work(by, self, "reopen")
        if self.is_open:
            return self
        if self.stage not in REVIEWABLE:
            raise Refused(f"A lead that is {self.get_stage_display().lower()} can't be reopened.", code="stage")
        back = Stage.MQL if self.mql_at else Stage.INQUIRY
        with transaction.atomic():
            # The person before the lead, as everywhere: their score may have moved while nothing was open.
            bulk.query("SELECT 1 FROM leads_person WHERE id = %s FOR NO KEY UPDATE", [self.person_id])
            self._return_to(back, at, clear=False)
            data = {"from": self.stage, "to": str(back), "cycle": self.cycle, "person": self.person_id}
            facts = [Fact("lead.reopened", "lead", self.pk, at, by=by.pk, via=via, data=data)]
            if back == Stage.MQL and not (self.owner and self.owner.is_active):
                facts += self._find_owner(at, via)
            record(facts, now=at)
        self.refresh_from_db()
        return self

    def reassign(self: "Lead", *, by: "User", at: datetime, to: "User", note: str = "", via: str = "page") -> "Lead":
        """Give the lead to somebody; its lead clocks keep running, the owner's clocks start anew."""
        reassign_many([self], by=by, at=at, to=to, note=note, via=via)
        self.refresh_from_db()
        return self

    def undo(self: "Lead", *, by: "User", at: datetime, via: str = "page") -> "Lead":
        """Take back the last decision within ten minutes: its stamp goes, the journal keeps both."""
        access.require_work(by, self, "undo")
        with transaction.atomic():
            ownership.hold([self.pk])
            entry = self.undoable(at=at)
            if entry is None:
                raise Refused(
                    "There is nothing to undo: the last change is over ten minutes old, or a later one followed."
                )
            if entry.by_id != by.pk and not (by.is_admin or by.manages_team(self.owner and self.owner.team_id)):
                raise Refused(
                    "Somebody else made this change; they or the team's manager can undo it.", code="not_yours"
                )
            facts: list[Fact] = []
            came_from = entry.data.get("from")
            if entry.kind == "lead.assigned":
                back = [ownership.Assignment(self.pk, came_from, "undone")]
                facts += ownership.assign(back, at=at, now=at, by=by.pk, via=via)
            else:
                self._return_to(came_from, at, clear=True)
                if entry.kind == "lead.sal" and (former := self._had_before(entry)):
                    back = [ownership.Assignment(self.pk, former, "undone")]
                    facts += ownership.assign(back, at=at, now=at, by=by.pk, via=via)
            data = {"kind": entry.kind, "entry": entry.pk, "at": entry.at.isoformat()}
            data |= {"from": self.stage, "to": came_from}
            facts.append(Fact("lead.undone", "lead", self.pk, at, by=by.pk, via=via, data=data))
            record(facts, now=at)
        self.refresh_from_db()
        return self

    def undoable(self: "Lead", *, at: datetime) -> Entry | None:
        """The last decision if it can still be taken back, else None."""
        kinds = [f"lead.{stage}" for stage in Stage.values] + ["lead.assigned", "lead.undone", "lead.reopened"]
        last = Entry.objects.about("lead", [self.pk]).filter(kind__in=kinds).order_by("-id").first()
        if last is None or last.at < at - UNDO_WITHIN:
            return None
        if last.kind == "lead.assigned":
            return last if last.data.get("cause") == "manual" and _is_here(last.data.get("from")) else None
        return last if last.kind in {"lead.sal", "lead.rejected", "lead.recycled", "lead.disqualified"} else None

    def _decide(self: "Lead", verb: str, move: Move, by: "User", via: str) -> "Lead":
        access.require_work(by, self, verb)
        if self.stage == move.to and self.reason == move.reason:
            return self
        with transaction.atomic():
            moved = change_stage([move], now=move.at)
            if not moved:
                return self._too_late(move.to, by)
            record(facts_of([move], moved, via=via), now=move.at)
        self.refresh_from_db()
        return self

    def _too_late(self: "Lead", to: str, by: "User") -> "Lead":
        """The guard said no: either this is the same verb a second time, or the lead is elsewhere by now."""
        self.refresh_from_db()
        if self.stage == to and self.decided_by_id == by.pk:
            return self
        verb = DONE[Stage(to)]
        who = self.decided_by.name if self.decided_by else "The system"
        if self.stage in DONE and self.stage not in FROM[to]:
            done = f"{who} {DONE[Stage(self.stage)]} this lead at {self.stage_at:%H:%M:%S} UTC"
            raise Refused(f"Not {verb}: {done}. Nothing was changed.", code="stage")
        now_is = self.get_stage_display()
        allowed = " or ".join(Stage(stage).label for stage in FROM[to])
        raise Refused(f"Not {verb}: this lead is {now_is}, it must be {allowed}. Nothing was changed.", code="stage")

    def _had_before(self: "Lead", acceptance: Entry) -> int | None:
        """Whom a teammate took the lead from by accepting it; None when nobody, or somebody who is gone."""
        taken = Entry.objects.about("lead", [self.pk]).filter(
            kind="lead.assigned", at=acceptance.at, by=acceptance.by_id, data__cause="accepted", id__lt=acceptance.pk
        )
        former = taken.order_by("-id").values_list("data__from", flat=True).first()
        return former if _is_here(former) else None

    def _find_owner(self: "Lead", at: datetime, via: str) -> list[Fact]:
        """Nobody has this lead, or somebody who is gone: it is routed as if it were new."""
        decision = routing.route([self.pk], at=at)[self.pk]
        if decision.owner_id is None:
            facts = ownership.release([self.pk], at=at, cause=decision.cause, via=via)
            return facts + waiting.keep({self.pk: decision}, at=at, via=via)
        found = [ownership.Assignment(self.pk, decision.owner_id, decision.cause, decision.why)]
        return ownership.assign(found, at=at, now=at, via=via)

    def _is_teammate(self: "Lead", by: "User") -> bool:
        owner_team = self.owner.team_id if self.owner else None
        return owner_team is not None and by.team_id == owner_team and not by.manages_team(owner_team)

    def _return_to(self: "Lead", stage: str, at: datetime, *, clear: bool) -> None:
        """Back to an open stage, guarded by the stage we saw and by the one-open-lead rule."""
        stage = Stage(stage)
        stamp = f"{Stage(self.stage)}_at = NULL," if clear else ""
        entered = "created_at" if stage == Stage.INQUIRY else f"coalesce({stage}_at, created_at)"
        try:
            with transaction.atomic():
                done = bulk.query(
                    f"""UPDATE leads_lead SET stage = %s, {stamp} reason = '', reason_note = '', track = '',
                               revisit_on = NULL, updated_at = %s, stage_at = {entered}
                         WHERE id = %s AND stage = %s RETURNING id""",
                    [str(stage), at, self.pk, self.stage],
                )
        except IntegrityError:
            raise Refused("This person has another open lead by now. Nothing was changed.", code="open_lead") from None
        if not done:
            raise Refused("This lead changed a moment ago. Look again, nothing was changed.", code="stage")


def _is_here(user_id: int | None) -> bool:
    return user_id is not None and User.objects.filter(pk=user_id, is_active=True).exists()


def reassign_many(
    leads: Sequence["Lead"], *, by: "User", at: datetime, to: "User", note: str = "", via: str = "page"
) -> int:
    """Give open leads to one person; answers how many changed hands. All or nothing on rights."""
    for lead in leads:
        access.require_work(by, lead, "reassign")
    if not to.is_active or to.is_service:
        raise Invalid(f"{to} can't own leads: this account is not active.", code="inactive", field="to")
    if to.role not in access.SELLERS:
        raise Invalid(f"{to} can't own leads: that is for sales, success and administrators.", code="role", field="to")
    with transaction.atomic():
        stages = ownership.hold([lead.pk for lead in leads])
        for lead in leads:
            if stages[lead.pk] not in OPEN_STAGES:
                detail = f"{lead.person} has no open lead; only open leads can be given to somebody."
                raise Refused(detail, code="stage")
        facts = ownership.assign(
            [ownership.Assignment(lead.pk, to.pk, "manual", {"note": note} if note else {}) for lead in leads],
            at=at, now=at, by=by.pk, via=via,
        )  # fmt: skip
        record(facts, now=at)
    return len(facts)


def _require_reason(reason: str, allowed: list[Reason], note: str) -> None:
    if reason not in [code.value for code in allowed]:
        names = ", ".join(code.value for code in allowed)
        raise Invalid(f"Choose one of the reasons: {names}.", code="invalid_choice", field="reason")
    if reason == Reason.OTHER and not note.strip():
        raise Invalid("Reason other needs a few words.", code="required", field="note")
