"""The console's planned refusals as pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from embedhost.lib.errors import json_error


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from our own page; the reason stays inside."""
    if "application/json" in request.headers.get("Accept", ""):
        return json_error(
            403,
            "csrf_failed",
            "This form did not come from the console, or it is too old. Reload the page and send it again.",
        )
    return render(request, "console/csrf_failed.html", {"code": "csrf_failed"}, status=403)
