from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

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
    """The demo's warehouse where seed_demo makes it, in a VAR_DIR of this session."""
    path = tmp_path_factory.mktemp("var") / "demo" / "tradewind.duckdb"
    ensure_warehouse(path, datetime.now(UTC).date())
    return path


@pytest.fixture
def folder(settings: Settings, todays_warehouse: Path) -> Path:
    """A VAR_DIR without var/demo.json; the warehouse, which is slow to make, is there already."""
    settings.VAR_DIR = todays_warehouse.parent.parent
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    (settings.VAR_DIR / "demo.json").unlink(missing_ok=True)
    found: Path = settings.VAR_DIR
    return found
