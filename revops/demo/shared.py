"""What both teams share at the end of the story: criteria of the stages, goals, judged numbers, kept ones, reviews."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from dashboards.agreed import audit, goals
from dashboards.meetings import verbs as meetings
from dashboards.meetings.models import Decision
from dashboards.scoreboard.month import first_of
from dashboards.snapshots import keeping
from deals import pipelines
from deals.models import Deal, ExitCriterion, PipelineStage
from teams.models import Organisation, User

VIA = "demo"
CRITERIA = {
    "Discovery": ["The problem in their words, with a number", "Who decides is known"],
    "Evaluation": ["They saw it with their own data", "A champion sells for us inside"],
    "Proposal": ["The decision maker read the proposal", "Security and legal have no open question"],
    "Negotiation": ["Every give has its get", "The start is in somebody’s calendar"],
}
NEXT = {
    "Discovery": "Ask the champion for a call with whoever decides",
    "Evaluation": "Show it with their numbers, thirty minutes",
    "Proposal": "Call of our manager with their CFO",
    "Negotiation": "Offer the concession that matters to them, for the signature",
}
JUDGED = {  # key: (raises profit, what would be done, owner, tracked)
    "sales-accepted-pipeline": (True, "Move next month’s spend to what was accepted.", "Camille Roy", "Board deck"),
    "win-rate": (True, "Read the lost deals of the month together.", "Dana Whitfield", "CRM export, monthly"),
    "net-revenue-retention": (True, "Call the customers that shrank.", "Hannah Weiss", "Finance sheet"),
    "mql-volume": (False, "", "Camille Roy", "Slide 3 of every meeting"),
    "time-to-first-contact": (False, "Look at the hour of the day and the shift.", "Ruth Adeyemi", "nowhere else"),
    "discount-rate": (True, "Go through unapproved ones with the managers.", "Dana Whitfield", "nowhere else"),
}
DECIDED = [
    ("Book the security review", "owner", 4), ("Send the residency one-pager", "Camille Roy", 3),
    ("Call their CFO together", "Dana Whitfield", 2),
]  # fmt: skip


def criteria(users: Mapping[str, User], *, at: datetime) -> None:
    """Agreed on some weeks ago; who moved before was not asked."""
    ruth = users["Ruth Adeyemi"]
    for stage in PipelineStage.objects.filter(pipeline__is_default=True, retired_at=None):
        for text in CRITERIA.get(stage.name, ()):
            pipelines.add_criterion(stage, text=text, by=ruth, at=at, via=VIA)
        if stage.name in NEXT:
            pipelines.edit_stage(stage, next_step=NEXT[stage.name], by=ruth, at=at, via=VIA)


def met(users: Mapping[int, User], *, until: datetime) -> None:
    """Open deals have met what lies behind them, mostly, and some of what is asked now."""
    asked = list(ExitCriterion.objects.select_related("stage").filter(retired_at=None))
    for deal in Deal.objects.filter(stage="open").select_related("owner", "pipeline_stage").order_by("pk"):
        if deal.owner is None or deal.pipeline_stage is None or deal.stage_at is None:
            continue
        rng = Random(deal.pk * 3)
        for one in asked:
            behind = one.stage.position < deal.pipeline_stage.position
            here = one.stage_id == deal.pipeline_stage_id
            if (behind and rng.random() < 0.8) or (here and rng.random() < 0.4):
                at = min(until, deal.stage_at + timedelta(hours=rng.uniform(1, 30)))
                deal.meet(one, evidence="Said in the last call.", by=deal.owner, at=at, via=VIA)


def agree(users: Mapping[str, User], *, until: datetime) -> None:
    organisation = Organisation.get()
    today = organisation.today(until)
    camille, dana = users["Camille Roy"], users["Dana Whitfield"]
    quarter = first_of(today, (today.month - 1) % 3)
    for first in (first_of(quarter, 3), quarter):
        last = date.fromordinal(first_of(first, -3).toordinal() - 1)
        at = until - timedelta(days=(today - first).days)
        for kpi, name, target in (("sales-accepted-pipeline", "Our goal", 450_000_000), ("won-amount", "New business", 200_000_000)):
            goal = goals.propose(kpi, name=name, target=Decimal(target), starts_on=first, ends_on=last, by=camille, at=at,
                                 via=VIA)  # fmt: skip
            goals.agree(goal, side="sales", by=dana, at=at + timedelta(hours=2), via=VIA)
    at = until - timedelta(days=20)
    for key, (raises, would, owner, tracked) in JUDGED.items():
        audit.judge(key, owner=users[owner], tracked=tracked, raises_profit=raises, would_do=would, by=camille, at=at,
                    via=VIA)  # fmt: skip
    audit.choose(audit.CARDS, by=camille, at=at, via=VIA)


def kept(*, until: datetime) -> None:
    """The month-ends of the past year and the last days, as the nights would have kept them."""
    organisation = Organisation.get()
    today = organisation.today(until)
    days = [date.fromordinal(first_of(today, back).toordinal() - 1) for back in range(14, -1, -1)]
    days += [today - timedelta(days=back) for back in range(4, 0, -1)]
    for day in sorted(set(days)):
        keeping.keep_day(day, now=until, organisation=organisation)


class Mondays:
    """The criteria agreed on some weeks ago, and the pipeline review of each Monday since: run in the story's own time,
    for it looks at what stands now. Half of what is decided gets done."""

    def __init__(self, users: Mapping[str, User], *, until: datetime) -> None:
        self.users = users
        self.agreed: datetime | None = until - timedelta(days=40)
        day = (until - timedelta(days=16)).replace(hour=13, minute=30, second=0, microsecond=0)
        self.next, self.until = day + timedelta(days=-day.weekday() % 7), until
        self.promised: list[tuple[datetime, Decision]] = []

    def at(self, now: datetime) -> None:
        if self.agreed is not None and now >= self.agreed:
            criteria(self.users, at=self.agreed)
            self.agreed = None
        while self.promised and self.promised[0][0] <= now:
            at, decision = self.promised.pop(0)
            meetings.finish(decision, by=decision.owner, at=at, via=VIA)
        if self.next <= now < self.next + timedelta(days=2) and now < self.until - timedelta(hours=8):
            self._review(now)
        if now >= self.next:
            self.next += timedelta(days=7)

    def _review(self, now: datetime) -> None:
        dana = self.users["Dana Whitfield"]
        day = Organisation.get().today(now)
        meeting = meetings.start("pipeline", period=day, by=dana, at=now, via=VIA)
        slides = [slide for slide in meeting.slides.select_related("deal__owner") if slide.deal_id]
        for n, (slide, (text, who, days)) in enumerate(zip(slides, DECIDED * 2, strict=False)):
            owner = slide.deal.owner if who == "owner" and slide.deal and slide.deal.owner else self.users.get(who, dana)
            made = meetings.decide(meeting, topic=slide.key, text=text, owner=owner, due_on=day + timedelta(days=days),
                                   by=dana, at=now + timedelta(minutes=4 * n + 4), via=VIA)  # fmt: skip
            if n % 2 == 0:
                self.promised.append((now + timedelta(days=days - 0.4), made))
        self.promised.sort(key=lambda one: one[0])
        meetings.close(meeting, by=dana, at=now + timedelta(minutes=29), via=VIA)
