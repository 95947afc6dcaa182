from django.db import migrations


def add_organisation(apps, schema_editor):
    apps.get_model("teams", "Organisation").objects.get_or_create(id=1)


class Migration(migrations.Migration):
    """There is always the one company, also before anybody has named it."""

    dependencies = [("teams", "0001_initial")]
    operations = [migrations.RunPython(add_organisation, migrations.RunPython.noop)]
