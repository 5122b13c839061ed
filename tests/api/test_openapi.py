"""The REST API's document: what was agreed on, complete, and shown on a page that asks no other host."""

import json
import re
from typing import Any

from django.conf import settings
from django.test import Client

from tests.api.openapi_document import SNAPSHOT, current
from tests.house.access_table import EMBED, Backend
from tests.house.routes import routes


def test_the_document_is_the_one_that_was_agreed_on() -> None:
    agreed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert current() == agreed, "if this is wanted, write it anew: tests/api/openapi_document.py says how"


def test_every_endpoint_and_no_other_address_is_in_the_document() -> None:
    documented = {re.sub(r"{(\w+)}", r"<\1>", path).lstrip("/") for path in current()["paths"]}
    endpoints = [route for route in routes(settings.EMBED_URLCONF) if route.name.startswith("api_")]
    keyed = {re.sub(r"<\w+:", "<", one.text) for one in endpoints if isinstance(EMBED.rules[one.text], Backend)}
    assert documented == keyed


def test_every_operation_says_its_scope_its_key_and_its_refusals() -> None:
    operations = [one for path in current()["paths"].values() for one in path.values()]
    assert len(operations) > 15
    for operation in operations:
        assert re.search(r"Scope: `(read|write|mint)`\.", operation["description"]), operation["operationId"]
        assert operation["security"] == [{"ApiKey": []}]
        assert {"400", "401", "403", "429", "503"} <= operation["responses"].keys()


def test_every_call_that_sets_something_takes_if_match_and_what_it_sets_is_read_with_its_etag() -> None:
    for path, methods in current()["paths"].items():
        for method in methods.keys() & {"put", "patch", "delete"}:
            assert "If-Match" in _headers(methods[method]), (method, path)
            assert "412" in methods[method]["responses"], (method, path)
            assert "If-None-Match" in _headers(methods["get"]), path


def _headers(operation: dict[str, Any]) -> list[str]:
    return [one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"]


def test_the_document_and_its_page_come_from_this_host_alone(embed_client: Client) -> None:
    document = embed_client.get("/api/v1/schema/")
    assert (document.status_code, document.headers["Content-Type"]) == (200, "application/json")
    assert json.loads(document.content)["openapi"].startswith("3.1")
    page = embed_client.get("/api/docs/")
    assert page.status_code == 200
    assert re.findall(r'(?:src|href)="(?!/|data:,)', page.content.decode()) == []
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert not re.search(r"https?:|unsafe|\*", policy)
    for path in ("/api/v1/schema/", "/api/docs/"):
        assert embed_client.post(path).status_code == 405
        assert not embed_client.get(path).cookies
