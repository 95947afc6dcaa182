"""`/healthz` for load balancers and container health checks: can this process reach the database."""

from django.db import Error, connection
from django.http import JsonResponse

PATH = "/healthz"


class HealthMiddleware:
    """Stands first, before host names are checked: a health check calls by address, not by the public name."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info != PATH:
            return self.get_response(request)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            connection.close()
            return JsonResponse({"database": "unreachable"}, status=503)
        return JsonResponse({"database": "ok"})
