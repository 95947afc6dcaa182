import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from journal.remembering import operations


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0018_routing'),
        ('journal', '0006_remember_entries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CompanyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=160, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='ImportChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('body', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='ImportPreset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('mapping', models.JSONField()),
                ('columns', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ImportProblem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rehearsed', models.BooleanField()),
                ('line', models.PositiveIntegerField()),
                ('outcome', models.CharField(max_length=8)),
                ('code', models.CharField(max_length=24)),
                ('detail', models.CharField(max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name='importrun',
            name='beat_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='corrects',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='corrected_by', to='leads.importrun'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='cursor',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='done',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='facts',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name='importrun',
            name='flags',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name='importrun',
            name='mapping',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name='importrun',
            name='mode',
            field=models.CharField(choices=[('history', 'The past: nobody is told, clocks are for reports only'), ('live', 'New enquiries: scored, routed and timed as if they came in now')], db_default='history', default='history', max_length=8),
        ),
        migrations.AddField(
            model_name='importrun',
            name='phase',
            field=models.CharField(blank=True, db_default='', default='', max_length=12),
        ),
        migrations.AddField(
            model_name='importrun',
            name='phase_at',
            field=models.DateTimeField(help_text='When this worker took the phase up, for the rate.', null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='phase_from',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='rehearsal',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='rehearsed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='size',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Bytes.'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='state',
            field=models.CharField(choices=[('uploaded', 'Uploaded'), ('analysed', 'Read'), ('matched', 'Columns matched'), ('rehearsing', 'Dry run'), ('rehearsed', 'Dry run done'), ('running', 'Importing'), ('undoing', 'Undoing'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('failed', 'Failed'), ('undone', 'Undone')], db_default='done', default='done', max_length=10),
        ),
        migrations.AddField(
            model_name='importrun',
            name='stop',
            field=models.CharField(blank=True, db_default='', default='', max_length=4),
        ),
        migrations.AddField(
            model_name='importrun',
            name='total',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='trouble',
            field=models.CharField(blank=True, db_default='', default='', max_length=400),
        ),
        migrations.AddField(
            model_name='importrun',
            name='undone_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='uploaded_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name='importrun',
            name='work',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='journal.work'),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='map_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='started_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(condition=models.Q(('state__in', ['rehearsing', 'running', 'undoing'])), fields=['-id'], name='import_at_work'),
        ),
        migrations.AddField(
            model_name='companykey',
            name='company',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='leads.company'),
        ),
        migrations.AddField(
            model_name='importchunk',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='leads.importrun'),
        ),
        migrations.AddField(
            model_name='importpreset',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='importproblem',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='problems', to='leads.importrun'),
        ),
        migrations.AddConstraint(
            model_name='importchunk',
            constraint=models.UniqueConstraint(fields=('run', 'number'), name='import_chunk_once'),
        ),
        migrations.AddIndex(
            model_name='importproblem',
            index=models.Index(fields=['run', 'rehearsed', 'code', 'line'], name='import_problem_kind'),
        ),
        operations("leads_companykey"),
    ]
