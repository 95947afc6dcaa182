"""What both teams agreed on: the first model and definitions, a second version of each, who the best customers are."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from leads.models import Segment
from revops.lib.errors import Refused
from scoring import drafts, publishing, rescoring
from scoring.definitions import current
from scoring.definitions import drafts as definition_drafts
from scoring.icp import verbs as icp
from scoring.models import Approval, Definition, Rule, ScoringModel
from scoring.replay import running
from teams.models import User

VIA = "demo"
MODEL_BEFORE, SQL_BEFORE = timedelta(days=214), timedelta(days=122)
PROFILE_BEFORE, REVIEWED_BEFORE = timedelta(days=52), timedelta(days=38)
NOTE = "Two different assets say more than one read twice: agreed in the quarterly review"
EVIDENCE = {"timeline": "a date or an event by which it must work, within 12 months, and what happens if it doesn't"}
SEGMENTS = [
    ("Firms of 500 and more", "For the account programme", {"attribute": "company.employees", "op": "at_least", "value": 500}),
    ("Pricing page this week", "Somebody should look", {
        "touches": {"kind": ["page_view"], "url_contains": "/pricing"}, "at_least": 1, "within_days": 7}),
    ("Uses Salesforce, nobody called", "", {"all": [
        {"attribute": "company.technologies", "op": "contains", "value": "Salesforce"},
        {"none": [{"touches": {"side": ["sales"]}, "at_least": 1}]}]}),
]  # fmt: skip


def found(users: Mapping[str, User], *, start: datetime) -> None:
    """What every installation begins with is as old as this company, and was agreed on."""
    before = start - timedelta(days=210)
    ScoringModel.objects.update(created_at=before, edited_at=before, published_at=before, published_by=users["Ruth Adeyemi"])
    Definition.objects.update(effective_at=before, review_on=review_day(start.date()))
    for definition in Definition.objects.all():
        for side, name in (("marketing", "Camille Roy"), ("sales", "Dana Whitfield")):
            Approval.objects.create(definition=definition, side=side, by=users[name], at=before - timedelta(hours=3))
    for name, about, condition in SEGMENTS:
        Segment.objects.create(name=name, about=about, condition=condition, created_at=start, edited_at=start,
                               created_by=users["Camille Roy"])  # fmt: skip


def model(users: Mapping[str, User], *, at: datetime) -> None:
    ruth = users["Ruth Adeyemi"]
    draft = drafts.open_draft(by=ruth, at=at - timedelta(minutes=40), via=VIA)
    webinar = draft.rules.get(name="Webinar")
    drafts.add(
        draft, kind=Rule.Kind.ENGAGEMENT, by=ruth, at=at - timedelta(minutes=31), before=webinar, via=VIA, fields={
            "name": "Two different assets in 30 days", "points": 6, "at_least": 2, "within_days": 30,
            "distinct": "asset", "touches": {"kind": ["download", "page_view", "webinar"]},
            "group": draft.rules.get(name="Download").group_id,
        },
    )  # fmt: skip
    ScoringModel.objects.filter(pk=draft.pk).update(note=NOTE)
    publishing.publish(draft, by=ruth, at=at, via=VIA)
    while rescoring.drain(at, 2_000):
        pass


def definition(users: Mapping[str, User], *, at: datetime) -> None:
    """What counts as evidence for an SQL, said more sharply."""
    ruth = users["Ruth Adeyemi"]
    draft = definition_drafts.open_draft("sql", by=ruth, at=at - timedelta(days=2), via=VIA)
    items = [{**item, "evidence": EVIDENCE.get(item["item"], item["evidence"])} for item in draft.items]
    definition_drafts.change(draft, {"items": items}, by=ruth, at=at - timedelta(days=2), via=VIA)
    definition_drafts.propose(draft, by=ruth, at=at - timedelta(days=2), via=VIA)
    definition_drafts.approve(draft, side="marketing", by=users["Camille Roy"], at=at - timedelta(days=1), via=VIA)
    definition_drafts.approve(draft, side="sales", by=users["Dana Whitfield"], at=at, via=VIA)


def reviewed(users: Mapping[str, User], *, at: datetime) -> None:
    """The quarterly review: each stage is looked at again at the start of the next quarter."""
    for stage in ("mql", "sal", "sql"):
        now_in_force = current(stage, at=at)
        if now_in_force:
            definition_drafts.review(
                now_in_force, next_on=review_day(at.date()), by=users["Ruth Adeyemi"], at=at, via=VIA
            )


def profile(users: Mapping[str, User], *, at: datetime) -> None:
    """A young company has too few customers to tell, or nothing sets the best apart; then the page says so."""
    ruth = users["Ruth Adeyemi"]
    try:
        made = icp.derive(by=ruth, at=at - timedelta(hours=5), via=VIA)
        icp.propose(made, by=ruth, at=at - timedelta(hours=4), via=VIA)
    except Refused:
        made = icp.open_one()
        if made is not None:
            icp.discard(made, by=ruth, at=at, via=VIA)
        return
    icp.approve(made, side="marketing", by=users["Camille Roy"], at=at - timedelta(hours=2), via=VIA)
    icp.approve(made, side="sales", by=users["Dana Whitfield"], at=at, via=VIA)


def measured(*, at: datetime) -> None:
    """What each rule did in the last half year, which otherwise the first night would count."""
    run = running.begin(None, now=at)
    running.count(run.pk)


def review_day(day: date) -> date:
    """The second week of the quarter after `day`."""
    month = (day.month - 1) // 3 * 3 + 4
    return date(day.year + (month > 12), month - 12 if month > 12 else month, 10)
