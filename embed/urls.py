"""URLs of the embed host. Fixed routes come before patterns; nothing redirects to add a slash."""

from django.urls import path, re_path

from embed import api_docs, backend_urls, data, handover, metabase_api, superset_api, views

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_METABASE = "^api/embed/dashboard/(?P<token>[^/]*)"
_DASHCARD = "dashcard/(?P<dashcard_id>[1-9][0-9]{0,8})/card/(?P<card_id>[1-9][0-9]{0,8})"
_PARAMETER = "params/(?P<parameter_id>[^/]+)"

urlpatterns = [
    # First, since pages ask these most: every pattern before an address's own is tried.
    path("data/<str:format>/panels/<str:panel_id>", data.panel, name="data_panel"),
    path("data/<str:format>/session", data.session, name="data_session"),
    path("data/<str:format>/choices/<str:variable_name>", data.choices, name="data_choices"),
    path("data/<str:format>/page", handover.page, name="data_page"),
    path("data/<str:format>/leave", data.leave, name="data_leave"),
    path("data/<str:format>/export/<str:panel_id>", data.export, name="data_export"),
    path("embed.js", views.loader, {"name": "embed.js"}, name="embed_loader"),
    path("prod-embedcomponent.js", views.loader, {"name": "embed.js"}, name="viasocket_loader"),
    path("tag.js", views.loader, {"name": "tag.js"}, name="tag_loader"),
    path("bundle.js", views.loader, {"name": "bundle.js"}, name="bundle_loader"),
    # Explo's examples put a slash before the question mark; a redirect would take another round trip with the token.
    re_path(r"^iframe/-/?\Z", views.dash, name="dash"),
    re_path(r"^iframe/-/(?P<environment>[^/]+)/?\Z", views.dash, name="dash_environment"),
    # A second segment of 64 hexadecimal digits is a customer token; every other one is an environment.
    re_path(rf"^iframe/(?P<embed_id>{_UUID})/(?P<token>[0-9a-f]{{64}}|-)/?\Z", views.customer, name="customer"),
    re_path(
        rf"^iframe/(?P<embed_id>{_UUID})/(?P<token>[0-9a-f]{{64}}|-)/(?P<environment>[^/]+)/?\Z",
        views.customer,
        name="customer_environment",
    ),
    re_path(r"^iframe/(?P<token>[^/]*)/?\Z", views.iframe, name="iframe"),
    re_path(r"^iframe/(?P<token>[^/]*)/(?P<environment>[^/]+)/?\Z", views.iframe, name="iframe_environment"),
    # Slugs begin with a letter, so a number is an id.
    re_path(r"^d/(?P<dashboard_id>[0-9]{1,18})/(?P<token>[^/]*)\Z", views.chartio_by_id, name="chartio_by_id"),
    re_path(r"^d/(?P<organization>[^/]+)/(?P<dashboard>[^/]+)/?\Z", views.chartio, name="chartio_query"),
    re_path(r"^d/(?P<organization>[^/]+)/(?P<dashboard>[^/]+)/(?P<token>[^/]+)\Z", views.chartio, name="chartio"),
    path("embedded/dashboard", views.papermap, name="papermap"),
    path("embedded/tag/<str:organization_id>/<str:workspace_id>", handover.tag, name="tag"),
    re_path(rf"^embedded/(?P<embed_id>{_UUID})\Z", handover.superset, name="superset"),
    re_path(r"^embed/dashboard/(?P<token>[^/]*)\Z", views.metabase, name="metabase"),
    re_path(rf"{_METABASE}\Z", metabase_api.dashboard, name="metabase_api"),
    re_path(rf"{_METABASE}/{_DASHCARD}\Z", metabase_api.card, name="metabase_card"),
    re_path(rf"{_METABASE}/{_DASHCARD}/(?P<file_type>csv|json)\Z", metabase_api.download, name="metabase_download"),
    re_path(rf"{_METABASE}/{_PARAMETER}/values\Z", metabase_api.values, name="metabase_values"),
    re_path(rf"{_METABASE}/{_PARAMETER}/search/(?P<prefix>[^/]+)\Z", metabase_api.values, name="metabase_search"),
    # Superset's clients write some of these with a slash at the end and some without; a redirect would lose the body.
    re_path(r"^api/v1/security/login/?\Z", superset_api.login, name="superset_login"),
    re_path(r"^api/v1/security/csrf_token/?\Z", superset_api.csrf_token, name="superset_csrf_token"),
    re_path(r"^api/v1/security/guest_token/?\Z", superset_api.guest_token, name="superset_guest_token"),
    re_path(r"^api/v1/me/roles/?\Z", superset_api.my_roles, name="superset_my_roles"),
    re_path(r"^api/v1/dashboard/(?P<id_or_slug>[^/]+)/embedded/?\Z", superset_api.embedded, name="superset_embedded"),
    re_path(
        rf"^api/v1/embedded_dashboard/(?P<embed_id>{_UUID})/?\Z",
        superset_api.embedded_dashboard,
        name="superset_embedded_dashboard",
    ),
    path("api/v1/schema/", api_docs.schema, name="api_schema"),
    path("api/v1/dashboards/schema.json", api_docs.dashboard_schema, name="api_dashboard_schema"),
    path("api/docs/", api_docs.docs, name="api_docs"),
    *backend_urls.urlpatterns,
]
