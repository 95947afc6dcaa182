"""Everything that happens by the calendar. Deadlines are not here: they are rows, and the pulse drains them.

Several beats may run, and none may have run for a week: each entry must be true however often it is sent.
"""

from celery.schedules import crontab

TIMETABLE = {
    # Deletes what has expired; running it twice deletes nothing more.
    "tidy-every-night": {"task": "revops.tasks.tidy", "schedule": crontab(hour=3, minute=17)},
}
