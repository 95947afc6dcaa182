"""Win, lose, edit and reopen: the verbs of one deal. Each is once even when sent twice, and keeps the lead in step."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from deals import stages_of
from deals.account import own_account
from deals.models.field_reports import DealCompetitor
from deals.moving import MovingVerbs, require_criteria
from deals.stages import LossReason
from journal.record import Fact, record
from leads.models import Stage
from leads.progress import Move, advance, take_back
from revops.lib.errors import Invalid, Refused
from teams.access import require_work
from teams.models import Organisation

if TYPE_CHECKING:
    from deals.models import Deal

KEEP = object()  # "this field was not sent": None and "" are values


class DealVerbs(MovingVerbs):
    """Mixed into Deal; every verb takes the acting user as `by=` and the moment as `at=`."""

    pk: int

    def win(self, *, by, at: datetime, signed_on: date | None = None, via: str = "page") -> "Deal":
        """`signed_on`: the local date of the signature, of today when not said. Raises Forbidden for a stranger;
        Refused when lost, without an amount, with exit criteria open, or when a guard says no; Invalid for a date that
        is to come."""
        with transaction.atomic():
            deal = self._locked(by, "win")
            if deal.stage == "won":
                return self._copy(deal)
            if deal.stage == "lost":
                raise Refused("Not won: this deal was lost. Reopen it first.", code="lost")
            if not deal.amount:
                raise Refused("Not won: the deal has no amount yet.", code="no_amount", field="amount")
            today = at.astimezone(ZoneInfo(Organisation.get().timezone)).date()
            if signed_on is not None and signed_on > today:
                raise Invalid("It can't be signed after today.", code="ahead", field="signed_on")
            require_criteria(deal, "won")
            self._ask_guards(deal, "won", at)
            deal.stage, deal.closed_at, deal.updated_at, deal.signed_on = "won", at, at, signed_on or today
            deal.save(update_fields=["stage", "closed_at", "updated_at", "signed_on"])
            self._stand_nowhere(deal, at)
            own_account(company_id=deal.company_id, owner_id=deal.owner_id)
            self._tell(deal, "won", by=by, at=at, via=via, to=Stage.WON)
        return self._copy(deal)

    def lose(self, *, by, at: datetime, reason: str, competitor: str = "", note: str = "", via: str = "page") -> "Deal":
        """`reason`: a LossReason; `competitor` needs the competitor's name. Raises Invalid, Forbidden, Refused."""
        if reason not in LossReason.values:
            raise Invalid(
                f"Choose one of the reasons: {', '.join(LossReason.values)}.", code="unknown_reason", field="reason"
            )
        if reason == LossReason.COMPETITOR and not competitor.strip():
            raise Invalid("Name the competitor.", code="required", field="competitor")
        if reason == LossReason.OTHER and not note.strip():
            raise Invalid("Say what happened in a few words.", code="required", field="note")
        with transaction.atomic():
            deal = self._locked(by, "lose")
            if deal.stage == "lost":
                return self._copy(deal)
            if deal.stage == "won":
                raise Refused("Not lost: this deal was won. Reopen it first.", code="won")
            self._ask_guards(deal, "lost", at)
            deal.stage, deal.closed_at, deal.updated_at = "lost", at, at
            deal.reason, deal.competitor, deal.note = reason, competitor.strip()[:80], note.strip()
            deal.save(update_fields=["stage", "closed_at", "updated_at", "reason", "competitor", "note"])
            self._stand_nowhere(deal, at)
            if deal.competitor:
                self._against(deal, by, at)
            self._tell(deal, "lost", by=by, at=at, via=via, to=Stage.LOST, reason=str(reason))
        return self._copy(deal)

    def edit(self, *, by, at: datetime, amount: Any = KEEP, close_on: Any = KEEP, via: str = "page") -> "Deal":
        """Change what was sent and leave the rest; the journal keeps old and new amount and date, so that reports
        read the amount of then. A date put off is counted as a push. An edit that changes nothing writes nothing; the
        amount of a deal with lines is theirs. Raises Invalid, Forbidden, Refused."""
        if amount is not KEEP and (not isinstance(amount, int) or amount <= 0):
            raise Invalid("The amount must be above zero.", code="not_positive", field="amount")
        if close_on is not KEEP and not isinstance(close_on, date):
            raise Invalid("Say when the deal should close.", code="required", field="close_on")
        with transaction.atomic():
            deal = self._locked(by, "edit")
            wanted = {"amount": amount, "close_on": close_on}
            changed = {f: v for f, v in wanted.items() if v is not KEEP and getattr(deal, f) != v}
            if not changed:
                return self._copy(deal)
            if deal.stage != "open":
                raise Refused(f"Not changed: this deal is {deal.stage}. Reopen it first.", code="closed")
            if "amount" in changed and deal.list_amount is not None:
                raise Refused("Not changed: the amount is what its lines cost. Change the lines.", code="lines")
            data: dict[str, Any] = {"fields": sorted(changed)}
            if "amount" in changed:
                data |= {"was_amount": deal.amount, "amount": amount}
            if "close_on" in changed:
                data |= {"was_close_on": deal.close_on and deal.close_on.isoformat(), "close_on": close_on.isoformat()}
            if "close_on" in changed and deal.close_on is not None and close_on > deal.close_on:
                deal.pushes += 1
            for field, value in changed.items():
                setattr(deal, field, value)
            deal.updated_at = at
            deal.save(update_fields=[*changed, "pushes", "updated_at"])
            record([Fact("deal.edited", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
        return self._copy(deal)

    def reopen(self, *, by, at: datetime, via: str = "page") -> "Deal":
        """Take back a win or a loss: open again where it stood, the lead an opportunity again; the journal keeps what
        was said."""
        with transaction.atomic():
            deal = self._locked(by, "take_back")
            if deal.stage == "open":
                return self._copy(deal)
            was = deal.stage
            deal.stage, deal.closed_at, deal.updated_at, deal.signed_on = "open", None, at, None
            deal.reason, deal.competitor, deal.note = "", "", ""
            deal.save(update_fields=["stage", "closed_at", "updated_at", "reason", "competitor", "note", "signed_on"])
            stages_of.put([stages_of.Stand(deal.pk, at, by.pk, stages_of.last(deal.pk))])
            deal.refresh_from_db(fields=["pipeline", "pipeline_stage", "stage_at"])
            self._tell(deal, "reopened", by=by, at=at, via=via, was=was)
            for lead in _leads(deal):
                take_back(lead, by=by.pk, at=at, now=at, via=via)
        return self._copy(deal)

    # --- how ------------------------------------------------------------------

    def _locked(self, by, verb: str) -> "Deal":
        """The row as it is now, locked until the end of the transaction; Forbidden when `by` may not."""
        deal = type(self).objects.select_for_update(of=("self",)).select_related("owner__team").get(pk=self.pk)
        require_work(by, deal, verb)
        return deal

    def _copy(self, deal: "Deal") -> "Deal":
        """Let the instance the caller holds say what the row says."""
        for field in deal._meta.concrete_fields:
            setattr(self, field.attname, getattr(deal, field.attname))
        return self  # type: ignore[return-value]

    @staticmethod
    def _against(deal: "Deal", by, at: datetime) -> None:
        """Who won it is among its competitors; a name is one firm however it is written."""
        from deals import competitors  # stands above the models these verbs are part of

        firm = competitors.named(deal.competitor)
        DealCompetitor.objects.get_or_create(deal=deal, competitor=firm, defaults={"noted_at": at, "by": by})

    @staticmethod
    def _stand_nowhere(deal: "Deal", at: datetime) -> None:
        stages_of.leave([(deal.pk, at)])
        deal.pipeline_stage_id, deal.stage_at = None, None

    def refusals(self, to: str, at: datetime) -> list[str]:
        """What stands in the way of `to` by the rules of every room, a sentence each (settings.DEAL_GUARDS)."""
        asked = (import_string(path)([self], to, at).get(self.pk) for path in settings.DEAL_GUARDS)
        return [reason for reason in asked if reason]

    @staticmethod
    def _ask_guards(deal: "Deal", to: str, at: datetime) -> None:
        for reason in deal.refusals(to, at):
            raise Refused(reason, code="guard")

    @staticmethod
    def _tell(
        deal: "Deal", what: str, *, by, at: datetime, via: str, to: str = "", reason: str = "", was: str = ""
    ) -> None:
        data: dict[str, Any] = {"lead": deal.lead_id, "amount": deal.amount, "currency": deal.currency}
        if reason:
            data["reason"] = reason
        if was:
            data["from"] = was
        record([Fact(f"deal.{what}", "deal", deal.pk, at, by=by.pk, via=via, data=data)], now=at)
        if to and (leads := _leads(deal)):
            advance([Move(lead, to, at, by=by.pk, data={"deal": deal.pk}) for lead in leads], now=at, via=via)


def _leads(deal: "Deal") -> list[int]:
    """The lead it was opened from and those that joined it: all end as it ends."""
    from deals.joining import leads_of  # it needs the model this is mixed into

    return [*([deal.lead_id] if deal.lead_id else []), *leads_of([deal.pk]).get(deal.pk, [])]
