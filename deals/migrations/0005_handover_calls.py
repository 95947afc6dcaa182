import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def person() -> models.ForeignKey:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
    )


class Migration(migrations.Migration):
    """The three-way call of a won deal, booked and held."""

    dependencies = [("deals", "0004_board_indexes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="HandoverCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("booked_for", models.DateTimeField(null=True)),
                ("booked_at", models.DateTimeField(null=True)),
                ("held_at", models.DateTimeField(null=True)),
                (
                    "told_at",
                    models.DateTimeField(help_text="When somebody said that it was held.", null=True),
                ),
                ("rep", models.BooleanField(default=False)),
                ("customer", models.BooleanField(default=False)),
                ("csm", models.BooleanField(default=False)),
                ("let_go_at", models.DateTimeField(null=True)),
                ("booked_by", person()),
                ("told_by", person()),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="handover_calls", to="deals.deal"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["deal"],
                        condition=Q(("held_at", None), ("let_go_at", None)),
                        name="one_booked_handover_call_a_deal",
                    ),
                    models.CheckConstraint(
                        condition=~Q(("booked_for", None)) | ~Q(("held_at", None)),
                        name="handover_calls_are_booked_or_held",
                    ),
                ]
            },
        ),
        migrations.AlterField(
            "deal",
            "next_step",
            models.CharField(blank=True, default="", help_text="As imported; no clock knows it.", max_length=200),
        ),
    ]
