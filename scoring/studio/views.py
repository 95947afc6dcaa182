"""/scoring/: which signals count. Reading is for everybody, changing a rule in the draft for administrators."""

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

from leads import conditions
from leads.attributes import asked_once
from leads.conditions import editor
from revops.lib import seen
from revops.lib.answers import done
from revops.lib.errors import DomainError, Refused
from scoring import drafts
from scoring.compiling import is_frequency
from scoring.models import Rule
from scoring.studio import board, effect, forms, words
from scoring.studio.beginnings import BEGINNINGS, BY_CODE, UNNAMED, NewRuleForm
from scoring.studio.draft import find, mine, my_draft, since
from teams.doors import for_roles

only_admins = for_roles()


@login_required
@require_GET
def page(request: HttpRequest, line: UUID | None = None) -> HttpResponse:
    """The studio, with one rule opened in its place."""
    context = context_of(request, line)
    if line is not None and "rule" not in context:
        raise Http404
    if request.htmx and request.htmx.target == "policy":
        return render(request, "scoring/_studio.html", context)
    return render(request, "scoring/studio.html", context)


@asked_once()
def context_of(request: HttpRequest, line: UUID | None) -> dict[str, Any]:
    state = board.state_of(request.user)
    if state is None:
        return {}
    context = board.of(state, line, now=request.now)
    context |= effect.beside(state, now=request.now)
    if "rule" in context:
        context |= {"opened_line": line, "live": editor.counting(asked_by(context["rule"]))}
    return context | {"admins": "" if state.may else board.administrators()}


def editing_rule(view: Callable) -> Callable:
    """The rule of the address in the draft (of what is live without a draft), refusals said in place."""

    @only_admins
    @wraps(view)
    def inside(request: HttpRequest, line: UUID, **rest: Any) -> HttpResponse:
        found = find(line)
        try:
            return view(request, found, **rest)
        except DomainError as refusal:
            return refused_beside(request, refusal, back=_address(found))

    return inside


@editing_rule
def condition(request: HttpRequest, rule: Rule) -> HttpResponse:
    def save(changed: dict[str, Any], focus: str) -> HttpResponse:
        fields: dict[str, Any] = {"condition": changed}
        if rule.name == UNNAMED and changed:
            fields["name"] = conditions.sentence(changed)[:120]  # a name of their own stays
        kept = drafts.change(mine(request, rule), fields, **seen.by(request))
        return kept_page(request, kept.line, focus=focus, said=f"Kept in the draft: {words.says(kept)}.")

    answer = editor.answer(
        request, rule.condition, action_url=request.get_full_path().split("&at=")[0], back=_address(rule), save=save
    )
    return beside(answer) if request.method == "POST" else answer


@editing_rule
def what(request: HttpRequest, rule: Rule) -> HttpResponse:
    """What they do: the form that conditions have for touches, put into the rule's own fields."""
    if rule.kind == Rule.Kind.FIT:
        raise Http404
    leaf: dict[str, Any] = {"touches": rule.touches, "at_least": rule.at_least or 1}
    leaf |= {"within_days": rule.within_days} if rule.within_days else {}
    leaf |= {"distinct": rule.distinct} if rule.distinct else {}

    def save(changed: dict[str, Any], _: str) -> HttpResponse:
        kept = drafts.change(mine(request, rule), _counted(changed, rule), **seen.by(request))
        return kept_page(request, kept.line, focus="slot-what", said=f"Kept in the draft: {words.says(kept)}.")

    asked = request.GET.copy()
    asked["at"], asked["slot"] = "all[0]", "touches"
    request.GET = asked
    answer = editor.answer(
        request, {"all": [leaf]}, action_url=request.get_full_path(), back=_address(rule), save=save
    )  # fmt: skip
    return beside(answer) if request.method == "POST" else answer


@editing_rule
def slot(request: HttpRequest, rule: Rule, slot: str) -> HttpResponse:
    form_class = forms.form_of(slot, rule)
    if form_class is None:
        raise Http404
    more = {"groups": rule.model.groups.all()} if slot == "group" else {}
    form = form_class(request.POST or None, initial=form_class.begin(rule), **more)
    context = {"form": form, "back": _address(rule), "title": form.title, "note": form.note}
    if request.method != "POST":
        return render(request, "scoring/studio_slot.html", context)
    if form.is_valid():
        try:
            model = my_draft(request)
            fields = form.fields_of()
            if fields.get("group"):  # the page that began the draft showed the live model's groups
                fields["group"] = _same_group(rule, model, fields["group"])
            kept = drafts.change(mine(request, rule), fields, **seen.by(request))
            return kept_page(request, kept.line, focus=f"slot-{slot}", said="Kept in the draft.")
        except DomainError as refusal:
            context |= {"problem": refusal.detail, "stale": since(request, refusal)}
            return beside(render(request, "scoring/studio_slot.html", context, status=refusal.status))
    return beside(render(request, "scoring/studio_slot.html", context, status=422))


@editing_rule
def position(request: HttpRequest, rule: Rule) -> HttpResponse:
    """Up or down among what the page shows, or onto the place of another rule (`onto`: its line)."""
    if request.method != "POST":
        raise Http404
    kept = mine(request, rule)
    groups = list(kept.model.groups.all())
    rules = [one for one in drafts.rules_of(kept.model) if one.kind == kept.kind]
    shown = board.displayed(rules, groups)
    place = next(i for i, one in enumerate(shown) if one.pk == kept.pk)
    way = request.POST.get("to")
    goal = next((i for i, one in enumerate(shown) if str(one.line) == request.POST.get("onto")), place)
    goal = place - 1 if way == "up" else place + 1 if way == "down" else goal
    if not 0 <= goal < len(shown) or goal == place:
        return kept_page(request, kept.line, focus=f"line-{kept.line}", said=f"{kept.name} stays where it is.")
    other = shown[goal]
    order = [one.pk for one in rules if one.pk != kept.pk]
    at = order.index(other.pk)
    # In its group it passes the other one; in another group it joins at the near end, or takes the place dropped on.
    passes = goal > place if other.group_id == kept.group_id else way == "up"
    where = {} if other.group_id == kept.group_id else {"group": other.group_id}
    moved = drafts.move(kept, to=at + (2 if passes else 1), **where, **seen.by(request))
    named = f" in {moved.group.name}" if where and moved.group else ""
    return kept_page(
        request, moved.line, focus=f"line-{moved.line}", said=f"{moved.name} is moved{named}.", opened=False
    )


@editing_rule
def copy(request: HttpRequest, rule: Rule) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    kept = drafts.duplicate(mine(request, rule), **seen.by(request))
    return kept_page(request, kept.line, focus="slot-what", said=f"{kept.name} stands behind it.")


@editing_rule
def removal(request: HttpRequest, rule: Rule) -> HttpResponse:
    if request.method != "POST":
        context = {"back": _address(rule), "title": f"Remove “{rule.name}”", "verb": "Remove rule",
                   "note": "From the draft only. What is live keeps it until you publish."}  # fmt: skip
        return render(request, "scoring/studio_slot.html", context)
    kept = mine(request, rule)
    drafts.remove(kept, **seen.by(request))
    said = f"{rule.name} is removed from the draft."
    return kept_page(request, None, focus="lines", said=said, undo=f"/scoring/rules/{rule.line}/return/")


@only_admins
def put_back(request: HttpRequest, line: UUID) -> HttpResponse:
    """The undo of a removal."""
    draft = drafts.the_draft()
    if request.method != "POST" or draft is None:
        raise Http404
    try:
        kept = drafts.put_back(draft, line, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused_beside(request, refusal, back="/scoring/")
    return done(request, f"{kept.name} is back in the draft.", to=f"/scoring/rules/{line}/#line-{line}", reload=True)


@only_admins
def add(request: HttpRequest) -> HttpResponse:
    """First what it begins as, then the few things that make it a rule."""
    kind = request.GET.get("kind", "")
    beginning = BY_CODE.get(request.GET.get("begin", ""))
    if beginning is None:
        several = [(title, [one for one in BEGINNINGS if one.kind == code])
                   for code, (title, _) in board.KINDS.items() if kind in ("", code)]  # fmt: skip
        if not several:
            raise Http404
        context = {
            "several": several,
            "seen": request.GET.get("seen", ""),
            "title": "A rule about what?",
            "back": "/scoring/",
        }
        return render(request, "scoring/studio_beginnings.html", context)
    try:
        shown = drafts.the_draft() or drafts.live()
        form = NewRuleForm(request.POST or None, beginning=beginning, groups=list(shown.groups.all()))
        context = {"form": form, "title": beginning.label, "verb": "Add rule", "back": "/scoring/",
                   "note": "Added to the draft: nobody is affected until you publish."}  # fmt: skip
        if request.method == "POST" and form.is_valid():
            model = my_draft(request)
            fields = form.fields_of()
            if fields["group"]:
                fields["group"] = _same_group(shown, model, fields["group"])
            kept = drafts.add(model, kind=beginning.kind, fields=fields, **seen.by(request))
            focus = "c-add" if beginning.code == "anybody" else "slot-points"
            return kept_page(request, kept.line, focus=focus, said=f"{kept.name} is added to the draft.")
    except DomainError as refusal:
        context |= {"problem": refusal.detail, "stale": since(request, refusal)}
        return beside(render(request, "scoring/studio_slot.html", context, status=refusal.status))
    answer = render(request, "scoring/studio_slot.html", context, status=422 if request.method == "POST" else 200)
    return beside(answer) if request.method == "POST" else answer


def asked_by(rule: Rule) -> dict[str, Any]:
    """The rule as one condition about people."""
    if rule.kind == Rule.Kind.FIT:
        return rule.condition
    leaf: dict[str, Any] = {"touches": rule.touches, "at_least": rule.at_least or 1}
    leaf |= {"within_days": rule.within_days} if rule.within_days and is_frequency(rule) else {}
    leaf |= {"distinct": rule.distinct} if rule.distinct and is_frequency(rule) else {}
    return {"all": [leaf, rule.condition]} if rule.condition else leaf


# --- what they have in common ------------------------------------------------


def kept_page(
    request: HttpRequest, line: UUID | None, *, focus: str, said: str, undo: str = "", opened: bool = True
) -> HttpResponse:  # fmt: skip
    """The page after a change: its live part for the script, else all of it, at the place that was changed."""
    line = line if opened else opened_of(request)
    address = f"/scoring/rules/{line}/" if line else "/scoring/"
    if not request.htmx:
        if undo:
            return done(request, said, to=f"{address}#{focus}", undo=undo)
        return redirect(f"{address}#{focus}")
    context = context_of(request, line)
    parts = [
        render_to_string(f"scoring/{name}.html", {**context, "oob": True}, request)
        for name in ("_studio", "_studio_head")
    ]
    told: dict[str, Any] = {"slot:done": {"focus": focus, "said": said, "seen": context["replayed"]}}
    if undo:
        told["verb:done"] = {"text": said, "undo": undo}
    headers = {"HX-Trigger-After-Settle": json.dumps(told), "HX-Replace-Url": address}
    return HttpResponse("".join(parts), headers=headers)


def opened_of(request: HttpRequest) -> UUID | None:
    """The rule that is open on the page which sent this."""
    where = (request.htmx.current_url_abs_path or "") if request.htmx else ""
    found = re.match(r"/scoring/rules/([0-9a-f-]{36})/", where)
    return UUID(found[1]) if found else None


def beside(answer: HttpResponse) -> HttpResponse:
    """What was refused is shown where it was asked, not in the place of the page."""
    if answer.status_code >= 400:
        answer["HX-Retarget"], answer["HX-Reswap"] = "#slot", "innerHTML"
    return answer


def refused_beside(request: HttpRequest, refusal: DomainError, *, back: str) -> HttpResponse:
    context = {"problem": refusal.detail, "back": back, "title": "Not changed", "stale": since(request, refusal)}
    return beside(render(request, "scoring/studio_refused.html", context, status=refusal.status))


def _counted(changed: dict[str, Any], rule: Rule) -> dict[str, Any]:
    """The fields of a rule from the leaf that was filled in."""
    leaf = changed.get("all", [changed])[0]
    if "touches" not in leaf or leaf.get("at_most") is not None:
        raise Refused(
            "A rule counts one kind of touch, at least so often. Ask for the rest in its condition.", code="not_here"
        )
    counts = is_frequency(rule) or leaf.get("at_least", 1) > 1 or leaf.get("within_days") or leaf.get("distinct")
    fields = {"touches": leaf["touches"]}
    if counts:
        fields |= {"at_least": leaf.get("at_least", 1), "within_days": leaf.get("within_days"),
                   "distinct": leaf.get("distinct", "")}  # fmt: skip
    return fields


def _same_group(shown: Any, model: Any, pk: int) -> int:
    """A group chosen on a page of the live model is the draft's of the same name."""
    shown = getattr(shown, "model", shown)
    name = next((one.name for one in shown.groups.all() if one.pk == pk), None)
    found = model.groups.filter(name=name).first() if name else None
    return found.pk if found else pk


def _address(rule: Rule) -> str:
    return f"/scoring/rules/{rule.line}/"
