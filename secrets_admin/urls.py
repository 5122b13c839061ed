"""Rooms of embed secrets, below ``/o/<organization>/settings/embedding/``."""

from django.urls import path

from secrets_admin import views

urlpatterns = [
    path("secrets/new/ask/", views.ask_new, name="secret_ask_new"),
    path("secrets/new/", views.new, name="secret_new"),
    path("secrets/reset-all/ask/", views.ask_reset_all, name="secret_ask_reset_all"),
    path("secrets/reset-all/", views.reset_all, name="secret_reset_all"),
    path("secrets/<slug:key_id>/value/ask/", views.ask_value, name="secret_ask_value"),
    path("secrets/<slug:key_id>/value/", views.value, name="secret_value"),
    path("secrets/<slug:key_id>/rotate/ask/", views.ask_rotate, name="secret_ask_rotate"),
    path("secrets/<slug:key_id>/rotate/", views.rotate, name="secret_rotate"),
    path("secrets/<slug:key_id>/reset/ask/", views.ask_reset, name="secret_ask_reset"),
    path("secrets/<slug:key_id>/reset/", views.reset, name="secret_reset"),
    path("secrets/<slug:key_id>/retire/ask/", views.ask_retire, name="secret_ask_retire"),
    path("secrets/<slug:key_id>/retire/", views.retire, name="secret_retire"),
]
