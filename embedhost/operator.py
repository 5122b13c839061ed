"""The operator's pages: Django's admin on the console host, for staff alone, and nothing in it that is secret.

A log-in is the console's own, with its limits. Whoever is not staff gets 404, as if nothing were there.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path, re_path

from embedhost.lib.errors import NotFound, Refused
from secrets_admin.admin import AuditAdmin, MemberAdmin, OrganizationAdmin
from secrets_admin.models import AuditRecord, Member, Organization

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class OperatorSite(AdminSite):
    """An admin with fewer doors: no log-in of its own, no search across models, no redirects by type and id."""

    site_header = "embedhost, operator"
    site_title = "embedhost operator"
    index_title = "Organizations of this server"
    site_url = "/"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("", self.admin_view(self.index), name="index"),
            path("jsi18n/", self.admin_view(self.i18n_javascript), name="jsi18n"),
            *(path(_folder(model), include(shown.urls)) for model, shown in self._registry.items()),
            re_path(r"^(?P<app_label>secrets_admin)/$", self.admin_view(self.app_index), name="app_list"),
        ]

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Let staff in; Django's own guard, with csrf and caching rules, stands behind this one."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            if not self.has_permission(request):
                raise NotFound
            if any("\x00" in text for pair in request.GET.items() for text in pair):
                # Django passes filters on as they come, and PostgreSQL has no such character.
                raise Refused
            return inner(request, *args, **named)

        return cast("View", guarded)


def _folder(model: Any) -> str:
    return f"{model._meta.app_label}/{model._meta.model_name}/"


operator_site = OperatorSite(name="operator")
operator_site.register(Organization, OrganizationAdmin)
operator_site.register(Member, MemberAdmin)
operator_site.register(AuditRecord, AuditAdmin)
