"""A company's backend that calls the REST API with a key."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client

from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import create_api_key
from secrets_admin.models import ApiKey
from tests.embed.surfaces import assert_headers
from tests.world import Tenant

EVERY_SCOPE = ("read", "write", "mint", "customer_tokens")
CUSTOMERS = "/api/v1/customers/"
_REFERENCE = re.compile(r"R-[2-9A-HJ-NP-Z]{6}")
_PROBLEM = {"type", "title", "status", "detail", "code", "reference"}


def assert_problem(answer: HttpResponseBase, status: int, code: str | None = None) -> dict[str, Any]:
    """Assert that an answer is a problem of this status and, when named, this code; return it."""
    assert answer.status_code == status, answer.getvalue()
    assert answer.headers["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = json.loads(answer.getvalue())
    assert said.keys() - {"errors"} == _PROBLEM
    assert (said["type"], said["status"]) == ("about:blank", status)
    assert re.fullmatch(r"[a-z][a-z_]+", said["code"])
    assert re.fullmatch(r"\S.+\.", said["detail"], re.DOTALL)
    assert _REFERENCE.fullmatch(said["reference"])
    assert code in (None, said["code"]), said
    return said


def places(said: dict[str, Any]) -> list[str]:
    """Return the places that a problem's errors name."""
    return [error.get("pointer") or error["parameter"] for error in said["errors"]]


class Yaml(str):
    """A body that is sent as YAML."""

    __slots__ = ()


def _body(body: object) -> dict[str, Any]:
    if isinstance(body, Yaml):
        return {"data": body, "content_type": "application/yaml"}
    return {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}


@dataclass(frozen=True)
class Backend:
    """One key of a workspace, and calls with it."""

    tenant: Tenant
    key: ApiKey
    value: str
    client: Client = field(default_factory=lambda: Client(HTTP_HOST=settings.EMBED_HOST))

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send one call; every answer has the headers of the embed host, and sets no cookie."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.generic(
            method.upper(), path, headers={"Authorization": f"Bearer {self.value}", **named}, **_body(body)
        )
        assert_headers(answer)
        assert answer.headers["X-Request-Id"]
        return answer

    def told(self, method: str, path: str, body: object = None, *, status: int = 200, **headers: str) -> Any:
        """Send one call that must succeed, and return its JSON."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code == status, answer.content
        if status == 204:
            assert answer.content == b""
            return None
        assert answer.headers["Content-Type"] == "application/json"
        return json.loads(answer.content)

    def refused(self, method: str, path: str, body: object = None, *, status: int, **headers: str) -> dict[str, Any]:
        """Send one call that must be refused, and return its problem."""
        return assert_problem(self.call(method, path, body, **headers), status)


def backend(tenant: Tenant, *scopes: str, customers: list[str] | None = None) -> Backend:
    """Make a key and return its backend; without scopes it may do everything."""
    key, value = create_api_key(
        tenant.workspace, name="Backend", scopes=scopes or EVERY_SCOPE, customers=customers, actor=SYSTEM
    )
    return Backend(tenant, key, value)
