from django.db import migrations


def add_fallback(apps, schema_editor):
    Pool, Rotation = apps.get_model("leads", "Pool"), apps.get_model("leads", "Rotation")
    if not Pool.objects.filter(is_fallback=True).exists():
        pool, _ = Pool.objects.update_or_create(name="Everyone", defaults={"is_fallback": True})
        Rotation.objects.get_or_create(pool=pool)


class Migration(migrations.Migration):
    """What no rule matches has somewhere to go from the first day."""

    dependencies = [("leads", "0002_initial")]
    operations = [migrations.RunPython(add_fallback, migrations.RunPython.noop)]
