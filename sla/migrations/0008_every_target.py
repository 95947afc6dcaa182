from datetime import UTC, datetime

from django.db import migrations

from sla.defaults import COMMITMENTS, LINES


def publish(apps, schema_editor):
    """Version 2: every target of the contract, each with its ladder. Clocks that run keep the lines they began under."""
    PolicySet, Policy, Step = (apps.get_model("sla", name) for name in ("PolicySet", "Policy", "Step"))
    Commitment = apps.get_model("sla", "Commitment")
    now = datetime.now(UTC)
    first = PolicySet.objects.get(state="published")
    first.state, first.retired_at = "retired", now
    first.save()
    known = {(line.target, line.tier): line.line for line in first.lines.all()}
    second = PolicySet.objects.create(
        version=first.version + 1, state="published", based_on=first, created_at=now, published_at=now
    )
    for position, line in enumerate(LINES, 1):
        ladder = line["ladder"]
        fields = {name: value for name, value in line.items() if name != "ladder"}
        same = known.get((line["target"], line.get("tier", "")))
        policy = Policy.objects.create(
            policy_set=second, position=position, **fields, **({"line": same} if same else {})
        )
        Step.objects.bulk_create(Step(policy=policy, **step) for step in ladder)
    Commitment.objects.bulk_create(
        Commitment(starts_on=now.date().replace(month=1, day=1), made_at=now, **promise) for promise in COMMITMENTS
    )


class Migration(migrations.Migration):
    dependencies = [("sla", "0007_lines_of_their_own")]
    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
