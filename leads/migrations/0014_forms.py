import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0013_submissions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Form',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('key', models.CharField(max_length=40, unique=True)),
                ('old_key', models.CharField(max_length=40, null=True, unique=True)),
                ('old_key_until', models.DateTimeField(null=True)),
                ('title', models.CharField(blank=True, default='', max_length=120)),
                ('intro', models.CharField(blank=True, default='', max_length=500)),
                ('button', models.CharField(default='Send', max_length=40)),
                ('thanks', models.CharField(default='Thank you. We will be in touch.', max_length=500)),
                ('redirect_url', models.CharField(blank=True, default='', max_length=500)),
                ('fields', models.JSONField(default=list)),
                ('consents', models.JSONField(default=list)),
                ('origins', models.JSONField(default=list)),
                ('hand_raise', models.CharField(blank=True, default='', max_length=20)),
                ('product_interest', models.CharField(blank=True, default='', max_length=80)),
                ('campaign', models.CharField(blank=True, default='', max_length=120)),
                ('min_seconds', models.PositiveSmallIntegerField(default=3)),
                ('proof_of_work', models.BooleanField(default=False)),
                ('limits', models.JSONField(default=dict)),
                ('is_active', models.BooleanField(default=True)),
                ('made_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
    ]
