"""What the operator sees of organizations; the one thing to change is whether an organization may embed.

No column with a secret is shown, searched, filtered or sorted by.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import URLPattern, path

from secrets_admin.access import Actor
from secrets_admin.models import Member, Organization, User
from secrets_admin.organizations import set_embedding

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:  # Django's own class takes no parameters when it runs.
    _ModelAdmin = admin.ModelAdmin


class LookOnly(_ModelAdmin):
    """Staff look; nobody adds, changes or deletes here."""

    actions = None
    list_per_page = 50
    #: Counting all rows of a long table again for every search costs more than it tells.
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        """Only these: no adding, no deleting."""
        guard, info = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", guard(self.changelist_view), name=f"{info}_changelist"),
            path("<path:object_id>/history/", guard(self.history_view), name=f"{info}_history"),
            path("<path:object_id>/change/", guard(self.change_view), name=f"{info}_change"),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [name for name in self.fields or () if name not in self.changeable]

    #: Fields that staff may change.
    changeable: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Take filters of the list alone: any other could ask a hidden column letter by letter."""
        return lookup.partition("__")[0] in self.list_filter

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_staff(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_staff(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.changeable) and self._is_staff(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _is_staff(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)


class OrganizationAdmin(LookOnly):
    """Organizations with their switch, which goes through the service that audits and announces."""

    list_display = ("name", "slug", "id", "embedding_enabled", "created_at")
    list_filter = ("embedding_enabled",)
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    fields = ("name", "slug", "id", "created_at", "embedding_enabled")
    changeable = ("embedding_enabled",)

    def save_model(self, request: HttpRequest, obj: Organization, form: "ModelForm[Any]", change: bool) -> None:
        if "embedding_enabled" in form.changed_data and isinstance(request.user, User):
            actor = Actor(request.user, request.user.email, str(request.META.get("REMOTE_ADDR", "")))
            set_embedding(obj, enabled=obj.embedding_enabled, actor=actor)


class MemberAdmin(LookOnly):
    list_display = ("email", "organization", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__name", "organization__slug")
    ordering = ("organization__name", "user__email")
    fields = ("email", "organization", "role", "created_at")

    @admin.display(ordering="user__email")
    def email(self, member: Member) -> str:
        return member.user.email


class AuditAdmin(LookOnly):
    list_display = ("at", "organization", "actor_email", "action", "subject", "address")
    list_filter = ("action",)
    list_select_related = ("organization",)
    search_fields = ("organization__slug", "actor_email", "subject")
    ordering = ("-at", "-id")
    fields = ("at", "organization", "actor_email", "action", "subject", "address", "detail")
