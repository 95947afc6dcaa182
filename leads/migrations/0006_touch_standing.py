import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A touch typed in long after it happened waits for a manager; one of the future counts when it happens."""

    dependencies = [("leads", "0005_lighter_writes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            "touch",
            "standing",
            models.CharField(
                blank=True,
                choices=[
                    ("", "Counts"),
                    ("waits", "Waits for approval"),
                    ("approved", "Approved"),
                    ("declined", "Declined"),
                    ("ahead", "Counts when it happens"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField("touch", "judged_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "touch",
            "judged_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            "touch",
            models.Index(condition=models.Q(("standing", "waits")), fields=["recorded_at"], name="touch_waiting"),
        ),
        migrations.AddIndex(
            "touch",
            models.Index(condition=models.Q(("standing", "ahead")), fields=["occurred_at", "id"], name="touch_ahead"),
        ),
    ]
