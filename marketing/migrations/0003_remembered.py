from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('marketing', '0002_channels'),
        ('journal', '0005_remembering'),
    ]

    operations = [
        operations("marketing_channel", pk="code"),
        operations("marketing_campaign"),
    ]
