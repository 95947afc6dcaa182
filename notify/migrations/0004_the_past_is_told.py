from django.db import migrations


class Migration(migrations.Migration):
    """Who was told in the app before there were other channels isn't told again by them."""

    dependencies = [("notify", "0003_heard_how")]
    operations = [
        migrations.RunSQL(
            "UPDATE notify_notice SET planned_at = at WHERE planned_at IS NULL", reverse_sql=migrations.RunSQL.noop
        )
    ]
