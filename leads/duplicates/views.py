"""/duplicates/: who may be kept twice, one pair side by side, and what was merged lately."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from leads.duplicates import choosing, effects, merging, reviewing, unmerging
from leads.models import Company, Lead, Merge, Pair, PairState, Stage
from leads.views.doors import afterwards, said_no
from revops.lib.answers import done
from revops.lib.errors import DomainError

HERE = "/duplicates/"


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    rows, following = reviewing.page(after=_place(request.GET.get("after", "")))
    context = {
        "rows": rows, "count": reviewing.waiting(), "tabs": _tabs("review"), "first": "after" not in request.GET,
        "next": f"?after={following[0]}-{following[1]}" if following else "",
    }  # fmt: skip
    return render(request, "leads/duplicates/index.html", context)


@login_required
@require_safe
def merged(request: HttpRequest) -> HttpResponse:
    rows = reviewing.merged(now=request.now)
    leads = reviewing.present([merge.survivor_id for merge in rows])
    shown = [{"merge": merge, "lead": leads.get(merge.survivor_id)} for merge in rows]
    return render(request, "leads/duplicates/merged.html", {"rows": shown, "tabs": _tabs("merged")})


@login_required
@require_safe
def pair(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(pk))


@login_required
@require_POST
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(pk)
    survivor, loser = _sides(found, request.POST.get("keep", ""))
    chosen = {name.removeprefix("f_"): side for name, side in request.POST.items() if name.startswith("f_")}
    try:
        reviewing.still_asked(found)
        merging.merge(survivor, loser, by=request.user, at=request.now, choose=chosen)
    except DomainError as refusal:
        return _page(request, found, problem=refusal.detail, status=refusal.status)
    made = unmerging.of(loser)
    upcoming = reviewing.following(found)
    undo = f"/merges/{made.pk}/undo/" if made else ""
    to = f"/duplicates/{upcoming.pk}/" if upcoming else HERE
    return done(request, f"{loser} is part of {survivor} now.", to=to, undo=undo, reload=True)


@login_required
@require_POST
def different(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(pk)
    try:
        reviewing.different(found, by=request.user, at=request.now)
    except DomainError as refusal:
        return _page(request, found, problem=refusal.detail, status=refusal.status)
    upcoming = reviewing.following(found)
    to = f"/duplicates/{upcoming.pk}/" if upcoming else HERE
    text = f"{found.one} and {found.other} stay two; this is not asked again."
    return done(request, text, to=to, undo=f"/duplicates/{pk}/question/", reload=True)


@login_required
@require_POST
def ask_again(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        reviewing.ask_again(_find(pk), by=request.user)
    except DomainError as refusal:
        return said_no(request, refusal, back=HERE)
    return done(request, "To review again.", to=f"/duplicates/{pk}/", reload=True)


class Unmerge(LoginRequiredMixin, View):
    """GET says what it would do, POST does it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(request, _merge(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = _merge(pk)
        try:
            unmerging.unmerge(found, by=request.user, at=request.now)
        except DomainError as refusal:
            return self._ask(request, found, problem=refusal.detail, status=refusal.status)
        lead = reviewing.present([found.loser_id]).get(found.loser_id)
        to = afterwards(request, f"/leads/{lead.pk}/" if lead else "/duplicates/merged/")
        return done(request, f"{found.loser} and {found.survivor} are two again.", to=to, reload=True)

    def _ask(self, request: HttpRequest, found: Merge, *, problem: str = "", status: int = 200) -> HttpResponse:
        lead = reviewing.present([found.survivor_id]).get(found.survivor_id)
        context = {
            "merge": found, "since": unmerging.since(found), "problem": problem, "words": "Un-merge",
            "title": f"Un-merge {found.loser} from {found.survivor}", "action": request.get_full_path(),
            "back": f"/leads/{lead.pk}/" if lead else "/duplicates/merged/",
        }  # fmt: skip
        return render(request, "leads/duplicates/unmerge.html", context, status=status)


def _page(request: HttpRequest, found: Pair, *, problem: str = "", status: int = 200) -> HttpResponse:
    survivor, loser = _sides(found, request.POST.get("keep", "") or request.GET.get("keep", ""))
    leads = list(
        Lead.objects.filter(person__in=[survivor, loser]).exclude(stage=Stage.MERGED).with_names().order_by("cycle")
    )
    firms = Company.objects.in_bulk({pk for pk in (survivor.company_id, loser.company_id) if pk})
    choices = choosing.choices(survivor, loser)
    present = reviewing.present([survivor.pk, loser.pk])
    context = {
        "pair": found, "survivor": survivor, "loser": loser, "problem": problem,
        "likely": reviewing.words(found.strength), "why": reviewing.because(found.reasons),
        "may": merging.may(request.user, survivor, loser),
        "open": found.state == PairState.OPEN and survivor.merged_into_id is None and loser.merged_into_id is None,
        "fields": [_shown(one, firms) for one in choices], "back": HERE,
        "effects": effects.of(survivor, loser, leads, now=request.now),
        "sides": [{"person": one, "lead": present.get(one.pk), "firm": firms.get(one.company_id or 0),
                   "keys": [k.shown or k.key for k in one.keys.all() if k.kind in ("email", "phone")]}
                  for one in (survivor, loser)],
    }  # fmt: skip
    return render(request, "leads/duplicates/pair.html", context, status=status)


def _shown(one: choosing.Choice, firms: dict[int, Company]) -> dict[str, Any]:
    def text(value: Any) -> str:
        if one.field == "company":
            return str(firms.get(value, "")) if value else ""
        return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    return {"field": one.field, "label": one.label, "side": one.side,
            "options": [("survivor", text(one.survivor)), ("loser", text(one.loser))]}  # fmt: skip


def _find(pk: int) -> Pair:
    found = Pair.objects.select_related("one__company", "other__company").filter(
        pk=pk, one__isnull=False, other__isnull=False
    ).first()  # fmt: skip
    if found is None:
        raise Http404
    return found


def _merge(pk: int) -> Merge:
    found = Merge.objects.select_related("survivor", "loser", "work", "by").filter(pk=pk).first()
    if found is None or found.unmerged_at is not None:
        raise Http404
    return found


def _sides(found: Pair, keep: str) -> tuple[Any, Any]:
    if keep == str(found.other_id):
        return found.other, found.one
    if keep == str(found.one_id):
        return found.one, found.other
    leads = list(Lead.objects.filter(person__in=[found.one_id, found.other_id]))
    return choosing.in_order(found.one, found.other, leads)


def _place(text: str) -> tuple[int, int] | None:
    strength, _, pk = text.partition("-")
    plain = strength.isascii() and pk.isascii() and strength.isdigit() and pk.isdigit()
    return (int(strength), int(pk)) if plain and len(strength) < 4 and len(pk) < 19 else None


def _tabs(here: str) -> list[dict[str, Any]]:
    names = {"review": (HERE, "To review"), "merged": ("/duplicates/merged/", "Merged, may be taken back")}
    return [
        {"href": href, "label": label, "count": None, "current": key == here} for key, (href, label) in names.items()
    ]
