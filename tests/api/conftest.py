"""The backends of alice's and of charlie's company."""

import pytest

from tests.api.caller import Backend, backend
from tests.world import World


@pytest.fixture
def ours(world: World) -> Backend:
    """alice's, with every scope."""
    return backend(world.a)


@pytest.fixture
def theirs(world: World) -> Backend:
    """charlie's, with every scope."""
    return backend(world.b)
