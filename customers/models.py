"""Customers: groups of viewers who see the same data."""

import secrets
import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from embedhost.lib import crypto
from secrets_admin.models import Workspace


class Customer(models.Model):
    """A group of viewers who see the same data, known to the organization's backend by ``external_id``.

    A deleted customer keeps its row: re-creation raises ``generation``, so nothing from before comes back.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="customers")
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    properties = models.JSONField(default=dict, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    token_sealed = models.TextField(editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token_made_at = models.DateTimeField(db_default=Now())
    generation = models.PositiveIntegerField(default=1)
    #: Tokens that name the customer and were made before this instant are refused; None: nobody revoked any.
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="one_customer_per_external_id")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def living_parent(self) -> "Customer | None":
        """The customer above it, unless that one is deleted."""
        return self.parent if self.parent is not None and self.parent.deleted_at is None else None

    def new_token(self) -> str:
        """Set and return a fresh opaque token of 64 hex characters; the caller saves the row."""
        token = secrets.token_hex(32)
        self.token_sealed = crypto.seal(token.encode(), self._place)
        self.token_hash = hash_token(token)
        return token

    def token(self) -> str:
        """Return the token in clear. Raises crypto.SealBroken when the row was tampered with."""
        return crypto.unseal(self.token_sealed, self._place).decode()

    @property
    def _place(self) -> str:
        return f"customers.customer/{self.uid}/token"


def hash_token(token: str) -> str:
    """Return the keyed hash by which a customer token is looked up."""
    return crypto.keyed_hash(token.encode(), "customer-token")


class GroupTag(models.Model):
    """A word of a workspace that its customers can be tagged with, through Explo's API."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="group_tags")
    name = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "name"], name="one_group_tag_per_name")]


class ExploCard(models.Model):
    """What Explo's API keeps of a customer besides. Only that API reads it: no page and no query does."""

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="explo_card")
    emails = models.JSONField(default=list)
    group_tags = models.JSONField(default=list)
    is_demo = models.BooleanField(default=False)
    #: The names that the backend gives to what the customer's own data source stands in for.
    schemas = models.JSONField(default=list)
