"""The doors that open a page: a token in the address, the small page without one, and the stable loaders."""

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override

from dashboards.drawings import Card, Look, draw_panels
from dashboards.grants import EXPORT, Opened
from dashboards.naming import Named
from dashboards.refreshing import want
from dashboards.trail import Read
from embed.access_log import note_page, withdraw_page
from embed.answers import DASH_POLICY
from embed.authenticate import open_page, referer_origin, refused
from embed.data import log_failures
from embed.offers import again, offers, reads, ready
from embed.page import Page, build_page, policy, render_page
from embed.reading import Wishes, accepted_locale, page_wishes, panel_request, values_for
from embed.usage import record_embed
from embedhost.lib.errors import NotFound, ServiceUnavailable, require_method
from embedhost.templatetags.assets import manifest
from tokens.errors import TokenError
from tokens.urls import TOKEN_KEYS, one_token

#: A page carries what is ready within this time (seconds); the rest comes by data calls.
PAGE_WAIT = 0.15
LOADERS = ("embed.js", "bundle.js", "tag.js")


def iframe(request: HttpRequest, token: str, environment: str | None = None) -> HttpResponse:
    """Open a dashboard with an Explo token (JWE) in the address."""
    return _page(request, "iframe", token, Named(environment=environment))


def customer(request: HttpRequest, embed_id: str, token: str, environment: str | None = None) -> HttpResponse:
    """Open a dashboard for the customer whose own token is in the address (Explo, without a JWT)."""
    named = Named(environment=environment, dashboard=embed_id)
    return _page(request, "iframe/customer", f"{embed_id}:{token}", named, shown=token)


def chartio(request: HttpRequest, organization: str, dashboard: str, token: str | None = None) -> HttpResponse:
    """Open a dashboard with a Chartio token, in the path or in the query string; the slugs must agree with it."""
    named = Named(organization_slug=organization, dashboard_slug=dashboard)
    return _page(request, "d", _one_token(request, "d", token), named)


def chartio_by_id(request: HttpRequest, dashboard_id: str, token: str) -> HttpResponse:
    """Open a dashboard with a Chartio token after the dashboard's integer id, as its first embedding had it."""
    return _page(request, "d", _one_token(request, "d", token), Named(dashboard_id=int(dashboard_id)))


def papermap(request: HttpRequest) -> HttpResponse:
    """Open a dashboard with a Papermap token in the query string."""
    door, named = "embedded/dashboard", Named(dashboard=request.GET.get("dashboard-id"))
    return _page(request, door, _one_token(request, door), named)


def metabase(request: HttpRequest, token: str) -> HttpResponse:
    """Open a dashboard with a Metabase token in the address."""
    return _page(request, "embed/dashboard", token, Named())


def _page(request: HttpRequest, door: str, token: str, named: Named, *, shown: str | None = None) -> HttpResponse:
    """Answer a page with its panels drawn; ``shown`` is how the token stands in the address."""
    require_method(request, "GET")
    if (shown or token) == "-":
        return dash(request)
    opened = open_page(request, door, token, named)
    drawn = draw_page(opened, page_wishes(request, opened))
    headers = {"Content-Security-Policy": policy(drawn, opened.origins), **drawn.freshness}
    return HttpResponse(render_page(drawn), headers=headers)


def draw_page(opened: Opened, wishes: Wishes) -> Page:
    """Return the page of every panel that is ready in time, logged and its embed counted.

    Raises ServiceUnavailable when either cannot be done, and then neither is.
    """
    values = values_for(opened, wishes)
    look = Look(wishes.locale, wishes.time_zone, EXPORT in opened.grant.rights)
    requests = [panel_request(opened, panel, wishes, values) for panel in opened.spec.panels.values()]
    found = offers(opened, wishes, values)
    cards = draw_panels(requests, look, wait=PAGE_WAIT)
    found = again(found, opened, wishes, values)
    _count(opened, cards, reads(found))
    want([*cards, *found.values()])
    log_failures(cards)
    return build_page(opened, wishes, values, cards, offered=ready(found))


def _count(opened: Opened, cards: Sequence[Card], offered: Sequence[Read]) -> None:
    written = note_page(opened.grant, cards, offered)
    try:
        record_embed(opened.grant, per_page=opened.format == "customer_token")
    except ServiceUnavailable:
        withdraw_page(written)
        raise


def _one_token(request: HttpRequest, door: str, in_path: str | None = None) -> str:
    """Return the token of an address that may hold it in several places. Raises TokenRefused when two differ."""
    in_query = [token for key in TOKEN_KEYS[door] for token in request.GET.getlist(key)]
    try:
        return one_token([in_path, *in_query])
    except TokenError as error:
        raise refused(error, door, "", referer_origin(request)) from None


def dash(request: HttpRequest, environment: str | None = None) -> HttpResponse:
    """Answer the address that a page has after it was loaded: it asks its parent for a token."""
    require_method(request, "GET")
    locale = accepted_locale(request)
    with override(locale):
        response = render(request, "embed/dash.html", {"language": locale})
    response["Content-Security-Policy"] = DASH_POLICY
    return response


def loader(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a stable loader of the hashed files."""
    require_method(request, "GET")
    if name not in LOADERS:
        raise NotFound
    headers = {
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    return HttpResponse(_loader_body(name), content_type="text/javascript; charset=utf-8", headers=headers)


@lru_cache(maxsize=len(LOADERS))
def _loader_body(name: str) -> bytes:
    path = settings.FRONTEND_DIST / "static" / manifest()[name]
    body: bytes = path.read_bytes()
    return body
