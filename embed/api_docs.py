"""The REST API's own documents: the OpenAPI document and a page that shows it, the JSON Schema of a dashboard.

Public; they hold nothing of anybody.
"""

from typing import Final

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from dashboards.document_schema import published
from embedhost.lib.api.endpoint import document
from embedhost.lib.errors import require_method

#: Everything comes from this host, and no script or style stands in the page.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document."""
    require_method(request, "GET", "HEAD")
    return HttpResponse(document(), content_type="application/json")


def dashboard_schema(request: HttpRequest) -> HttpResponse:
    """Answer the JSON Schema of a dashboard's document, which editors and other servers may ask for."""
    require_method(request, "GET", "HEAD")
    body = orjson.dumps(published(settings.EMBED_ORIGIN), option=orjson.OPT_INDENT_2)
    return HttpResponse(body, content_type="application/schema+json")


def docs(request: HttpRequest) -> HttpResponse:
    """Answer the page for people."""
    require_method(request, "GET", "HEAD")
    context = {"schema": reverse("api_schema", settings.EMBED_URLCONF)}
    page = HttpResponse(render_to_string("embed/api_docs.html", context))
    page.headers["Content-Security-Policy"] = _POLICY
    return page
