from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('sla', '0010_runs'),
        ('journal', '0005_remembering'),
    ]

    operations = [
        operations("sla_clock"),
        operations("sla_pause"),
        operations("sla_effect"),
        operations("sla_hop", pk="clock_id"),
        operations("sla_nextstep"),
        operations("sla_commitment"),
    ]
