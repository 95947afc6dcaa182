from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('journal', '0005_remembering'),
    ]

    operations = [
        operations("journal_entry"),
    ]
