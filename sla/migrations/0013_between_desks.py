import django.db.models.deletion
from django.db import migrations, models

from sla.defaults import BETWEEN_DESKS


def give(apps, schema_editor):
    """Two more lines that nobody edits: a decision on a discount, a first answer to a request for content."""
    PolicySet, Policy, Step = (apps.get_model("sla", name) for name in ("PolicySet", "Policy", "Step"))
    given = PolicySet.objects.get(version=0, state="law")
    for position, line in enumerate(BETWEEN_DESKS, 2):
        fields = {name: value for name, value in line.items() if name != "ladder"}
        policy = Policy.objects.create(policy_set=given, position=position, **fields)
        Step.objects.bulk_create(Step(policy=policy, **step) for step in line["ladder"])


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0005_effort_norms"),
        ("sla", "0012_requests"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="clock", name="one_subject_a_clock"),
        migrations.AddField(
            model_name="clock",
            name="content_request",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="clocks",
                to="marketing.contentrequest",
            ),
        ),
        migrations.AlterField(
            model_name="policyset",
            name="state",
            field=models.CharField(
                choices=[("draft", "Draft"), ("published", "Live"), ("retired", "Retired"), ("law", "Not edited")],
                default="draft", max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.UniqueConstraint(
                condition=models.Q(("content_request", None), _negated=True),
                fields=("content_request", "target", "scope", "run"), name="content_clock_run_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.CheckConstraint(
                condition=models.Q(lead__isnull=False, deal=None, request=None, content_request=None)
                | models.Q(lead=None, deal__isnull=False, request=None, content_request=None)
                | models.Q(lead=None, deal=None, request__isnull=False, content_request=None)
                | models.Q(lead=None, deal=None, request=None, content_request__isnull=False),
                name="one_subject_a_clock",
            ),
        ),
        migrations.RunPython(give, migrations.RunPython.noop),
    ]  # fmt: skip
