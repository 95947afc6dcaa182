import os
from threading import Thread

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")

application = get_wsgi_application()

# All views are loaded with the first address that is looked up: beside the first health check, not in a request.
Thread(target=lambda: get_resolver().url_patterns, name="load views", daemon=True).start()
