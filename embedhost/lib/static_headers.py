"""The headers of static files, which WhiteNoise answers before any middleware could add them."""

from wsgiref.headers import Headers

from django.conf import settings

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Customers' sites load the scripts and styles of an embed from here.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def add(headers: Headers, path: str, url: str) -> None:
    """Put the fixed headers on a file, as WhiteNoise's ``add_headers_function`` calls it."""
    for name, value in _HEADERS.items():
        headers[name] = value
    # Browsers heed it over https only.
    if settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
