"""What the token tests share: the list of doors and a count of decryptions."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from jose import jwe

from tests.tokens.forge import ALICE, JWE_DOORS

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=JWE_DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """Each door that takes a JWE, in turn."""
    return str(request.param)


@pytest.fixture
def decryptions(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The keys with which the library was asked to decrypt; the library itself still runs."""
    keys: list[bytes] = []
    decrypt = jwe.decrypt

    def watched(text: str, key: bytes) -> bytes | None:
        keys.append(key)
        return decrypt(text, key)

    monkeypatch.setattr(jwe, "decrypt", watched)
    return keys


@pytest.fixture(scope="session")
def npm_tokens() -> dict[str, str]:
    """Tokens that npm's jose makes, each under the name of what is special about it."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "jose").is_dir():
        pytest.fail("npm's jose is missing: install Node 20 or newer and run `npm ci` in the repository.")
    asked: dict[str, Any] = {"key_id": ALICE.key_id, "key_value": ALICE.value.decode(), "now": int(time.time())}
    made = subprocess.run(
        [node, "tests/tokens/make_tokens.mjs"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=60,
    )
    tokens: dict[str, str] = json.loads(made.stdout)
    return tokens
