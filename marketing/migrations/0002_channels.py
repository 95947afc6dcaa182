from django.db import migrations

from marketing.channels import DEFAULTS


def add_channels(apps, schema_editor):
    Channel = apps.get_model("marketing", "Channel")
    Channel.objects.bulk_create(
        [
            Channel(code=k.code, name=k.name, side=k.side, paid=k.paid, aliases=list(k.aliases), position=position)
            for position, k in enumerate(DEFAULTS)
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    """A fresh installation has a vocabulary before its first lead."""

    dependencies = [("marketing", "0001_initial")]
    operations = [migrations.RunPython(add_channels, migrations.RunPython.noop)]
