"""A small company's past for the tests of replays: leads told by the verbs, models beside each other."""

from datetime import timedelta

from leads import intake
from leads.incoming import parse
from leads.models import Lead
from scoring.models import ReplayLead, ReplayRun, RuleGroup, ScoringModel
from scoring.replay import running
from tests.scoring.model_of import T, days


def came(email: str, at, **fields) -> Lead:
    """An enquiry that arrives at `at`, by the verb that REST uses."""
    data = {"email": email, "source": "web", **fields}
    [outcome] = intake.capture([parse(data, now=at)], by=None, via="api", now=at)
    return Lead.objects.get(pk=outcome.lead_id)


def draft_of(model: ScoringModel, **changed) -> ScoringModel:
    """A copy to be changed, same lines. `changed`: {rule name: {field: value}}."""
    draft = ScoringModel.objects.create(
        version=model.version + 10_000, state="draft", based_on=model, created_at=T, edited_at=T,
        **{name: getattr(model, name) for name in ("fit_a", "fit_b", "engagement_1", "engagement_2", "pql_all")},
    )  # fmt: skip
    groups = {}
    for group in list(model.groups.all()):
        groups[group.pk] = RuleGroup.objects.create(model=draft, name=group.name, cap=group.cap)
    for rule in list(model.rules.all()):
        rule.pk, rule.model, rule.group = None, draft, groups.get(rule.group_id)
        for name, value in changed.get(rule.name, {}).items():
            setattr(rule, name, value)
        rule.save(force_insert=True)
    return draft


def replayed(draft: ScoringModel | None = None, *, now=T, **more) -> ReplayRun:
    run = running.begin(draft, now=now, **more)
    assert run.state == "done", run.state
    return run


def row(run: ReplayRun, lead: Lead) -> ReplayLead:
    return ReplayLead.objects.get(run=run, lead_id=lead.pk)


def rows(run: ReplayRun) -> list[tuple]:
    """Everything kept of each lead, to be compared."""
    columns = [f.attname for f in ReplayLead._meta.concrete_fields if f.attname not in ("id", "run_id")]
    return list(ReplayLead.objects.filter(run=run).order_by("lead_id").values_list(*columns))


def ago(n: float):
    return T - days(n)


MINUTE = timedelta(minutes=1)
