"""A customer's own token: 64 hexadecimal digits, opaque, valid until it is refreshed or its customer is deleted.

Vendor: Explo, customers and their tokens. It is looked up by a keyed hash and never decoded. The text that is read
here is ``<embed id>:<customer token>``, as the web component writes it.
"""

import re
from collections.abc import Mapping
from typing import Final

from tokens import payload as claim
from tokens.claims import Claims, token_digest
from tokens.errors import Reason, TokenError
from tokens.keys import Key, Keyring
from tokens.times import LONGEST_LIFETIME
from tokens.urls import MAX_URL

_SHAPE: Final = re.compile(r"([^:]+):([0-9a-f]{64})")
_TOKEN: Final = re.compile("[0-9a-f]{64}")


def is_customer_token(text: str) -> bool:
    """Say whether a path segment is a customer token: 64 small hexadecimal digits and nothing else."""
    return _TOKEN.fullmatch(text) is not None


class CustomerToken:
    """Reads tokens of the ``customer_token`` format; customers/ makes them."""

    name: Final = "customer_token"
    kind: Final = "opaque"
    label: Final = "Customer token, opaque"
    has_secrets: Final = False
    names_customer: Final = True
    dashboard_by: Final = "embed_id"
    longest: Final = MAX_URL

    def read(self, token: str, keys: Keyring, now: float) -> Claims | None:
        """Look a token up at database time ``now``; None when it is not this kind. Raises TokenError.

        The token itself does not end; a page that it opens does, after 24 hours.
        """
        found = _SHAPE.fullmatch(token)
        if found is None:
            return None
        key = keys.of_customer_token(found[2])
        if key is None:
            raise TokenError(Reason.UNKNOWN_KEY, problem="No customer has this token; it may have been refreshed.")
        if not key.verifies:
            problem = "This workspace does not accept customer tokens."
            disabled = TokenError(Reason.CUSTOMER_TOKEN_DISABLED, problem=problem)
            raise disabled.about(key, verified=True).of(key.bound_customer)
        try:
            return _claims({"embed id": found[1]}, key, now, token_digest(self.name, key.key_id, (found[2].encode(),)))
        except TokenError as refused:
            refused.about(key, verified=True).of(key.bound_customer)
            raise


def _claims(named: Mapping[str, object], key: Key, now: float, digest: str) -> Claims:
    return Claims(
        format=CustomerToken.name,
        key=key,
        dashboard=claim.read_identifier(named, "embed id"),
        customer=key.bound_customer,
        expires_at=now + LONGEST_LIFETIME,
        issued_at=key.made_at,
        variables={},
        digest=digest,
    )
