"""JWTs that backends ask for as they do at Explo: for one customer and dashboard, with a key of theirs or ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils.dateparse import parse_duration

from customers.facts import find_customer
from dashboards.addresses import address_before
from dashboards.facts import find_dashboard
from dashboards.minting import FORMAT, MintRefused
from embed.backend_calls import Call
from embed.members import read_flag, read_optional_text, read_text, read_texts
from embed.minting import mint, refusal_of
from embedhost.lib.errors import NotFound
from secrets_admin import facts
from secrets_admin.feed import feed
from secrets_admin.internal_secrets import internal_key
from secrets_admin.models import EmbedSecret
from tokens.errors import TokenError
from tokens.identifiers import check_identifier
from tokens.keys import Key, is_key_id
from tokens.times import LONGEST_LIFETIME
from tokens.urls import MAX_URL
from tokens.view import View

DOOR: Final = "iframe"


@dataclass(frozen=True, slots=True)
class JwtOrder:
    """What a JWT shall open; ``lifetime`` in seconds, None: as long as the workspace allows."""

    customer: str
    dashboard: str
    key_id: str | None
    lifetime: int | None
    origin: str | None


def read_order(body: Mapping[str, object]) -> JwtOrder:
    """Read the vendor's request. Raises BadBody, MintRefused."""
    if body.get("chart_id") is not None:
        raise MintRefused("`chart_id` must be null: a token opens a dashboard, and there is none for a single chart.")
    # Report builders are not here: what is said of them is checked and then changes nothing.
    read_texts(body, "rb_allowed_features")
    read_flag(body, "disable_editable_section_editing")
    return JwtOrder(
        customer=read_text(body, "provided_id"),
        dashboard=read_text(body, "embed_id"),
        key_id=read_optional_text(body, "key_id"),
        lifetime=_seconds(read_optional_text(body, "expiration")),
        origin=read_optional_text(body, "embed_origin"),
    )


def generate(call: Call, order: JwtOrder) -> str:
    """Make a JWT and write it to the mint log.

    Raises NotFound for a customer, dashboard or key that is not the workspace's, MintRefused for what its door would
    refuse, Forbidden, and ServiceUnavailable when the log cannot be written.
    """
    call.key.require_customer(order.customer)
    dashboard = find_dashboard(order.dashboard)
    if dashboard is None or dashboard.organization_id != call.key.organization_id:
        raise NotFound("There is no such dashboard. `embed_id` is the one on its Embed page.")
    if check_identifier(order.customer) or find_customer(call.key.workspace_id, order.customer) is None:
        raise NotFound("The workspace has no such customer.")
    secret = _secret(call, order.key_id)
    before = address_before(FORMAT, embed_id=dashboard.embed_id, organization="", slug="")
    view = View(
        dashboard=dashboard.embed_id,
        customer=order.customer,
        lifetime=min(LONGEST_LIFETIME, secret.max_lifetime) if order.lifetime is None else order.lifetime,
        origin=order.origin,
        room=MAX_URL - len(before),
    )
    try:
        return mint(DOOR, secret, view, call.key, feed.now()).token
    except TokenError as error:
        raise refusal_of(error) from None


def _secret(call: Call, key_id: str | None) -> Key:
    if key_id is None:
        return internal_key(call.key.workspace_id, FORMAT, actor=call.actor)
    key = facts.resolve_key(FORMAT, key_id) if is_key_id(key_id) else None
    if key is None or key.workspace_id != call.key.workspace_id or key.purpose != EmbedSecret.Purpose.EMBED:
        raise NotFound("The workspace has no embed secret of Explo's format with this `key_id`.")
    return key


def _seconds(duration: str | None) -> int | None:
    """Read an ISO 8601 duration of days, hours, minutes and seconds. Raises MintRefused."""
    if duration is None:
        return None
    # Django reads other spellings too, such as "3600" and "1 day".
    found = parse_duration(duration) if duration.startswith("P") and len(duration) <= 50 else None
    if found is None or found.microseconds or not timedelta(0) < found <= timedelta(seconds=LONGEST_LIFETIME):
        raise MintRefused("`expiration` is an ISO 8601 duration of whole seconds, such as PT1H, of 24 hours at most.")
    return int(found.total_seconds())
