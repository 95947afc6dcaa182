"""Before anybody is signed in: the first set-up, and setting one's own password after an invitation."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlsafe_base64_decode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from revops.lib.errors import DomainError
from teams import first_run
from teams.forms import SetupForm
from teams.models import User
from teams.setup import Company, set_up

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@sensitive_post_parameters("password")
@never_cache
def setup(request: HttpRequest) -> HttpResponse:
    if first_run.somebody_is_here():
        return redirect("/")
    form = SetupForm(request.POST or None, initial={"timezone": "UTC", "currency": "USD"})
    problem = ""
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        opens, closes = (None, None) if asked["always"] else (asked["opens"], asked["closes"])
        company = Company(
            asked["company"], asked["timezone"], asked["currency"], opens, closes, asked["team"], asked["kind"]
        )
        try:
            admin, key = set_up(
                company, admin_name=asked["name"], email=asked["email"], password=asked["password"], at=request.now
            )
        except DomainError as refusal:
            problem = refusal.detail
        else:
            login(request, admin, backend=BACKEND)
            # Shown in this answer and never again: only its hash is kept.
            context = {"key": key, "api": request.build_absolute_uri("/api/v1/leads/"), "company": asked["company"]}
            return render(request, "teams/ready.html", context)
    return render(
        request, "teams/setup.html", {"form": form, "problem": problem}, status=400 if request.method == "POST" else 200
    )


@sensitive_post_parameters()
@never_cache
def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """The link of an invitation: works once, for a while, for an active account."""
    user = _invited(uid)
    if user is None or not default_token_generator.check_token(user, token):
        return render(request, "teams/welcome_over.html", status=410)
    form = SetPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        login(request, user, backend=BACKEND)
        return redirect("/")
    return render(
        request, "teams/welcome.html", {"form": form, "person": user}, status=400 if request.method == "POST" else 200
    )


def _invited(uid: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(uid).decode())
    except (ValueError, UnicodeDecodeError):
        return None
    return User.objects.active().filter(pk=pk).first() if 0 < pk < 2**63 else None
