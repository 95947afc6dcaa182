"""/routing/accounts/: firms that somebody has already, list by list, by domain or by name."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from leads.models import AccountList, NamedAccount
from leads.routing import named_accounts, page_words
from leads.routing.page_forms import ListForm, OwnerForm, PasteForm
from leads.routing.views_frame import tabs
from leads.routing.views_pools import asked
from revops.lib import seen
from revops.lib.answers import done
from revops.lib.errors import DomainError
from revops.lib.words import plural
from teams import access
from teams.doors import for_roles

only_admins = for_roles()
HERE = "/routing/accounts/"
LENGTH = 100


@login_required
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "leads/routing/accounts.html", {"lists": named_accounts.lists(), **_frame(request)})


@login_required
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: its accounts by page, found by text; a POST adds pasted lines and says what became of them."""
    found = _list(pk)
    context: dict[str, Any] = {"list": found, "paste": PasteForm(), **_frame(request)}
    status = 200
    if request.method == "POST":
        answer = _paste(request, found, context)
        if isinstance(answer, HttpResponse):
            return answer
        status = answer
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:200]
    after = request.GET.get("after", "")
    rows = named_accounts.accounts(
        found, text=text, after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
        limit=LENGTH + 1,
    )  # fmt: skip
    if len(rows) > LENGTH:
        rows = rows[:LENGTH]
        context["next"] = f"{HERE}{pk}/?{urlencode({'q': text, 'after': rows[-1].pk})}"
    context |= {"rows": rows, "q": text, "first": not after, "total": found.accounts.count()}
    return render(request, "leads/routing/account_list.html", context, status=status)


@only_admins
def add(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.POST or None)
    context = {"form": form, "title": "New list of accounts", "verb": "Make list", "back": HERE,
               "note": "Leads of these firms go to their owner before any rule."}  # fmt: skip

    def save() -> HttpResponse:
        made = named_accounts.add_list(**form.cleaned_data, by=request.user, at=request.now)
        return done(request, f"{made} is made. Put accounts on it.", to=f"{HERE}{made.pk}/", reload=True)

    return asked(request, form, context, save)


@only_admins
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found = _list(pk)
    form = ListForm(request.POST or None, initial={"name": found.name, "owner": found.owner_id})
    context = {"form": form, "title": f"The list {found}", "verb": "Keep", "back": f"{HERE}{pk}/",
               "seen": found.edited_at.isoformat(), "note": "In force at once."}  # fmt: skip

    def save() -> HttpResponse:
        kept = named_accounts.change_list(found, **form.cleaned_data, **seen.by(request))
        return done(request, f"{kept} is kept.", to=f"{HERE}{pk}/", reload=True)

    return asked(request, form, context, save)


@only_admins
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _list(pk)
    form = Form(request.POST if request.method == "POST" else None)
    n = found.accounts.count()
    context = {"form": form, "title": f"Remove the list {found}?", "verb": "Remove list", "verb_tone": "danger",
               "back": f"{HERE}{pk}/", "note": f"With {plural(n, 'account')} on it. This can’t be undone."}  # fmt: skip

    def save() -> HttpResponse:
        named_accounts.remove_list(found, by=request.user, at=request.now)
        return done(request, f"The list {found} is removed.", to=HERE, reload=True)

    return asked(request, form, context, save)


@only_admins
def give(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    back = f"{HERE}{account.list_id}/"
    form = OwnerForm(request.POST or None, initial={"owner": account.owner_id}, of_list=account.list.owner)
    context = {"form": form, "title": f"Who has {account.name or account.domain}?", "verb": "Keep", "back": back,
               "note": "Leads that are given already stay where they are."}  # fmt: skip

    def save() -> HttpResponse:
        kept = named_accounts.give(account, to=form.cleaned_data["owner"] or None, by=request.user, at=request.now)
        return done(request, f"{kept.owner or account.list.owner} has it now.", to=f"{back}#account-{pk}", reload=True)

    return asked(request, form, context, save)


@only_admins
@require_POST
def take_off(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account(pk)
    named_accounts.remove(account, by=request.user, at=request.now)
    line = f"{account.domain or account.name}{f', {account.owner.email}' if account.owner else ''}"
    undo = f"{HERE}{account.list_id}/return/?{urlencode({'line': line})}"
    told = f"{account.name or account.domain} is off the list."
    return done(request, told, to=f"{HERE}{account.list_id}/", undo=undo, reload=True)


@only_admins
@require_POST
def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The undo of taking an account off."""
    found = _list(pk)
    added = named_accounts.add(found, [request.GET.get("line", "")[:600]], by=request.user, at=request.now)
    told = "It is on the list again." if added.added or added.known else "It could not be put back."
    return done(request, told, to=f"{HERE}{pk}/", reload=True)


@only_admins
def _paste(request: HttpRequest, found: AccountList, context: dict[str, Any]) -> HttpResponse | int:
    """The answer when every line went in, else the status to show the page with."""
    form = context["paste"] = PasteForm(request.POST)
    if not form.is_valid():
        return 422
    try:
        added = named_accounts.add(found, form.cleaned_data["lines"], by=request.user, at=request.now)
    except DomainError as refusal:
        form.add_error("lines", refusal.detail)
        return refusal.status
    said = f"{plural(added.added, 'account')} added"
    said += f", {added.known} were on the list already" if added.known else ""
    if not added.refused:
        return done(request, f"{said}.", to=f"{HERE}{found.pk}/", reload=True)
    context |= {"added": said, "refused": added.refused}
    left = "\n".join(line for _, line, _ in added.refused)
    context["paste"] = PasteForm(initial={"lines": left})
    return 200


def _frame(request: HttpRequest) -> dict[str, Any]:
    may = access.may(request.user, "administer")
    return {"may": may, "admins": "" if may else page_words.administrators(), "tabs": tabs("accounts", request.user)}


def _list(pk: int) -> AccountList:
    return get_object_or_404(AccountList.objects.select_related("owner"), pk=pk)


def _account(pk: int) -> NamedAccount:
    return get_object_or_404(NamedAccount.objects.select_related("list__owner", "owner"), pk=pk)
