"""Database connections of a workspace, their catalogs and the visibility rule of each table."""

import json
import uuid
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from embedhost.lib import crypto
from secrets_admin.models import Workspace

name_validator = RegexValidator(
    r"^[a-z][a-z0-9_-]{0,62}\Z", "Write a letter first, then small letters, digits, - or _."
)


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

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "table"], name="one_rule_per_table")]
