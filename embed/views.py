"""The doors that open a page: a token in the address, the small page without one, and the stable loaders."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override

from dashboards.drawings import Look, draw_panels
from dashboards.grants import EXPORT
from embed.answers import DASH_POLICY
from embed.authenticate import open_page
from embed.data import log_failures
from embed.page import build_page, policy, render_page
from embed.reading import accepted_locale, page_wishes, panel_request, values_for
from embed.usage import panel_counter, record_embed
from embedhost.lib.errors import MethodNotAllowed, NotFound
from embedhost.templatetags.assets import manifest

#: A page carries what is ready within this time (seconds); the rest comes by data calls.
PAGE_WAIT = 0.15
LOADERS = ("embed.js", "bundle.js")


def iframe(request: HttpRequest, token: str, environment: str | None = None) -> HttpResponse:
    """Open a dashboard with an Explo token (JWE) in the address."""
    _only_get(request)
    opened = open_page(request, "iframe", token, environment)
    wishes = page_wishes(request, opened)
    values = values_for(opened, wishes)
    record_embed(opened.grant)
    look = Look(wishes.locale, wishes.time_zone, EXPORT in opened.grant.rights)
    requests = [panel_request(opened, panel, wishes, values) for panel in opened.spec.panels.values()]
    cards = draw_panels(requests, look, wait=PAGE_WAIT)
    panel_counter.add(opened.grant, panels=len(cards), queries=sum(card.queried for card in cards))
    log_failures(cards)
    page = build_page(opened, wishes, values, cards)
    return HttpResponse(render_page(page), headers={"Content-Security-Policy": policy(page, opened.origins)})


def dash(request: HttpRequest, environment: str | None = None) -> HttpResponse:
    """Answer the address that a page has after it was loaded: it asks its parent for a token."""
    _only_get(request)
    locale = accepted_locale(request)
    with override(locale):
        response = render(request, "embed/dash.html", {"language": locale})
    response["Content-Security-Policy"] = DASH_POLICY
    return response


def loader(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a stable loader of the hashed files."""
    _only_get(request)
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


def _only_get(request: HttpRequest) -> None:
    if request.method != "GET":
        raise MethodNotAllowed
