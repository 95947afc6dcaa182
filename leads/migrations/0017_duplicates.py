import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from journal.remembering import operations

# Whoever was known by a Gmail address before is known by its mailbox too, the oldest first where two share one.
GMAIL = """
INSERT INTO leads_personkey (person_id, kind, key, shown)
SELECT person_id, 'gmail', replace(split_part(split_part(key, '@', 1), '+', 1), '.', '') || '@gmail.com', ''
  FROM leads_personkey
 WHERE kind = 'email' AND split_part(key, '@', 2) IN ('gmail.com', 'googlemail.com')
   AND replace(split_part(split_part(key, '@', 1), '+', 1), '.', '') <> ''
 ORDER BY id ON CONFLICT DO NOTHING"""
COMPARE = """
INSERT INTO leads_tocompare (person_id, since) SELECT id, now() FROM leads_person WHERE merged_into_id IS NULL
ON CONFLICT DO NOTHING"""


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0016_visits'),
        ('journal', '0006_remember_entries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ToCompare',
            fields=[
                ('person_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('since', models.DateTimeField()),
            ],
            options={'indexes': [models.Index(fields=['since', 'person_id'], name='to_compare_oldest')]},
        ),
        migrations.CreateModel(
            name='Likeness',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BigIntegerField()),
                ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='leads.person')),
            ],
            options={
                'indexes': [models.Index(fields=['person'], name='likeness_person')],
                'constraints': [models.UniqueConstraint(fields=('key', 'person'), name='likeness_once')],
            },
        ),
        migrations.CreateModel(
            name='Pair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('strength', models.PositiveSmallIntegerField()),
                ('reasons', models.JSONField(db_default=[], default=list)),
                ('state', models.CharField(choices=[('open', 'To review'), ('merged', 'Merged'), ('different', 'Not the same')], default='open', max_length=10)),
                ('found_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('one', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='leads.person')),
                ('other', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='leads.person')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['-strength', '-id'], name='pair_to_review')],
                'constraints': [
                    models.UniqueConstraint(fields=('one', 'other'), name='pair_once'),
                    models.CheckConstraint(condition=models.Q(('one__lt', models.F('other'))), name='pair_in_order'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('unmerged_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('kept', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='leads.lead')),
                ('loser', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='merged_by', to='leads.person')),
                ('lost', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='leads.lead')),
                ('survivor', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='merges', to='leads.person')),
                ('unmerged_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('work', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='merge', to='journal.work')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('unmerged_at', None)), fields=('loser',), name='merged_into_one')
                ],
            },
        ),
        migrations.AddField(
            model_name='personkey',
            name='shown',
            field=models.CharField(blank=True, db_default='', default='', max_length=254),
        ),
        migrations.AlterField(
            model_name='personkey',
            name='kind',
            field=models.CharField(choices=[('email', 'Email'), ('phone', 'Phone'), ('external', 'External'), ('gmail', 'Gmail')], max_length=10),
        ),
        migrations.RemoveConstraint(model_name='lead', name='lead_cycle_once'),
        migrations.AddConstraint(
            model_name='lead',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], fields=('person', 'cycle'), name='lead_cycle_once'),
        ),
        operations("leads_pair"),
        operations("leads_visitor"),
        operations("leads_visitevent"),
        migrations.RunSQL(GMAIL, migrations.RunSQL.noop),
        migrations.RunSQL(COMPARE, migrations.RunSQL.noop),
    ]
