"""The samples of docs/api.md run as they stand there, each in its language, and what they print opens the dashboard."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from customers.models import Customer
from embedhost.lib.env import ROOT
from tests.api.caller import backend
from tests.api.fuzzing import running
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
_PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
_SAMPLES = dict(re.findall(r"^```(\w+)\n(.*?)^```$", _PAGE, re.M | re.S))
_SHELL = re.findall(r"^((?:    )(?:for file|curl -sS).*?)\n\n", _PAGE, re.M | re.S)
_COMMANDS = {
    "python": [sys.executable, "-W", "error", "sample.py"],
    "javascript": ["node", "sample.mjs"],
    "sh": ["sh", "-eu", "sample.sh"],
    "ruby": ["ruby", "-w", "sample.rb"],
    "php": ["php", "-d", "error_reporting=-1", "-d", "display_errors=stderr", "sample.php"],
}


def test_every_sample_of_the_page_prints_a_frame_that_opens_the_customers_dashboard(
    world: World, tmp_path: Path
) -> None:
    assert _SAMPLES.keys() == _COMMANDS.keys()
    Customer.objects.filter(external_id="acme", workspace=world.a.workspace).update(name="As it was")
    key, reader = backend(world.a, "write", "mint").value, backend(world.a, "read")
    with running() as address:
        env = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "EMBEDHOST_URL": address,
            "EMBEDHOST_KEY": key,
            "DASHBOARD": str(world.a.dashboards["sales"].embed_id),
        }
        for language, code in _SAMPLES.items():
            printed = _run(language, code, env, tmp_path)
            frame = re.fullmatch(rf'<iframe src="({re.escape(address)}/iframe/[\w.-]+)"></iframe>\n?', printed)
            assert frame is not None, (language, printed)
            with urllib.request.urlopen(frame[1], timeout=30) as page:
                assert "Total of Sales" in page.read().decode(), language
            said = reader.told("post", "/api/v1/embed-tokens/inspect", {"token": frame[1]})
            assert (said["opens"], said["customer"]) == (True, "acme"), language
        _check_dashboards_as_code({**env, "EMBEDHOST_KEY": key}, tmp_path)


def _check_dashboards_as_code(env: dict[str, str], folder: Path) -> None:
    """Run the page's two lines of shell about dashboards: files are saved, and rows come back."""
    (folder / "dashboards").mkdir()
    document = "title: New\nslug: new\npanels:\n- {id: about, type: text, title: About, text: Hello}\n"
    (folder / "dashboards" / "new.yml").write_text(document, encoding="utf-8")
    save, rows = (textwrap.dedent(text) for text in _SHELL)
    assert '"slug":"new"' in _run("sh", save, env, folder)
    assert '"rows":[[300]]' in _run("sh", rows, env, folder)


def test_a_sample_is_about_ten_lines() -> None:
    lengths = {language: sum(1 for line in code.splitlines() if line.strip()) for language, code in _SAMPLES.items()}
    assert {language: lines for language, lines in lengths.items() if lines > 11} == {}


def _run(language: str, code: str, env: dict[str, str], folder: Path) -> str:
    command = _COMMANDS[language]
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing. Install it (apt install curl ruby php-cli), or run ./dev test as root.")
    (folder / command[-1]).write_text(code, encoding="utf-8")
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    assert done.stderr == "", (language, done.stderr)
    return done.stdout
