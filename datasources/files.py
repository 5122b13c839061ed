"""The files that an organization may connect: those that the operator put into its folder, and nothing else.

Everything else on the server's disks belongs to somebody else.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from datasources.errors import BadConnection
from datasources.snapshot import DESTINATION
from secrets_admin.models import Workspace

#: The choice that stands for all Parquet and CSV files of the folder, each of which is a table.
EVERY_TABLE = "."
TABLE_FILES = frozenset({".parquet", ".csv"})
DATABASE_FILES = frozenset({".duckdb", ".ddb", ".db", ".sqlite", ".sqlite3"})


def offered_files(workspace: Workspace) -> list[str]:
    """Return what the operator put into DATA_SOURCE_FOLDER/<slug of the organization>: files, and ``.`` for all tables
    of Parquet and CSV in it."""
    folder = _folder(workspace)
    if not settings.DATA_SOURCE_FOLDER or not folder.is_dir():
        return []
    entries = [entry for entry in folder.iterdir() if entry.is_file() and not entry.is_symlink()]
    tables = [EVERY_TABLE] if any(entry.suffix.lower() in TABLE_FILES for entry in entries) else []
    return tables + sorted(entry.name for entry in entries if entry.suffix.lower() in DATABASE_FILES)


def path_of(workspace: Workspace, name: str) -> str:
    """Return the path of an offered file. Raises BadConnection for everything else."""
    if name not in offered_files(workspace):
        problem = "There is no such file for this organization. Ask the operator to put it in place."
        raise BadConnection(problem, field="path")
    return str(_folder(workspace) if name == EVERY_TABLE else _folder(workspace) / name)


def name_of(workspace: Workspace, path: str) -> str:
    """Return the name under which a path is offered; of any other path its last part."""
    return EVERY_TABLE if path == str(_folder(workspace)) else _last(path)


def shown_connection(connection: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be shown of a connection: never a secret, and of a path the last part only."""
    shown = {name: value for name, value in connection.items() if name in (*DESTINATION, "user", "path")}
    return shown | ({"path": _last(str(shown["path"]))} if "path" in shown else {})


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _folder(workspace: Workspace) -> Path:
    return Path(settings.DATA_SOURCE_FOLDER or "/nowhere") / workspace.organization.slug
