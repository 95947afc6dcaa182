from django.contrib import admin

from journal.models import Entry, Heartbeat, Job
from teams.admin_site import FactsAdmin


@admin.register(Entry)
class EntryAdmin(FactsAdmin):
    list_display = ["at", "kind", "subject_kind", "subject_id", "by_id", "via"]
    search_fields = ["=kind", "=subject_id"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("data")


@admin.register(Job)
class JobAdmin(FactsAdmin):
    list_display = ["kind", "state", "done", "total", "by", "started_at", "finished_at"]
    list_select_related = ["by"]


@admin.register(Heartbeat)
class HeartbeatAdmin(FactsAdmin):
    list_display = ["name", "at"]
