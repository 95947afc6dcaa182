"""The Celery application. Workers carry the pulse; messages only say "look now" or carry slow work."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")

app = Celery("revops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from revops.pulse_step import Pulse, Sender  # noqa: E402 - after the app exists
from revops.timetable import TIMETABLE  # noqa: E402

app.conf.beat_schedule = TIMETABLE
app.steps["worker"].add(Pulse)
app.steps["worker"].add(Sender)
