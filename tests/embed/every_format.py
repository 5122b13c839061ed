"""Every way in of every format: the cases of threats.md run over all of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponseBase
from django.test import Client

from customers.models import Customer
from dashboards.models import Dashboard
from secrets_admin.facts import resolve_key
from secrets_admin.models import EmbedSecret
from tests.about import about
from tests.anew import undone
from tests.tokens.makers import MAKERS
from tests.world import HOST_ORIGIN, Tenant, World
from tokens.formats import FORMATS

#: Formats whose page gets its token by message; the first exchange is a call like the others.
BY_MESSAGE = ("viasocket_jwt", "superset_guest")
CALLS = {
    "data": "/data/{format}/panels/{panel}",
    "card": "/data/{format}/panels/{panel}?as=card",
    "export": "/data/{format}/export/{panel}",
}
#: A call that asks no panel; no surface of its own, since it has no rows.
SESSION = "session"
_PATHS = {**CALLS, SESSION: "/data/{format}/session", "page": "/data/{format}/page"}


@dataclass(frozen=True)
class Way:
    """One surface of one format."""

    format: str
    surface: str

    def open(
        self, client: Client, tenant: Tenant, token: str, dashboard: str = "sales", panel: str = "rows", **query: str
    ) -> HttpResponseBase:
        """Present a token here as the vendor's page does, for a dashboard of this organization."""
        if self.surface == "api":
            # The card at the third place is the panel "rows"; as a file it has no envelope of the vendor's.
            card = "3" if panel == "rows" else panel
            return client.get(f"/api/embed/dashboard/{token}/dashcard/{card}/card/{card}/json?{urlencode(query)}")
        if self.surface == "page" and self.format not in BY_MESSAGE:
            return client.get(self._address(tenant, token, dashboard, query))
        path = _PATHS[self.surface].format(format=self.format, panel=panel)
        named = {**query, **self._named(tenant, dashboard)}
        path += ("&" if "?" in path else "?") + urlencode(named)
        return client.get(path, headers={"Authorization": f"Bearer {self._bearer(tenant, token, dashboard)}"})

    def _address(self, tenant: Tenant, token: str, dashboard: str, query: dict[str, str]) -> str:
        path, given = ADDRESSES[self.format](tenant, tenant.dashboards[dashboard], token)
        return f"{path}?{urlencode({**given, **query})}"

    def _named(self, tenant: Tenant, dashboard: str) -> dict[str, str]:
        if self.format not in BY_MESSAGE:
            return {}
        parent = {"parent": HOST_ORIGIN} if self.surface == "page" else {}
        return {"dashboard": str(tenant.dashboards[dashboard].embed_id), **parent}

    def _bearer(self, tenant: Tenant, token: str, dashboard: str) -> str:
        return f"{tenant.dashboards[dashboard].embed_id}:{token}" if self.format == "customer_token" else token


Address = Callable[[Tenant, Any, str], tuple[str, dict[str, str]]]
ADDRESSES: dict[str, Address] = {
    "explo_jwe": lambda tenant, board, token: (f"/iframe/{token}", {}),
    "customer_token": lambda tenant, board, token: (f"/iframe/{board.embed_id}/{token}", {}),
    "chartio_jwt": lambda tenant, board, token: (f"/d/{tenant.organization.slug}/{board.slug}/{token}", {}),
    "papermap_hmac": lambda tenant, board, token: ("/embedded/dashboard", {"embedded-token": token}),
    "metabase_jwt": lambda tenant, board, token: (f"/embed/dashboard/{token}", {}),
}
WAYS = [
    *[Way(format, surface) for format in FORMATS for surface in ("page", *CALLS)],
    # Metabase's data routes have doors of their own.
    Way("metabase_jwt", "api"),
]
#: Without the token that does not end and has no claims.
CLAIMED = [way for way in WAYS if way.format != "customer_token"]


def over(ways: Sequence[Way]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for each format, over all ways of it; none finds what another one wrote."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @pytest.mark.parametrize("format", list(dict.fromkeys(way.format for way in ways)))
        def each(format: str, world: World, embed_client: Client) -> None:
            if format in MAKERS:
                world.a.secret_of(format)
            for way in ways:
                if way.format == format:
                    with about(way.surface), undone():
                        test(way, world, embed_client)

        each.__name__, each.__doc__ = test.__name__, test.__doc__
        return each

    return decorate


@dataclass(frozen=True)
class Vendors:
    """One tenant's dashboard that tokens of every format open, at every way in."""

    tenant: Tenant

    @property
    def dashboard(self) -> Dashboard:
        return self.tenant.dashboards["sales"]

    def token(
        self,
        format: str,
        *,
        customer: str = "acme",
        ago: float = 0.0,
        ends: float | None = None,
        iat: bool = True,
        secret: EmbedSecret | None = None,
    ) -> str:
        """Make a token some seconds ago that ends in an hour; a customer's own token is the one it has."""
        if format == "customer_token":
            return Customer.objects.get(id=self.tenant.customers[customer].id).token()
        maker, now = MAKERS[format], time.time()
        key = resolve_key(format, (secret or self.tenant.secret_of(format)).key_id)
        assert key is not None
        times: dict[str, object] = {maker.exp: int(now + 3600 if ends is None else ends)}
        times["iat"] = int(now - ago) if iat else ...
        return maker.token(key, self.tenant.wanted(customer), now, **times)

    def open(self, client: Client, format: str, token: str) -> dict[str, HttpResponseBase]:
        """Ask at every way in that takes the format; returns the answers by the way's name."""
        return {way.surface: way.open(client, self.tenant, token) for way in WAYS if way.format == format}

    def statuses(self, client: Client, format: str, token: str) -> set[int]:
        return {answer.status_code for answer in self.open(client, format, token).values()}


def open_to_vendors(tenant: Tenant) -> Vendors:
    """Let tokens of every format open a tenant's dashboard at every way in."""
    tenant.allow_tag("sales")
    Dashboard.objects.update(viewers_may_export=True)
    return Vendors(tenant)
