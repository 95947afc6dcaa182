from django.contrib import admin

from marketing import vocabulary
from marketing.models import Campaign, Channel
from teams.admin_site import ReferenceAdmin


@admin.register(Channel)
class ChannelAdmin(ReferenceAdmin):
    """A code never changes once it is there: touches, leads and deals name it."""

    list_display = ["name", "code", "side", "paid", "aliases", "position"]
    list_editable = ["position"]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        vocabulary.forget()


@admin.register(Campaign)
class CampaignAdmin(ReferenceAdmin):
    list_display = ["name", "code", "channel", "starts_on", "ends_on"]
    list_filter = ["channel"]
    list_select_related = ["channel"]
    search_fields = ["name", "code"]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []
