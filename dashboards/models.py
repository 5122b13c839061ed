"""Dashboards, their immutable versions and the environments that point at them."""

import re
import uuid
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from customers.models import Customer
from secrets_admin.models import Organization, User, Workspace, slug_validator

ENVIRONMENT = re.compile(r"^[a-z0-9_-]{1,32}\Z")
environment_validator = RegexValidator(ENVIRONMENT.pattern, "Use small letters, digits, - and _, at most 32.")


class Dashboard(models.Model):
    """A titled set of panels that belongs to an organization."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="dashboards")
    embed_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.CharField(max_length=63, validators=[slug_validator])
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    #: None: every origin of the workspace; a list narrows it.
    origins = models.JSONField(null=True, blank=True)
    viewers_may_apply_variables = models.BooleanField(default=False)
    viewers_may_export = models.BooleanField(default=False)
    #: Seconds a result counts as fresh; 0 turns the cache off.
    cache_seconds = models.PositiveIntegerField(default=3600)
    #: Seconds for which an old result is still served while a new one is fetched.
    serve_stale_seconds = models.PositiveIntegerField(default=86_400)
    #: Raised when somebody clears the cache: results of an earlier one are never read again.
    cache_generation = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    #: When it was deleted; its slug is free again.
    archived_at = models.DateTimeField(null=True, blank=True)
    #: Tokens that were made before this instant no longer open it; None: nobody revoked any.
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                condition=models.Q(archived_at=None),
                name="one_living_dashboard_per_slug",
            )
        ]

    def __str__(self) -> str:
        return self.title


class DashboardVersion(models.Model):
    """A saved state of a dashboard; never changed after it was written."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["dashboard", "number"], name="one_version_per_number")]


class Environment(models.Model):
    """A named pointer to a version; without a pinned version it follows the latest saved one."""

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="environments")
    name = models.CharField(max_length=32, validators=[environment_validator])
    version = models.ForeignKey(DashboardVersion, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["dashboard", "name"], name="one_environment_per_name")]


class TagDashboard(models.Model):
    """A dashboard that a workspace's script tags may show; its tokens name none, so one of them is the default."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="tag_dashboards")
    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="+")
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "dashboard"], name="one_place_on_the_tag_list"),
            models.UniqueConstraint(
                fields=["workspace"], condition=models.Q(is_default=True), name="one_default_tag_dashboard"
            ),
        ]


class CustomerDashboard(models.Model):
    """A dashboard that a customer has, which answers "the tenant's dashboard" where a backend does not name one."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="customer_dashboards")
    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="+")
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "dashboard"], name="a_customer_has_a_dashboard_once"),
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(is_default=True), name="one_default_dashboard_per_customer"
            ),
        ]
