from django.db import migrations

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0011_snapshot_cut'),
        ('journal', '0005_remembering'),
    ]

    operations = [
        operations("leads_company"),
        operations("leads_person", caches=["fit", "engagement", "usage", "pql", "cell", "score_version", "scored_at", "score_due_at"]),
        operations("leads_personkey"),
        operations("leads_lead", caches=["fit", "engagement", "usage", "pql", "cell", "next_due_at", "updated_at"]),
        operations("leads_submission"),
        operations("leads_touch"),
        operations("leads_ownership"),
        operations("leads_attributefact"),
        operations("leads_attributedefinition"),
        operations("leads_qualification"),
        operations("leads_snapshot"),
    ]
