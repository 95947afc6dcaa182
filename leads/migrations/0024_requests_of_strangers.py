import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0023_routing_against_live")]

    operations = [
        migrations.AlterField(
            "datarequest", "person",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="data_requests", to="leads.person"
            ),
        ),
        migrations.AddField(
            "datarequest", "contact", models.CharField(blank=True, db_default="", default="", max_length=254)
        ),
    ]
