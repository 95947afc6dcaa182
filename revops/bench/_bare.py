"""The plainest DRF endpoint on this server: the same body validated, one row inserted. For the bench only."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers as s
from rest_framework.response import Response
from rest_framework.views import APIView

from leads.models import Submission
from revops.lib.now import now


class Company(s.Serializer):
    name = s.CharField(max_length=200)
    domain = s.CharField(max_length=255, required=False)
    industry = s.CharField(max_length=80, required=False)
    employees = s.IntegerField(min_value=0, required=False)
    country = s.CharField(max_length=2, required=False)
    technologies = s.ListField(child=s.CharField(max_length=60), required=False)


class Touch(s.Serializer):
    kind = s.CharField(max_length=20)
    channel = s.CharField(max_length=60, required=False)
    url = s.CharField(max_length=500, required=False)
    occurred_at = s.DateTimeField()


class Body(s.Serializer):
    email = s.EmailField()
    first_name = s.CharField(max_length=100)
    last_name = s.CharField(max_length=100)
    title = s.CharField(max_length=160, required=False)
    country = s.CharField(max_length=2, required=False)
    region = s.CharField(max_length=80, required=False)
    source = s.CharField(max_length=80, required=False)
    company = Company()
    utm = s.DictField(child=s.CharField(max_length=200), required=False)
    page_url = s.CharField(max_length=500, required=False)
    hand_raise = s.CharField(max_length=20, required=False, allow_blank=True)
    message = s.CharField(max_length=10_000, required=False, allow_blank=True)
    consent = s.DictField(required=False)
    touches = Touch(many=True)


class Bare(APIView):
    authentication_classes: list = []
    permission_classes: list = []

    def post(self, request: HttpRequest) -> Response:
        body = Body(data=request.data)
        body.is_valid(raise_exception=True)
        made = Submission.objects.create(
            source="bench", payload=request.data, outcome="created", received_at=now(), recorded_at=now()
        )
        return Response({"id": made.pk}, status=201)


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("bench/bare/", Bare.as_view()),
    path("bench/alive/", alive),
    path("", include("revops.urls")),
]
