from django.db import migrations

# What people's time cost is read by the day it was worked: of five million touches a few hundred thousand are theirs.
INDEX = (
    "CREATE INDEX touch_read_worked ON leads_touch (occurred_at) INCLUDE (id, by_id, kind, minutes, lead_id, person_id,"
    " standing) WHERE side = 'sales' AND NOT automatic"
)


class Migration(migrations.Migration):
    """An index on another room's table, kept by the room that needs it."""

    dependencies = [("dashboards", "0004_silences"), ("leads", "0025_touch_minutes")]
    operations = [migrations.RunSQL(INDEX, "DROP INDEX IF EXISTS touch_read_worked")]
