from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0020_rights'),
        ('journal', '0006_remember_entries'),
    ]

    operations = [
        operations("leads_datarequest"),
    ]
