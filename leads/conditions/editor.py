"""The sentence editor: one condition on a page, its words as slots, for policies, scoring and routing alike.

A page calls `render` and gives the condition an address; that address calls `answer`, for GET (the form of one slot)
and POST (the change), and says how to keep the result. Without JavaScript each slot is a link to a page with a form;
with js/editor.js the same form opens beside the slot. Styles: css/editor.css.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render as page
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from leads import attributes
from leads.conditions import editing, slot_forms, touch_forms
from leads.conditions.slots import Drawer, ident
from revops.lib import bulk
from revops.lib.errors import DomainError, Invalid

TITLES = {
    "attribute": "About what?", "add": "Add a condition", "kind": "How many of these must hold?", "more": "This part",
    "value": "Which value?", **touch_forms.FORMS,
}  # fmt: skip


def render(
    condition: Any, *, before: Any = None, action_url: str = "", errors: Sequence[Mapping[str, str]] = (),
    everyone: str = "Everyone", count: bool = False, who: str = "people",
) -> SafeString:  # fmt: skip
    """The sentence. `before`: what it was, so that changed slots are marked and old words struck; None marks nothing.
    `action_url`: answers for slots; empty for readers. `errors`: of an Invalid. `everyone`: the words for {}. `count`:
    under it, how many match now and some of them, asked for once the page is there; `who`: people or leads."""
    drawn = Drawer(condition, before=before, action=action_url, errors=errors).draw()
    live = counting(condition, who=who) if count else None
    context = {"root": drawn, "may": bool(action_url), "everyone": everyone, "live": live}
    return SafeString(render_to_string("_components/condition.html", context))


def counting(condition: Any, *, who: str = "people", slim: bool = False) -> dict[str, str]:
    """For _components/condition_live.html. `slim`: the number without examples."""
    asked = {"condition": bulk.dumps(condition), "who": who} | ({"slim": "1"} if slim else {})
    href = f"/conditions/count/?{urlencode(asked)}"
    return {"vals": bulk.dumps(asked), "href": href if len(href) < 2_000 else ""}


def answer(
    request: HttpRequest, condition: dict[str, Any], *, action_url: str, back: str,
    save: Callable[[dict[str, Any], str], HttpResponse],
) -> HttpResponse:  # fmt: skip
    """GET `?at=…&slot=…` shows a form; POST gives `save` the changed condition and the id to put the focus on.

    What `save` or the change refuses is said in the form, with what was typed. `back`: where Cancel leads.
    """
    if request.method != "POST":
        return _ask(request, condition, request.GET, action_url=action_url, back=back)
    try:
        changed, at = slot_forms.answered(condition, request.POST)
        return save(changed, ident(at))
    except DomainError as refusal:
        asked = request.POST.copy()
        asked["slot"] = asked.get("slot") or asked.get("do", "")
        return _ask(request, condition, asked, action_url=action_url, back=back, refusal=refusal)


def _ask(
    request: HttpRequest, condition: dict[str, Any], asked: Any, *, action_url: str, back: str,
    refusal: DomainError | None = None,
) -> HttpResponse:  # fmt: skip
    at, slot = asked.get("at", ""), asked.get("slot", "")
    slot = slot if slot in TITLES else "more"
    new, beside = bool(asked.get("new")), bool(asked.get("or"))
    try:
        node = editing.part(condition, at)
    except Invalid:
        raise Http404 from None
    drawer = Drawer(condition, before=None, action=action_url, errors=())
    context: dict[str, Any] = {
        "slot": slot, "at": at, "new": new, "beside": beside, "action": action_url, "back": back,
        "title": TITLES[slot], "group": editing.kind_of(node) if not slot_forms.was_missing(node)[1] else "",
        "said": drawer.words(node), "problem": refusal.detail if refusal else "",
    }  # fmt: skip
    fresh = {"or": "1"} if beside else {"new": "1"} if new or slot == "add" else {}
    if slot in ("attribute", "add"):
        context["menu"] = [
            (heading, [(one.label, drawer.href(at, "value", attribute=one.name, **fresh)) for one in several])
            for heading, several in slot_forms.menu()
        ] + [
            (heading, [
                (label, drawer.href(at, form, **({"kind": kinds} if kinds else {"blank": "1"}), **fresh))
                for label, form, kinds in several
            ])
            for heading, several in touch_forms.MENU.items()
        ]  # fmt: skip
    elif slot == "value":
        context |= _value(node, asked, typed=refusal is not None)
    elif slot in touch_forms.FORMS:
        context |= _did(slot, node, asked, typed=refusal is not None)
    elif slot == "more":
        context["or_href"] = "" if context["group"] else drawer.href(at, "add", **{"or": "1"})
    return page(request, "_components/condition_slot.html", context, status=refusal.status if refusal else 200)


def _did(form: str, node: Any, asked: Any, *, typed: bool) -> dict[str, Any]:
    """What was typed; else the leaf as it stands; else what the menu begins with."""
    if typed:
        leaf = slot_forms.did(form, asked, node if isinstance(node, dict) else {})
    elif "kind" in asked or "blank" in asked or not isinstance(node, dict) or form not in node:
        leaf = touch_forms.begun(form, asked.get("kind", ""))
    else:
        leaf = node
    return touch_forms.fields(form, leaf)


def _value(node: Any, asked: Any, *, typed: bool) -> dict[str, Any]:
    """The comparison as it stands, or the beginnings of one about another attribute."""
    leaf, missing = slot_forms.was_missing(node)
    name = asked.get("attribute") or leaf.get("attribute", "")
    attribute = attributes.known([name]).get(name)
    if attribute is None:
        raise Http404
    if typed:
        leaf = {"op": asked.get("op"), "value": slot_forms.said(asked, attribute)}
        missing = bool(asked.get("missing"))
    elif leaf.get("attribute") != name or editing.kind_of(node):
        leaf, missing = {"op": next(iter(slot_forms.OPS[attribute.type]))}, False
    return slot_forms.compare_fields(attribute, leaf, missing=missing)
