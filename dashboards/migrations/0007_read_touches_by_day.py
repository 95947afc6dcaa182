from django.db import migrations

# Touches come in the order of time, so a few pages say where a period's lie: nothing to write for each of five million.
INDEX = "CREATE INDEX touch_read_when ON leads_touch USING brin (occurred_at) WITH (pages_per_range = 32, autosummarize = on)"


class Migration(migrations.Migration):
    """An index on another room's table, kept by the room that needs it."""

    dependencies = [("dashboards", "0006_read_stints"), ("leads", "0025_touch_minutes")]
    operations = [migrations.RunSQL(INDEX, "DROP INDEX IF EXISTS touch_read_when")]
