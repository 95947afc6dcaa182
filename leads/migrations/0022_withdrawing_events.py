from django.db import migrations

WITHDRAW = ["Unsubscribed", "Email Marked as Spam"]


def withdraw(apps, schema_editor):
    """Where nobody has said otherwise since."""
    apps.get_model("leads", "EventMapping").objects.filter(event__in=WITHDRAW, kind="").update(kind="withdraws")


def back(apps, schema_editor):
    apps.get_model("leads", "EventMapping").objects.filter(kind="withdraws").update(kind="")


class Migration(migrations.Migration):
    dependencies = [("leads", "0021_requests_remembered")]

    operations = [migrations.RunPython(withdraw, back)]
