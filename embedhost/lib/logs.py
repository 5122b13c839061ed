"""Logs: one structured, escaped record per event, and no token, key or bound value in any of them."""

import re
from collections.abc import ItemsView
from typing import Any

import structlog
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from embedhost.lib import request_id

#: A token rides in these paths (threats.md P-SR-03); whatever follows the prefix is replaced.
_TOKEN_IN_PATH = re.compile(r"(/iframe/|/d/[^/\s]+/[^/\s]+/|/embed/dashboard/|/dashboard/)[^/\s?\"']+")
_TOKEN_IN_QUERY = re.compile(r"((?:embed_token|embedded-token|token)=)[^&\s\"']+")
#: A customer's own token, wherever it stands; it does not end, so it must not leak at all.
_CUSTOMER_TOKEN = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])")
_COMPACT = re.compile(r"\b[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_.-]{16,}")
_API_KEY = re.compile(r"\behk?_[A-Za-z0-9_-]{20,}")
#: What a record may carry besides its event: names and codes, never values.
_FACTS = ("reason", "claim", "reference", "organization_id", "verified", "panel", "code", "problem", "error")
_BEARER = re.compile(r"(?i)(authorization\W+|bearer\s+)\S+")


def redact(text: str) -> str:
    """Return ``text`` with every token in it replaced, so that it may be logged."""
    text = _CUSTOMER_TOKEN.sub("[token]", text)
    text = _TOKEN_IN_PATH.sub(lambda found: f"{found[1]}[token]", text)
    text = _TOKEN_IN_QUERY.sub(lambda found: f"{found[1]}[token]", text)
    text = _API_KEY.sub("[key]", text)
    text = _COMPACT.sub("[token]", text)
    return _BEARER.sub(lambda found: f"{found[1]}[token]", text)


def _redact_event(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _with_request_id(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Asked for when something is logged, since binding it to every request costs each of them."""
    current = request_id.current()
    return {**event, "request_id": current} if current else event


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        _with_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]


def configuration(level: str) -> dict[str, Any]:
    """Return the dictConfig for Django's LOGGING: JSON lines on standard error."""
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        "foreign_pre_chain": [structlog.stdlib.ExtraAdder(allow=_FACTS), *_shared()],
        "use_get_message": True,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level, "propagate": True, "handlers": []},
            # Refusals have a record of their own, with their reason; this one would only repeat the path.
            "django.request": {"level": "ERROR"},
            # Its records repeat the whole context, rows included, when a template names a variable that is not set.
            "django.template": {"level": "INFO"},
            # Its records repeat every statement with its bound values.
            "django.db.backends": {"level": "INFO"},
        },
    }


class ScrubbedReports(SafeExceptionReporterFilter):
    """Error reports without frame variables, request data or tokens in paths (threats.md P-SR-04)."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        return {}.items()

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}
