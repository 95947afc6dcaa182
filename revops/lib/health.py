"""Health for machines, without signing in.

`/healthz`, for load balancers and containers: can this process reach the database. `/healthz/engine`, for whoever
watches the company's systems: 503 while promises are not kept, whatever the web server does.
"""

from dataclasses import asdict

from django.db import Error, connection
from django.http import JsonResponse

from revops.lib import vital
from revops.lib.now import now

PATH = "/healthz"
ENGINE = "/healthz/engine"


class HealthMiddleware:
    """Stands first, before host names are checked: a health check calls by address, not by the public name."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info not in (PATH, ENGINE):
            return self.get_response(request)
        try:
            if request.path_info == ENGINE:
                return engine()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            connection.close()
            return JsonResponse({"database": "unreachable"}, status=503)
        return JsonResponse({"database": "ok"})


def engine() -> JsonResponse:
    """Figures and words only, no names: it may be asked from anywhere."""
    at = now()
    lines = vital.read(at)
    well = all(line.ok for line in lines if line.fatal)
    shown = [{name: value for name, value in asdict(line).items() if name != "href"} for line in lines]
    return JsonResponse({"ok": well, "as_of": at, "checks": shown}, status=200 if well else 503)
