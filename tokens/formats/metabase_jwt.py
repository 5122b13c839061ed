"""Metabase's static embedding token: HS256 with the embedding secret, used as text.

Vendor: static embedding. Claims: resource {dashboard: integer id}, params (required, may be empty), exp (required
here), iat. The token names no organization, so the key is found through the dashboard; it names no customer, the
dashboard's customer variable among params does.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from tokens import payload as claim
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.formats.signed import SignedFormat, times
from tokens.keys import Key, Keyring
from tokens.payload import Payload
from tokens.view import View


class MetabaseJwt(SignedFormat):
    """Reads and mints tokens of the ``metabase_jwt`` format."""

    name: ClassVar[str] = "metabase_jwt"
    label: ClassVar[str] = "Metabase format, JWT HS256"
    names_customer: ClassVar[bool] = False
    dashboard_by: ClassVar[str] = "id"
    sets_all_locked: ClassVar[bool] = True
    _OWN: Final = "resource"

    def recognises(self, claimed: Payload) -> bool:
        """Say whether a resource is there; every token of Metabase's has one."""
        return self._OWN in claimed

    def candidates(self, claimed: Payload, keys: Keyring) -> Sequence[Key]:
        """Return the secrets of the organization whose dashboard the token names."""
        resource = claimed[self._OWN]
        dashboard = resource.get("dashboard") if isinstance(resource, dict) else None
        return keys.of_dashboard(self.name, dashboard) if type(dashboard) is int else ()

    def claims(self, payload: Payload, key: Key, now: float, digest: str) -> Claims:
        """Read an authentic payload. Raises TokenError."""
        dashboard = claim.read_number(claim.read_object_claim(payload, self._OWN), "dashboard")
        if "params" not in payload:
            raise TokenError(Reason.CLAIM_INVALID, claim="params", problem="It must be there, also when it is empty.")
        return self.by_variables(payload, key, now, digest, dashboard=dashboard, variables="params")

    def payload(self, view: View, key: Key, now: int) -> dict[str, object]:
        """Write the claims of a new token; the customer is one of the params. Raises TokenError."""
        view.only("variables")
        names = {"resource": {"dashboard": view.dashboard}, "params": dict(view.variables or {})}
        return {**names, **times(view, now)}
