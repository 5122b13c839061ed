from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from embedhost.demo.data import ensure_warehouse

#: A Friday in the sales season, so that the newest weeks hold every status.
END_DAY = date(2026, 11, 20)


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's warehouse as it is on END_DAY."""
    path = tmp_path_factory.mktemp("demo") / "tradewind.duckdb"
    ensure_warehouse(path, END_DAY)
    return path


@pytest.fixture(scope="session")
def todays_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's warehouse as seed_demo makes it today."""
    path = tmp_path_factory.mktemp("today") / "tradewind.duckdb"
    ensure_warehouse(path, datetime.now(UTC).date())
    return path
