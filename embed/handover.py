"""Pages whose token comes by message: a shell that holds no data, and the exchange of a token for its page.

embed.js makes viaSocket's frame of the first one, Superset's own package makes a frame of the second. Both shells ask
``/data/<format>/page`` once; then the page goes on as every other one does.
"""

import json
from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import override

from dashboards.facts import find_dashboard
from dashboards.locales import direction, known_locale
from dashboards.naming import Named
from embed.authenticate import open_call, referer_origin
from embed.page import render_main
from embed.reading import accepted_locale, exchange_wishes
from embed.views import draw_page
from embedhost.lib.errors import Forbidden, NotFound, require_method
from embedhost.lib.origins import matches
from secrets_admin import facts
from tokens.doors import DOORS

#: The formats whose tokens come by message, and their doors.
_DOORS: Final = {"viasocket_jwt": "embedded/tag", "superset_guest": "embedded"}


def tag(request: HttpRequest, organization_id: str, workspace_id: str) -> HttpResponse:
    """Answer the shell of viaSocket's tag, for the sites of a workspace's list."""
    workspace = facts.workspace(workspace_id)
    if workspace is None or str(workspace.organization_id) != organization_id:
        raise NotFound
    return _shell(request, "viasocket_jwt", workspace.origins)


def superset(request: HttpRequest, embed_id: str) -> HttpResponse:
    """Answer the shell of one dashboard for Superset's SDK; the token, still unknown, narrows the sites further.

    As at Superset, a dashboard whose embedding is off is not there: it was closed, or the whole organization's is off.
    """
    dashboard = find_dashboard(embed_id)
    organization = facts.organization(dashboard.organization_id) if dashboard else None
    if dashboard is None or organization is None or not organization.embedding_enabled or dashboard.origins == ():
        raise NotFound
    every = facts.origins_of(dashboard.organization_id)
    origins = [origin for origin in every if dashboard.origins is None or origin in dashboard.origins]
    return _shell(request, "superset_guest", origins, dashboard=embed_id)


def page(request: HttpRequest, format: str) -> HttpResponse:
    """Exchange a token for its page and count the embed. The origin that handed it over must be on the list."""
    require_method(request, "GET")
    door = _DOORS.get(format, f"data/{format}")
    if door not in DOORS:
        raise NotFound
    named = Named(environment=request.GET.get("environment"), dashboard=request.GET.get("dashboard"))
    opened = open_call(request, door, named, parent=request.GET.get("parent", ""))
    if format not in _DOORS:
        raise NotFound
    drawn = draw_page(opened, exchange_wishes(request, opened))
    answer = {"html": render_main(drawn), "title": drawn.title, "boot": drawn.boot}
    answer |= {"language": drawn.language, "direction": drawn.direction}
    return JsonResponse(answer, headers=drawn.freshness)


def _shell(request: HttpRequest, format: str, origins: Sequence[str], *, dashboard: str = "") -> HttpResponse:
    require_method(request, "GET")
    parent = referer_origin(request)
    if parent is not None and not matches(parent, origins):
        raise Forbidden
    locale = known_locale(request.GET.get("lang") or request.GET.get("locale_code")) or accepted_locale(request)
    told = {"format": format, "dashboard": dashboard, "origins": json.dumps(list(origins))}
    with override(locale):
        response = render(request, "embed/shell.html", {**told, "language": locale, "direction": direction(locale)})
    response["Content-Security-Policy"] = _policy(origins)
    return response


def _policy(origins: Sequence[str]) -> str:
    """Return the shell's policy, under which its page goes on: the frame's ancestors are exactly the origins."""
    ancestors = " ".join(origins) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
