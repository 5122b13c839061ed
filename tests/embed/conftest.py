"""What the tests of several processes share."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

from tests.servers import Server, serving, url_of_the_test_database
from tests.world import World


@pytest.fixture
def servers(world: World) -> Iterator[list[Server]]:
    """Two granian processes over the test's database."""
    env = {
        "DATABASE_URL": url_of_the_test_database(),
        "REDIS_URL": settings.REDIS_URL,
        "LOG_LEVEL": "ERROR",
    }
    with serving(env, 2) as running:
        yield running


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that the server would print, at level DEBUG, through its own formatter."""
    root = logging.getLogger()
    ours = next(
        handler for handler in root.handlers if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
    )
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(ours.formatter)
    levels = {name: logging.getLogger(name).level for name in ("", "django")}
    root.addHandler(handler)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
