"""How people get in: by invitation, then with their own password. There is no open sign-up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings


class InvitationOnly(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False

    def get_login_redirect_url(self, request):
        return settings.LOGIN_REDIRECT_URL
