from datetime import UTC, datetime

import django.db.models.deletion
from django.db import migrations, models

from sla.defaults import BY_LAW


def give(apps, schema_editor):
    """The line that nobody edits: how loudly the last day of a request about data comes nearer."""
    PolicySet, Policy, Step = (apps.get_model("sla", name) for name in ("PolicySet", "Policy", "Step"))
    given = PolicySet.objects.create(version=0, state="law", created_at=datetime.now(UTC))
    fields = {name: value for name, value in BY_LAW.items() if name != "ladder"}
    policy = Policy.objects.create(policy_set=given, position=1, **fields)
    Step.objects.bulk_create(Step(policy=policy, **step) for step in BY_LAW["ladder"])


class Migration(migrations.Migration):

    dependencies = [
        ('sla', '0011_remembered'),
        ('leads', '0020_rights'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='clock',
            name='one_subject_a_clock',
        ),
        migrations.AddField(
            model_name='clock',
            name='request',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='leads.datarequest'),
        ),
        migrations.AlterField(
            model_name='policyset',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('published', 'Live'), ('retired', 'Retired'), ('law', 'Given by law')], default='draft', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.UniqueConstraint(condition=models.Q(('request', None), _negated=True), fields=('request', 'target', 'scope', 'run'), name='request_clock_run_once'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('deal__isnull', False), ('lead', None), ('request', None)), models.Q(('deal', None), ('lead__isnull', False), ('request', None)), models.Q(('deal', None), ('lead', None), ('request__isnull', False)), _connector='OR'), name='one_subject_a_clock'),
        ),
        migrations.RunPython(give, migrations.RunPython.noop),
    ]
