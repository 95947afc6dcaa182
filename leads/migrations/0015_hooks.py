import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0014_forms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(choices=[('hubspot', 'HubSpot'), ('typeform', 'Typeform'), ('meta', 'Meta Lead Ads'), ('calendly', 'Calendly'), ('segment', 'Segment'), ('stripe', 'Stripe')], max_length=12)),
                ('name', models.CharField(max_length=80, unique=True)),
                ('token', models.CharField(max_length=64, unique=True)),
                ('secret', models.CharField(max_length=200)),
                ('old_secret', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('access', models.CharField(blank=True, db_default='', default='', max_length=500)),
                ('mapping', models.JSONField(db_default={}, default=dict)),
                ('is_active', models.BooleanField(db_default=True, default=True)),
                ('made_at', models.DateTimeField()),
                ('edited_at', models.DateTimeField()),
                ('last_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, db_default='', default='', max_length=300)),
                ('last_error_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={'ordering': ['name']},
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body', models.BinaryField()),
                ('headers', models.JSONField(db_default={}, default=dict)),
                ('received_at', models.DateTimeField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='leads.connection')),
            ],
        ),
        migrations.CreateModel(
            name='HookEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=160)),
                ('kind', models.CharField(max_length=60)),
                ('occurred_at', models.DateTimeField()),
                ('data', models.JSONField(db_default={}, default=dict)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('ignored', 'Nothing to do'), ('refused', 'Refused'), ('failed', 'Failed')], max_length=8)),
                ('why', models.CharField(blank=True, db_default='', default='', max_length=300)),
                ('sent', models.PositiveIntegerField(db_default=1, default=1)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('due_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('connection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='leads.connection')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='leads.delivery')),
                ('submission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='hook_events', to='leads.submission')),
            ],
        ),
        migrations.AddIndex(
            model_name='hookevent',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='hook_event_due'),
        ),
        migrations.AddIndex(
            model_name='hookevent',
            index=models.Index(fields=['connection', '-id'], name='hook_event_newest'),
        ),
        migrations.AddConstraint(
            model_name='hookevent',
            constraint=models.UniqueConstraint(fields=('connection', 'key'), name='hook_event_once'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(fields=['source', '-id'], name='submission_of_source'),
        ),
    ]
