from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('deals', '0005_handover_calls'),
        ('journal', '0005_remembering'),
    ]

    operations = [
        operations("deals_deal", caches=["updated_at"]),
        operations("deals_handovercall"),
    ]
