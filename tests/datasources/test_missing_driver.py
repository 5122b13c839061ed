"""Drivers are extras: without them embedhost starts, lists every engine, and says which extra a chosen one needs."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import django
import pytest
from django.test import Client

from datasources.access import source_for
from datasources.compile import compile_query
from datasources.engines import ENGINES
from datasources.errors import SourceUnavailable
from datasources.services import create_source
from secrets_admin.access import SYSTEM
from secrets_admin.models import User, Workspace
from tests.console.cast import text_of, visit
from tests.datasources.world import make_sqlite

ROOT = Path(__file__).parents[2]
ROOMS = "/o/tradewind/settings/sources/"
DRIVERS = ("duckdb", "_duckdb", "pymysql", "psycopg")
STARTING = """
import json, sys
import django
django.setup()
from django.core.management import call_command
import embedhost.wsgi, embedhost.tasks, embedhost.urls_console, embedhost.urls_embed
from datasources.engines import ENGINES
from datasources.errors import BadConnection, SourceUnavailable
call_command("check")
said = {}
for name in ENGINES:
    try:
        said[name] = ENGINES.chosen(name).run({"path": sys.argv[1]}, "SELECT 7 AS a", (), timeout=5, max_rows=5).values
    except BadConnection as missing:
        said[name] = missing.message
loaded = [name for name in ("duckdb", "pymysql", "psycopg") if name in sys.modules]
print(json.dumps([said, loaded]))
"""


@pytest.fixture
def without_drivers(tmp_path: Path) -> Path:
    """What is installed here, but for every driver."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for entry in Path(django.__file__).parents[1].iterdir():
        if not entry.name.lower().startswith(DRIVERS) and entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)
    return folder


def test_a_process_without_drivers_starts_and_says_which_extra_an_engine_needs(
    without_drivers: Path, tmp_path: Path
) -> None:
    env = {
        **{name: os.environ[name] for name in ("PATH", "CONSOLE_HOST", "EMBED_HOST") if name in os.environ},
        "PYTHONPATH": os.pathsep.join([str(without_drivers), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "embedhost.settings",
        "DEVELOPMENT": "1",
        "VAR_DIR": str(tmp_path / "var"),
    }
    file = make_sqlite(tmp_path)["path"]
    asked = subprocess.run(
        [sys.executable, "-S", "-c", STARTING, file],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=env,
        cwd=tmp_path,
    )
    assert asked.returncode == 0, asked.stderr
    said, loaded = json.loads(asked.stdout.splitlines()[-1])
    assert loaded == []
    assert list(said) == list(ENGINES)
    assert said["sqlite"] == [[7]]
    for name in ("duckdb", "postgresql", "mariadb"):
        assert f"pip install 'embedhost[{name}]'" in said[name]
        assert ENGINES.label(name) in said[name]


def test_every_driver_is_an_extra_or_comes_with_python() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for name in ENGINES:
        driver = ENGINES.driver(name).__name__
        named = [package.partition("[")[0].lower() for package in extras.get(name, [])]
        assert driver in named or driver in sys.stdlib_module_names, name


@pytest.fixture
def no_mariadb(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing had been asked of MariaDB yet and its driver could not be found."""
    monkeypatch.setattr(ENGINES, "_made", {})
    monkeypatch.setitem(sys.modules, "pymysql", None)


@pytest.mark.django_db
def test_the_console_offers_an_engine_without_its_driver_and_says_what_to_install(
    workspace: Workspace, erin: User, no_mariadb: None
) -> None:
    client: Client = visit(erin)
    assert "MariaDB or MySQL" in text_of(client.get(ROOMS))
    for answer in (client.get(f"{ROOMS}new/mariadb/"), client.post(f"{ROOMS}new/mariadb/", {"name": "warehouse"})):
        assert answer.status_code == 400
        assert "embedhost[mariadb]" in text_of(answer)
    assert client.get(f"{ROOMS}new/postgresql/").status_code == 200


@pytest.mark.django_db
def test_a_source_whose_driver_is_gone_is_shown_and_deleted_and_its_panels_are_unavailable(
    workspace: Workspace,
    erin: User,
    connections: dict[str, dict[str, Any]],
    request: pytest.FixtureRequest,
) -> None:
    source = create_source(
        workspace, name="warehouse", engine="mariadb", connection=connections["mariadb"], actor=SYSTEM
    )
    request.getfixturevalue("no_mariadb")
    found, client = source_for(workspace.pk, "warehouse", "acme"), visit(erin)
    with pytest.raises(SourceUnavailable) as caught:
        compile_query(
            "SELECT 12345 AS a",
            dialect=found.dialect,
            catalog=found.catalog,
            rules=found.rules,
            variables={},
            present=frozenset(),
        )
    assert caught.value.message == SourceUnavailable().message
    assert "embedhost[mariadb]" in caught.value.detail
    page = f"{ROOMS}{source.uid}/"
    assert "MariaDB or MySQL" in text_of(client.get(page))
    assert "embedhost[mariadb]" in text_of(client.post(f"{page}test/", follow=True))
    assert "embedhost[mariadb]" in text_of(client.get(f"{page}connection/"))
    assert client.post(f"{page}delete/").status_code == 302
