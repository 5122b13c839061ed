"""URLs of the console host."""

from django.urls import URLPattern, URLResolver, include, path

from embedhost.operator import operator_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("operator/", operator_site.urls),
    path("", include("console.urls")),
]

handler400 = "console.errors.bad_request"
handler403 = "console.errors.forbidden"
handler404 = "console.errors.not_found"
handler500 = "console.errors.failed"
