"""/sla/: what we promise, line by line, and what a draft would change. Reading is for everybody, verbs for admins."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from journal import drafting
from leads.conditions import editing, editor
from leads.models import Lead
from revops.lib import seen
from revops.lib.errors import DomainError, Refused
from sla import drafts, policy_board, policy_hits, policy_words
from sla.draft_differences import rungs_of
from sla.models import Policy, PolicySet, Target
from sla.policy_forms import NewLineForm, StepForm, form_of
from teams.doors import for_roles

only_admins = for_roles()


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every target with its lines, each a link."""
    state = policy_board.state_of(request.user, now=request.now)
    groups = [
        {
            "target": target,
            "slug": policy_board.slug(target),
            "promise": policy_words.PROMISES[target][0],
            "lines": [
                (line, policy_words.amount(line), line.line in state.changed)
                for line in state.lines
                if line.target == target
            ],
        }
        for target in Target
    ]
    context = {"groups": groups, "state": state, "admins": "" if state.may else policy_board.administrators()}
    return render(request, "sla/policies.html", context)


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    target = _target(slug)
    return render(request, "sla/policy.html", _context(request, target, _uuid(request.GET.get("line", ""))))


def editing_line(view: Callable) -> Callable:
    """The line of the address in the draft (of what is live for GET without a draft), refusals said in place."""

    @only_admins
    @wraps(view)
    def inside(request: HttpRequest, line: UUID, **rest: Any) -> HttpResponse:
        found = _find(line)
        try:
            return view(request, found, **rest)
        except DomainError as refusal:
            return _refused(request, found, refusal)

    return inside


@editing_line
def condition(request: HttpRequest, line: Policy) -> HttpResponse:
    def save(changed: dict[str, Any], focus: str) -> HttpResponse:
        kept = drafts.change(_mine(request, line), {"condition": changed}, **seen.by(request))
        return _kept(request, kept, focus=focus, said=f"Kept in the draft: {policy_words.rule(changed)}.")

    answer = editor.answer(
        request, line.condition, action_url=request.get_full_path().split("&at=")[0], back=_address(line), save=save
    )
    return _beside(answer) if request.method == "POST" else answer


@editing_line
def slot(request: HttpRequest, line: Policy, slot: str) -> HttpResponse:
    form_class = form_of(slot, line.target)
    if form_class is None:
        raise Http404
    more = {"target": line.target} if slot == "name" else {}
    form = form_class(request.POST or None, initial=form_class.begin(line), **more)
    context = {"form": form, "line": line, "back": _address(line), "title": form.title, "note": form.note}
    if request.method != "POST":
        return render(request, "sla/policy_slot.html", context)
    if form.is_valid():
        try:
            kept = drafts.change(_mine(request, line), form.fields_of(), **seen.by(request))
            return _kept(request, kept, focus=f"slot-{slot}", said="Kept in the draft.")
        except DomainError as refusal:
            context |= {"problem": refusal.detail, "stale": _since(request, refusal)}
            return _beside(render(request, "sla/policy_slot.html", context, status=refusal.status))
    return _beside(render(request, "sla/policy_slot.html", context, status=422))


@editing_line
def step(request: HttpRequest, line: Policy, level: int) -> HttpResponse:
    """One step of the ladder; level 0 is a new one. `remove` takes it away."""
    rungs = rungs_of(line)
    rung = next((one for one in rungs if one["level"] == level), None)
    if rung is None and level:
        raise Http404
    form = StepForm(request.POST or None, initial=StepForm.begin(rung), target=line.target)
    context = {"form": form, "line": line, "back": _address(line), "rung": rung,
               "title": "A step of the ladder" if rung else "Add a step"}  # fmt: skip
    removing = bool(request.POST.get("remove"))
    if request.method == "POST" and (removing or form.is_valid()):
        rest = [one if one["after"] is None else {**one, "level": None} for one in rungs if one["level"] != level]
        wanted = rest if removing else [*rest, form.rung()]
        wanted = [{name: value for name, value in one.items() if value is not None} for one in wanted]
        try:
            kept = drafts.set_ladder(_mine(request, line), wanted, **seen.by(request))
            return _kept(request, kept, focus="ladder", said="The ladder is kept in the draft.")
        except DomainError as refusal:
            context |= {"problem": refusal.detail, "stale": _since(request, refusal)}
            return _beside(render(request, "sla/policy_step.html", context, status=refusal.status))
    answer = render(request, "sla/policy_step.html", context, status=422 if request.method == "POST" else 200)
    return _beside(answer) if request.method == "POST" else answer


@editing_line
def position(request: HttpRequest, line: Policy) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    mine = _mine(request, line)
    order = [one.line for one in mine.policy_set.lines.filter(target=line.target)]
    to = order.index(line.line) + 1 + (1 if request.POST.get("to") == "down" else -1)
    kept = drafts.move(mine, to=to, **seen.by(request))
    return _kept(
        request, kept, focus=f"line-{line.line}", said=f"{line.name} is now line {max(1, min(to, len(order)))}."
    )


@editing_line
def removal(request: HttpRequest, line: Policy) -> HttpResponse:
    if request.method != "POST":
        context = {"line": line, "back": _address(line), "title": f"Remove “{line.name}”", "removal": True,
                   "note": "From the draft only. Clocks that run keep what they were promised."}  # fmt: skip
        return render(request, "sla/policy_slot.html", context)
    mine = _mine(request, line)
    drafts.remove(mine, **seen.by(request))
    return _kept(request, mine, chosen=None, focus="lines", said=f"{line.name} is removed from the draft.")


@only_admins
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """A line like another, in front of it, for one territory: what most changes begin with."""
    target = _target(slug)
    state = policy_board.state_of(request.user, now=request.now)
    lines = [line for line in state.lines if line.target == target]
    wanted = _uuid(request.GET.get("like", ""))
    like = next((line for line in lines if line.line == wanted), lines[-1] if lines else None)
    if like is None:
        raise Http404
    form = NewLineForm(request.POST or None, initial=form_of("amount", target).begin(like))  # type: ignore[union-attr]
    context = {
        "form": form,
        "like": like,
        "back": f"/sla/{slug}/?line={like.line}",
        "title": f"A line like “{like.name}”",
    }
    if request.method == "POST" and form.is_valid():
        try:
            draft = _draft(request)
            model = draft.lines.get(line=like.line)
            new = drafts.add(draft, target=target, before=model, fields=_like(model, form), **seen.by(request))
            return _kept(
                request, new, focus="slot-amount", said=f"{new.name} is added to the draft, before {like.name}."
            )
        except DomainError as refusal:
            context |= {"problem": refusal.detail, "stale": _since(request, refusal)}
            return _beside(render(request, "sla/policy_new_line.html", context, status=refusal.status))
    answer = render(request, "sla/policy_new_line.html", context, status=422 if request.method == "POST" else 200)
    return _beside(answer) if request.method == "POST" else answer


@login_required
@require_GET
def matching(request: HttpRequest, line: UUID) -> HttpResponse:
    """The newest leads that a line is the first to match."""
    state = policy_board.state_of(request.user, now=request.now)
    found = next((one for one in state.lines if one.line == line), None)
    if found is None:
        raise Http404
    lines = [one for one in state.lines if one.target == found.target]
    ids = policy_hits.matching(found, lines, now=request.now) if found.target in policy_hits.COUNTED else []
    leads = Lead.objects.with_names().in_bulk(ids)
    context = {"line": found, "leads": [leads[pk] for pk in ids if pk in leads], "back": _address(found)}
    return render(request, "sla/policy_leads.html", context)


# --- what they have in common ------------------------------------------------


def _context(request: HttpRequest, target: Target, chosen: UUID | None) -> dict[str, Any]:
    state = policy_board.state_of(request.user, now=request.now)
    context = policy_board.of(state, target, chosen, now=request.now)
    return context | {"admins": "" if state.may else policy_board.administrators()}


def _draft(request: HttpRequest) -> PolicySet:
    """The draft to change. Raises Refused when somebody began one after the page was shown."""
    seen, draft = request.GET.get("seen", ""), drafts.the_draft()
    if draft is not None and seen == policy_board.NO_DRAFT:
        who = drafting.named(draft.created_by_id)
        at = drafting.clock(draft.created_at)
        raise Refused(f"{who} began a draft at {at}: see what changed. Nothing was changed.", code="stale")
    if draft is None and seen and seen != policy_board.NO_DRAFT:
        raise Refused("The draft you saw is gone: it was published or discarded. Nothing was changed.", code="stale")
    return draft or drafts.open_draft(by=request.user, at=request.now)


def _mine(request: HttpRequest, line: Policy) -> Policy:
    """The line in the draft, which is begun if there is none."""
    draft = _draft(request)
    found = draft.lines.filter(line=line.line).first()
    if found is None:
        raise Refused("Somebody has taken this line out of the draft. Nothing was changed.", code="stale")
    found.policy_set = draft
    return found


def _find(line: UUID) -> Policy:
    """In the draft, else in what is live."""
    found = list(
        Policy.objects.filter(line=line, policy_set__state__in=["draft", "published"]).select_related("policy_set")
    )
    if not found:
        raise Http404
    return sorted(found, key=lambda one: one.policy_set.state)[0]  # draft before published


def _like(model: Policy, form: NewLineForm) -> dict[str, Any]:
    given = form.cleaned_data
    where = form.names.get(given["territory"], "")
    amount = form_of("amount", model.target)({"amount": given["amount"], "unit": given["unit"]})  # type: ignore[misc]
    fields: dict[str, Any] = amount.fields_of() if amount.is_valid() else {}
    fields["name"] = (given["name"] or (f"{model.name}, {where}" if where else f"{model.name} (new)"))[:80]
    if where:
        place = {"attribute": "lead.territory", "op": "is", "value": given["territory"]}
        alone = editing.kind_of(editing.framed(model.condition)) == "all"
        whole = model.condition if alone else {"all": [model.condition]}
        fields["condition"] = editing.add(whole, "", place)
    return fields


def _kept(request: HttpRequest, line: Policy, *, focus: str, said: str, chosen: Any = ...) -> HttpResponse:
    """The page after a change: its live part for the script, else all of it, at the place that was changed."""
    target = Target(line.target)
    chosen = line.line if chosen is ... else chosen
    if not request.htmx:
        return redirect(f"/sla/{policy_board.slug(target)}/{f'?line={chosen}' if chosen else ''}#{focus}")
    context = _context(request, target, chosen)
    parts = [
        render_to_string(f"sla/{name}.html", {**context, "oob": True}, request) for name in ("_policy", "_policy_head")
    ]
    address = f"/sla/{context['slug']}/{f'?line={chosen}' if chosen else ''}"
    told = {"slot:done": {"focus": focus, "said": said, "seen": context["state"].seen}}
    headers = {"HX-Trigger-After-Settle": json.dumps(told), "HX-Replace-Url": address}
    return HttpResponse("".join(parts), headers=headers)


def _beside(answer: HttpResponse) -> HttpResponse:
    """What was refused is shown where it was asked, not in the place of the page."""
    if answer.status_code >= 400:
        answer["HX-Retarget"], answer["HX-Reswap"] = "#slot", "innerHTML"
    return answer


def _refused(request: HttpRequest, line: Policy, refusal: DomainError) -> HttpResponse:
    context = {"line": line, "problem": refusal.detail, "back": _address(line), "title": "Not changed",
               "stale": _since(request, refusal)}  # fmt: skip
    return _beside(render(request, "sla/policy_refused.html", context, status=refusal.status))


def _since(request: HttpRequest, refusal: DomainError) -> list[dict[str, str]]:
    """What others changed since the reader's page was made, in words, when that is the reason."""
    if refusal.code != "stale":
        return []
    state = policy_board.state_of(request.user, now=request.now)
    return policy_words.told_since(state.draft, seen.of(request))


def _address(line: Policy) -> str:
    return f"/sla/{policy_board.slug(line.target)}/?line={line.line}"


def _target(slug: str) -> Target:
    if slug not in policy_board.TARGETS:
        raise Http404
    return policy_board.TARGETS[slug]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
