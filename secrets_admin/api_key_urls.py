"""Rooms of API keys, below ``/o/<organization>/settings/api-keys/``."""

from django.urls import path

from secrets_admin import api_key_views

urlpatterns = [
    path("", api_key_views.api_keys, name="api_keys"),
    path("new/ask/", api_key_views.ask_new, name="api_key_ask_new"),
    path("new/", api_key_views.new, name="api_key_new"),
    path("<slug:api_key_id>/revoke/ask/", api_key_views.ask_revoke, name="api_key_ask_revoke"),
    path("<slug:api_key_id>/revoke/", api_key_views.revoke, name="api_key_revoke"),
]
