"""URLs of the embed host: what browsers on customers' sites and backends reach."""

from django.urls import URLPattern, URLResolver

from customers import api as customers_api
from customers import bulk_api
from dashboards import customer_api
from embed import token_api
from embed.urls import urlpatterns as embed_urlpatterns

urlpatterns: list[URLPattern | URLResolver] = [
    *embed_urlpatterns,
    *bulk_api.api_urlpatterns,
    *customers_api.api_urlpatterns,
    *customer_api.api_urlpatterns,
    *token_api.api_urlpatterns,
]
