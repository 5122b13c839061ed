"""What makes and ends API keys. A key's value is shown once and kept as its prefix and SHA-256 only."""

import hashlib
import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from embedhost.lib.errors import Refused
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.models import ApiKey, Workspace
from tokens.identifiers import check_identifier

#: Scope -> what a key with it may do, as the console and the documents say it.
SCOPES: Final = {
    "read": "See customers, dashboards and usage, without any token.",
    "write": "Make, change and delete customers and dashboards.",
    "mint": "Make embed tokens for any customer that the key is for.",
    "customer_tokens": "Get the tokens of customers, which do not end by themselves.",
}
#: ``ehk_`` and eight characters that find the row; what follows is the secret.
PREFIX_LENGTH: Final = 12
MOST_CUSTOMERS: Final = 1000
LONGEST_NAME: Final = 100
LONGEST_LIFE: Final = timedelta(days=5 * 366)
_SIGNS: Final = string.ascii_letters + string.digits


class ScopeRefused(Refused):
    code = "scope_invalid"
    message = "An API key has one or more of these scopes: read, write, mint, customer_tokens."


class ApiKeyRefused(Refused):
    """An API key cannot be made this way; the message says why."""

    code = "api_key_invalid"
    message = "This API key cannot be made. Check its name, customers and end."


def create_api_key(
    workspace: Workspace,
    *,
    name: str,
    scopes: Iterable[str],
    customers: Iterable[str] | None = None,
    expires_at: datetime | None = None,
    actor: Actor,
) -> tuple[ApiKey, str]:
    """Make an API key and return it with its value, which nobody can read again.

    ``customers``: external ids of the only customers that it may act for, whether they exist yet or not; None: all.
    Raises ScopeRefused, ApiKeyRefused.
    """
    check_name(name)
    wanted = _checked_scopes(scopes)
    check_end(expires_at)
    limit = None if customers is None else check_customers(customers)
    # 256 random bits: a plain SHA-256 cannot be guessed back (no salt, no slow hash needed).
    value = f"ehk_{''.join(secrets.choice(_SIGNS) for _ in range(PREFIX_LENGTH - 4))}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            workspace=workspace,
            name=name,
            prefix=prefix_of(value),
            key_hash=hash_api_key(value),
            scopes=wanted,
            customers=limit,
            expires_at=expires_at,
            created_by=actor.user,
        )
        audit.record(
            workspace,
            actor,
            "api_key.created",
            key.key_id,
            name=name,
            scopes=wanted,
            customers=limit,
            expires_at=expires_at.isoformat() if expires_at else None,
        )
    return key, value


def revoke_api_key(key: ApiKey, *, actor: Actor) -> None:
    """End an API key with its next call, on every server; a revoked key stays revoked."""
    with transaction.atomic():
        if ApiKey.objects.filter(id=key.id, revoked_at=None).update(revoked_at=Now()):
            audit.record(key.workspace, actor, "api_key.revoked", key.key_id)


def hash_api_key(value: str) -> str:
    """Return the hex SHA-256 under which an API key is stored."""
    return hashlib.sha256(value.encode()).hexdigest()


def prefix_of(value: str) -> str:
    """Return the public first characters of a key's value, by which its row is found."""
    return value[:PREFIX_LENGTH]


def check_name(name: str) -> None:
    """Raise ApiKeyRefused for a name that nobody can read."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ApiKeyRefused(f"A name has 1 to {LONGEST_NAME} characters that can be read.")


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    named = set(scopes)
    if not named or not named <= SCOPES.keys():
        raise ScopeRefused
    return [scope for scope in SCOPES if scope in named]


def check_end(expires_at: datetime | None) -> None:
    """Raise ApiKeyRefused for an end that has come or is too far away."""
    if expires_at is not None and not timezone.now() < expires_at <= timezone.now() + LONGEST_LIFE:
        raise ApiKeyRefused("A key ends within the next five years, or never.")


def check_customers(customers: Iterable[str]) -> list[str]:
    """Return the list without repetitions. Raises ApiKeyRefused; an empty list would be a key for nobody."""
    found = list(dict.fromkeys(customers))
    if not 0 < len(found) <= MOST_CUSTOMERS:
        raise ApiKeyRefused(f"Name 1 to {MOST_CUSTOMERS} customers, or none to allow all.")
    for external_id in found:
        problem = check_identifier(external_id)
        if problem:
            raise ApiKeyRefused(f"“{external_id[:50]}” cannot be an external ID. {problem}")
    return found
