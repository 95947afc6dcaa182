import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# What events of products and mail systems usually are. Opened mails are no touches: proxies open them (DOMAIN 5.1).
MAPPED = {
    "trial_start": ["Trial Started"],
    "invite": ["Invite Sent", "Account Added User"],
    "email_click": ["Email Link Clicked"],
    "": [
        "Email Opened",
        "Email Delivered",
        "Email Bounced",
        "Email Marked as Spam",
        "Unsubscribed",
        "Signed Out",
        "Account Deleted",
        "Account Removed User",
        "Trial Ended",
    ],
}


def map_events(apps, schema_editor):
    mapping = apps.get_model("leads", "EventMapping")
    mapping.objects.bulk_create(mapping(event=event, kind=kind) for kind, events in MAPPED.items() for event in events)


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0015_hooks"),
        ("marketing", "0003_remembered"),
    ]

    operations = [
        migrations.CreateModel(
            name="Visitor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("anonymous_id", models.CharField(max_length=240, unique=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visitors",
                        to="leads.person",
                    ),
                ),
                ("is_ambiguous", models.BooleanField(db_default=False, default=False)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "visitor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visits",
                        to="leads.visitor",
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("events", models.PositiveIntegerField(db_default=0, default=0)),
                ("entry_url", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("referrer", models.CharField(blank=True, db_default="", default="", max_length=500)),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="marketing.channel",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="marketing.campaign",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["visitor", "ended_at"], name="visit_of_visitor")],
            },
        ),
        migrations.CreateModel(
            name="VisitEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("message_id", models.CharField(max_length=120)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("page", "Page"),
                            ("screen", "Screen"),
                            ("track", "Track"),
                            ("identify", "Identify"),
                            ("group", "Group"),
                            ("alias", "Alias"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, db_default="", default="", max_length=120)),
                (
                    "visitor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="leads.visitor",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="leads.visit",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visit_events",
                        to="leads.person",
                    ),
                ),
                ("touch_kind", models.CharField(blank=True, db_default="", default="", max_length=20)),
                ("side", models.CharField(blank=True, db_default="", default="", max_length=10)),
                (
                    "channel",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="marketing.channel",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="marketing.campaign",
                    ),
                ),
                ("asset", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("url", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("properties", models.JSONField(db_default={}, default=dict)),
                ("occurred_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField()),
                ("clamped", models.BooleanField(db_default=False, default=False)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("person", None)),
                        fields=["visitor", "occurred_at"],
                        name="visit_event_anonymous",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("source", "message_id"), name="visit_event_once")],
            },
        ),
        migrations.CreateModel(
            name="EventMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=120, unique=True)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("page_view", "page_view"),
                            ("form", "form"),
                            ("demo_request", "demo_request"),
                            ("contact_request", "contact_request"),
                            ("email_click", "email_click"),
                            ("email_open", "email_open"),
                            ("webinar", "webinar"),
                            ("download", "download"),
                            ("event", "event"),
                            ("ad_click", "ad_click"),
                            ("chat", "chat"),
                            ("intent", "intent"),
                            ("invite", "invite"),
                            ("feature_use", "feature_use"),
                            ("trial_start", "trial_start"),
                            ("call", "call"),
                            ("email", "email"),
                            ("sms", "sms"),
                            ("linkedin", "linkedin"),
                            ("meeting", "meeting"),
                            ("note", "note"),
                            ("other", "other"),
                        ],
                        db_default="",
                        default="",
                        max_length=20,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WriteKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("kind", models.CharField(choices=[("site", "Website"), ("server", "Server")], max_length=6)),
                ("source", models.CharField(max_length=60)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("shown", models.CharField(max_length=60)),
                ("old_digest", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("old_until", models.DateTimeField(null=True)),
                ("origins", models.JSONField(blank=True, db_default=[], default=list)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "name", "pk"],
            },
        ),
        migrations.RunPython(map_events, migrations.RunPython.noop),
    ]
