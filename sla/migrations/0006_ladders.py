from uuid import uuid4

from django.db import migrations


def ladders(apps, schema_editor):
    """Warnings and the one step of escalation that lines had become rungs; every line gets an identity of its own."""
    Policy, Step = apps.get_model("sla", "Policy"), apps.get_model("sla", "Step")
    steps = []
    for policy in Policy.objects.all():
        policy.line = uuid4()
        policy.save(update_fields=["line"])
        steps += [
            Step(policy=policy, level=level, who=["owner"], how=["app"]) for level in policy.levels if level < 100
        ]
        steps.append(Step(policy=policy, level=100, who=["owner", policy.escalate], how=["app"]))
    Step.objects.bulk_create(steps)


class Migration(migrations.Migration):
    dependencies = [("sla", "0005_whole_promises")]
    operations = [migrations.RunPython(ladders, migrations.RunPython.noop)]
