from django.contrib import admin

from notify.models import Notice
from teams.admin_site import FactsAdmin


@admin.register(Notice)
class NoticeAdmin(FactsAdmin):
    """That somebody was told, and of what kind; what it said stays theirs."""

    list_display = ["at", "user", "kind", "read_at"]
    list_select_related = ["user"]
    fields = ["at", "user", "kind", "read_at"]
