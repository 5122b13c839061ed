"""Database connections of a workspace, their catalogs and the visibility rule of each table."""

import json
import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from embedhost.lib import crypto
from secrets_admin.models import Workspace

name_validator = RegexValidator(
    r"^[a-z][a-z0-9_-]{0,62}\Z", "Write a letter first, then small letters, digits, - or _."
)


def is_name(text: str) -> bool:
    """Tell whether a data source can be called so."""
    try:
        name_validator(text)
    except ValidationError:
        return False
    return True


class DataSource(models.Model):
    """A database connection, known in its workspace by a short name.

    ``version`` rises with every change of connection, catalog or rules; snapshots and caches are keyed by it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="data_sources")
    name = models.CharField(max_length=63, validators=[name_validator])
    engine = models.CharField(max_length=32)
    connection_sealed = models.TextField(editable=False)
    catalog = models.JSONField(default=dict)
    #: When the catalog was last read, and what was wrong with the login then: sentences for owners.
    read_at = models.DateTimeField(db_default=Now())
    warnings = models.JSONField(default=list)
    #: Two walls: each customer's queries run under a login of its own, and a customer without one sees nothing.
    login_per_customer = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "name"], name="one_source_per_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def connection(self) -> dict[str, Any]:
        """The connection's fields in clear. Raises crypto.SealBroken when the row was tampered with."""
        value: dict[str, Any] = json.loads(crypto.unseal(self.connection_sealed, self._place))
        return value

    @connection.setter
    def connection(self, value: dict[str, Any]) -> None:
        self.connection_sealed = crypto.seal(json.dumps(value).encode(), self._place)

    @property
    def _place(self) -> str:
        return f"datasources.datasource/{self.uid}/connection"


class CustomerLogin(models.Model):
    """The login under which one customer's queries run, where a source has two walls."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(DataSource, models.CASCADE, related_name="customer_logins")
    external_id = models.CharField(max_length=255)
    user = models.CharField(max_length=255)
    password_sealed = models.TextField(editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_login_per_customer"),
            # Two customers under one login would be one wall again.
            models.UniqueConstraint(fields=["source", "user"], name="one_customer_per_login"),
        ]

    def seal(self, password: str, destination: list[str]) -> None:
        """Keep the password together with where it may be sent (snapshot.destination_of)."""
        self.password_sealed = crypto.seal(json.dumps([password, destination]).encode(), self._place)

    def opened(self) -> tuple[str, list[str]]:
        """Return the password and the only place that it may be sent to.

        Raises crypto.SealBroken when the row was tampered with, or is older than this binding.
        """
        password, destination = json.loads(crypto.unseal(self.password_sealed, self._place))
        return password, destination

    @property
    def _place(self) -> str:
        return f"datasources.customerlogin/{self.uid}/bound_password"


class SourceRoute(models.Model):
    """A customer whose every panel asks a data source of its own, whatever the panel names."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="source_routes")
    external_id = models.CharField(max_length=255)
    # A customer whose source is gone must not fall back to the one that all share.
    source = models.ForeignKey(DataSource, models.PROTECT, related_name="routes")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="one_route_per_customer")
        ]


class TableRule(models.Model):
    """Who may read a table's rows; a table without a rule is hidden."""

    class Kind(models.TextChoices):
        SCOPED = "scoped", "Scoped"
        SHARED = "shared", "Shared"
        HIDDEN = "hidden", "Hidden"

    source = models.ForeignKey(DataSource, models.CASCADE, related_name="table_rules")
    table = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.HIDDEN)
    column = models.CharField(max_length=200, blank=True)
    #: external_id, or the name of a customer property.
    customer_property = models.CharField(max_length=100, default="external_id")
    #: Further columns that must fit too: [[column, property], ...].
    also = models.JSONField(default=list, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "table"], name="one_rule_per_table")]
