import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from journal.remembering import operations


def first_plan(apps, schema_editor):
    """The rules there are become version 1, live."""
    Plan, Rule = apps.get_model("leads", "RoutingPlan"), apps.get_model("leads", "RoutingRule")
    plan = Plan.objects.create(version=1, state="live", note="The first version")
    for rule in Rule.objects.all():
        rule.plan, rule.line = plan, uuid.uuid4()
        rule.save(update_fields=["plan", "line"])


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0017_duplicates'),
        ('teams', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('created_at', models.DateTimeField()),
                ('edited_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='NamedAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, default='', max_length=200)),
                ('name_key', models.CharField(blank=True, default='', max_length=200)),
                ('domain', models.CharField(blank=True, default='', max_length=255)),
            ],
            options={
                'ordering': ['name_key', 'domain', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RoutingPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('live', 'Live'), ('past', 'Past')], default='draft', max_length=6)),
                ('note', models.CharField(blank=True, default='', max_length=400)),
                ('deal_owner', models.BooleanField(default=True)),
                ('named_accounts', models.BooleanField(default=True)),
                ('account_owner', models.BooleanField(default=True)),
                ('sticky_days', models.PositiveSmallIntegerField(null=True)),
                ('account_sticky', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(null=True)),
                ('edited_at', models.DateTimeField(null=True)),
                ('published_at', models.DateTimeField(null=True)),
                ('retired_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RoutingRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('cancelled', 'Cancelled'), ('failed', 'Failed')], default='running', max_length=10)),
                ('done', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(default=0)),
                ('cursor', models.BigIntegerField(db_default=0, default=0)),
                ('result', models.JSONField(null=True)),
                ('started_at', models.DateTimeField()),
                ('beat_at', models.DateTimeField()),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='RoutingRunLead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lead_id', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('had_id', models.BigIntegerField(null=True)),
                ('gets_id', models.BigIntegerField(null=True)),
                ('cause', models.CharField(blank=True, default='', max_length=16)),
                ('found', models.JSONField(default=list)),
                ('why', models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='Waiting',
            fields=[
                ('lead', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='waiting', serialize=False, to='leads.lead')),
                ('kind', models.CharField(choices=[('held', 'Held'), ('claim', 'Claim')], max_length=5)),
                ('skills', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('since', models.DateTimeField()),
                ('retry_at', models.DateTimeField(null=True)),
                ('why', models.JSONField(default=dict)),
            ],
        ),
        migrations.AlterModelOptions(
            name='routingrule',
            options={'ordering': ['position', 'id']},
        ),
        migrations.AddField(
            model_name='pool',
            name='method',
            field=models.CharField(choices=[('turns', 'By turns'), ('least_loaded', 'Least loaded'), ('claim', 'Claim queue')], db_default='turns', default='turns', max_length=12),
        ),
        migrations.AddField(
            model_name='pool',
            name='picks_an_hour',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='pool',
            name='picks_open',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='poolmember',
            name='per_day',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='poolmember',
            name='per_week',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='poolmember',
            name='skills',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='line',
            field=models.UUIDField(default=uuid.uuid4),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='skills',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='to',
            field=models.CharField(choices=[('pool', 'A pool'), ('person', 'A person'), ('account_owner', 'The account’s owner')], default='pool', max_length=14),
        ),
        migrations.AlterField(
            model_name='ownership',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ownerships', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='routingrule',
            name='pool',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='leads.pool'),
        ),
        migrations.AlterField(
            model_name='routingrule',
            name='position',
            field=models.PositiveSmallIntegerField(),
        ),
        migrations.AddIndex(
            model_name='ownership',
            index=models.Index(fields=['owner', '-from_at'], name='ownership_owner_new'),
        ),
        migrations.AddField(
            model_name='accountlist',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='account_lists', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='namedaccount',
            name='list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accounts', to='leads.accountlist'),
        ),
        migrations.AddField(
            model_name='namedaccount',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='named_accounts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='routingplan',
            name='based_on',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leads.routingplan'),
        ),
        migrations.AddField(
            model_name='routingplan',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='routingplan',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='routingrule',
            name='plan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='leads.routingplan'),
        ),
        migrations.RunPython(first_plan, migrations.RunPython.noop),
        migrations.RunSQL('SET CONSTRAINTS ALL IMMEDIATE', 'SET CONSTRAINTS ALL IMMEDIATE'),
        migrations.AlterField(
            model_name='routingrule',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='leads.routingplan'),
        ),
        migrations.AddConstraint(
            model_name='routingrule',
            constraint=models.UniqueConstraint(fields=('plan', 'line'), name='routing_rule_line_once'),
        ),
        migrations.AddConstraint(
            model_name='routingrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('person', None), ('pool__isnull', False), ('to', 'pool')), models.Q(('person__isnull', False), ('pool', None), ('to', 'person')), models.Q(('person', None), ('pool', None), ('to', 'account_owner')), _connector='OR'), name='routing_rule_leads_somewhere'),
        ),
        migrations.AddField(
            model_name='routingrun',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='routingrun',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='leads.routingplan'),
        ),
        migrations.AddField(
            model_name='routingrunlead',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='leads', to='leads.routingrun'),
        ),
        migrations.AddField(
            model_name='waiting',
            name='pool',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='leads.pool'),
        ),
        migrations.AddIndex(
            model_name='namedaccount',
            index=models.Index(condition=models.Q(('domain', ''), _negated=True), fields=['domain'], name='named_account_domain'),
        ),
        migrations.AddIndex(
            model_name='namedaccount',
            index=models.Index(condition=models.Q(('name_key', ''), _negated=True), fields=['name_key'], name='named_account_name'),
        ),
        migrations.AddConstraint(
            model_name='namedaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name_key', ''), _negated=True), models.Q(('domain', ''), _negated=True), _connector='OR'), name='named_account_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='namedaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('domain', ''), _negated=True), fields=('list', 'domain'), name='named_domain_once'),
        ),
        migrations.AddConstraint(
            model_name='namedaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('domain', '')), fields=('list', 'name_key'), name='named_account_name_once'),
        ),
        migrations.AddConstraint(
            model_name='routingplan',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('state',), name='one_live_routing_plan'),
        ),
        migrations.AddConstraint(
            model_name='routingplan',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('state',), name='one_draft_routing_plan'),
        ),
        migrations.AddConstraint(
            model_name='routingrun',
            constraint=models.UniqueConstraint(fields=('plan', 'since', 'until'), name='one_routing_run_a_period'),
        ),
        migrations.AddConstraint(
            model_name='routingrun',
            constraint=models.CheckConstraint(condition=models.Q(('since__lt', models.F('until'))), name='routing_run_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='routingrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('result__isnull', False), ('state', 'done')), models.Q(('state', 'done'), _negated=True), _connector='OR'), name='done_routing_runs_have_results'),
        ),
        migrations.AddConstraint(
            model_name='routingrunlead',
            constraint=models.UniqueConstraint(fields=('run', 'lead_id'), name='routed_once_a_run'),
        ),
        migrations.AddIndex(
            model_name='waiting',
            index=models.Index(condition=models.Q(('kind', 'claim')), fields=['pool', 'since', 'lead'], name='waiting_to_be_picked'),
        ),
        migrations.AddIndex(
            model_name='waiting',
            index=models.Index(condition=models.Q(('kind', 'held')), fields=['retry_at'], name='waiting_to_be_tried'),
        ),
        migrations.AddConstraint(
            model_name='waiting',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'held'), ('retry_at__isnull', False)), models.Q(('kind', 'claim'), ('pool__isnull', False)), _connector='OR'), name='waiting_for_something'),
        ),
        operations("leads_waiting", pk="lead_id", caches=["retry_at"]),
    ]
