"""Who may do what: organizations, workspaces, members, embed secrets, API keys, the audit log and the feed."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from embedhost.lib import crypto

slug_validator = RegexValidator(
    r"^[a-z][a-z0-9-]{0,62}\Z", "Write a letter first, then small letters, digits or hyphens."
)


def new_workspace_id() -> str:
    """Return a workspace id, such as ws_7f3k2m9q."""
    return "ws_" + _random_text(8)


def new_key_id() -> str:
    """Return an embed secret's key id, such as es_9f27c1ab. A key id is never used again."""
    return "es_" + _random_text(12)


def new_api_key_id() -> str:
    """Return an API key's public id."""
    return "ak_" + _random_text(12)


def _random_text(length: int) -> str:
    return "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(length))


class EmailUserManager(UserManager["User"]):
    """Users are found by e-mail alone."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]  # no username here
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=username)


class User(AbstractUser):
    """A person who logs in to the console."""

    username = None  # type: ignore[assignment]  # the e-mail address is the name
    email = models.EmailField(unique=True)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[EmailUserManager] = EmailUserManager()


class Organization(models.Model):
    """The company that embeds."""

    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=63, unique=True, validators=[slug_validator])
    embedding_enabled = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Workspace(models.Model):
    """One isolated set of keys, data sources and customers of an organization."""

    id = models.CharField(primary_key=True, max_length=32, default=new_workspace_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="workspaces")
    name = models.CharField(max_length=200, default="Main")
    #: Exact origins (https://app.example.com) or one-label wildcards (https://*.example.com) that may show embeds.
    origins = models.JSONField(default=list, blank=True)
    #: Seconds; a token that lives longer is refused.
    max_token_lifetime = models.PositiveIntegerField(default=86_400)
    #: The longest life before it was shortened, and when: for a day, older tokens may still have been made under it.
    former_token_lifetime = models.PositiveIntegerField(default=0, db_default=0)
    lifetime_shortened_at = models.DateTimeField(null=True, blank=True)
    #: Whether customers' own tokens (64 hexadecimal digits) open pages, besides the tokens that a backend makes.
    customer_tokens_enabled = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.id


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Member(models.Model):
    """A person's role in an organization."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "user"], name="one_role_per_member")]


class EmbedSecret(models.Model):
    """Key id and key value of a workspace; verifies tokens of its own format only.

    Rows are never deleted, so a key id cannot come back to life. ``line`` groups a secret with its predecessors.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        VERIFY_ONLY = "verify_only", "Verify-only"
        REVOKED = "revoked", "Revoked"

    class Purpose(models.TextChoices):
        EMBED = "embed", "Embed"
        PREVIEW = "preview", "Preview"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="embed_secrets")
    name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=32, unique=True, default=new_key_id, editable=False)
    value_sealed = models.TextField(editable=False)
    format = models.CharField(max_length=32)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.EMBED)
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    verify_only_until = models.DateTimeField(null=True, blank=True)
    line = models.UUIDField(default=uuid.uuid4, db_index=True, editable=False)
    predecessor = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="successor")
    #: external_id of the only customer that tokens of this secret may name; empty when it is not bound.
    bound_customer = models.CharField(max_length=255, blank=True, default="")
    #: Embed ids of the only dashboards that tokens of a bound secret may name.
    bound_dashboards = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "format"],
                condition=models.Q(purpose="preview", state="active"),
                name="one_preview_secret",
            )
        ]

    def seal_value(self, value: str) -> None:
        """Encrypt and set the key value, bound to this row's key id."""
        self.value_sealed = crypto.seal(value.encode(), self._place)

    def value(self) -> bytes:
        """Return the key value in clear. Raises crypto.SealBroken when the row was tampered with."""
        return crypto.unseal(self.value_sealed, self._place)

    @property
    def _place(self) -> str:
        return f"secrets_admin.embedsecret/{self.key_id}/value"


class ApiKey(models.Model):
    """A backend's credential for the REST API: shown once, stored as prefix and SHA-256."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    key_id = models.CharField(max_length=32, unique=True, default=new_api_key_id, editable=False)
    prefix = models.CharField(max_length=12, editable=False, db_index=True)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    #: external_ids of the only customers that it may act for; None: all of its workspace.
    customers = models.JSONField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    #: Written at most once a minute.
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_over(self) -> bool:
        """Whether the key's end has come; who asks a request's key asks the database's clock instead."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def ends_soon(self) -> bool:
        """Whether its owner should think of the next one."""
        return self.expires_at is not None and self.expires_at <= timezone.now() + timedelta(days=14)

    @property
    def last_day(self) -> datetime | None:
        """The last instant at which it works: an end at midnight is the end of the day before."""
        return self.expires_at and self.expires_at - timedelta(microseconds=1)


class Revocation(models.Model):
    """A token that is refused, or a viewer whose tokens from before an instant are (design.md section 6).

    Customers, dashboards and secrets carry their own instant or state. A row lives for 25 hours, unless the token
    that it names may live longer.
    """

    class Kind(models.TextChoices):
        TOKEN = "token", "Token"
        VIEWER = "viewer", "Viewer"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="revocations")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    #: A token's digest, or a viewer's id.
    subject = models.CharField(max_length=255)
    #: external_id of the only customer whose viewer is meant; empty: of every customer.
    customer = models.CharField(max_length=255, blank=True, default="")
    at = models.DateTimeField(db_default=Now())
    lasts = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "subject", "customer"], name="one_revocation_per_subject"
            )
        ]


class AuditRecord(models.Model):
    """Who saw, made, reset or revoked what, when and from where. Append only; never holds a secret."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="audit_records")
    #: Id of the workspace that the subject belongs to; empty: it is the organization's, as a dashboard is.
    workspace = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_email = models.CharField(max_length=254)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    address = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "-at"], name="audit_newest_first")]


class FeedEntry(models.Model):
    """One change that every process must know of within a second (design.md section 6). Rows live 25 hours."""

    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=300)
    at = models.DateTimeField(db_default=Now(), db_index=True)


class IdempotentCall(models.Model):
    """What a call with an Idempotency-Key did: its status and the id of what it made, never a body. Rows live a day."""

    #: The API key's id.
    key_id = models.CharField(max_length=32)
    #: SHA-256 of the header, and a keyed hash of what was asked.
    digest = models.CharField(max_length=64)
    asked = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key_id", "digest"], name="one_call_per_idempotency_key")
        ]
