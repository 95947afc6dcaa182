from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('sla', '0011_remembered'),
        ('leads', '0020_rights'),
    ]

    operations = []
