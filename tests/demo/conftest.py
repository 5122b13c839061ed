import fcntl
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from embedhost.demo.data import ensure_warehouse

#: A Friday in the sales season, so that the newest weeks hold every status.
END_DAY = date(2026, 11, 20)


@pytest.fixture(scope="session")
def made_warehouses(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where all processes of this run keep the warehouses that they made, by their last day."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "warehouses"
    folder.mkdir(exist_ok=True)
    return folder


def _copy_of_warehouse(made: Path, end_day: date, path: Path) -> Path:
    """Make the warehouse of a day where no process has yet, which takes seconds, and copy it to ``path``."""
    shared = made / f"{end_day}.duckdb"
    with (made / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_warehouse(shared, end_day)
    path.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".duckdb", ".json"):
        shutil.copy(shared.with_suffix(suffix), path.with_suffix(suffix))
    return path


@pytest.fixture(scope="session")
def warehouse(made_warehouses: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's warehouse as it is on END_DAY."""
    return _copy_of_warehouse(made_warehouses, END_DAY, tmp_path_factory.mktemp("demo") / "tradewind.duckdb")


@pytest.fixture(scope="session")
def todays_warehouse(made_warehouses: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's warehouse where seed_demo makes it, in a VAR_DIR of this session."""
    path = tmp_path_factory.mktemp("var") / "demo" / "tradewind.duckdb"
    return _copy_of_warehouse(made_warehouses, datetime.now(UTC).date(), path)


@pytest.fixture
def folder(settings: Settings, todays_warehouse: Path) -> Path:
    """A VAR_DIR without var/demo.json; the warehouse, which is slow to make, is there already."""
    settings.VAR_DIR = todays_warehouse.parent.parent
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    (settings.VAR_DIR / "demo.json").unlink(missing_ok=True)
    found: Path = settings.VAR_DIR
    return found
