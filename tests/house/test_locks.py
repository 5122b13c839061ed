"""Lock files pin everything by hash and name no registry: each machine uses its own."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from embedhost.lib.env import ROOT

_LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_ADDRESS = re.compile(r"\w+://")


def _npm() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    return lock


def _pins(lock: Path) -> dict[str, str]:
    """The lines that are neither hashes nor comments, by package name (and marker)."""
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if line and line[0] not in " #"]
    pins = [line.removesuffix(" \\").partition("==") for line in lines]
    return {name + version.partition(" ;")[2]: version.partition(" ;")[0] for name, _, version in pins}


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda path: path.name)
def test_a_python_lock_names_no_registry(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert _ADDRESS.search(text) is None
    assert re.search(r"--(extra-)?index-url|--find-links|--trusted-host", text.partition("\n\n")[2]) is None


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda path: path.name)
def test_every_locked_python_package_has_an_exact_version_and_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"))
    packages = [entry for entry in entries if not entry.startswith("#")]
    assert packages
    assert [entry for entry in packages if not re.match(r"[\w.-]+==\S+", entry)] == []
    assert [entry for entry in packages if "--hash=sha256:" not in entry] == []


def test_every_requirements_file_has_its_lock() -> None:
    assert {path.stem for path in (ROOT / "requirements").glob("*.in")} == {path.stem for path in _LOCKS}


def test_tests_run_on_the_versions_that_the_product_ships() -> None:
    base, dev = (_pins(ROOT / "requirements" / f"{name}.txt") for name in ("base", "dev"))
    assert {name: dev.get(name) for name in base} == base


def test_the_npm_lock_names_no_registry() -> None:
    packages = _npm()["packages"].values()
    assert [package["resolved"] for package in packages if "resolved" in package] == []
    assert "resolved" not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_every_locked_npm_package_has_an_integrity_hash() -> None:
    packages = {name: package for name, package in _npm()["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []


def test_package_json_pins_exact_versions() -> None:
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    wanted = {**manifest.get("dependencies", {}), **manifest.get("devDependencies", {})}
    assert wanted
    assert [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
