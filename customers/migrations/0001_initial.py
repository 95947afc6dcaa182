import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('leads', '0013_submissions'),
    ]

    operations = [
        migrations.CreateModel(
            name='SubscriptionMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=160)),
                ('kind', models.CharField(choices=[('new', 'New'), ('expansion', 'More'), ('contraction', 'Less'), ('churn', 'Gone'), ('reactivation', 'Back')], max_length=12)),
                ('subscription', models.CharField(max_length=120)),
                ('customer', models.CharField(max_length=120)),
                ('currency', models.CharField(max_length=3)),
                ('before', models.BigIntegerField()),
                ('after', models.BigIntegerField()),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('company', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.company')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leads.person')),
            ],
        ),
        migrations.AddIndex(
            model_name='subscriptionmovement',
            index=models.Index(fields=['source', 'subscription', 'occurred_at'], name='movement_of_subscription'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionmovement',
            constraint=models.UniqueConstraint(fields=('source', 'key'), name='movement_once'),
        ),
    ]
