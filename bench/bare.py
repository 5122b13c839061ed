"""The yardsticks, without middleware: a Django view with one Redis GET, and a DRF view that does nothing but answer."""

import os

import django
import redis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    INSTALLED_APPS=[],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from rest_framework.request import Request  # noqa: E402 -- after settings.configure()
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

_redis = redis.Redis.from_url(os.environ["REDIS_URL"])


def one_get(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_redis.get("bench:bare"), content_type="application/json")


class Nothing(APIView):
    """Answers a JSON object of so many bytes; asks nobody who calls and reads no body."""

    def post(self, request: Request, size: int) -> Response:
        return Response({"said": "x" * (size - len('{"said":""}'))}, 201)


urlpatterns = [path("one-get", one_get), path("drf/<int:size>", Nothing.as_view())]
application = get_wsgi_application()
