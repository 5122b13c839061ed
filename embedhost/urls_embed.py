"""URLs of the embed host: what browsers on customers' sites and backends reach."""

from django.urls import URLPattern, URLResolver

from customers import api as customers_api
from customers import bulk_api
from dashboards import api as dashboards_api
from dashboards import customer_api, environment_api
from datasources import api as datasources_api
from datasources import rules_api
from embed import dashboard_data_api, reports_api, token_api
from embed.urls import urlpatterns as embed_urlpatterns
from secrets_admin import workspace_api

urlpatterns: list[URLPattern | URLResolver] = [
    *embed_urlpatterns,
    *bulk_api.api_urlpatterns,
    *customers_api.api_urlpatterns,
    *customer_api.api_urlpatterns,
    *token_api.api_urlpatterns,
    *reports_api.api_urlpatterns,
    *dashboards_api.api_urlpatterns,
    *environment_api.api_urlpatterns,
    *dashboard_data_api.api_urlpatterns,
    *datasources_api.api_urlpatterns,
    *rules_api.api_urlpatterns,
    *workspace_api.api_urlpatterns,
]
