"""A pytest plugin that tells tests which know embedhost's database, and so run on each kind of it, from all others."""

import pytest

_FIXTURES = {"db", "transactional_db"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("known", "unknown"), help="only tests that know a database, or no other")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that ``--database`` does not ask for."""
    wanted = config.getoption("--database")
    left_out = [item for item in items if wanted not in (None, "known" if _knows_one(item) else "unknown")]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def _knows_one(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & _FIXTURES) or item.get_closest_marker("django_db") is not None
