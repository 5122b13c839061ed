"""Tokens of every format for one view of the world, and every way in that takes each of them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.http import HttpResponseBase
from django.test import Client

from customers.models import Customer
from dashboards.lists import set_tag_dashboards
from dashboards.models import Dashboard
from dashboards.services import save_version
from secrets_admin import facts
from secrets_admin.access import SYSTEM
from secrets_admin.models import EmbedSecret
from secrets_admin.services import create_secret
from tests.tokens.makers import CUSTOMER, MAKERS, Wanted
from tests.world import HOST_ORIGIN, Tenant
from tokens.formats import FORMATS

#: Where a token rides in the page's own address.
_PAGES = {
    "explo_jwe": "/iframe/{token}",
    "chartio_jwt": "/d/{id}/{token}",
    "papermap_hmac": "/embedded/dashboard?embedded-token={token}",
    "metabase_jwt": "/embed/dashboard/{token}",
    "customer_token": "/iframe/{embed_id}/{token}",
}
#: Where it comes by message, and the page is fetched with it as Bearer.
_EXCHANGED = frozenset(FORMATS) - frozenset(_PAGES)
SIGNED = tuple(sorted(MAKERS))


@dataclass(frozen=True)
class Vendors:
    """One tenant's dashboard that tokens of every format open, with a secret for each format that has any."""

    tenant: Tenant
    dashboard: Dashboard
    secrets: Mapping[str, EmbedSecret]

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
        key = facts.resolve_key(format, (secret or self.secrets[format]).key_id)
        assert key is not None
        wanted = Wanted(str(self.dashboard.embed_id), self.dashboard.id, customer)
        times: dict[str, object] = {maker.exp: int(now + 3600 if ends is None else ends)}
        times["iat"] = int(now - ago) if iat else ...
        return maker.token(key, wanted, now, **times)

    def open(self, client: Client, format: str, token: str) -> dict[str, HttpResponseBase]:
        """Ask at every way in that takes the format; returns the answers by the way's name."""
        bearer = f"{self.dashboard.embed_id}:{token}" if format == "customer_token" else token
        calls = {"data": "panels/rows", "card": "panels/rows?as=card", "export": "export/rows"}
        if format in _EXCHANGED:
            calls["page"] = f"page?parent={quote(HOST_ORIGIN, safe='')}"
        answers: dict[str, HttpResponseBase] = {
            name: client.get(f"/data/{format}/{path}", headers={"Authorization": f"Bearer {bearer}"})
            for name, path in calls.items()
        }
        if format in _PAGES:
            places = {"token": quote(token, safe=""), "id": self.dashboard.id, "embed_id": self.dashboard.embed_id}
            answers["page"] = client.get(_PAGES[format].format(**places))
        return answers

    def statuses(self, client: Client, format: str, token: str) -> set[int]:
        return {answer.status_code for answer in self.open(client, format, token).values()}


def build_vendors(tenant: Tenant) -> Vendors:
    """Give a tenant a secret of every format, and a dashboard that all of their tokens open."""
    board = save_version(tenant.organization, _document(tenant))
    Dashboard.objects.filter(id=board.id).update(viewers_may_export=True)
    set_tag_dashboards(tenant.workspace, [board], default=board, actor=SYSTEM)
    made = {
        format: create_secret(tenant.workspace, name=f"Of {format}", format=format, actor=SYSTEM) for format in MAKERS
    }
    return Vendors(tenant, board, made)


def _document(tenant: Tenant) -> dict[str, object]:
    sql = f"SELECT region, amount, note FROM {tenant.organization.slug}.orders ORDER BY note"
    columns = [{"name": "region"}, {"name": "amount"}, {"name": "note"}]
    return {
        "title": "Every vendor",
        "slug": "every-vendor",
        "customer_variable": CUSTOMER,
        "variables": [{"name": CUSTOMER, "type": "text", "mode": "hidden", "label": "Customer"}],
        "panels": [
            {
                "id": "rows",
                "type": "table",
                "title": "Orders",
                "width": 12,
                "source": "warehouse",
                "sql": sql,
                "encoding": {"columns": columns},
            }
        ],
    }
