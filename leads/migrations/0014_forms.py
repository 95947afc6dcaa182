from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0013_submissions'),
    ]

    operations = []
