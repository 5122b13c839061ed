"""Superset's guest token, as its embedded SDK brings it: HS256, readable, with exp.

Vendor: apache/superset, superset/security/guest_token.py. Claims: user, resources [{type: dashboard, id: embed id}],
rls_rules, iat, exp, aud, type "guest". The SQL text of a rule is never run: exactly one rule of the form
``column = 'value'`` is read as "the customer is value", and the column must be the scope's own.
"""

import re
from collections.abc import Mapping, Sequence
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

_RULE: Final = re.compile(r"""\s*("?)([A-Za-z_][A-Za-z0-9_]*)\1\s*=\s*'((?:[^']|'')*)'\s*""")
_MOST_RESOURCES: Final = 20


class SupersetGuest(SignedFormat):
    """Reads and mints tokens of the ``superset_guest`` format."""

    name: ClassVar[str] = "superset_guest"
    label: ClassVar[str] = "Superset format, guest JWT HS256"
    names_customer: ClassVar[bool] = True
    dashboard_by: ClassVar[str] = "embed_id"
    longest: ClassVar[int] = MAX_MESSAGE

    def recognises(self, claimed: Payload) -> bool:
        """Say whether it is a guest token with resources."""
        return claimed.get("type") == "guest" and "resources" in claimed

    def candidates(self, claimed: Payload, keys: Keyring) -> Sequence[Key]:
        """Return the secrets of the organization whose dashboard the token names first."""
        resources = claimed["resources"]
        first = resources[0] if isinstance(resources, list) and resources else None
        dashboard = first.get("id") if isinstance(first, dict) else None
        return keys.of_dashboard(self.name, dashboard) if isinstance(dashboard, str) else ()

    def claims(self, payload: Payload, key: Key, now: float, digest: str) -> Claims:
        """Read an authentic payload. Raises TokenError."""
        dashboards = _dashboards(payload)
        column, customer = _rule(payload)
        viewer = claim.read_optional_identifier(claim.read_object_claim(payload, "user"), "username")
        at = read_times(payload, max_lifetime=key.max_lifetime, now=now)
        return Claims(
            format=self.name,
            key=key,
            dashboard=dashboards[0],
            customer=customer,
            expires_at=at.expires_at,
            issued_at=at.issued_at,
            variables={},
            viewer=viewer,
            digest=digest,
            more_dashboards=frozenset(dashboards[1:]),
            scope_column=column,
        )

    def customer_in(self, payload: Payload) -> object:
        """Return the customer of a rule that can be read."""
        try:
            return _rule(payload)[1]
        except TokenError:
            return None

    def payload(self, view: View, key: Key, now: int) -> dict[str, object]:
        """Write the claims of a new token; ``variables`` holds the scope's column and the customer's id.

        Raises TokenError.
        """
        view.only("viewer", "variables", "more_dashboards")
        names = (view.dashboard, *(view.more_dashboards or ()))
        rules = [{"clause": f"{column} = {_quoted(value)}"} for column, value in (view.variables or {}).items()]
        return {
            "user": {"username": view.viewer or view.customer},
            "resources": [{"type": "dashboard", "id": name} for name in names],
            "rls_rules": rules,
            "type": "guest",
            **times(view, now),
        }


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _dashboards(payload: Payload) -> list[str]:
    resources = payload["resources"]
    if not isinstance(resources, list) or not 0 < len(resources) <= _MOST_RESOURCES:
        raise _invalid("resources", f"It must be a list of 1 to {_MOST_RESOURCES} dashboards.")
    return [_dashboard(resource) for resource in resources]


def _dashboard(resource: object) -> str:
    if not isinstance(resource, Mapping) or resource.get("type") != "dashboard":
        raise _invalid("resources", "Each resource is a dashboard.")
    try:
        return claim.read_identifier(resource, "id")
    except TokenError as refused:
        raise _invalid("resources", refused.problem or "Each resource has an id.") from None


def _rule(payload: Payload) -> tuple[str, str]:
    rules = payload.get("rls_rules")
    if not isinstance(rules, list):
        raise _invalid("rls_rules", "It must be a list with one rule.")
    if not rules:
        raise TokenError(Reason.CUSTOMER_MISSING, claim="rls_rules", problem="The token has no rule, so no customer.")
    if len(rules) > 1 or not isinstance(rules[0], dict) or rules[0].keys() != {"clause"}:
        raise _invalid("rls_rules", "There must be exactly one rule with a clause and nothing else.")
    return read_clause(rules[0]["clause"])


def read_clause(clause: object) -> tuple[str, str]:
    """Return the column and the customer of ``column = 'value'``. Raises TokenError for any other text."""
    found = _RULE.fullmatch(clause) if isinstance(clause, str) else None
    if found is None:
        raise _invalid("rls_rules", "The clause must read column = 'value'; no other SQL is taken.")
    named = {"rls_rules": found[3].replace("''", "'")}
    return found[2], claim.read_customer(named, "rls_rules")


def _invalid(name: str, problem: str) -> TokenError:
    return TokenError(Reason.CLAIM_INVALID, claim=name, problem=problem)
