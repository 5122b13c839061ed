"""The console's own rooms, and where the rooms of the apps below hang."""

from django.urls import URLPattern, URLResolver, include, path

from console import embedding, views

_rooms: list[URLPattern | URLResolver] = [
    path("", views.organization, name="organization"),
    path("dashboards/", views.dashboards, name="dashboards"),
    path("dashboards/<int:dashboard_id>/", views.dashboard, name="dashboard"),
    path("dashboards/<int:dashboard_id>/embed/", views.embed, name="dashboard_embed"),
    path("customers/", include("customers.urls")),
    path("settings/embedding/", embedding.embedding, name="embedding"),
    path("settings/embedding/origins/add/", embedding.add_origin, name="origin_add"),
    path("settings/embedding/origins/remove/", embedding.remove_origin, name="origin_remove"),
    path("settings/embedding/token-lifetime/", embedding.set_lifetime, name="token_lifetime"),
    path("settings/embedding/", include("secrets_admin.urls")),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/", include("console.accounts")),
    path("o/<slug:organization>/", include(_rooms)),
]
