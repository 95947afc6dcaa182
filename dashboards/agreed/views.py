"""Goals, and the audit of all numbers."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboards import tabs
from dashboards.agreed import audit, goals
from dashboards.agreed.forms import GoalForm, JudgementForm
from dashboards.agreed.models import Goal, Judgement
from dashboards.kpis import registry
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from scoring import approving
from teams import access
from teams.models import Organisation

HERE, AUDIT = "/goals/", "/kpis/audit/"


def _may(user) -> bool:
    return access.may(user, "administer") or bool(approving.sides_of(user))


@login_required
@require_safe
def goals_page(request: HttpRequest) -> HttpResponse:
    """Those that hold now with their pace, then those to come and those that ended."""
    stands = goals.standing(request.now)
    now = {s.goal.pk for s in stands}
    others = [goal for goal in Goal.objects.select_related("made_by")[:40] if goal.pk not in now]
    mine = {side.value for side in approving.sides_of(request.user)}
    context = {
        "tabs": tabs.tabs(HERE, request.user), "may": _may(request.user),
        "goals": [
            {
                "it": s, "meter": min(float(s.share or 0), 1), "mark": float(s.gone) if s.pace is not None else None,
                "asks": [side for side in ("marketing", "sales")
                         if side in mine and getattr(s.goal, f"{side}_at") is None],
                "waits": [side for side in ("marketing", "sales") if getattr(s.goal, f"{side}_at") is None],
            }
            for s in stands
        ],
        "others": [(goal, goals.of(goal, now=request.now)) for goal in others],
    }  # fmt: skip
    return render(request, "dashboards/agreed/goals.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    today = Organisation.get().today(request.now)
    form = GoalForm(request.POST or None, today=today, initial={"period": "quarter", "kpi": audit.CARDS[0]})
    context = {"form": form, "back": HERE}
    if request.method != "POST":
        return render(request, "dashboards/agreed/propose.html", context)
    if not form.is_valid():
        return refused(request, "dashboards/agreed/propose.html", context, status=422)
    given = {name: form.cleaned_data[name] for name in ("kpi", "name", "target", "starts_on", "ends_on")}
    try:
        goal = goals.propose(given.pop("kpi"), **given, by=request.user, at=request.now)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return refused(request, "dashboards/agreed/propose.html", context, status=refusal.status)
    return done(request, f"{goal.name} is proposed. It counts once both sides agree.", to=HERE, reload=True)


@login_required
@require_POST
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    goal = get_object_or_404(Goal, pk=pk)
    try:
        goal = goals.agree(goal, side=request.POST.get("side", ""), by=request.user, at=request.now)
    except DomainError as refusal:
        return render(request, "403.html", {"exception": refusal.detail}, status=refusal.status)
    both = goal.marketing_at and goal.sales_at
    said = f"{goal.name} is agreed by both sides." if both else "Agreed. The other side is asked."
    return done(request, said, to=HERE, reload=True)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    goal = get_object_or_404(Goal, pk=pk)
    try:
        goals.end(goal, by=request.user, at=request.now)
    except DomainError as refusal:
        return render(request, "403.html", {"exception": refusal.detail}, status=refusal.status)
    return done(request, f"{goal.name} was ended. What was reached stays readable.", to=HERE, reload=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def audit_page(request: HttpRequest) -> HttpResponse:
    """Every number with its class and evidence; POST chooses the dashboard's cards (`card` repeated, in order)."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            ordered = [value for value in request.POST.getlist("card") if value]
            chosen = audit.choose(ordered, by=request.user, at=request.now)
            return done(request, f"{len(chosen)} numbers stand on the dashboard.", to=AUDIT, reload=True)
        except DomainError as refusal:
            problem, status = refusal.detail, refusal.status
    lines = audit.lines(request.now)
    judged = {line.kpi.key: line.judged for line in lines if line.judged}
    chosen = audit.cards(judged)
    kinds = [(kind, Judgement.Kind(kind).label, [line for line in lines if line.kind == kind])
             for kind in ("goal", "profit", "diagnostic", "vanity")]  # fmt: skip
    context = {
        "tabs": tabs.tabs(AUDIT, request.user), "may": _may(request.user), "kinds": kinds, "problem": problem,
        "slots": [(n, chosen[n - 1] if n <= len(chosen) else "") for n in range(1, audit.MOST + 1)],
        "offered": [(line.kpi.key, line.kpi.name) for line in lines if line.kind != "vanity"],
        "chosen": {key: n for n, key in enumerate(chosen, 1)}, "total": len(lines), "judged": len(judged),
    }  # fmt: skip
    return render(request, "dashboards/agreed/audit.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: HttpRequest, name: str) -> HttpResponse:
    kpi = registry.find(name)
    if kpi is None:
        raise Http404("There is no such KPI.")
    before = audit.current().get(kpi.key)
    initial = {
        "owner": before.owner_id, "tracked": before.tracked, "raises_profit": before.raises_profit,
        "would_do": before.would_do,
    } if before else {"raises_profit": kpi.badge == "profit"}  # fmt: skip
    form = JudgementForm(request.POST or None, initial=initial)
    context = {"form": form, "kpi": kpi, "back": AUDIT}
    if request.method != "POST":
        return render(request, "dashboards/agreed/judge.html", context)
    if not form.is_valid():
        return refused(request, "dashboards/agreed/judge.html", context, status=422)
    try:
        row = audit.judge(kpi.key, **form.cleaned_data, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, "dashboards/agreed/judge.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"{kpi.name} is kept as: {row.get_kind_display().lower()}.", to=AUDIT, reload=True)
