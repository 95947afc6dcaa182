from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scoring", "0005_definition_proposals")]

    operations = [
        migrations.AddField("cut", "intent_at", models.DateTimeField(null=True)),
        migrations.AddField("cut", "lead_id", models.BigIntegerField(null=True)),
    ]
