from datetime import UTC, datetime

from django.db import migrations

HOT = {
    "any": [
        {"attribute": "lead.hand_raise", "op": "in", "value": ["demo", "contact"]},
        {"attribute": "score.pql", "op": "is", "value": True},
        {"attribute": "score.cell", "op": "is", "value": "A1"},
    ]
}
INTENT = {
    "any": [
        {"attribute": "score.cell", "op": "in", "value": ["A2", "B1"]},
        {"touches": {"kind": ["page_view"], "url_contains": "/pricing"}, "at_least": 3, "within_days": 7},
    ]
}
LINES = [
    {"target": "first_response", "tier": "hot", "name": "Hot lead answered", "condition": HOT, "seconds": 300,
     "hours": "team", "levels": [50, 75, 90]},
    {"target": "first_response", "tier": "intent", "name": "High intent answered", "condition": INTENT,
     "seconds": 3_600, "hours": "team", "levels": [50, 75, 90]},
    {"target": "first_response", "tier": "standard", "name": "Any MQL answered", "condition": {}, "seconds": 86_400,
     "hours": "always", "levels": [75]},
    {"target": "assignment", "name": "Every MQL has an owner", "condition": {}, "seconds": 120, "hours": "team",
     "levels": [], "escalate": "monitor"},
    {"target": "disposition", "name": "Accepted, rejected or recycled", "condition": {}, "seconds": 172_800,
     "hours": "always", "levels": [50, 75, 90]},
]


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
