from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dashboards", "0003_agreed_kept_sent")]
    operations = [
        migrations.CreateModel(
            name="Silence",
            fields=[
                ("stage", models.CharField(max_length=4, primary_key=True, serialize=False)),
                ("days", models.PositiveSmallIntegerField()),
            ],
        ),
    ]
