from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0010_segments")]

    operations = [
        migrations.AddField(
            "snapshot",
            "cut",
            models.FloatField(help_text="The priority it was compared with; by cells none.", null=True),
        ),
        migrations.AlterField(
            "snapshot",
            "because",
            models.CharField(
                help_text="cell, threshold, top, pql, hand_raise or rule; import for history.", max_length=20
            ),
        ),
    ]
