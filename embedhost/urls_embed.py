"""URLs of the embed host: what browsers on customers' sites and backends reach."""

from django.urls import URLPattern, URLResolver

from embed.urls import urlpatterns as embed_urlpatterns

urlpatterns: list[URLPattern | URLResolver] = [*embed_urlpatterns]
