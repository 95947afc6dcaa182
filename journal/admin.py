from django.contrib import admin

from journal.models import Entry, Heartbeat
from teams.admin_site import FactsAdmin


@admin.register(Entry)
class EntryAdmin(FactsAdmin):
    list_display = ["at", "kind", "subject_kind", "subject_id", "by_id", "via"]
    search_fields = ["=kind", "=subject_id"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("data")


@admin.register(Heartbeat)
class HeartbeatAdmin(FactsAdmin):
    list_display = ["name", "at"]
