"""Embed tokens in the REST API: made, looked at, revoked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from customers.facts import find_customer
from dashboards.addresses import address_before
from dashboards.facts import DashboardFacts, find_dashboard, spec_of
from dashboards.variables import from_token
from embed import token_api_fields
from embed.inspector import Finding, inspect
from embed.minting import mint, refusal_of
from embed.revoke_pasted import end, find_ending
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.errors import NotFound
from secrets_admin import keyring, revocation
from secrets_admin.api_view import KeyView
from secrets_admin.feed import feed
from secrets_admin.internal_secrets import internal_key
from tokens.errors import TokenError
from tokens.keys import Key
from tokens.urls import MAX_URL
from tokens.view import View

#: Seconds that a token lives when the call does not say it and the workspace allows as much.
USUAL_LIFETIME: Final = 3600
#: Format -> the door of its pages.
_DOORS: Final = {"explo_jwe": "iframe", "papermap_hmac": "embedded/dashboard"}
_ELEMENT: Final = "explo_jwe"
#: A customer's own token does not end.
_ENDLESS: Final = "customer_token"
_KINDS: Final = {"own": "customer_token", "made": "token", "digest": "digest"}


class EmbedTokensView(KeyView):
    """Tokens for pages."""

    @endpoint(
        "embed_tokens_create",
        "Make an embed token",
        scope="mint",
        body=token_api_fields.Order,
        answers={201: token_api_fields.Made},
        problems=(404,),
    )
    def post(self, request: Request) -> Response:
        """It opens one dashboard for one customer. Make one for each page view; nothing of it is kept.

        The workspace's newest active embed secret of the format makes it; without one, one is made for the API.
        """
        order = self.body
        self.key.require_customer(order["customer"])
        dashboard = find_dashboard(order["dashboard"])
        if dashboard is None or dashboard.organization_id != self.key.organization_id:
            raise NotFound("There is no such dashboard. Its embed id is on its Embed page.")
        if find_customer(self.key.workspace_id, order["customer"]) is None:
            raise NotFound("The workspace has no such customer. Make it first.")
        from_token(spec_of(dashboard.latest_version_id), order.get("variables") or {})
        return Response(self._made(order, dashboard), 201)

    def _made(self, order: Mapping[str, Any], dashboard: DashboardFacts) -> dict[str, Any]:
        format = order["format"]
        before = address_before(format, embed_id=dashboard.embed_id, organization="", slug="")
        secret = self._secret(format, order["customer"])
        view = _view(order, dashboard, min(USUAL_LIFETIME, secret.max_lifetime), MAX_URL - len(before))
        try:
            made = mint(_DOORS[format], secret, view, self.key, feed.now())
        except TokenError as error:
            raise refusal_of(error) from None
        return {
            "token": made.token,
            "expires_at": _instant(made.expires_at),
            "iframe_url": before + made.token,
            "web_component": _element(made.token) if format == _ELEMENT else None,
            "characters_left": MAX_URL - len(before) - len(made.token),
        }

    def _secret(self, format: str, customer: str) -> Key:
        """Return the newest active secret that may name this customer, made now when there is none."""
        every = keyring.of_workspace(format, self.key.workspace_id)
        found = next((one for one in every if one.mints and one.bound_customer in ("", customer)), None)
        return found or internal_key(self.key.workspace_id, format, actor=self.actor)


class EmbedTokenInspectView(KeyView):
    """Why a token opens or does not."""

    @endpoint(
        "embed_tokens_inspect",
        "Look at an embed token",
        scope="read",
        body=token_api_fields.Pasted,
        answers={200: token_api_fields.Looked},
    )
    def post(self, request: Request) -> Response:
        """Of any format, and a customer's own token. A token of another workspace is unknown here.

        A key that is limited to some customers learns of theirs alone.
        """
        found = inspect(
            self.body["token"], self.workspace.organization, site=self.body.get("site", ""), within=self.workspace
        )
        if self.key.customers is not None:
            self.key.require_customer(found.customer or "")
        return Response(_told(found))


class EmbedTokenRevokeView(KeyView):
    """Ending tokens before their time."""

    @endpoint(
        "embed_tokens_revoke",
        "Revoke embed tokens",
        scope="write",
        body=token_api_fields.Revocation,
        answers={200: token_api_fields.Ended},
        problems=(404, 409),
    )
    def post(self, request: Request) -> Response:
        """One token, or all of a viewer that were made before now; on every server within a second.

        A key that is limited to some customers names a token of theirs, or one of them beside the viewer.
        """
        text = self.body.get("token") or self.body.get("digest")
        return Response(self._revoke_viewer() if text is None else self._revoke_one(text))

    def _revoke_viewer(self) -> dict[str, Any]:
        customer = self.body.get("customer", "")
        if self.key.customers is not None:
            self.key.require_customer(customer)
        until = revocation.revoke_viewer(self.workspace, self.body["viewer"], customer=customer, actor=self.actor)
        return {"revoked": "viewer", "customer": customer or None, "refused_until": until}

    def _revoke_one(self, text: str) -> dict[str, Any]:
        try:
            ending = find_ending(self.workspace, text)
        except revocation.RevocationRefused as error:
            raise NotFound(error.message) from None
        if self.key.customers is not None:
            self.key.require_customer(ending.customer or "")
        end(self.workspace, ending, actor=self.actor)
        return {"revoked": _KINDS[ending.kind], "customer": ending.customer, "refused_until": None}


def _view(order: Mapping[str, Any], dashboard: DashboardFacts, usual: int, room: int) -> View:
    rights = order.get("rights")
    return View(
        dashboard=dashboard.embed_id,
        customer=order["customer"],
        lifetime=order.get("expires_in", usual),
        origin=order.get("origin"),
        variables=order.get("variables"),
        rights=None if rights is None else frozenset(rights),
        viewer=order.get("viewer"),
        locale=order.get("locale"),
        time_zone=order.get("time_zone"),
        room=room,
    )


def _element(token: str) -> str:
    script = f'<script src="{settings.EMBED_ORIGIN}/embed.js" async></script>'
    return f'{script}\n<embedhost-dashboard dash-jwt="{token}"></embedhost-dashboard>'


def _told(found: Finding) -> dict[str, Any]:
    outcome, claims = found.outcome, found.outcome.claims
    error = outcome.error
    return {
        "opens": error is None,
        "reason": None if error is None else str(error.reason),
        "stage": None if outcome.failed is None else str(outcome.failed),
        "problem": None if error is None else error.problem or None,
        "hints": list(found.hints),
        "format": outcome.format,
        "key_id": claims.key.key_id if claims else error.key_id if error else None,
        "digest": claims.digest if claims else None,
        "dashboard": None if claims is None or claims.dashboard is None else str(claims.dashboard),
        "customer": found.customer,
        "viewer": claims.viewer if claims else None,
        "variables": sorted(claims.variables) if claims else [],
        "rights": None if claims is None or claims.rights is None else sorted(claims.rights),
        "issued_at": _instant(claims.issued_at) if claims and claims.issued_at is not None else None,
        "expires_at": _instant(claims.expires_at) if claims and claims.format != _ENDLESS else None,
    }


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


api_urlpatterns = [
    path("api/v1/embed-tokens/", EmbedTokensView.as_view(), name="api_embed_tokens"),
    path("api/v1/embed-tokens/inspect", EmbedTokenInspectView.as_view(), name="api_embed_token_inspect"),
    path("api/v1/embed-tokens/revoke", EmbedTokenRevokeView.as_view(), name="api_embed_token_revoke"),
]
