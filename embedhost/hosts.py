"""Two hosts, one process: the console on one, embeds and the API on the other; each answers 404 to the other's URLs."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.log import log_response

from embed.answers import answer_error, compress, protect
from embedhost.lib import request_id
from embedhost.lib.errors import NotFound, PlainHttp, Refused, Unexpected
from embedhost.lib.own_connections import close_old_connections_of_this_thread

logger = logging.getLogger(__name__)


class SplitHosts:
    """Answer embed-host requests by themselves, without the console's middleware (no session, no cookie)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.console = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return named(request, self._answer)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        # Compared as it came first: validating what is our own name costs more than finding the view.
        if request.META.get("HTTP_HOST") == settings.EMBED_HOST:
            return _embed(request)
        host = _host_of(request)
        if host == settings.CONSOLE_HOST:
            return self.console(request)
        return protect(request, answer_error(request, NotFound()))


def is_embed(environ: dict[str, Any]) -> bool:
    """Say whether a request is one of the embed host's own; its static files are Django's list's."""
    return environ.get("HTTP_HOST") == settings.EMBED_HOST and not environ["PATH_INFO"].startswith(settings.STATIC_URL)


def embed_application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request of the embed host past Django's handler, whose list SplitHosts would end anyway.

    What the handler and its signals would do besides, none of it is needed here but looking after connections: no
    cookie is sent, no cache of Django's is used, and views say in which table of addresses they look.
    """
    close_old_connections_of_this_thread()
    request = WSGIRequest(environ)
    try:
        response = named(request, _embed)
        if response.status_code >= 500 and isinstance(response, HttpResponse):
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        # As one list, which granian sends without asking Python for each piece.
        return list(response)
    finally:
        request.close()
        close_old_connections_of_this_thread()


def named(request: HttpRequest, answer: Callable[[HttpRequest], HttpResponseBase]) -> HttpResponseBase:
    """Answer under a request id, which the answer carries."""
    this = request_id.begin(request.META.get(request_id.VARIABLE))
    response = answer(request)
    response.headers[request_id.HEADER] = this
    return response


def _host_of(request: HttpRequest) -> str:
    """Return the host that the request names, or nothing for a name that nobody could have."""
    try:
        return request.get_host()
    except DisallowedHost:
        return ""


def _embed(request: HttpRequest) -> HttpResponseBase:
    try:
        response = _call_view(request)
    except Refused as refusal:
        response = answer_error(request, refusal)
    except SuspiciousOperation:  # More fields than a query may have, and the like.
        response = answer_error(request, Refused())
    except Exception:  # The outermost boundary: whatever happens, the viewer sees the neutral page.
        logger.exception("embed request failed")
        response = answer_error(request, Unexpected())
    return compress(request, protect(request, response))


def _call_view(request: HttpRequest) -> HttpResponseBase:
    if not settings.DEVELOPMENT and not request.is_secure():
        return _to_https(request)
    try:
        match = _match(request.path_info)
    except Resolver404 as error:
        raise NotFound from error
    request.resolver_match = match
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    if hasattr(response, "render") and callable(response.render):
        response = response.render()
    return response


#: Addresses that hold no value, and what answers there: as many as there are such patterns.
_fixed: dict[tuple[str, str], ResolverMatch] = {}


def _match(path: str) -> ResolverMatch:
    """Return what answers at an address. Raises Resolver404.

    The patterns are tried one after the other, which costs an API call as much as everything else that Django does.
    """
    place = settings.EMBED_URLCONF, path
    match = _fixed.get(place) or resolve(path, settings.EMBED_URLCONF)
    if path == f"/{match.route}":
        _fixed[place] = match
    return match


def _to_https(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return answer_error(request, PlainHttp())
    return HttpResponse(status=301, headers={"Location": f"https://{settings.EMBED_HOST}{request.get_full_path()}"})
