"""Rooms of data sources, below ``/o/<organization>/settings/sources/``."""

from django.urls import path

from datasources import views
from datasources.engines import ENGINES

urlpatterns = [
    path("", views.sources, name="sources"),
    *(path(f"new/{name}/", views.new, {"engine": name}, name=f"source_new_{name}") for name in ENGINES),
    path("<uuid:source_uid>/", views.source, name="source"),
    path("<uuid:source_uid>/connection/", views.connection, name="source_connection"),
    path("<uuid:source_uid>/test/", views.test, name="source_test"),
    path("<uuid:source_uid>/read/", views.read, name="source_read"),
    path("<uuid:source_uid>/rules/<path:table>/", views.rule, name="source_rule"),
    path("<uuid:source_uid>/walls/ask/", views.ask_walls, name="source_ask_walls"),
    path("<uuid:source_uid>/walls/", views.walls, name="source_walls"),
    path("<uuid:source_uid>/delete/ask/", views.ask_delete, name="source_ask_delete"),
    path("<uuid:source_uid>/delete/", views.delete, name="source_delete"),
]
