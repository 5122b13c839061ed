"""Papermap's REST calls, as a company's backend writes them."""

import json
from base64 import urlsafe_b64decode
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from tests.embed.surfaces import assert_headers
from tests.world import Tenant

IFRAME_TOKEN = ("/api/v1/dashboards/iframe-token", "/api/dashboards/iframe-token")
GENERATE = "/api/v1/embed/generate-token"
CREATE_DASHBOARD = "/api/v1/external/dashboards"


def usage_of(tenant: Tenant) -> str:
    return f"/api/v1/external/workspaces/{tenant.workspace.id}/tenant-usage"


def post(client: Client, key: str, path: str, body: object) -> HttpResponseBase:
    """Call as a backend does; every refusal has the vendor's members and ours."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return _checked(client.post(path, body, content_type="application/json", headers=headers))


def get(client: Client, key: str, path: str, **query: str) -> HttpResponseBase:
    return _checked(client.get(path, query, headers={"Authorization": f"Bearer {key}"}))


def _checked(answer: HttpResponseBase) -> HttpResponseBase:
    assert_headers(answer)
    if answer.status_code >= 400:
        body = json.loads(answer.getvalue())
        assert body.keys() == {"success", "error", "code", "status", "message", "reference"}
        assert (body["success"], body["error"], body["status"]) == (False, body["message"], answer.status_code)
        assert answer.status_code < 500
    return answer


def told(answer: HttpResponseBase) -> dict[str, Any]:
    assert answer.status_code == 200, answer.getvalue()
    read: dict[str, Any] = json.loads(answer.getvalue())
    return read


def fields_of(token: str) -> dict[str, Any]:
    """Return what a token says; everybody who holds one can read it."""
    read: dict[str, Any] = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return read
