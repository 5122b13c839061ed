import fcntl
import json
import shutil
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from embedhost.demo.data import ensure_warehouse
from embedhost.lib.env import ROOT
from tests.snapshot import Snapshot, take

#: A Friday in the sales season, so that the newest weeks hold every status.
END_DAY = date(2026, 11, 20)
#: What all processes and runs share, as long as the recipe in its label is the same.
_KEPT = ROOT / "var" / "test" / "warehouses"


def _copy_warehouse(name: str, end_day: date, path: Path) -> Path:
    """Copy the warehouse of a day to ``path``; make it first, which takes seconds, if no run of this code has yet."""
    _KEPT.mkdir(parents=True, exist_ok=True)
    kept = _KEPT / f"{name}.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    with (_KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_warehouse(kept, end_day)
        for suffix in (".duckdb", ".json"):
            shutil.copy(kept.with_suffix(suffix), path.with_suffix(suffix))
    return path


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's warehouse as it is on END_DAY."""
    return _copy_warehouse("settled", END_DAY, tmp_path_factory.mktemp("demo") / "tradewind.duckdb")


@pytest.fixture(scope="session")
def todays_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's warehouse where seed_demo makes it, in a VAR_DIR of this session."""
    path = tmp_path_factory.mktemp("var") / "demo" / "tradewind.duckdb"
    return _copy_warehouse("today", datetime.now(UTC).date(), path)


@pytest.fixture
def folder(settings: Settings, todays_warehouse: Path) -> Path:
    """A VAR_DIR without var/demo.json; the warehouse, which is slow to make, is there already."""
    settings.VAR_DIR = todays_warehouse.parent.parent
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    (settings.VAR_DIR / "demo.json").unlink(missing_ok=True)
    found: Path = settings.VAR_DIR
    return found


_seeded: list[Snapshot] = []


@pytest.fixture
def seeded(folder: Path, db: None) -> dict[str, Any]:
    """The facts of the seeded demo: made by seed_demo once in a process, then written as they were."""
    if _seeded:
        (folder / "demo.json").write_text(cast("str", _seeded[0].restore()))
    else:
        _seeded.append(take(lambda: _seed(folder)))
    facts: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return facts


def _seed(folder: Path) -> str:
    call_command("seed_demo", verbosity=0, stdout=StringIO())
    return (folder / "demo.json").read_text()
