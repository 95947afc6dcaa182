"""Teams, calendars, leave and keys as reference data. People are invited and leave on their own pages."""

from django import forms
from django.contrib import admin

from revops.lib.errors import Invalid
from revops.lib.now import now
from teams import calendars
from teams.admin_site import FactsAdmin, ReferenceAdmin
from teams.keys import revoke_api_key
from teams.models import ApiKey, Calendar, CalendarVersion, Leave, Organisation, SavedView, Team, User


@admin.register(User)
class UserAdmin(FactsAdmin):
    list_display = ["name", "email", "role", "team", "is_active", "is_service"]
    list_filter = ["role", "team", "is_active", "is_service"]
    list_select_related = ["team"]
    search_fields = ["name", "email"]
    exclude = ["password", "groups", "user_permissions", "is_superuser", "is_staff", "last_login"]


@admin.register(Team)
class TeamAdmin(ReferenceAdmin):
    list_display = ["name", "kind", "manager", "calendar"]
    list_select_related = ["manager", "calendar"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "manager":
            kwargs["queryset"] = User.objects.active().order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class HoursForm(forms.ModelForm):
    """What the newest version says; another text makes the next version."""

    tz = forms.CharField(label="Time zone", max_length=64, help_text="An IANA name, like America/Chicago.")
    weekly = forms.JSONField(help_text='{"0": [["09:00", "17:00"]], …}, 0 is Monday; a day left out is closed.')
    closed = forms.JSONField(
        required=False, help_text='{"2026-11-26": []} closes a day, windows in the list replace its hours.'
    )

    class Meta:
        model = Calendar
        fields = ["name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        newest = self.instance.versions.order_by("-number").first() if self.instance.pk else None
        if newest is not None:
            self.initial |= {"tz": newest.tz, "weekly": newest.weekly, "closed": newest.closed}
        else:
            self.initial |= {
                "tz": Organisation.get().timezone,
                "weekly": calendars.week("09:00", "17:00"),
                "closed": {},
            }

    def clean(self):
        found = super().clean()
        if {"tz", "weekly"} <= set(found):
            try:
                if not calendars.read(found["tz"], found["weekly"], found.get("closed") or {}).opens_within(now()):
                    self.add_error("weekly", "A calendar must be open at some time in the next 400 days.")
            except Invalid as refusal:
                self.add_error(refusal.field, refusal.detail)
        return found


@admin.register(Calendar)
class CalendarAdmin(ReferenceAdmin):
    form = HoursForm
    list_display = ["name"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        asked = form.cleaned_data
        calendars.edit_hours(
            obj, tz=asked["tz"], weekly=asked["weekly"], closed=asked.get("closed") or {},
            by=request.user, at=request.now,
        )  # fmt: skip


@admin.register(CalendarVersion)
class CalendarVersionAdmin(FactsAdmin):
    list_display = ["calendar", "number", "tz", "created_at", "created_by"]
    list_select_related = ["calendar", "created_by"]


@admin.register(Leave)
class LeaveAdmin(ReferenceAdmin):
    list_display = ["user", "starts_at", "ends_at", "reason"]
    list_select_related = ["user"]
    list_filter = ["user__team"]


@admin.register(Organisation)
class OrganisationAdmin(ReferenceAdmin):
    """There is the one; it is neither added nor removed."""

    readonly_fields = ["set_up_at"]
    exclude = ["id"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(FactsAdmin):
    """Keys are made where their text can be shown once (`manage.py create_api_key`); here they are taken back."""

    list_display = ["name", "prefix", "scopes", "created", "expiry_date", "revoked"]
    list_filter = ["revoked"]
    ordering = ("-created",)
    exclude = ["hashed_key"]
    actions = ["revoke"]

    @admin.action(description="Revoke the chosen keys", permissions=["view"])
    def revoke(self, request, queryset):
        for key in queryset:
            revoke_api_key(key)
        self.message_user(request, "The chosen keys open nothing any more.")


@admin.register(SavedView)
class SavedViewAdmin(ReferenceAdmin):
    list_display = ["name", "page", "owner", "position"]
    list_select_related = ["owner"]
