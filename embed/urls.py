"""URLs of the embed host. Fixed routes come before patterns; nothing redirects to add a slash."""

from django.urls import path, re_path

from embed import data, views

urlpatterns = [
    path("embed.js", views.loader, {"name": "embed.js"}, name="embed_loader"),
    path("bundle.js", views.loader, {"name": "bundle.js"}, name="bundle_loader"),
    path("iframe/-", views.dash, name="dash"),
    path("iframe/-/<str:environment>", views.dash, name="dash_environment"),
    re_path(r"^iframe/(?P<token>[^/]*)\Z", views.iframe, name="iframe"),
    re_path(r"^iframe/(?P<token>[^/]*)/(?P<environment>[^/]+)\Z", views.iframe, name="iframe_environment"),
    path("data/<str:format>/panels/<str:panel_id>", data.panel, name="data_panel"),
    path("data/<str:format>/session", data.session, name="data_session"),
    path("data/<str:format>/export/<str:panel_id>", data.export, name="data_export"),
]
