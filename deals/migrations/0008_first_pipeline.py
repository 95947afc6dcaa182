"""Every installation begins with one pipeline, and every deal there is with it; authority over discounts as usual."""

from django.db import migrations

STAGES = [("Discovery", 10, 14), ("Evaluation", 30, 21), ("Proposal", 60, 14), ("Negotiation", 90, 14)]
AUTHORITY = [("rep", 10), ("manager", 20), ("director", 30), ("vp", 40), ("cfo", 100)]


def begin(apps, schema_editor):
    pipeline = apps.get_model("deals", "Pipeline").objects.create(name="New business", is_default=True)
    make = apps.get_model("deals", "PipelineStage").objects.create
    first, *_ = [
        make(pipeline=pipeline, name=name, position=n, probability=percent, limit_days=days)
        for n, (name, percent, days) in enumerate(STAGES, 1)
    ]
    for level, up_to in AUTHORITY:
        apps.get_model("deals", "DiscountAuthority").objects.create(level=level, up_to=up_to)
    with schema_editor.connection.cursor() as cursor:
        # Nobody remembers where the deals of before stood: the open ones begin at the first stage, since they opened.
        cursor.execute(
            """UPDATE deals_deal SET pipeline_id = %(pipeline)s,
                      pipeline_stage_id = CASE WHEN stage = 'open' THEN %(stage)s END,
                      stage_at = CASE WHEN stage = 'open' THEN created_at END""",
            {"pipeline": pipeline.pk, "stage": first.pk},
        )
        cursor.execute(
            """INSERT INTO deals_stint (deal_id, stage_id, entered_at, skipped)
               SELECT id, %s, created_at, false FROM deals_deal WHERE stage = 'open'""",
            [first.pk],
        )
        cursor.execute(
            """INSERT INTO deals_contactrole (deal_id, person_id, role, is_primary, added_at)
               SELECT id, person_id, 'champion', true, created_at FROM deals_deal WHERE person_id IS NOT NULL"""
        )
        cursor.execute(
            """UPDATE deals_deal d SET pushes = p.n
                 FROM (SELECT subject_id, count(*) AS n FROM journal_entry
                        WHERE kind = 'deal.edited' AND subject_kind = 'deal'
                          AND data ->> 'close_on' > data ->> 'was_close_on' GROUP BY subject_id) p
                WHERE p.subject_id = d.id"""
        )


class Migration(migrations.Migration):
    atomic = True

    dependencies = [("deals", "0007_where_deals_stand"), ("journal", "0006_remember_entries")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
