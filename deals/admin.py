from django.contrib import admin

from deals.models import Deal
from teams.admin_site import FactsAdmin


@admin.register(Deal)
class DealAdmin(FactsAdmin):
    list_display = ["name", "stage", "amount", "currency", "owner", "source"]
    list_select_related = ["owner", "source"]
    search_fields = ["name"]
