from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0008_merging")]
    operations = [
        migrations.AddField("touch", "clamped", models.BooleanField(db_default=False, default=False)),
    ]
