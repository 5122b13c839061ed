"""The console's planned refusals as pages, or as JSON for its own script."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from embedhost.lib.errors import Forbidden, NotFound, Refused, Unexpected, json_error, new_reference

_HEADINGS = {403: "This is not yours to do", 404: "Page not found", 429: "Too many tries"}


class CsrfFailed(Forbidden):
    code = "csrf_failed"
    message = "This form did not come from the console, or it is too old. Reload the page and send it again."


class RefusalPages:
    """Turn what a room of the console refuses into its page. Last in the list of middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer(request, error) if isinstance(error, Refused) else None


def answer(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Return a refusal's page; it repeats nothing of the request."""
    if request.headers.get("Accept") == "application/json":
        return json_error(refusal)
    heading = _HEADINGS.get(refusal.status, "This did not work")
    context = {"refusal": refusal, "heading": heading, "reference": new_reference()}
    response = render(request, "console/refused.html", context, status=refusal.status)
    response["Cache-Control"] = "no-store"
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from our own page; the reason stays inside."""
    return answer(request, CsrfFailed())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Refused())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Forbidden())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, NotFound())


def failed(request: HttpRequest) -> HttpResponse:
    return answer(request, Unexpected())
