"""``{% asset "console.css" %}``: the immutable URL of a built file."""

import json
from functools import lru_cache

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

register = template.Library()


@lru_cache(maxsize=1)
def manifest() -> dict[str, str]:
    """Return the build's table of names. Raises ImproperlyConfigured when the front end was not built."""
    try:
        names: dict[str, str] = json.loads((settings.FRONTEND_DIST / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ImproperlyConfigured("The front end is not built. Run ./dev build.") from error
    return names


@register.simple_tag
def asset(name: str) -> str:
    """Return the URL of a built file by its plain name."""
    return f"{settings.STATIC_URL}{manifest()[name]}"
