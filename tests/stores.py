"""A pytest plugin for the second run of the tests, on another database: only those that know embedhost's database."""

import pytest

_FIXTURES = {"db", "transactional_db"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out every test that asks for no database: on another one it is the same test."""
    kept = [item for item in items if _knows_a_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _knows_a_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & _FIXTURES) or item.get_closest_marker("django_db") is not None
