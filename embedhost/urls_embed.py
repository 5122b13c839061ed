"""URLs of the embed host: what browsers on customers' sites and backends reach."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
