"""How long things usually take, until a company says otherwise."""

from django.db import migrations

MINUTES = {"call": 15, "email": 8, "sms": 3, "linkedin": 5, "meeting": 60, "invite": 5}


def begin(apps, schema_editor):
    make = apps.get_model("marketing", "EffortNorm").objects.create
    for kind, minutes in MINUTES.items():
        make(kind=kind, minutes=minutes)


class Migration(migrations.Migration):

    dependencies = [("marketing", "0004_spend_and_requests")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
