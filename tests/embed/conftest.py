"""What the tests of several processes share."""

from collections.abc import Iterator

import pytest
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
