"""The snippets of the embed page run as they are shown, and the tokens that they make open."""

import json
import os
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from console.snippets import LANGUAGES
from dashboards.models import Dashboard
from embedhost.lib.env import ROOT
from secrets_admin import facts
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret, User
from secrets_admin.workspaces import set_token_lifetime
from tests.console.cast import by, visit
from tokens.doors import open_token

pytestmark = pytest.mark.django_db
CUSTOMER = "café \"quoted\" & 'co' $x #{y}"
#: How each language runs a file that prints the address for the customer named in the environment.
RUN = {
    "python": ([sys.executable], ".py", 'print(sales_url(os.environ["CUSTOMER"]))'),
    "ruby": (["ruby"], ".rb", 'puts sales_url(ENV.fetch("CUSTOMER"))'),
    "javascript": (["node"], ".mjs", "console.log(await salesUrl(process.env.CUSTOMER));"),
    "php": (["php"], ".php", 'echo sales_url(getenv("CUSTOMER"));'),
}


class _Codes(HTMLParser):
    """Collects what stands in each <pre data-language>, as a person would copy it."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self._language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._language = dict(attrs)["data-language"] or ""
            self.codes[self._language] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._language = None

    def handle_data(self, data: str) -> None:
        if self._language is not None:
            self.codes[self._language] += data


@pytest.fixture
def codes(dashboard: Dashboard, secret: EmbedSecret, alice: User) -> dict[str, str]:
    return _shown(dashboard, alice)


def _shown(dashboard: Dashboard, alice: User) -> dict[str, str]:
    reader = _Codes()
    reader.feed(visit(alice).get(f"/o/tradewind/dashboards/{dashboard.id}/embed/").content.decode())
    return reader.codes


def _run(language: str, code: str, secret: EmbedSecret, folder: Path) -> str:
    command, suffix, call = RUN[language]
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing. Install it (apt install ruby php-cli), or run ./dev test as root.")
    file = folder / f"snippet{suffix}"
    file.write_text(f"{code}\n\n{call}\n", encoding="utf-8")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "Asia/Kathmandu"}
    named = {"EMBED_SECRET": secret.value().decode(), "CUSTOMER": CUSTOMER}
    done = subprocess.run(
        [*command, str(file)], env={**env, **named}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def test_there_is_a_snippet_for_each_language(codes: dict[str, str]) -> None:
    assert list(codes) == list(LANGUAGES) == list(RUN)


@pytest.mark.parametrize("language", list(RUN))
def test_the_token_of_a_snippet_opens(
    language: str, codes: dict[str, str], dashboard: Dashboard, secret: EmbedSecret, tmp_path: Path
) -> None:
    address = _run(language, codes[language], secret, tmp_path)
    base, _, token = address.rpartition("/")
    assert base == "http://embed.test/iframe"
    claims = open_token("iframe", token, facts.resolve_key, feed.now())
    assert (claims.dashboard, claims.customer) == (str(dashboard.embed_id), CUSTOMER)
    assert claims.key.key_id == secret.key_id
    assert claims.issued_at is not None
    assert abs(claims.issued_at - time.time()) < 60
    assert claims.expires_at - claims.issued_at == 3600


@pytest.mark.parametrize("language", list(RUN))
def test_a_snippet_asks_for_no_longer_than_the_workspace_allows(
    language: str, dashboard: Dashboard, secret: EmbedSecret, alice: User, tmp_path: Path
) -> None:
    set_token_lifetime(secret.workspace, 300, actor=by(alice))
    token = _run(language, _shown(dashboard, alice)[language], secret, tmp_path).rpartition("/")[2]
    claims = open_token("iframe", token, facts.resolve_key, feed.now())
    assert claims.issued_at is not None
    assert claims.expires_at - claims.issued_at == 300


def test_no_snippet_holds_a_secret_or_a_naive_time(codes: dict[str, str], secret: EmbedSecret) -> None:
    everything = json.dumps(codes)
    assert secret.value().decode() not in everything
    assert "utcnow" not in everything
