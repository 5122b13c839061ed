"""Every setting is documented with its default, and every documented one exists; weak ones stop the start (P-SR-02)."""

import base64
import os
import re
import runpy
import secrets
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from embedhost.lib.env import ROOT, SETTINGS, read
from tests.house.server import clean_environment, granian
from tests.house.settings_page import PAGE, table, written
from tests.servers import free_port

_RAW = "Yk3vQ8sZ1nT6wB4xH9cR2mJ7dL5gF0pA"
_GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ENCRYPTION_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    "CONSOLE_HOST": "console.example.com",
    "EMBED_HOST": "embed.example.com",
    "DATABASE_URL": "sqlite://:memory:",
}
_WEAK = {
    "no secret key": ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
    "the secret key of many examples": ({"SECRET_KEY": "change-me" * 9}, "SECRET_KEY"),
    "the secret key of a new Django project": ({"SECRET_KEY": f"django-insecure-{_RAW * 2}"}, "SECRET_KEY"),
    "the secret key that development falls back to": (
        {"SECRET_KEY": "development-only-" + "0123456789" * 4},
        "SECRET_KEY",
    ),
    "a secret key of 49 characters": ({"SECRET_KEY": (_RAW * 2)[:49]}, "SECRET_KEY"),
    "one character fifty times": ({"SECRET_KEY": "a" * 50}, "SECRET_KEY"),
    "no encryption key": ({"ENCRYPTION_KEYS": ""}, "ENCRYPTION_KEYS is missing"),
    "a short encryption key": ({"ENCRYPTION_KEYS": "k1:c2hvcnQ="}, "ENCRYPTION_KEYS"),
    "an encryption key that is not base64": ({"ENCRYPTION_KEYS": f"k1:{'!' * 44}"}, "ENCRYPTION_KEYS"),
    "an encryption key without an id": (
        {"ENCRYPTION_KEYS": base64.b64encode(_RAW.encode()).decode()},
        "ENCRYPTION_KEYS",
    ),
    "the documentation's example as encryption key": (
        {"ENCRYPTION_KEYS": "id:base64 of 32 bytes"},
        "ENCRYPTION_KEYS",
    ),
    "the encryption key that development falls back to": (
        {"ENCRYPTION_KEYS": "development:ZGV2ZWxvcG1lbnQtb25seS0wMTIzNDU2Nzg5YWJjZGU="},
        "ENCRYPTION_KEYS",
    ),
    "a second encryption key that is weak": ({"ENCRYPTION_KEYS": f"{_GOOD['ENCRYPTION_KEYS']},k0:"}, "ENCRYPTION_KEYS"),
    "the secret key as encryption key, encoded": (
        {"SECRET_KEY": _RAW * 2, "ENCRYPTION_KEYS": f"k1:{base64.b64encode(_RAW.encode()).decode()}"},
        "ENCRYPTION_KEYS",
    ),
    "the encryption key as secret key": (
        {"SECRET_KEY": f"{_GOOD['ENCRYPTION_KEYS']}-again", "ENCRYPTION_KEYS": _GOOD["ENCRYPTION_KEYS"]},
        "ENCRYPTION_KEYS",
    ),
    "debug pages": ({"DEBUG": "1"}, "DEBUG is on"),
    "every host allowed": ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
    "every host allowed among others": ({"ALLOWED_HOSTS": "health.example.com,*"}, "ALLOWED_HOSTS"),
    "one host for console and embeds": ({"EMBED_HOST": "console.example.com"}, "CONSOLE_HOST and EMBED_HOST"),
    "one host with two ports": ({"EMBED_HOST": "console.example.com:8443"}, "CONSOLE_HOST and EMBED_HOST"),
    "one host in two spellings": ({"EMBED_HOST": "Console.Example.com"}, "CONSOLE_HOST and EMBED_HOST"),
}


def _load(monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]) -> Mapping[str, Any]:
    """Run the settings as an import would, but for what an import remembers."""
    _set_all(monkeypatch, settings)
    return runpy.run_path(str(ROOT / "embedhost" / "settings.py"))


def test_p_sr_02_good_settings_start() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import embedhost.settings"],
        cwd=ROOT,
        env=clean_environment(_GOOD),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr


@pytest.mark.parametrize("case", _WEAK)
def test_p_sr_02_a_weak_setting_stops_the_start_with_a_sentence_and_without_the_secret(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, sentence = _WEAK[case]
    with pytest.raises(ImproperlyConfigured) as refused:
        _load(monkeypatch, {**_GOOD, **change})
    assert str(refused.value).startswith("embedhost does not start.")
    assert sentence in str(refused.value)
    printed = "".join(traceback.format_exception(refused.value))
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS"):
        value = {**_GOOD, **change}[name]
        assert not value or value not in printed


def _set_all(monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]) -> None:
    """Let the environment hold these and nothing else."""
    alone = clean_environment(settings)
    for name in os.environ.keys() - alone.keys():
        monkeypatch.delenv(name)
    for name, value in alone.items():
        monkeypatch.setenv(name, value)


def test_p_sr_02_every_weakness_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        _load(monkeypatch, {"DEBUG": "1", "ALLOWED_HOSTS": "*"})
    last_line = str(refused.value).splitlines()[-1]
    assert all(name in last_line for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "DEBUG", "ALLOWED_HOSTS"))


def test_p_sr_02_the_development_flag_allows_weak_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = _load(monkeypatch, {"DEVELOPMENT": "1", "DEBUG": "1"})
    assert (loaded["DEVELOPMENT"], loaded["DEBUG"]) == (True, True)


def test_p_sr_02_the_web_server_itself_ends_when_a_setting_is_weak(tmp_path: Path) -> None:
    served = subprocess.run(
        granian(free_port()),
        cwd=ROOT,
        env=clean_environment({**_GOOD, "SECRET_KEY": "short", "VAR_DIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert served.returncode != 0
    assert "embedhost does not start. SECRET_KEY is missing" in served.stdout + served.stderr


def test_a_value_of_the_wrong_kind_stops_the_start_with_the_name_of_its_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        _load(monkeypatch, {**_GOOD, "MAX_ROWS": "many"})
    assert "MAX_ROWS has a value that is no whole number." in str(refused.value).splitlines()[-1]


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = dict(_GOOD)
    (tmp_path / "key").write_text(settings.pop("SECRET_KEY") + "\n")
    loaded = _load(monkeypatch, {**settings, "SECRET_KEY_FILE": str(tmp_path / "key")})
    assert loaded["SECRET_KEY"] == _GOOD["SECRET_KEY"]


def test_every_setting_is_in_the_settings_page_with_its_default_and_nothing_else_is() -> None:
    assert written() == table(), "docs/settings.md is old: run python -m tests.house.settings_page"


def test_every_setting_reads_as_its_declared_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() & SETTINGS.keys():
        monkeypatch.delenv(name)
    assert {name: read(name) for name in SETTINGS} == {name: setting.default for name, setting in SETTINGS.items()}


def test_an_empty_variable_counts_as_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.setenv(name, "")
    assert {name: read(name) for name in SETTINGS} == {name: setting.default for name, setting in SETTINGS.items()}


def test_a_secrets_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE names a file that cannot be read: No such file"):
        read("SECRET_KEY")


def test_a_secrets_file_that_holds_no_text_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS"):
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "key"))
        with pytest.raises(ImproperlyConfigured, match=f"{name} has a value that is no text in UTF-8"):
            read(name)


def test_a_command_with_a_weak_setting_ends_with_the_sentence_alone(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env=clean_environment({**_GOOD, "SECRET_KEY": "short", "VAR_DIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("embedhost does not start. SECRET_KEY is missing")
    assert len(ended.stderr.splitlines()) == 1


def test_the_deployment_check_says_of_good_settings_only_that_mails_are_printed(tmp_path: Path) -> None:
    sent = {"EMAIL_URL": "smtp+tls://user:password@mail.example.com:587"}
    for settings, said in (({}, ["embedhost.W002"]), (sent, [])):
        checked = subprocess.run(
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            cwd=ROOT,
            env=clean_environment({**_GOOD, **settings, "VAR_DIR": str(tmp_path)}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert re.findall(r"\(([a-z]+\.[A-Z]\d+)\)", checked.stderr) == said
        assert checked.returncode == len(said)


def test_every_setting_has_a_help_that_is_a_sentence() -> None:
    assert [setting.name for setting in SETTINGS.values() if not re.fullmatch(r"[A-Z].+\.", setting.help)] == []


def test_the_code_reads_no_environment_variable_that_is_not_a_declared_setting() -> None:
    reads = re.compile(r"os\.(?:environ\b|getenv)")
    # These name the settings module, and the demo's host page stands for a customer's own program.
    allowed = {"embedhost/lib/env.py", "embedhost/wsgi.py", "embedhost/celery.py", "embedhost/demo/host.py"}
    packages = ("console", "customers", "dashboards", "datasources", "embed", "embedhost", "secrets_admin", "tokens")
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if reads.search(path.read_text(encoding="utf-8"))}
    assert found - allowed == set()


def test_the_settings_page_says_what_the_kinds_of_values_look_like() -> None:
    assert all(word in PAGE.read_text(encoding="utf-8") for word in ("`1`", "`0`", "commas", "_FILE"))
