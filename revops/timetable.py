"""Everything that happens by the calendar. Deadlines are not here: they are rows, and the pulse drains them.

Several beats may run, and none may have run for a week: each entry must be true however often it is sent.
"""

from celery.schedules import crontab

TIMETABLE = {
    # Deletes what has expired; running it twice deletes nothing more.
    "tidy-every-night": {"task": "revops.tasks.tidy", "schedule": crontab(hour=3, minute=17)},
    # Lists of public holidays go on for another year in time; complete ones are left as they are.
    # More than the agreed share rejected: said once a month to each person, whenever it is seen.
    "alarms-every-morning": {"task": "revops.tasks.ring_alarms", "schedule": crontab(hour=11, minute=7)},
    # A goal reached is told to both sides, once.
    "announce-every-hour": {"task": "revops.tasks.announce", "schedule": crontab(minute=14)},
    # The day's cut of the best, taken by the first look after midnight where the organisation is.
    "take-the-cut": {"task": "scoring.tasks.take_cut", "schedule": crontab(minute=2)},
    # The live scoring model over its own past, for what the studio says of each rule; a day has one such replay.
    "replay-scoring-every-night": {"task": "scoring.tasks.replay_live", "schedule": crontab(hour=2, minute=23)},
    # All KPIs as they stood when the local day was over, by the first look after midnight where the organisation is.
    "keep-the-numbers": {"task": "dashboards.tasks.keep_numbers", "schedule": crontab(minute=9)},
    # Credits of months over for a week, as they stand; a month closes once.
    "close-attribution": {"task": "dashboards.tasks.close_attribution", "schedule": crontab(hour=4, minute=29)},
    "holidays-every-night": {"task": "revops.tasks.extend_holidays", "schedule": crontab(hour=3, minute=41)},
    # A deal for every term that ends within 90 days; a term has one however often it is looked at.
    "open-renewals-every-night": {"task": "customers.tasks.open_renewals", "schedule": crontab(hour=4, minute=11)},
}
