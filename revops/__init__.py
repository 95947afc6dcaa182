"""The composition root: settings, addresses, processes. Nobody imports it but `revops.lib`, which belongs to all.

Owns    settings, urls, celery and its timetable, the pulse, the local services, the commands `up`, `demo`, `pulse`
Verbs   `manage.py up` starts everything; `manage.py pulse` keeps every deadline; `manage.py demo` shows a company
Lib     `revops/lib/`: one topic a file, no room's business in it, importable from every room
Never   a rule of the business; an import of Celery or of a room from here (pure modules must stay light)
"""
