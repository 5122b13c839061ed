"""The locales that drawings are made for: known to CLDR, in one spelling each."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

DEFAULT = "en"


@lru_cache(maxsize=500)
def known_locale(name: str | None) -> str | None:
    """Return a locale such as ``de-AT`` in BCP 47 spelling when CLDR knows it (``de_at`` counts too), else None."""
    if not name or len(name) > 35 or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        return None
    try:
        return str(Locale.parse(name.replace("-", "_"))).replace("_", "-")
    except (UnknownLocaleError, ValueError):
        language = name.replace("_", "-").partition("-")[0]
        return known_locale(language) if language != name else None


@lru_cache(maxsize=500)
def direction(locale: str) -> str:
    """Return ltr or rtl."""
    return str(
        Locale.parse(locale.replace("-", "_"))
        .text_direction.replace("left-to-right", "ltr")
        .replace("right-to-left", "rtl")
    )
