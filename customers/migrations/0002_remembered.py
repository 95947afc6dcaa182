from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_initial'),
        ('journal', '0006_remember_entries'),
    ]

    operations = [
        operations("customers_subscriptionmovement"),
    ]
