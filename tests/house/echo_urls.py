"""Two pages for the environ test: all that a request carries, and the error report of a failing view."""

import sys

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.debug import ExceptionReporter


def meta(request: HttpRequest) -> HttpResponse:
    """Show request.META whole."""
    return HttpResponse(repr(sorted(request.META.items(), key=str)), content_type="text/plain")


def report(request: HttpRequest) -> HttpResponse:
    """Show the reports that a failure would mail and log, with a local variable that must stay out of them."""
    held = "-".join(("local", "canary", "4d1f"))  # The report shows this line, so its value is made here.
    try:
        raise ValueError(f"a failure with {len(held)} characters at hand")
    except ValueError:
        reporter = ExceptionReporter(request, *sys.exc_info())
        return HttpResponse(reporter.get_traceback_text() + reporter.get_traceback_html(), content_type="text/plain")


urlpatterns = [path("meta", meta), path("report", report)]
