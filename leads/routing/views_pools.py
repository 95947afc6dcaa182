"""/routing/pools/: who takes turns, how often, how many at most; in force at once. Reading is for everybody."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from journal.models import Entry
from leads.forms import blame
from leads.models import Pool, PoolMember
from leads.routing import page_words, pools
from leads.routing.page_forms import MemberForm, NewMemberForm, PoolForm
from leads.routing.views_frame import tabs
from leads.routing.why import SKIPPED
from revops.lib.answers import done, refused
from revops.lib.errors import DomainError, Invalid
from teams import access
from teams.doors import for_roles

only_admins = for_roles()
HERE = "/routing/pools/"
AWAY = ("off_shift", "leave")


@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    found = pools.all_pools()
    now = pools.now_in([pool for pool in found if pool.members.all()], at=request.now)
    rows = [{"pool": pool, "words": page_words.METHODS[pool.method], "members": _members(pool, now)} for pool in found]
    may = access.may(request.user, "administer")
    context = {"rows": rows, "may": may, "admins": "" if may else page_words.administrators(),
               "tabs": tabs("pools", request.user)}  # fmt: skip
    return render(request, "leads/routing/pools.html", context)


@only_admins
def add(request: HttpRequest) -> HttpResponse:
    form = PoolForm(request.POST or None)
    context = {"form": form, "title": "New pool", "verb": "Make pool", "back": HERE,
               "note": "It gets leads once a rule leads to it."}  # fmt: skip

    def save() -> HttpResponse:
        pool = pools.add(fields=form.cleaned_data, by=request.user, at=request.now)
        return done(request, f"{pool} is made. Put members in.", to=f"{HERE}#pool-{pool.pk}", reload=True)

    return asked(request, form, context, save)


@only_admins
def change(request: HttpRequest, pk: int) -> HttpResponse:
    pool = get_object_or_404(Pool, pk=pk)
    form = PoolForm(request.POST or None, initial={name: getattr(pool, name) for name in pools.POOL_FIELDS})
    context = {"form": form, "title": f"Pool {pool}", "verb": "Keep", "back": HERE,
               "note": "In force at once, for every version of the rules."}  # fmt: skip

    def save() -> HttpResponse:
        kept = pools.change(pool, form.cleaned_data, by=request.user, at=request.now)
        return done(request, f"{kept} is kept.", to=f"{HERE}#pool-{pk}", reload=True)

    return asked(request, form, context, save)


@only_admins
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    pool = get_object_or_404(Pool, pk=pk)
    form = Form(request.POST if request.method == "POST" else None)
    context = {"form": form, "title": f"Remove the pool {pool}?", "verb": "Remove pool",
               "verb_tone": "danger", "back": HERE, "note": "Its members keep the leads they have."}  # fmt: skip

    def save() -> HttpResponse:
        pools.remove(pool, by=request.user, at=request.now)
        return done(request, f"The pool {pool} is removed.", to=HERE, reload=True)

    return asked(request, form, context, save)


@only_admins
def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    pool = get_object_or_404(Pool, pk=pk)
    form = NewMemberForm(request.POST or None, pool=pool)
    context = {"form": form, "title": f"Into {pool}", "verb": "Put into the pool", "back": HERE,
               "note": "Their turns begin now; leads missed before are not made up for."}  # fmt: skip

    def save() -> HttpResponse:
        user = int(form.cleaned_data["user"])
        member = pools.add_member(pool, user, form.fields_of(), by=request.user, at=request.now)
        return done(request, f"{member.user} takes turns in {pool}.", to=f"{HERE}#pool-{pk}", reload=True)

    return asked(request, form, context, save)


@only_admins
def change_member(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member(pk)
    first = {name: getattr(member, name) for name in pools.MEMBER_FIELDS} | {"skills": ", ".join(member.skills)}
    form = MemberForm(request.POST or None, initial=first)
    context = {"form": form, "title": f"{member.user} in {member.pool}", "verb": "Keep", "back": HERE,
               "note": "In force at once. Nobody’s turn is moved by it."}  # fmt: skip

    def save() -> HttpResponse:
        kept = pools.change_member(member, form.fields_of(), by=request.user, at=request.now)
        return done(request, f"{member.user} is kept.", to=f"{HERE}#member-{kept.pk}", reload=True)

    return asked(request, form, context, save)


@only_admins
@require_POST
def remove_member(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member(pk)
    pools.remove_member(member, by=request.user, at=request.now)
    return done(request, f"{member.user} takes no more turns in {member.pool}.", to=f"{HERE}#pool-{member.pool_id}",
                undo=f"{HERE}{member.pool_id}/members/{member.user_id}/return/", reload=True)  # fmt: skip


@only_admins
@require_POST
def put_back(request: HttpRequest, pk: int, user: int) -> HttpResponse:
    """The undo of taking somebody out: with the weight and limits they had."""
    pool = get_object_or_404(Pool, pk=pk)
    fact = Entry.objects.about("pool", [pk]).filter(kind="pool.left", data__user=user).order_by("-id").first()
    try:
        member = pools.add_member(pool, user, fact.data["before"] if fact else {}, by=request.user, at=request.now)
        text = f"{member.user} takes turns in {pool} again, last in order."
    except DomainError as refusal:
        text = refusal.detail
    return done(request, text, to=f"{HERE}#pool-{pk}", reload=True)


@only_admins
@require_POST
def move_member(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member(pk)
    order = list(member.pool.members.order_by("position", "id").values_list("pk", flat=True))
    step = 1 if request.POST.get("to") == "down" else -1
    try:
        pools.move_member(member, to=order.index(pk) + 1 + step, by=request.user, at=request.now)
        text = f"{member.user} is moved."
    except DomainError as refusal:
        text = refusal.detail
    return done(request, text, to=f"{HERE}#member-{pk}", reload=True)


def asked(request: HttpRequest, form: Any, context: dict[str, Any], save: Any) -> HttpResponse:
    """A dialog (or page) with a form; what is refused is said in it."""
    template = "leads/routing/ask.html"
    if request.method != "POST":
        return render(request, template, context)
    if not form.is_valid():
        return render(request, template, context, status=422)
    try:
        answer: HttpResponse = save()
        return answer
    except Invalid as wrong:
        blame(form, wrong)
        return render(request, template, context, status=422)
    except DomainError as refusal:
        return refused(request, template, context, problem=refusal.detail, status=refusal.status)


def _members(pool: Pool, now: dict[int, list[pools.Now]]) -> list[dict[str, Any]]:
    """Each with how they stand at this moment; who is next by the standings is marked."""
    standing = {one.user: one for one in now.get(pool.pk, [])}
    here = [one for one in standing.values() if not one.reason]
    turns = pool.method == Pool.Method.TURNS
    weights = {member.user_id: member.weight for member in pool.members.all()}
    up_next = max(here, key=lambda one: one.standing + weights.get(one.user, 1)).user if here and turns else None
    rows = []
    for member in pool.members.all():
        at = standing.get(member.user_id)
        row = {"member": member, "now": at, "next": member.user_id == up_next, "reason": "", "until": None}
        if at is not None:
            row["reason"] = SKIPPED.get(at.reason, "")
            row["until"] = at.next_start if at.reason in AWAY else None
        rows.append(row)
    return rows


def _member(pk: int) -> PoolMember:
    return get_object_or_404(PoolMember.objects.select_related("user", "pool"), pk=pk)
