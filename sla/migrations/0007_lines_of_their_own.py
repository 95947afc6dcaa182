from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0006_ladders")]
    operations = [
        migrations.RemoveField(model_name="policy", name="levels"),
        migrations.RemoveField(model_name="policy", name="escalate"),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(fields=("policy_set", "line"), name="policy_line_id_once"),
        ),
    ]
