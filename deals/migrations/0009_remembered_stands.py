from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [("deals", "0008_first_pipeline")]

    operations = [
        operations("deals_contactrole"),
        operations("deals_stint"),
    ]
