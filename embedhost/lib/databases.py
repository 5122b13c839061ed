"""The app database from its URL, with the options that each kind needs to be safe and quick."""

from pathlib import Path
from typing import Any

import environ

#: A database that does not answer must not hold a request longer than design.md section 6 allows.
CONNECT_SECONDS = 2

_SQLITE_START = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"


def from_url(url: str, var_dir: Path) -> dict[str, Any]:
    """Return Django's configuration of one database; an empty URL means SQLite in ``var_dir``."""
    config: dict[str, Any] = environ.Env.db_url_config(url or f"sqlite:///{var_dir / 'embedhost.sqlite3'}")
    if config["ENGINE"].endswith("sqlite3"):
        Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        config["OPTIONS"] = {"init_command": _SQLITE_START, "transaction_mode": "IMMEDIATE", "timeout": 10}
    else:
        config["CONN_MAX_AGE"] = 600
        config["CONN_HEALTH_CHECKS"] = True
        config.setdefault("OPTIONS", {}).update(
            connect_timeout=CONNECT_SECONDS, tcp_user_timeout=CONNECT_SECONDS * 1000
        )
    return config
