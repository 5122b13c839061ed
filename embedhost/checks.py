"""Contradictions between settings, found before the first request."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from datasources.engines import ENGINES
from datasources.extra import faults


@register()
def one_process_without_redis(**_: Any) -> list[CheckMessage]:
    """Several web processes share cache and flights through Redis alone."""
    if settings.WEB_PROCESSES > 1 and not settings.REDIS_URL:
        return [
            Error(
                "WEB_PROCESSES is more than 1 without REDIS_URL.",
                hint="Set REDIS_URL, or use one process.",
                id="embedhost.E001",
            )
        ]
    return []


@register()
def sqlite_for_one_process(**_: Any) -> list[CheckMessage]:
    """SQLite is for trying embedhost on one machine."""
    if settings.WEB_PROCESSES > 1 and settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return [
            Error(
                "WEB_PROCESSES is more than 1 on SQLite.",
                hint="Set DATABASE_URL to a PostgreSQL database.",
                id="embedhost.E002",
            )
        ]
    return []


@register()
def extra_functions_are_harmless(**_: Any) -> list[CheckMessage]:
    """What an operator adds to the lists of functions must not open what the gate closes."""
    return [
        Error(
            f"EXTRA_SQL_FUNCTIONS: {fault}",
            hint="Take it out. Add functions that compute, and nothing else.",
            id="embedhost.E003",
        )
        for fault in faults(settings.EXTRA_SQL_FUNCTIONS, frozenset(ENGINES))
    ]


@register(deploy=True)
def revocation_in_time(**_: Any) -> list[CheckMessage]:
    """A reset must be known everywhere within a second."""
    if settings.REVOCATION_POLL_SECONDS > 0.5:
        return [
            Warning(
                "REVOCATION_POLL_SECONDS is over 0.5.",
                hint="Leave it at 0.5, or resets take too long.",
                id="embedhost.W001",
            )
        ]
    return []


@register(deploy=True)
def mails_reach_people(**_: Any) -> list[CheckMessage]:
    """A printed mail leaves a link that sets a password in the log."""
    if settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend":
        return [
            Warning(
                "Mails are printed into the log, links that set a password among them.",
                hint="Set EMAIL_URL to your mail server.",
                id="embedhost.W002",
            )
        ]
    return []
