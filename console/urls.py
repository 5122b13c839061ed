"""The console's own rooms, and where the rooms of the apps below hang."""

from django.urls import URLPattern, URLResolver, include, path

from console import (
    binding,
    clearing,
    customer_dashboards,
    embedding,
    inspector,
    isolation,
    queries,
    refusals,
    revoking,
    views,
)

_rooms: list[URLPattern | URLResolver] = [
    path("", views.organization, name="organization"),
    path("dashboards/", views.dashboards, name="dashboards"),
    path("dashboards/<int:dashboard_id>/", views.dashboard, name="dashboard"),
    path("dashboards/<int:dashboard_id>/embed/", views.embed, name="dashboard_embed"),
    path("dashboards/<int:dashboard_id>/queries/", queries.page, name="dashboard_queries"),
    path("dashboards/<int:dashboard_id>/queries.json", queries.as_json, name="dashboard_queries_json"),
    path("dashboards/<int:dashboard_id>/cache/clear/", clearing.cache, name="dashboard_clear_cache"),
    path("dashboards/<int:dashboard_id>/isolation/", isolation.page, name="dashboard_isolation"),
    path("dashboards/<int:dashboard_id>/revoke/ask/", revoking.ask_dashboard, name="dashboard_ask_revoke"),
    path("dashboards/<int:dashboard_id>/revoke/", revoking.dashboard, name="dashboard_revoke"),
    path("customers/<uuid:uid>/dashboards/ask/", customer_dashboards.ask, name="customer_ask_dashboards"),
    path("customers/<uuid:uid>/dashboards/", customer_dashboards.save, name="customer_dashboards"),
    path("customers/", include("customers.urls")),
    path("", include("console.usage_urls")),
    path("settings/sources/<uuid:source_uid>/logins/", include("customers.login_urls")),
    path("settings/sources/", include("datasources.urls")),
    path("refusals/", refusals.refusals, name="refusals"),
    path("refusals/inspector/", inspector.inspector, name="inspector"),
    path("settings/embedding/", embedding.embedding, name="embedding"),
    path("settings/embedding/origins/add/", embedding.add_origin, name="origin_add"),
    path("settings/embedding/origins/remove/", embedding.remove_origin, name="origin_remove"),
    path("settings/embedding/token-lifetime/", embedding.set_lifetime, name="token_lifetime"),
    path("settings/embedding/customer-tokens/", embedding.set_customer_tokens, name="customer_tokens"),
    path("settings/embedding/revoke/token/ask/", revoking.ask_token, name="revoke_ask_token"),
    path("settings/embedding/revoke/token/", revoking.token, name="revoke_token"),
    path("settings/embedding/revoke/viewer/ask/", revoking.ask_viewer, name="revoke_ask_viewer"),
    path("settings/embedding/revoke/viewer/", revoking.viewer, name="revoke_viewer"),
    path("settings/embedding/secrets/<slug:key_id>/bind/ask/", binding.ask_bind, name="secret_ask_bind"),
    path("settings/embedding/secrets/<slug:key_id>/bind/", binding.bind, name="secret_bind"),
    path("settings/embedding/", include("secrets_admin.urls")),
    path("settings/api-keys/", include("secrets_admin.api_key_urls")),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/", include("console.accounts")),
    path("o/<slug:organization>/", include(_rooms)),
]
