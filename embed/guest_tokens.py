"""Guest tokens that backends ask for as they do at Superset: read strictly, minted, and opened once before they leave.

A rule is never SQL here. It has to read ``column = 'value'``, where column is the one by which the tables are scoped
and value a customer's external id; the door that will open the token says so before anybody gets it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.minting import MintRefused
from embed.minting import mint
from embedhost.lib.errors import Forbidden
from secrets_admin import keyring
from secrets_admin.api_keys import ApiKeyFacts
from secrets_admin.feed import feed
from tokens import payload as claim
from tokens.errors import Reason, TokenError
from tokens.formats.superset_guest import read_clause
from tokens.keys import Key
from tokens.view import View

FORMAT: Final = "superset_guest"
DOOR: Final = "embedded"
#: Seconds, as at Superset; a workspace may allow less.
LIFETIME: Final = 300
_MOST_RESOURCES: Final = 20
_PROBLEMS: Final = {
    Reason.UNKNOWN_DASHBOARD: "There is no such dashboard; a resource's id is the dashboard's embed id.",
    Reason.UNKNOWN_CUSTOMER: "No customer of this workspace has the external id that the rule names.",
}


@dataclass(frozen=True, slots=True)
class GuestOrder:
    """What a guest token shall open: dashboards by embed id, for the customer whose ``column`` a rule names."""

    dashboards: tuple[str, ...]
    column: str
    customer: str
    viewer: str | None


def read_order(body: Mapping[str, object]) -> GuestOrder:
    """Read the vendor's request; keys that are not known are ignored. Raises MintRefused."""
    try:
        column, customer = _rule(body.get("rls"))
        return GuestOrder(_dashboards(body.get("resources")), column, customer, _viewer(body.get("user")))
    except TokenError as error:
        raise _refused(error) from None


def mint_guest(key: ApiKeyFacts, order: GuestOrder) -> str:
    """Make a token with the workspace's secret and write it to the mint log.

    Raises MintRefused, Forbidden while embedding is off or for another customer than the key's, and ServiceUnavailable
    when the log cannot be written.
    """
    key.require_customer(order.customer)
    secret = _secret(key, order.customer)
    try:
        return mint(DOOR, secret, _view(order, min(LIFETIME, secret.max_lifetime)), key, feed.now()).token
    except TokenError as error:
        raise _refused(error) from None


def _view(order: GuestOrder, lifetime: int) -> View:
    first, *others = order.dashboards
    return View(
        dashboard=first,
        customer=order.customer,
        lifetime=lifetime,
        variables={order.column: order.customer},
        viewer=order.viewer,
        more_dashboards=tuple(others) or None,
    )


def _secret(key: ApiKeyFacts, customer: str) -> Key:
    """Return the newest active secret that may name this customer."""
    every = keyring.of_workspace(FORMAT, key.workspace_id)
    fit = (one for one in every if one.mints and one.purpose == "embed" and one.bound_customer in ("", customer))
    secret = next(fit, None)
    if secret is None:
        raise MintRefused("This workspace has no active embed secret of the Superset format. Make one in the console.")
    return secret


def _rule(rules: object) -> tuple[str, str]:
    if not isinstance(rules, Sequence) or isinstance(rules, str) or len(rules) != 1 or not isinstance(rules[0], dict):
        raise _invalid("The member `rls` must be a list with exactly one rule, which names the customer.")
    if rules[0].get("dataset") is not None:
        raise _invalid("A rule cannot be for one dataset: the tables' own rules say what is scoped.")
    return read_clause(rules[0].get("clause"))


def _dashboards(resources: object) -> tuple[str, ...]:
    if not isinstance(resources, list) or not 0 < len(resources) <= _MOST_RESOURCES:
        raise _invalid(f"The member `resources` must be a list of 1 to {_MOST_RESOURCES} dashboards.")
    return tuple(dict.fromkeys(_dashboard(resource) for resource in resources))


def _dashboard(resource: object) -> str:
    if not isinstance(resource, dict) or resource.get("type") != "dashboard" or not isinstance(resource.get("id"), str):
        raise _invalid('Each resource is {"type": "dashboard", "id": "<embed id>"}.')
    name: str = resource["id"]
    return name


def _viewer(user: object) -> str | None:
    if user is None:
        return None
    if not isinstance(user, dict):
        raise _invalid("The member `user` must be an object.")
    return claim.read_identifier(user, "username") if user.get("username") not in (None, "") else None


def _invalid(problem: str) -> TokenError:
    return TokenError(Reason.CLAIM_INVALID, problem=problem)


def _refused(error: TokenError) -> MintRefused | Forbidden:
    """The caller is the organization's own backend, so it is told the reason."""
    if error.reason is Reason.EMBEDDING_DISABLED:
        return Forbidden("Embedding is switched off for this organization.")
    problem = _PROBLEMS.get(error.reason) or error.problem or "The token would open nothing."
    return MintRefused(f"The user's name cannot be used. {problem}" if error.claim == "username" else problem)
