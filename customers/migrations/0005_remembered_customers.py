from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [("customers", "0004_first_lists"), ("deals", "0009_remembered_stands")]

    # An import of past deals makes customers; undoing it must take them back before their companies.
    operations = [operations("customers_customer")]
