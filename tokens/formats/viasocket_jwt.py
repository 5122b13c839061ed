"""viaSocket's embed token, for its script tag: HS256 with the project's access key.

Vendor: Generate JWT Token, and the current embed documentation. Claims: org_id and project_id (our organization's id
as text, our workspace's id), user_id or unique_identifier (our customer's external_id), iat; exp is optional, then
the token lives for 24 hours from iat. It names no dashboard: the workspace's tag list does.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from tokens import payload as claim
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.formats.signed import SignedFormat, times
from tokens.keys import Key, Keyring
from tokens.payload import Payload
from tokens.times import read_times
from tokens.urls import MAX_MESSAGE
from tokens.view import View


class ViasocketJwt(SignedFormat):
    """Reads and mints tokens of the ``viasocket_jwt`` format."""

    name: ClassVar[str] = "viasocket_jwt"
    label: ClassVar[str] = "viaSocket format, JWT HS256"
    names_customer: ClassVar[bool] = True
    dashboard_by: ClassVar[str] = "tag"
    longest: ClassVar[int] = MAX_MESSAGE
    _OWN: Final = ("org_id", "project_id")
    _CUSTOMER: Final = ("user_id", "unique_identifier")

    def recognises(self, claimed: Payload) -> bool:
        """Say whether org_id and project_id are there."""
        return all(name in claimed for name in self._OWN)

    def candidates(self, claimed: Payload, keys: Keyring) -> Sequence[Key]:
        """Return the access keys of the project that the token names."""
        project = claimed.get("project_id")
        return keys.of_workspace(self.name, project) if isinstance(project, str) else ()

    def claims(self, payload: Payload, key: Key, now: float, digest: str) -> Claims:
        """Read an authentic payload. Raises TokenError."""
        if payload["org_id"] != str(key.organization_id):
            problem = "org_id must be the organization's id as a text."
            raise TokenError(Reason.WRONG_ORGANIZATION, claim="org_id", problem=problem)
        customer = self._customer(payload)
        at = read_times(payload, max_lifetime=key.max_lifetime, now=now, exp_from_iat=True)
        return Claims(
            format=self.name,
            key=key,
            dashboard=None,
            customer=customer,
            expires_at=at.expires_at,
            issued_at=at.issued_at,
            variables={},
            digest=digest,
        )

    def customer_in(self, payload: Payload) -> object:
        """Return the customer under either name."""
        return next((payload[name] for name in self._CUSTOMER if name in payload), None)

    def _customer(self, payload: Payload) -> str:
        first, second = self._CUSTOMER
        if second not in payload:
            return claim.read_customer(payload, first)
        customer = claim.read_customer(payload, second)
        if first in payload and payload[first] != customer:
            problem = "user_id and unique_identifier name two customers; send one of them."
            raise TokenError(Reason.CLAIM_INVALID, claim=first, problem=problem)
        return customer

    def payload(self, view: View, key: Key, now: int) -> dict[str, object]:
        """Write the claims of a new token; the dashboard is the tag's. Raises TokenError."""
        view.only()
        names = {"org_id": str(key.organization_id), "project_id": key.workspace_id, "user_id": view.customer}
        return {**names, **times(view, now)}
