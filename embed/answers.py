"""Every answer of the embed host: neutral error pages, one JSON error shape, one set of headers (threats.md I6)."""

import gzip
from collections.abc import Callable

import zstandard
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import override

from embed.reading import accepted_locale
from embedhost.lib.api import problems
from embedhost.lib.errors import Refused, json_error, new_reference

#: A page is made for one viewer and sent once. Of 180 KB, zstd makes 19 KB in 0.3 ms, gzip 25 KB in 1.1 ms.
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.compress(body, 1),
    "gzip": lambda body: gzip.compress(body, 1, mtime=0),
}
_JSON_PREFIXES = ("/data/", "/api/", "/v2/")
#: A refusal page holds no data, so any site may show it; the page inside somebody's product must be seen.
_REFUSED_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors *"
)
#: The page without a token asks whoever embeds it, so any site may show it; it holds no data.
DASH_POLICY = _REFUSED_POLICY
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"


def answer_error(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Turn a refusal into its answer: problem details for the REST API, JSON for calls, a neutral page for frames."""
    if problems.speaks_problems(request):
        return problems.answer(refusal)
    reference = refusal.reference or new_reference()
    if request.path_info.startswith(_JSON_PREFIXES):
        return json_error(refusal, reference=reference)
    return _refused_page(request, refusal, reference)


def _refused_page(request: HttpRequest, refusal: Refused, reference: str) -> HttpResponse:
    language = accepted_locale(request)
    with override(language):
        body = render_to_string(
            "embed/refused.html", {"reference": reference, "language": language, "code": refusal.code}
        )
    response = HttpResponse(body, status=refusal.status, headers=refusal.headers)
    policy = (
        _REFUSED_POLICY
        if refusal.code != "forbidden"
        else _REFUSED_POLICY.replace("frame-ancestors *", "frame-ancestors 'none'")
    )
    response["Content-Security-Policy"] = policy
    return response


def compress(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Compress a page for browsers that take zstd or gzip; data is stored compressed already."""
    if not isinstance(response, HttpResponse) or "Content-Encoding" in response or len(response.content) < 1000:
        return response
    patch_vary_headers(response, ("Accept-Encoding",))
    accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
    name = next((name for name in _COMPRESSORS if name in accepted), None)
    if name is not None:
        response.content = _COMPRESSORS[name](response.content)
        response.headers["Content-Encoding"] = name
    return response


def protect(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Put the headers that every answer of the embed host carries on it, errors too."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Security-Policy", _DATA_POLICY)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if settings.SECURE_HSTS_SECONDS and request.is_secure():
        response.headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    return response
