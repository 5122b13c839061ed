"""docker-compose.yml and the Dockerfile hold only documented variables, no secret, and what the program needs.

There is no Docker where the tests run, so this reads the files; the commands in them are the ones that other tests run.
"""

import re
from typing import Any

import pytest
import yaml

from embedhost.lib.env import ROOT, SETTINGS
from tests.house.settings_page import PAGE

_TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
_SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(_TEXT)["services"]
_OURS = ("migrate", "web", "worker", "beat")
_DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
_SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "POSTGRES_PASSWORD", "REDIS_PASSWORD")


def test_compose_runs_web_worker_beat_and_their_databases_and_migrates_first() -> None:
    assert set(_SERVICES) == {*_OURS, "postgres", "redis"}
    for name in ("web", "worker", "beat"):
        assert _SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert _SERVICES[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}
        assert _SERVICES[name]["depends_on"]["redis"] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", _OURS)
def test_every_environment_variable_of_our_services_is_a_declared_setting(name: str) -> None:
    assert set(_SERVICES[name]["environment"]) <= set(SETTINGS)


def test_every_setting_that_compose_does_not_decide_can_be_set_from_outside() -> None:
    decided = {"DEVELOPMENT", "DEBUG", "DATABASE_URL", "REDIS_URL", "VAR_DIR", "JOURNAL_DIR"}
    # One is for servers without Redis; the other's default is the most that a reset's second allows.
    decided |= {"CACHE_MEMORY_MB", "REVOCATION_POLL_SECONDS"}
    given = _SERVICES["web"]["environment"]
    assert {name for name in SETTINGS if f"${{{name}" not in str(given.get(name))} == decided


def test_every_variable_that_compose_reads_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    read = set(re.findall(r"(?<!\$)\$\{(\w+)", _TEXT))
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_the_settings_page_documents_no_compose_variable_that_compose_does_not_read() -> None:
    documented = re.findall(r"^\| `(\w+)`", PAGE.read_text(encoding="utf-8").partition("## Docker Compose")[2], re.M)
    assert documented
    assert {name for name in documented if f"${{{name}" not in _TEXT} == set()


@pytest.mark.parametrize("name", _SECRETS)
def test_a_secret_has_no_default_and_its_absence_stops_compose_with_a_sentence(name: str) -> None:
    uses = re.findall(rf"(?<!\$)\$\{{{name}([^}}]*)\}}", _TEXT)
    assert uses
    assert [use for use in uses if not re.match(rf":\?Set {name} to .+", use)] == []


def test_the_development_flag_and_debug_cannot_be_set_through_compose() -> None:
    assert not {"DEVELOPMENT", "DEBUG"} & {key for name in _OURS for key in _SERVICES[name]["environment"]}


@pytest.mark.parametrize("name", _OURS)
def test_our_containers_may_do_nothing_that_they_need_not(name: str) -> None:
    service = _SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


def test_every_lasting_service_has_a_health_check() -> None:
    in_the_image = {"web"} if "HEALTHCHECK" in _DOCKERFILE else set()
    without = {name for name in _SERVICES if "healthcheck" not in _SERVICES[name]} - in_the_image
    assert without == set()
    assert _SERVICES["migrate"]["healthcheck"] == {"disable": True}, "it ends by itself"


def test_only_the_web_service_is_published_and_to_this_machine_alone_by_default() -> None:
    published = {name: service["ports"] for name, service in _SERVICES.items() if "ports" in service}
    assert published == {"web": ["${PUBLISH:-127.0.0.1:8000}:8000"]}


def test_the_proxy_that_is_trusted_by_default_is_the_gateway_of_the_network() -> None:
    network = yaml.safe_load(_TEXT)["networks"]["default"]["ipam"]["config"][0]
    assert _SERVICES["web"]["environment"]["TRUSTED_PROXIES"] == f"${{TRUSTED_PROXIES:-{network['gateway']}}}"


def test_images_have_a_version() -> None:
    images = [service["image"] for name, service in _SERVICES.items() if name not in _OURS]
    images += re.findall(r"^FROM (\S+)", _DOCKERFILE, re.M)
    assert [image for image in images if not re.search(r":\d", image)] == []


def test_the_image_runs_as_nobody_special() -> None:
    last_stage = _DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)", last_stage, re.M) == ["embedhost"]
    assert last_stage.index("\nUSER") < last_stage.index("\nCMD")


def test_the_image_installs_locked_packages_only_and_has_no_compiler() -> None:
    installs = [line for line in _DOCKERFILE.splitlines() if re.search(r"pip install|npm (ci|install)", line)]
    assert len(installs) == 3
    assert [line for line in installs if "--require-hashes" not in line and "npm ci" not in line] == []
    assert re.search(r"apt-get|apk |gcc|build-essential", _DOCKERFILE) is None


def test_everything_that_the_image_copies_is_there_and_in_the_builds_sight() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    seen = [line[1:] for line in lines if line.startswith("!")]
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.+)$", _DOCKERFILE, re.M)]
    for path in (path for paths in copied for path in paths):
        assert (ROOT / path).exists(), path
        assert path in seen, path
    assert lines[1] == "*", "what is not named stays out, var/ and .env above all"


def test_the_image_has_every_package_of_the_program() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "devtools", "bench"}
    copied = set(re.findall(r"^COPY (\w+) \1$", _DOCKERFILE, re.M))
    assert packages - copied == set()


def test_redis_replaces_its_shell_so_that_it_can_end_in_order() -> None:
    assert _SERVICES["redis"]["command"][-1].startswith("exec redis-server - <<")
