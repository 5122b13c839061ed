"""Superset's REST calls, as a company's backend writes them."""

import json
from base64 import urlsafe_b64decode
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from dashboards.models import Dashboard
from embed.usage_models import MintRecord
from embedhost.lib import journal
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import create_api_key
from secrets_admin.models import ApiKey
from tests.embed.surfaces import assert_headers
from tests.house.test_error_shape import assert_flat
from tests.world import Tenant

LOGIN = "/api/v1/security/login"
GUEST = "/api/v1/security/guest_token/"
CSRF = "/api/v1/security/csrf_token/"
EVERY_SCOPE = ("read", "write", "mint")


def send(client: Client, path: str, body: object = None, access: str = "", method: str = "post") -> HttpResponseBase:
    """Call as a backend does; every refusal has the one error shape."""
    headers = {"Authorization": f"Bearer {access}"} if access else {}
    sent = {} if method == "get" else {"data": body, "content_type": "application/json"}
    answer = getattr(client, method)(path, headers=headers, **sent)
    if answer.status_code >= 400:
        assert_flat(answer)
    assert isinstance(answer, HttpResponseBase)
    return answer


def told(answer: HttpResponseBase, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.getvalue()
    assert answer.headers["Content-Type"] == "application/json"
    assert_headers(answer)
    read: dict[str, Any] = json.loads(answer.getvalue())
    return read


def new_key(tenant: Tenant, *scopes: str) -> tuple[ApiKey, str]:
    return create_api_key(tenant.workspace, name="Backend", scopes=scopes or EVERY_SCOPE, actor=SYSTEM)


def access(client: Client, tenant: Tenant, *scopes: str) -> str:
    """Log in with a new API key, as a company's backend does."""
    key, value = new_key(tenant, *scopes)
    body = {"username": key.key_id, "password": value, "provider": "db", "refresh": True}
    token: str = told(send(client, LOGIN, body))["access_token"]
    return token


def order(tenant: Tenant, clause: object = "cst = 'acme'", **changes: object) -> dict[str, object]:
    """What a backend of Superset's sends for a guest token."""
    return {
        "user": {"username": "viewer-7", "first_name": "A", "last_name": "Viewer", "attributes": {"a": 1}},
        "resources": [{"type": "dashboard", "id": str(tenant.dashboards["sales"].embed_id)}],
        "rls": [{"clause": clause}],
        **changes,
    }


def guest(client: Client, tenant: Tenant, *, key: str = "", **changes: object) -> HttpResponseBase:
    return send(client, GUEST, order(tenant, **changes), key or access(client, tenant, "mint"))


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    read: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def rows(client: Client, token: str, dashboard: Dashboard) -> HttpResponseBase:
    """Ask for data as the page does that Superset's SDK opened."""
    headers = {"Authorization": f"Bearer {token}"}
    return client.get(f"/data/superset_guest/panels/rows?dashboard={dashboard.embed_id}", headers=headers)


def minted() -> list[MintRecord]:
    journal.drain()
    return list(MintRecord.objects.order_by("id"))
