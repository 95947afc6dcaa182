from functools import partial

from django.db import migrations
from django.utils import timezone

from scoring import defaults


def publish(apps, schema_editor):
    defaults.publish(partial(apps.get_model, "scoring"), at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("scoring", "0002_initial")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
