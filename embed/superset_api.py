"""Superset's REST calls around embedding, in its answer shapes (docs/vendor-apis.md).

A backend logs in with an API key's id and value, and its calls carry the access token that it gets. Nothing here sets
or reads a cookie, answers another origin or redirects.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboards.access import list_dashboards
from dashboards.embedded import allow_domains, close, describe
from dashboards.models import Dashboard
from dashboards.naming import Named
from embed.authenticate import open_page
from embed.bodies import BadBody, read_body
from embed.guest_tokens import DOOR, mint_guest, read_order
from embedhost.lib.errors import NotFound, require_method
from secrets_admin.access import Actor
from secrets_admin.api_keys import ApiKeyFacts, NotAuthenticated, authenticate, of_access, open_access
from secrets_admin.key_budget import spend_call

_ID: Final = re.compile("[1-9][0-9]{0,17}")


def login(request: HttpRequest) -> HttpResponse:
    """Exchange an API key's id (username) and value (password) for an access token; other members are ignored."""
    require_method(request, "POST")
    body = read_body(request)
    name, value = body.get("username"), body.get("password")
    if not isinstance(name, str) or not isinstance(value, str):
        raise BadBody("The member `username` is the API key's id and `password` its value; both are texts.")
    return JsonResponse({"access_token": open_access(authenticate(value, key_id=name))})


def csrf_token(request: HttpRequest) -> HttpResponse:
    """Answer a token for clients that want to send one; without cookies there is nothing that it could protect."""
    require_method(request, "GET")
    _key(request)
    return JsonResponse({"result": secrets.token_urlsafe(32)})


def guest_token(request: HttpRequest) -> HttpResponse:
    """Make a guest token."""
    require_method(request, "POST")
    key = _key(request)
    key.require("mint")
    return JsonResponse({"token": mint_guest(key, read_order(read_body(request)))})


def my_roles(request: HttpRequest) -> HttpResponse:
    """Tell the holder of a guest token who they are."""
    require_method(request, "GET")
    opened = open_page(request, DOOR, request.headers.get("X-GuestToken", ""), Named())
    name = opened.grant.viewer_id or ""
    facts = {"username": name, "firstName": "", "lastName": "", "isActive": True, "isAnonymous": False}
    return JsonResponse({"result": {**facts, "roles": {"Guest": []}, "permissions": {}}})


def embedded(request: HttpRequest, id_or_slug: str) -> HttpResponse:
    """Read, set or close the embedding of one dashboard of the key's organization."""
    require_method(request, *_EMBEDDED)
    key = _key(request)
    key.require("read" if request.method == "GET" else "write")
    if request.method != "GET":
        key.require_all_customers()
    return _EMBEDDED[request.method or ""](request, key, _dashboard(key, id_or_slug))


def embedded_dashboard(request: HttpRequest, embed_id: str) -> HttpResponse:
    """Read the embedding of one dashboard by its embed id."""
    require_method(request, "GET")
    key = _key(request)
    key.require("read")
    row = list_dashboards(key.organization_id).filter(embed_id=embed_id).first()
    if row is None:
        raise NotFound
    return _described(row)


def _get(_request: HttpRequest, _key: ApiKeyFacts, dashboard: Dashboard) -> HttpResponse:
    return _described(dashboard)


def _set(request: HttpRequest, key: ApiKeyFacts, dashboard: Dashboard) -> HttpResponse:
    allow_domains(dashboard, key.workspace_id, _domains(read_body(request)), actor=_actor(request, key))
    return _described(dashboard)


def _delete(request: HttpRequest, key: ApiKeyFacts, dashboard: Dashboard) -> HttpResponse:
    close(dashboard, key.workspace_id, actor=_actor(request, key))
    return JsonResponse({"message": "OK"})


_EMBEDDED: Mapping[str, Callable[[HttpRequest, ApiKeyFacts, Dashboard], HttpResponse]] = {
    "GET": _get,
    "POST": _set,
    "PUT": _set,
    "DELETE": _delete,
}


def _described(dashboard: Dashboard) -> HttpResponse:
    return JsonResponse({"result": describe(dashboard)})


def _domains(body: Mapping[str, object]) -> list[str]:
    domains = body.get("allowed_domains")
    if not isinstance(domains, list) or not all(isinstance(domain, str) for domain in domains):
        raise BadBody("The member `allowed_domains` must be a list of origins such as https://app.example.com.")
    return [domain.removesuffix("/") for domain in domains]


def _dashboard(key: ApiKeyFacts, id_or_slug: str) -> Dashboard:
    """Return a dashboard of the key's organization by its integer id or its slug. Raises NotFound."""
    named = {"id": int(id_or_slug)} if _ID.fullmatch(id_or_slug) else {"slug": id_or_slug}
    # PostgreSQL takes no NUL, not even to compare.
    row = None if "\0" in id_or_slug else list_dashboards(key.organization_id).filter(**named).first()
    if row is None:
        raise NotFound
    return row


def _key(request: HttpRequest) -> ApiKeyFacts:
    """Return the API key that calls, and count the call. Raises NotAuthenticated, TooManyCalls."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise NotAuthenticated
    key = of_access(token)
    spend_call(key)
    return key


def _actor(request: HttpRequest, key: ApiKeyFacts) -> Actor:
    return key.actor(request.META.get("REMOTE_ADDR", ""))
