from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0003_fallback_pool'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('stage', 'recycled')), fields=['revisit_on'], name='lead_back'),
        ),
    ]
