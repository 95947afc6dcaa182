"""/routing/: who would get it, and why. Reading is for everybody, changing a rule in the draft for administrators."""

import json
import re
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
from leads import conditions
from leads.attributes import asked_once
from leads.conditions import editor
from leads.models import RoutingPlan, RoutingRule
from leads.routing import board, drafts, hits, page_forms, page_words
from leads.routing.views_frame import tabs
from revops.lib import seen
from revops.lib.answers import done
from revops.lib.errors import DomainError, Refused
from teams.doors import for_roles

only_admins = for_roles()
UNNAMED = "New rule"
LINE = re.compile(r"[?&]line=([0-9a-f-]{36})")


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "leads/routing/page.html", context_of(request, uuid_of(request.GET.get("line", ""))))


@asked_once()
def context_of(request: HttpRequest, line: UUID | None) -> dict[str, Any]:
    state = board.state_of(request.user)
    frame = {"tabs": tabs("rules", request.user), "seen_url": board.quoted(state)}
    return board.of(state, line, now=request.now) | frame


@login_required
@require_GET
def leads_of(request: HttpRequest, line: UUID | None = None) -> HttpResponse:
    """The newest leads that a rule took; without a line those that no rule took."""
    rule = find(line) if line else None
    context = {"rule": rule, "leads": hits.leads(line, now=request.now), "days": hits.DAYS,
               "title": f"Leads that “{rule.name}” took" if rule else "Leads that no rule took",
               "back": board.page(rule) if rule else "/routing/"}  # fmt: skip
    return render(request, "leads/routing/leads.html", context)


def editing_rule(view: Callable) -> Callable:
    """The rule of the address in the draft (of what is live without a draft), refusals said in place."""

    @only_admins
    @wraps(view)
    def inside(request: HttpRequest, line: UUID, **rest: Any) -> HttpResponse:
        found = find(line)
        try:
            return view(request, found, **rest)
        except DomainError as refusal:
            return refused_beside(request, refusal, back=board.page(found))

    return inside


@editing_rule
def condition(request: HttpRequest, rule: RoutingRule) -> HttpResponse:
    def save(changed: dict[str, Any], focus: str) -> HttpResponse:
        fields: dict[str, Any] = {"condition": changed}
        if rule.name == UNNAMED and changed:
            fields["name"] = conditions.sentence(changed)[:80]  # a name of their own stays
        kept = drafts.change(mine(request, rule), fields, **seen.by(request))
        return kept_page(request, kept.line, focus=focus, said=f"Kept in the draft: {page_words.says(changed)}.")

    answer = editor.answer(
        request, rule.condition, action_url=request.get_full_path().split("&at=")[0], back=board.page(rule), save=save
    )
    return beside(answer) if request.method == "POST" else answer


@editing_rule
def slot(request: HttpRequest, rule: RoutingRule, slot: str) -> HttpResponse:
    form_class = page_forms.SLOTS.get(slot)
    if form_class is None:
        raise Http404
    form = form_class(request.POST or None, initial=form_class.begin(rule))
    context = {"form": form, "back": board.page(rule), "title": form.title, "note": form.note}
    return asked_in_slot(
        request, form, context,
        lambda: (drafts.change(mine(request, rule), form.fields_of(), **seen.by(request)).line, f"slot-{slot}"),
    )  # fmt: skip


@editing_rule
def switch(request: HttpRequest, rule: RoutingRule) -> HttpResponse:
    """On or off: a rule that is off stays in its place and takes nobody."""
    if request.method != "POST":
        raise Http404
    on = request.POST.get("to") == "on"
    kept = drafts.change(mine(request, rule), {"is_active": on}, **seen.by(request))
    return kept_page(
        request, kept.line, focus="switch", said=f"{kept.name} is switched {'on' if on else 'off'} in the draft."
    )


@editing_rule
def position(request: HttpRequest, rule: RoutingRule) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    kept = mine(request, rule)
    order = list(kept.plan.rules.order_by("position", "id").values_list("line", flat=True))
    to = order.index(rule.line) + 1 + (1 if request.POST.get("to") == "down" else -1)
    moved = drafts.move(kept, to=to, **seen.by(request))
    place = max(1, min(to, len(order)))
    return kept_page(
        request, moved.line, focus=f"line-{moved.line}", said=f"{moved.name} is now rule {place}.", opened=False
    )


@editing_rule
def copy(request: HttpRequest, rule: RoutingRule) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    kept = drafts.duplicate(mine(request, rule), **seen.by(request))
    return kept_page(request, kept.line, focus="slot-name", said=f"{kept.name} stands behind it.")


@editing_rule
def removal(request: HttpRequest, rule: RoutingRule) -> HttpResponse:
    if request.method != "POST":
        context = {"back": board.page(rule), "title": f"Remove “{rule.name}”", "verb": "Remove rule",
                   "note": "From the draft only. What is live keeps it until you publish."}  # fmt: skip
        return render(request, "leads/routing/slot.html", context)
    drafts.remove(mine(request, rule), **seen.by(request))
    said = f"{rule.name} is removed from the draft."
    return kept_page(request, None, focus="lines", said=said, undo=f"{board.address(rule)}return/")


@only_admins
def put_back(request: HttpRequest, line: UUID) -> HttpResponse:
    """The undo of a removal."""
    draft = drafts.the_draft()
    if request.method != "POST" or draft is None:
        raise Http404
    try:
        kept = drafts.put_back(draft, line, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused_beside(request, refusal, back="/routing/")
    return done(request, f"{kept.name} is back in the draft.", to=f"{board.page(kept)}#line-{line}", reload=True)


@only_admins
def add(request: HttpRequest) -> HttpResponse:
    try:
        shown = drafts.the_draft() or drafts.live()
        rules = list(shown.rules.order_by("position", "id"))
        form = page_forms.NewRuleForm(request.POST or None, rules=rules, initial={"place": request.GET.get("before")})
        context = {"form": form, "title": form.title, "note": form.note, "verb": "Add rule", "back": "/routing/"}

        def save() -> tuple[UUID, str]:
            draft = my_draft(request)
            before = draft.rules.filter(line=uuid_of(form.cleaned_data["place"])).first()
            fields = form.fields_of() | {"name": form.cleaned_data["name"] or UNNAMED}
            return drafts.add(draft, fields=fields, before=before, **seen.by(request)).line, "c-add"

        return asked_in_slot(request, form, context, save)
    except DomainError as refusal:
        return refused_beside(request, refusal, back="/routing/")


@only_admins
def option(request: HttpRequest, name: str) -> HttpResponse:
    """One of what is asked before any rule."""
    if name not in page_words.BEFORE:
        raise Http404
    form = page_forms.OptionForm(request.POST or None, name=name, plan=drafts.the_draft() or drafts.live())
    context = {"form": form, "back": "/routing/", "title": page_words.BEFORE[name],
               "note": "Asked before any rule, from the top; whoever is away is passed over."}  # fmt: skip

    def save() -> tuple[UUID | None, str]:
        drafts.set_options(my_draft(request), **form.fields_of(), **seen.by(request))
        return opened_of(request), f"option-{name}"

    return asked_in_slot(request, form, context, save)


# --- what they have in common ------------------------------------------------


def asked_in_slot(request: HttpRequest, form: Any, context: dict[str, Any], save: Callable) -> HttpResponse:
    """The form of one slot; `save` answers with (the line to open, what takes the focus)."""
    if request.method != "POST":
        return render(request, "leads/routing/slot.html", context)
    if form.is_valid():
        try:
            line, focus = save()
            return kept_page(request, line, focus=focus, said="Kept in the draft.")
        except DomainError as refusal:
            context |= {"problem": refusal.detail, "stale": since(request, refusal)}
            return beside(render(request, "leads/routing/slot.html", context, status=refusal.status))
    return beside(render(request, "leads/routing/slot.html", context, status=422))


def my_draft(request: HttpRequest) -> RoutingPlan:
    """The draft to change, begun with the first change. Raises Refused when somebody began one, or ended it, after the
    page was shown."""
    was, draft = request.GET.get("seen", ""), drafts.the_draft()
    if draft is not None and was == board.NO_DRAFT:
        who, at = drafting.named(draft.created_by_id), drafting.clock(draft.created_at)
        raise Refused(f"{who} began a draft at {at}: see what changed. Nothing was changed.", code="stale")
    if draft is None and was and was != board.NO_DRAFT:
        raise Refused("The draft you saw is gone: it was published or discarded. Nothing was changed.", code="stale")
    return draft or drafts.open_draft(by=request.user, at=request.now)


def mine(request: HttpRequest, rule: RoutingRule) -> RoutingRule:
    """The rule in the draft, which is begun if there is none."""
    draft = my_draft(request)
    found = draft.rules.filter(line=rule.line).first()
    if found is None:
        raise Refused("Somebody has taken this rule out of the draft. Nothing was changed.", code="stale")
    found.plan = draft
    return found


def find(line: UUID) -> RoutingRule:
    """In the draft, else in what is live."""
    rules = RoutingRule.objects.filter(line=line, plan__state__in=["draft", "live"])
    found = rules.select_related("plan", "pool", "person").order_by("plan__state").first()  # draft before live
    if found is None:
        raise Http404
    return found


def kept_page(
    request: HttpRequest, line: UUID | None, *, focus: str, said: str, undo: str = "", opened: bool = True
) -> HttpResponse:  # fmt: skip
    """The page after a change: its live part for the script, else all of it, at the place that was changed."""
    line = line if opened else opened_of(request)
    address = f"/routing/?line={line}" if line else "/routing/"
    if not request.htmx:
        return done(request, said, to=f"{address}#{focus}", undo=undo) if undo else redirect(f"{address}#{focus}")
    context = context_of(request, line) | {"oob": True}
    parts = [render_to_string(f"leads/routing/{name}.html", context, request) for name in ("_plan", "_head")]
    told: dict[str, Any] = {"slot:done": {"focus": focus, "said": said, "seen": context["state"].seen}}
    if undo:
        told["verb:done"] = {"text": said, "undo": undo}
    headers = {"HX-Trigger-After-Settle": json.dumps(told), "HX-Replace-Url": address}
    return HttpResponse("".join(parts), headers=headers)


def opened_of(request: HttpRequest) -> UUID | None:
    """The rule that is open on the page which sent this."""
    found = LINE.search((request.htmx.current_url or "") if request.htmx else "")
    return uuid_of(found[1]) if found else None


def beside(answer: HttpResponse) -> HttpResponse:
    """What was refused is shown where it was asked, not in the place of the page."""
    if answer.status_code >= 400:
        answer["HX-Retarget"], answer["HX-Reswap"] = "#slot", "innerHTML"
    return answer


def refused_beside(request: HttpRequest, refusal: DomainError, *, back: str) -> HttpResponse:
    context = {"problem": refusal.detail, "back": back, "title": "Not changed", "stale": since(request, refusal)}
    return beside(render(request, "leads/routing/refused.html", context, status=refusal.status))


def since(request: HttpRequest, refusal: DomainError) -> list[dict[str, Any]]:
    """What others changed since the reader's page was made, in words, when that is the reason."""
    return page_words.told_since(drafts.the_draft(), seen.of(request)) if refusal.code == "stale" else []


def uuid_of(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
