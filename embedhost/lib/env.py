"""Every setting, declared once: name, kind, default and help. docs/settings.md is held to this table by a test."""

import base64
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent.parent

Kind = Literal["bool", "int", "float", "str", "list", "choice"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable; ``secret`` ones may also come from the file that ``<NAME>_FILE`` names."""

    name: str
    kind: Kind
    default: Any
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()


_DECLARED = [
    Setting(
        "DEVELOPMENT",
        "bool",
        False,
        "Allows weak settings, plain http and http://localhost origins. Never set it in production.",
    ),
    Setting("DEBUG", "bool", False, "Django's debug pages. Refused unless DEVELOPMENT is on."),
    Setting("SECRET_KEY", "str", "", "Signs console sessions and forms. At least 50 random characters.", secret=True),
    Setting(
        "ENCRYPTION_KEYS",
        "list",
        [],
        "Key ring for secrets at rest: `id:base64 of 32 bytes`, newest first, with commas between. "
        "The first one encrypts, all decrypt.",
        secret=True,
    ),
    Setting(
        "DATABASE_URL",
        "str",
        "",
        "The app database, such as postgresql://user:password@host/name. Empty: SQLite in VAR_DIR.",
        secret=True,
    ),
    Setting(
        "REDIS_URL",
        "str",
        "",
        "Cache, flights and queue, such as redis://host:6379/0. Empty: in process, for one web process.",
        secret=True,
    ),
    Setting("CONSOLE_HOST", "str", "localhost:8000", "Host (and port) of the console, as browsers send it."),
    Setting(
        "EMBED_HOST", "str", "127.0.0.1:8000", "Host (and port) of embeds and the API. Must differ from CONSOLE_HOST."
    ),
    Setting("ALLOWED_HOSTS", "list", [], "Further host names that health checks may use. `*` is refused."),
    Setting(
        "TRUSTED_PROXIES", "list", [], "Addresses or networks whose X-Forwarded-Proto and X-Forwarded-For are believed."
    ),
    Setting(
        "EMBEDDING_DEFAULT",
        "choice",
        "off",
        "Whether a new organization may embed before the operator enables it.",
        choices=("on", "off"),
    ),
    Setting(
        "EMAIL_URL",
        "str",
        "consolemail://",
        "Mail server, such as smtp+tls://user:password@host:587. Default: mails are printed.",
        secret=True,
    ),
    Setting("DEFAULT_FROM_EMAIL", "str", "embedhost <no-reply@localhost>", "Sender of mails."),
    Setting("VAR_DIR", "str", str(ROOT / "var"), "Folder for the embedded defaults' files."),
    Setting(
        "JOURNAL_DIR",
        "str",
        "",
        "Folder for counts and log lines on their way to the database, on a local disk that outlives the process. "
        "Empty: `journal` in VAR_DIR.",
    ),
    Setting(
        "LOG_LEVEL",
        "choice",
        "INFO",
        "Least severe level that is logged.",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Setting("WEB_PROCESSES", "int", 1, "Web processes of this server. More than 1 needs REDIS_URL."),
    Setting(
        "WEB_THREADS",
        "int",
        16,
        "Threads of one web process. A quarter of them may wait for queries at once, a quarter may answer the REST "
        "API's data calls, half of them wait for slow bodies.",
    ),
    Setting("BODY_SECONDS", "float", 10.0, "Longest wait for the body of one request; then 408."),
    Setting("STATEMENT_TIMEOUT_SECONDS", "float", 20.0, "Longest time of one query at a data source."),
    Setting("MAX_ROWS", "int", 10_000, "Most rows of one panel; the rest is cut off and the panel says so."),
    Setting(
        "MAX_DASHBOARDS",
        "int",
        2_000,
        "Most dashboards of one organization, deleted ones included, since they can come back. 0: no limit.",
    ),
    Setting("MAX_VERSIONS", "int", 10_000, "Most versions of one dashboard. None is ever deleted. 0: no limit."),
    Setting(
        "EXTRA_SQL_FUNCTIONS",
        "list",
        [],
        "Functions that panels may call besides those of docs/sql.md, as engine:function with commas between, such as "
        "postgresql:levenshtein. They must be in the database's own schema (pg_catalog) and read nothing.",
    ),
    Setting(
        "SOURCE_CONNECTIONS",
        "int",
        8,
        "Most queries that run at one data source at once, per process, web servers and workers alike.",
    ),
    Setting(
        "SERVER_CONNECTIONS",
        "int",
        40,
        "Most connections that a process keeps to one database server (host and port), over all data sources and "
        "customers' logins. An idle one is closed for another; when all are busy, a query waits up to 2 seconds. One "
        "organization gets half of them, and more while a quarter is free.",
    ),
    Setting(
        "LIMIT_QUERIES_AT_ONCE",
        "int",
        64,
        "Most queries of one customer that run at a data source or wait for it at once, per process.",
    ),
    Setting(
        "LIMIT_TOKEN_REQUESTS",
        "int",
        120_000,
        "Most pages, calls and exports of one token within ten minutes, over all processes. 0: no limit.",
    ),
    Setting("LIMIT_CUSTOMER_REQUESTS", "int", 600_000, "The same for all tokens of one customer."),
    Setting("LIMIT_ORGANIZATION_REQUESTS", "int", 3_000_000, "The same for all customers of one organization."),
    Setting(
        "LIMIT_KEY_REQUESTS",
        "int",
        600_000,
        "Most calls of one API key within ten minutes, over all processes. 0: no limit.",
    ),
    Setting(
        "LIMIT_CUSTOMER_QUERIES",
        "int",
        20_000,
        "Most queries for one customer within ten minutes, over all processes; what is cached is none. 0: no limit.",
    ),
    Setting("LIMIT_ORGANIZATION_QUERIES", "int", 200_000, "The same for all customers of one organization."),
    Setting(
        "DATA_SOURCE_NETWORKS",
        "list",
        [],
        "Private networks in which data sources may be, such as 10.1.0.0/16, with commas between. Others are refused. "
        "embedhost's own database and Redis are only reachable when their single address is listed. Development: "
        "127.0.0.1/32 and ::1/128 on top.",
    ),
    Setting(
        "DATA_SOURCE_FOLDER",
        "str",
        "",
        "Folder with a folder per organization, named by its slug, whose DuckDB, Parquet, CSV and SQLite files its "
        "owners and editors may connect. Empty: only the operator connects files, with connect_source.",
    ),
    Setting(
        "DATA_SOURCE_STRICT_LOGINS",
        "bool",
        False,
        "Refuses a login that may write, owns tables, is a superuser or bypasses row security, instead of a warning.",
    ),
    Setting("CACHE_MEMORY_MB", "int", 64, "Memory of the in-process cache, used without REDIS_URL."),
    Setting(
        "REVOCATION_POLL_SECONDS",
        "float",
        0.5,
        "How often a process reads the revocation feed. At most 0.5 in production.",
    ),
]

SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _DECLARED}

_env = environ.Env()
_NUMBERS: dict[Kind, str] = {"int": "whole number", "float": "number"}
_TEXT = "text in UTF-8"


def read(name: str) -> Any:
    """Return the value of a declared setting.

    Raises ImproperlyConfigured with a sentence when the value does not fit its kind.
    """
    setting = SETTINGS[name]
    try:
        value = _read(setting)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error.strerror}.") from error
    except ValueError:
        # Without its cause, which may show a byte of a secret.
        raise ImproperlyConfigured(
            f"{name} has a value that is no {_NUMBERS.get(setting.kind, _TEXT)}. {setting.help}"
        ) from None
    if setting.choices and value not in setting.choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(setting.choices)}. {setting.help}")
    return value


def _read(setting: Setting) -> Any:
    path = os.environ.get(f"{setting.name}_FILE") if setting.secret else None
    if path:
        text = Path(path).read_text(encoding="utf-8").strip()
        return [part.strip() for part in text.split(",")] if setting.kind == "list" else text
    if not os.environ.get(setting.name, "").strip():
        return setting.default
    reader = {"bool": _env.bool, "int": _env.int, "float": _env.float, "list": _env.list}.get(setting.kind, _env.str)
    return reader(setting.name)


def networks(name: str, values: list[str]) -> list[str]:
    """Return networks as they are compared. Raises ImproperlyConfigured for one that is none, or is everything."""
    try:
        found = [ipaddress.ip_network(value.strip(), strict=False) for value in values]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} holds something that is no network, such as 10.1.0.0/16.") from error
    if any(network.prefixlen == 0 for network in found):
        raise ImproperlyConfigured(f"{name} holds a network that is the whole internet. Name the private ones.")
    return [str(network) for network in found]


#: Values that stand in our own examples; a server that starts with one of them has no secret at all.
EXAMPLES = ("change-me", "changeme", "django-insecure-", "development-only")


def refuse_weak(values: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured unless the given settings are fit for production (threats.md P-SR-02)."""
    if values["DEVELOPMENT"]:
        return
    problems = [*_weak_secret_key(values["SECRET_KEY"]), *_weak_ring(values), *_weak_hosts(values)]
    if values["DEBUG"]:
        problems.append("DEBUG is on. Debug pages show secrets: unset it.")
    if problems:
        raise ImproperlyConfigured("embedhost does not start. " + " ".join(problems))


def _weak_secret_key(key: str) -> list[str]:
    if len(key) < 50 or any(key.startswith(example) for example in EXAMPLES) or len(set(key)) < 10:
        return ["SECRET_KEY is missing, an example or shorter than 50 random characters: set a long random text."]
    return []


def _weak_ring(values: dict[str, Any]) -> list[str]:
    how = "Make one with: python -c \"import os,base64;print('k1:'+base64.b64encode(os.urandom(32)).decode())\""
    if not values["ENCRYPTION_KEYS"]:
        return [f"ENCRYPTION_KEYS is missing. {how}"]
    for entry in values["ENCRYPTION_KEYS"]:
        if weak_ring_entry(entry, values["SECRET_KEY"]):
            return [
                f"ENCRYPTION_KEYS has an entry that is not `id:base64 of 32 random bytes`, or equals SECRET_KEY. {how}"
            ]
    return []


def weak_ring_entry(entry: str, secret_key: str) -> bool:
    """Tell whether a key ring entry is malformed, short, an example or equal to SECRET_KEY."""
    key_id, _, text = entry.partition(":")
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        return True
    weak = not key_id or len(key) != 32 or len(set(key)) < 10 or any(key.startswith(word.encode()) for word in EXAMPLES)
    return weak or text in secret_key or key.decode("latin-1") in secret_key


def _weak_hosts(values: dict[str, Any]) -> list[str]:
    problems = []
    if "*" in values["ALLOWED_HOSTS"]:
        problems.append("ALLOWED_HOSTS holds `*`: name the hosts.")
    console, embed = (values[name].partition(":")[0].lower() for name in ("CONSOLE_HOST", "EMBED_HOST"))
    if console == embed:
        problems.append("CONSOLE_HOST and EMBED_HOST are the same: give embeds a host of their own.")
    return problems
