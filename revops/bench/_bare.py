"""The product's server with one address more: a bare DRF endpoint that validates a lead's body and makes one INSERT."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revops.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from leads import serializers  # noqa: E402
from revops import urls  # noqa: E402
from revops.lib import bulk  # noqa: E402


class Bare(APIView):
    authentication_classes: list = []
    permission_classes: list = []

    def post(self, request):
        form = serializers.IncomingLead(data=request.data)
        form.is_valid(raise_exception=True)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare_lead (payload) VALUES (%s::jsonb) RETURNING id", [bulk.dumps(request.data)])
            return Response({"id": cursor.fetchone()[0]}, status=201)


urlpatterns = [path("bare/", Bare.as_view()), *urls.urlpatterns]
settings.ROOT_URLCONF = __name__
