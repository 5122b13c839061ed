"""Chartio's embedding token: HS256 with the organization's secret.

Vendor: Embedding 2.0. Claims: organization and dashboard (integer ids), exp, and env, a mapping of variable names to
values. The token names no customer: the dashboard's customer variable does.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from tokens import payload as claim
from tokens.claims import Claims
from tokens.formats.signed import SignedFormat, times
from tokens.keys import Key, Keyring
from tokens.payload import Payload
from tokens.view import View


class ChartioJwt(SignedFormat):
    """Reads and mints tokens of the ``chartio_jwt`` format."""

    name: ClassVar[str] = "chartio_jwt"
    label: ClassVar[str] = "Chartio format, JWT HS256"
    names_customer: ClassVar[bool] = False
    dashboard_by: ClassVar[str] = "id"
    _OWN: Final = ("organization", "dashboard")

    def recognises(self, claimed: Payload) -> bool:
        """Say whether organization and dashboard are there."""
        return all(name in claimed for name in self._OWN)

    def candidates(self, claimed: Payload, keys: Keyring) -> Sequence[Key]:
        """Return the secrets of the organization that the token names."""
        organization = claimed.get("organization")
        return keys.of_organization(self.name, organization) if type(organization) is int else ()

    def claims(self, payload: Payload, key: Key, now: float, digest: str) -> Claims:
        """Read an authentic payload. Raises TokenError."""
        dashboard = claim.read_number(payload, "dashboard")
        return self.by_variables(payload, key, now, digest, dashboard=dashboard, variables="env")

    def payload(self, view: View, key: Key, now: int) -> dict[str, object]:
        """Write the claims of a new token; the customer is one of the variables. Raises TokenError."""
        view.only("variables")
        names = {"organization": key.organization_id, "dashboard": view.dashboard}
        return {**names, "env": dict(view.variables or {}), **times(view, now)}
