"""The yardstick: a Django view without middleware that does one Redis GET and answers what it got."""

import os

import django
import redis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(SECRET_KEY="bench", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], INSTALLED_APPS=[])
django.setup()
_redis = redis.Redis.from_url(os.environ["REDIS_URL"])


def one_get(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_redis.get("bench:bare"), content_type="application/json")


urlpatterns = [path("one-get", one_get)]
application = get_wsgi_application()
