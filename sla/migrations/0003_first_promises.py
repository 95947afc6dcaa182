from datetime import UTC, datetime

from django.db import migrations

from sla.defaults import LINES


def publish(apps, schema_editor):
    PolicySet, Policy = apps.get_model("sla", "PolicySet"), apps.get_model("sla", "Policy")
    if PolicySet.objects.exists():
        return
    first = PolicySet.objects.create(version=1, state="published", published_at=datetime.now(UTC))
    Policy.objects.bulk_create(Policy(policy_set=first, position=n, **line) for n, line in enumerate(LINES, 1))


class Migration(migrations.Migration):
    """A fresh installation keeps time from its first lead."""

    dependencies = [("sla", "0002_initial")]
    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
