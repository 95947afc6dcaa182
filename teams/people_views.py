"""The administrator's pages about people: who is here, who comes, who goes and what they leave open."""

from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from revops.lib.answers import done, refused
from revops.lib.errors import DomainError
from revops.lib.words import plural
from teams import people
from teams.doors import for_roles
from teams.forms import DeactivateForm, InviteForm, LeaveForm, PersonForm
from teams.models import Leave, Organisation, Role, User
from teams.shifts import on_shift

only_admins = for_roles(Role.ADMIN)


@only_admins
def people_list(request: HttpRequest) -> HttpResponse:
    """A fixed number of statements, whatever the number of people."""
    gone = "gone" in request.GET
    users = list(
        User.objects.filter(is_service=False, is_active=not gone)
        .select_related("team__calendar", "team__manager", "calendar").order_by("name")
    )  # fmt: skip
    shifts = on_shift(users, at=request.now)
    owed = people.owed(users)
    rows = [
        {"user": user, "shift": shifts[user.pk], **{panel: counts.get(user.pk, 0) for panel, counts in owed.items()}}
        for user in users
    ]
    context = {"rows": rows, "gone": gone, "organisation": Organisation.get()}
    return render(request, "teams/people.html", context)


@only_admins
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, initial={"timezone": request.user.timezone})
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/invite.html", {"form": form, "back": "/people/"}, status=_status(request))
    try:
        invitation = people.invite(**form.cleaned_data, by=request.user, at=request.now)
    except DomainError as refusal:
        return refused(request, "teams/invite.html", {"form": form}, problem=refusal.detail, status=refusal.status)
    _mail(request, invitation)
    told = f"{invitation.user} is invited. The link to set a password is on this page and in their mail."
    return done(request, told, to=f"/people/{invitation.user.pk}/", reload=True)


@only_admins
def person(request: HttpRequest, pk: int) -> HttpResponse:
    user = _find(pk)
    form = PersonForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        stored = _find(pk)  # the form has changed `user` already; the verb compares with what is kept
        try:
            people.change(stored, by=request.user, at=request.now, **form.cleaned_data)
        except DomainError as refusal:
            context = _about(request, stored, PersonForm(request.POST, instance=_find(pk)))
            return refused(request, "teams/person.html", context, problem=refusal.detail, status=refusal.status)
        return done(request, f"{stored} is kept.", to=f"/people/{pk}/", reload=True)
    return render(request, "teams/person.html", _about(request, user, form), status=_status(request))


@only_admins
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """GET says how much is handed over before anything happens."""
    user = _find(pk)
    form = DeactivateForm(request.POST or None, leaving=user)
    context = {"leaving": user, "form": form, **_owed(user), "back": f"/people/{pk}/"}
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/deactivate.html", context, status=_status(request))
    try:
        given = people.deactivate(user, by=request.user, at=request.now, to=form.cleaned_data["to"])
    except DomainError as refusal:
        return refused(request, "teams/deactivate.html", context, problem=refusal.detail, status=refusal.status)
    handed = " and ".join(plural(count, what) for what, count in given.items() if count) or "Nothing was open to be"
    told = f"{user} can no longer sign in. {handed} handed over."
    return done(request, told, to="/people/", reload=True)


@only_admins
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    user = _find(pk)
    form = LeaveForm(request.POST or None, zone=user.timezone)
    context = {"person": user, "form": form, "back": f"/people/{pk}/"}
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/leave.html", context, status=_status(request))
    starts_at, ends_at = form.interval()
    try:
        people.take_leave(
            user, starts_at=starts_at, ends_at=ends_at, reason=form.cleaned_data["reason"],
            by=request.user, at=request.now,
        )  # fmt: skip
    except DomainError as refusal:
        return refused(request, "teams/leave.html", context, problem=refusal.detail, status=refusal.status)
    return done(request, f"{user}'s leave is kept.", to=f"/people/{pk}/", reload=True)


@only_admins
@require_POST
def end_leave(request: HttpRequest, pk: int, leave_pk: int) -> HttpResponse:
    found = get_object_or_404(Leave.objects.select_related("user"), pk=leave_pk, user_id=pk)
    people.end_leave(found, by=request.user, at=request.now)
    return done(request, f"{found.user} is back.", to=f"/people/{pk}/", reload=True)


def _find(pk: int) -> User:
    return get_object_or_404(User.objects.select_related("team", "calendar"), pk=pk, is_service=False)


def _owed(user: User) -> dict[str, int]:
    return {panel: counts.get(user.pk, 0) for panel, counts in people.owed([user]).items()}


def _about(request: HttpRequest, user: User, form: PersonForm) -> dict:
    waiting = user.is_active and not user.has_usable_password()
    return {
        "person": user,
        "form": form,
        "shift": on_shift([user], at=request.now)[user.pk],
        "leaves": user.leaves.filter(ends_at__gt=request.now).order_by("starts_at"),
        **_owed(user),
        "welcome": request.build_absolute_uri(people.welcome_path(user)) if waiting else "",
    }


def _mail(request: HttpRequest, invitation: people.Invitation) -> None:
    link = request.build_absolute_uri(invitation.path)
    company = str(Organisation.get()).replace("\n", " ")
    send_mail(
        f"Your account at {company}",
        f"{request.user} invited you. Set your password here; the link works once:\n\n{link}\n",
        settings.DEFAULT_FROM_EMAIL,
        [invitation.user.email],
        fail_silently=True,  # the administrator sees the link too
    )


def _status(request: HttpRequest) -> int:
    return 400 if request.method == "POST" else 200
