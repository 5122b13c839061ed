"""Explo's REST calls, as a company's backend writes them."""

import json
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import SCOPES, create_api_key
from tests.embed.surfaces import assert_headers
from tests.world import Tenant

CREATE = "/api/create_customer/"
GET = "/api/get_customer/"
UPDATE = "/api/update_customer/"
DELETE = "/api/delete_customer/"
REFRESH = "/api/refresh_customer_token/"
LIST = "/api/customers/"
LIST_V2 = "/v2/api/customers/"
PORTAL = "/api/configure_customer_portal/"
JWT = "/api/generate_jwt/"
TAG = "/api/create_group_tag/"
END_USER = "/api/create_end_user/"
DELETE_GROUP = "/api/delete_user_group/"
#: Every call with its method, the scope that it needs and a body that is refused for nothing but its ids.
CALLS: dict[str, tuple[str, str, dict[str, object]]] = {
    CREATE: ("post", "write", {"provided_id": "acme"}),
    GET: ("post", "read", {"provided_id": "acme"}),
    UPDATE: ("post", "write", {"provided_id": "acme"}),
    DELETE: ("delete", "write", {"current_token": "0" * 64}),
    DELETE_GROUP: ("delete", "write", {"current_token": "0" * 64}),
    REFRESH: ("post", "write", {"current_token": "0" * 64}),
    LIST: ("get", "read", {}),
    LIST_V2: ("get", "read", {}),
    PORTAL: ("post", "write", {"provided_id": "acme", "dashboard_embed_id": "x"}),
    JWT: ("post", "mint", {"provided_id": "acme", "embed_id": "x"}),
    TAG: ("post", "write", {"name": "beta"}),
    END_USER: ("post", "write", {"provided_id": "user-1", "customer_id": "acme"}),
}


def new_key(tenant: Tenant, *scopes: str, customers: list[str] | None = None) -> str:
    """Return the value of a new API key; with every scope unless some are named."""
    chosen = scopes or tuple(SCOPES)
    return create_api_key(tenant.workspace, name="Backend", scopes=chosen, customers=customers, actor=SYSTEM)[1]


def send(client: Client, key: str, path: str, body: object = None, **query: str) -> HttpResponseBase:
    """Call as a backend does; every refusal has the vendor's shape with our code in it."""
    headers = {"Explo-Authorization": f"Token {key}"}
    method = CALLS[path][0]
    if method == "get":
        answer: HttpResponseBase = client.get(path, query, headers=headers)
    else:
        answer = getattr(client, method)(path, body, content_type="application/json", headers=headers)
    if answer.status_code >= 400:
        assert_refused(answer)
    return answer


def assert_refused(answer: HttpResponseBase) -> None:
    body = json.loads(answer.getvalue())
    assert body.keys() == {"success", "error", "code", "message", "reference"}
    assert (body["success"], body["error"]) == (0, body["message"])
    assert 400 <= answer.status_code < 500


def told(answer: HttpResponseBase, status: int = 200) -> dict[str, Any]:
    """Return what an answer says."""
    assert answer.status_code == status, answer.getvalue()
    assert answer.headers["Content-Type"] == "application/json"
    assert_headers(answer)
    read: dict[str, Any] = json.loads(answer.getvalue())
    return read


def customer_of(answer: HttpResponseBase) -> dict[str, Any]:
    """Return the customer that an answer describes."""
    said = told(answer)
    assert said["success"] == 1
    found: dict[str, Any] = said["customer"]
    return found
