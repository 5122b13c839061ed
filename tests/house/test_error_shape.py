"""Every error of a JSON surface is one flat object: code, message, reference; the REST API's are problem details."""

import inspect
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client, RequestFactory

import console
import customers
import dashboards
import datasources
import embed
import embedhost.lib
import secrets_admin
from embed.answers import answer_error
from embedhost.lib.errors import Refused
from tests.api.caller import assert_problem
from tests.house.access_table import EMBED, Backend, Token
from tests.house.routes import routes
from tests.house.test_access import sample_values
from tests.world import World

_PACKAGES = (embedhost.lib, secrets_admin, datasources, customers, dashboards, embed, console)
#: Too many requests, and what is unavailable, always say when to try again (threats.md 1.2).
WITH_RETRY_AFTER = (429, 503, 504)
_REFERENCE = re.compile(r"R-[2-9A-HJ-NP-Z]{6}")


def refusals() -> Iterator[type[Refused]]:
    """Every planned refusal of every package, found where it is declared."""
    names = [
        module.name
        for package in _PACKAGES
        for module in walk_packages(package.__path__, f"{package.__name__}.")
        if not re.search(r"\.(migrations|management)\b", module.name)
    ]
    found = {thing for name in names for _, thing in inspect.getmembers(import_module(name), inspect.isclass)}
    yield from sorted((thing for thing in found if issubclass(thing, Refused)), key=lambda thing: thing.__name__)


def assert_flat(answer: HttpResponseBase, code: str | None = None) -> None:
    """Assert that an answer is the one JSON error shape."""
    assert answer.headers["Content-Type"] == "application/json"
    body = json.loads(answer.content)  # type: ignore[attr-defined]  # no error is streamed
    assert body.keys() == {"code", "message", "reference"}
    assert re.fullmatch(r"[a-z][a-z_]+", body["code"])
    assert re.fullmatch(r"[A-Z].+\.", body["message"], re.DOTALL)
    assert _REFERENCE.fullmatch(body["reference"])
    assert code is None or body["code"] == code


@pytest.mark.parametrize("refusal", list(refusals()), ids=lambda refusal: refusal.__name__)
def test_every_refusal_becomes_the_one_error_shape_with_its_status(refusal: type[Refused]) -> None:
    request = RequestFactory().get("/data/explo_jwe/panels/x")
    error = refusal.__new__(refusal)
    Refused.__init__(error)
    answer = answer_error(request, error)
    assert_flat(answer, refusal.code)
    assert_problem(answer_error(RequestFactory().get("/api/v1/nothing"), error), refusal.status, refusal.code)
    assert answer.status_code == refusal.status
    assert 400 <= refusal.status < 600
    assert ("Retry-After" in answer.headers) == (refusal.status in WITH_RETRY_AFTER)
    assert int(answer.headers.get("Retry-After", "1")) > 0
    assert ("Allow" in answer.headers) == (refusal.status == 405)


def test_every_json_url_answers_a_missing_token_in_the_one_shape(world: World) -> None:
    client = Client(HTTP_HOST=settings.EMBED_HOST)
    tokens = [route for route in routes(settings.EMBED_URLCONF) if isinstance(EMBED.rules.get(route.text), Token)]
    calls = [route for route in tokens if getattr(EMBED.rules[route.text], "as_json", False)]
    assert calls
    for route in calls:
        assert_flat(client.get(route.address(settings.EMBED_URLCONF, sample_values(world.a))), "token_invalid")


@pytest.mark.parametrize(
    "path", ["/data/", "/data/nothing/panels/x", "/data/explo_jwe/nothing", "/api/nothing", "/v2/nothing"]
)
def test_an_unknown_json_url_answers_in_the_one_shape(path: str) -> None:
    answer = Client(HTTP_HOST=settings.EMBED_HOST).get(path)
    assert answer.status_code in (401, 404)
    assert_flat(answer)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_wrong_method_on_a_json_url_answers_in_the_one_shape(method: str) -> None:
    answer = getattr(Client(HTTP_HOST=settings.EMBED_HOST), method)("/data/explo_jwe/panels/total")
    assert 400 <= answer.status_code < 500
    assert_flat(answer)


def test_every_endpoint_of_the_rest_api_answers_a_missing_key_with_a_problem(world: World) -> None:
    client = Client(HTTP_HOST=settings.EMBED_HOST)
    endpoints = [route for route in routes(settings.EMBED_URLCONF) if route.name.startswith("api_")]
    keyed = [route for route in endpoints if isinstance(EMBED.rules.get(route.text), Backend)]
    assert keyed
    for route in keyed:
        rule = EMBED.rules[route.text]
        assert isinstance(rule, Backend)
        address = route.address(settings.EMBED_URLCONF, sample_values(world.a))
        assert_problem(getattr(client, rule.methods[0])(address), 401, "not_authenticated")
