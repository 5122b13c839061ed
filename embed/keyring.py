"""The keys of every format, each from the app that knows it (tokens.keys.Keyring)."""

from collections.abc import Sequence

from customers.facts import CustomerOfToken, find_customer_by_token
from dashboards.facts import find_named
from secrets_admin import facts, keyring
from tokens.keys import CUSTOMER_KEYS, Key
from tokens.times import LONGEST_LIFETIME


class Keys:
    """Finds the keys that a token may have been made with."""

    def by_id(self, format: str, key_id: str, /) -> Key | None:
        """Return the embed secret with this key id."""
        return facts.resolve_key(format, key_id)

    def of_organization(self, format: str, organization_id: int, /) -> Sequence[Key]:
        """Return an organization's embed secrets of a format, those that verify first."""
        return keyring.of_organization(format, organization_id) if 0 < organization_id < 2**63 else ()

    def of_workspace(self, format: str, workspace_id: str, /) -> Sequence[Key]:
        """Return a workspace's embed secrets of a format, those that verify first."""
        return keyring.of_workspace(format, workspace_id)

    def of_dashboard(self, format: str, dashboard: int | str, /) -> Sequence[Key]:
        """Return the embed secrets of the organization that owns a dashboard."""
        found = find_named(dashboard)
        return () if found is None else keyring.of_organization(format, found.organization_id)

    def of_customer_token(self, token: str, /) -> Key | None:
        """Return a customer token as a key that is bound to its customer."""
        found = find_customer_by_token(token)
        return None if found is None else _customer_key(found)


def _customer_key(found: CustomerOfToken) -> Key:
    workspace = facts.workspace(found.workspace_id)
    allowed = workspace is not None and workspace.customer_tokens_enabled
    return Key(
        secret_id=0,
        key_id=f"{CUSTOMER_KEYS}{found.token_hash[:28]}",
        value=b"",
        format="customer_token",
        organization_id=found.organization_id,
        workspace_id=found.workspace_id,
        state="active" if allowed else "disabled",
        purpose="embed",
        max_lifetime=LONGEST_LIFETIME,
        bound_customer=found.external_id,
        made_at=found.made_at,
    )


KEYS = Keys()
