"""The admin of reference data: for RevOps admins, entered by the same door as everything else.

Tables of facts (journal, leads, clocks, policies) are shown and not written: their state changes by verbs alone.
"""

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.shortcuts import redirect
from django.utils.http import urlencode


class AdminConfig(DjangoAdminConfig):
    default_site = "teams.admin_site.ReferenceSite"


class ReferenceSite(admin.AdminSite):
    """Who may enter is said by the role; a password is asked for by the sign-in page, with its limits."""

    site_header = site_title = "Reference data"
    index_title = "What the rules speak about"
    enable_nav_sidebar = False

    def register(self, model_or_iterable, admin_class=None, **options):
        """Libraries' own tables (tokens, authenticators) have no place among reference data."""
        if admin_class is not None and issubclass(admin_class, ReferenceAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request):
        user = request.user
        return user.is_active and getattr(user, "is_admin", False) and not user.is_service

    def admin_view(self, view, cacheable=False):
        # Django's own pages name their scripts without a nonce; all of them are files of ours.
        return csp_replace({"script-src": [SELF], "style-src": [SELF]})(super().admin_view(view, cacheable))

    def login(self, request, extra_context=None):
        if request.user.is_authenticated:
            return redirect("/")
        return redirect(f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}")


class AdminsWrite:
    """Whoever may enter the admin may write in it."""

    def has_view_permission(self, request, obj=None):
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request, obj=None):
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request, obj=None):
        return self.admin_site.has_permission(request)

    def has_delete_permission(self, request, obj=None):
        return self.admin_site.has_permission(request)


class ReferenceAdmin(AdminsWrite, admin.ModelAdmin):
    """Written by RevOps admins. Deleting is for what nothing refers to; the database holds that."""

    def has_module_permission(self, request):
        return self.admin_site.has_permission(request)


class FactsAdmin(ReferenceAdmin):
    """Looked at, never written: one page of rows, counted roughly, newest first."""

    list_per_page = 50
    show_full_result_count = False
    ordering = ("-pk",)

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class RowsInline(AdminsWrite, admin.TabularInline):
    """Rows of a thing, on its page; same rights."""

    extra = 0
