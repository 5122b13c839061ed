"""What requests must know of keys, workspaces and organizations; read once, then kept until the feed says otherwise."""

from dataclasses import dataclass, field

from embedhost.lib.availability import ask
from secrets_admin.feed import Kind, feed
from secrets_admin.models import EmbedSecret, Organization, Workspace
from tokens.keys import Key, is_key_id
from tokens.times import LONGEST_LIFETIME


@dataclass(frozen=True, slots=True)
class _Secret:
    id: int
    value: bytes = field(repr=False)
    format: str
    workspace_id: str
    state: str
    purpose: str
    until: float | None
    bound_customer: str
    bound_dashboards: frozenset[str]


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """A workspace as the doors see it; lifetimes in seconds, ``former_until`` in database time."""

    id: str
    organization_id: int
    origins: tuple[str, ...]
    max_token_lifetime: int
    customer_tokens_enabled: bool
    former_lifetime: int
    former_until: float


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """An organization as the doors see it."""

    id: int
    slug: str
    embedding_enabled: bool


def workspace(workspace_id: str) -> WorkspaceFacts | None:
    """Return the facts of a workspace, or None."""
    if not is_key_id(workspace_id):  # Its characters are those of a key id; no other text is looked up.
        return None
    return feed.recall(Kind.WORKSPACE, workspace_id, lambda: _load_workspace(workspace_id))


def organization(organization_id: int) -> OrganizationFacts | None:
    """Return the facts of an organization, or None."""
    return feed.recall(Kind.ORGANIZATION, str(organization_id), lambda: _load_organization(organization_id))


def longest_lifetime(workspace_id: str) -> int:
    """Return the longest life that a living token of the workspace can have been made with (seconds).

    When the workspace's ceiling was lowered, tokens from before may still live for as long as the former one.
    """
    found = workspace(workspace_id)
    if found is None:
        return LONGEST_LIFETIME
    return max(found.max_token_lifetime, found.former_lifetime if feed.now() < found.former_until else 0)


def origins_of(organization_id: int) -> tuple[str, ...]:
    """Return the origins of all workspaces of an organization, each once.

    It asks the database: only a frame without a token, which no workspace is known by yet, needs them together.
    Raises ServiceUnavailable.
    """
    rows = Workspace.objects.filter(organization_id=organization_id).order_by("created_at", "id")
    lists = ask(lambda: list(rows.values_list("origins", flat=True)))
    return tuple(dict.fromkeys(origin for origins in lists for origin in origins))


def resolve_key(format: str, key_id: str, /) -> Key | None:
    """Find the key that a token names, revoked ones included (tokens.keys.KeyResolver)."""
    key = key_named(key_id)
    return key if key is not None and key.format == format else None


def key_named(key_id: str) -> Key | None:
    """Find a key whose id we know to be one, whatever its format; revoked ones included."""
    secret = feed.recall(Kind.SECRET, key_id, lambda: _load_secret(key_id))
    if secret is None:
        return None
    owner = workspace(secret.workspace_id)
    if owner is None:
        return None
    return Key(
        secret_id=secret.id,
        key_id=key_id,
        value=secret.value,
        format=secret.format,
        organization_id=owner.organization_id,
        workspace_id=owner.id,
        state=_state_now(secret),
        purpose=secret.purpose,
        max_lifetime=owner.max_token_lifetime,
        bound_customer=secret.bound_customer,
        bound_dashboards=secret.bound_dashboards,
    )


def _state_now(secret: _Secret) -> str:
    over = secret.until is not None and feed.now() >= secret.until
    return EmbedSecret.State.REVOKED if over else secret.state


def _load_workspace(workspace_id: str) -> WorkspaceFacts | None:
    row = Workspace.objects.filter(id=workspace_id).first()
    if row is None:
        return None
    shortened = row.lifetime_shortened_at
    return WorkspaceFacts(
        id=row.id,
        organization_id=row.organization_id,
        origins=tuple(row.origins),
        max_token_lifetime=row.max_token_lifetime,
        customer_tokens_enabled=row.customer_tokens_enabled,
        former_lifetime=row.former_token_lifetime,
        former_until=shortened.timestamp() + row.former_token_lifetime if shortened else 0.0,
    )


def _load_organization(organization_id: int) -> OrganizationFacts | None:
    row = Organization.objects.filter(id=organization_id).first()
    return None if row is None else OrganizationFacts(row.id, row.slug, row.embedding_enabled)


def _load_secret(key_id: str) -> _Secret | None:
    row = EmbedSecret.objects.filter(key_id=key_id).first()
    if row is None:
        return None
    until = row.verify_only_until.timestamp() if row.verify_only_until else None
    return _Secret(
        id=row.id,
        value=row.value(),
        format=row.format,
        workspace_id=row.workspace_id,
        state=row.state,
        purpose=row.purpose,
        until=until,
        bound_customer=row.bound_customer,
        bound_dashboards=frozenset(row.bound_dashboards),
    )
