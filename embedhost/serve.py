"""The web server: granian, with the libraries that every worker needs read before the workers are forked from it.

``python -m embedhost.serve`` takes what the ``granian`` command takes. Workers share those pages of memory that none of
them changes. Only libraries are read: no setting, no connection, no thread. embedhost itself is read by each worker, so
that SIGHUP brings in another version as ever.
"""

import gc
from importlib import import_module
from typing import Final

from granian.cli import entrypoint

#: The largest ones that need no settings.
LIBRARIES: Final = (
    "babel.dates",
    "babel.numbers",
    "celery.app.base",
    "cryptography.x509",
    "django.contrib.admin",
    "django.contrib.auth.apps",
    "django.contrib.postgres.fields",
    "django.contrib.staticfiles.storage",
    "django.core.handlers.wsgi",
    "django.core.servers.basehttp",
    "django.db.models",
    "django.forms",
    "django.test",
    "jose.jwe",
    "jsonschema",
    "jwt",
    "kombu.connection",
    "markdown_it",
    "orjson",
    "psycopg",
    "py_mini_racer",
    "redis",
    "requests",
    "sqlglot.dialects.postgres",
    "structlog",
    "unittest.mock",
    "yaml",
    "zstandard",
)


def read_libraries() -> None:
    """Read them, and let no search for garbage write to their pages."""
    for name in LIBRARIES:
        import_module(name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    read_libraries()
    entrypoint()  # type: ignore[no-untyped-call]  # granian has no types here
