"""Programs in Python, Ruby, JavaScript and PHP, run by their own interpreters: one start for all of a language."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from embedhost.lib.env import ROOT

_ENV = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Program:
    """A file of source code with a function of one text; ``secret`` is in its environment as EMBED_SECRET."""

    name: str
    code: str
    function: str
    argument: str
    secret: str = ""
    #: Far from UTC, so that a program which takes local time for it makes tokens of another hour.
    zone: str = "Asia/Kathmandu"


@dataclass(frozen=True)
class _Language:
    command: Sequence[str]
    suffix: str
    driver: str


_LANGUAGES = {
    "python": _Language(
        [sys.executable],
        ".py",
        """
import json, os, sys, time
results = {}
for program in json.load(sys.stdin):
    os.environ.update(EMBED_SECRET=program["secret"], TZ=program["zone"])
    time.tzset()
    names = {"__name__": program["name"]}
    exec(compile(program["code"], program["name"], "exec"), names)
    results[program["name"]] = names[program["function"]](program["argument"])
print(json.dumps(results))
""",
    ),
    "ruby": _Language(
        ["ruby"],
        ".rb",
        """
require "json"
results = JSON.parse($stdin.read).to_h do |program|
  ENV.update("EMBED_SECRET" => program["secret"], "TZ" => program["zone"])
  eval(program["code"], TOPLEVEL_BINDING, program["name"])
  [program["name"], send(program["function"], program["argument"])]
end
puts results.to_json
""",
    ),
    "javascript": _Language(
        ["node"],
        ".mjs",
        """
import { readFileSync, writeFileSync } from "node:fs";
const results = {};
for (const program of JSON.parse(readFileSync(0, "utf8"))) {
  Object.assign(process.env, { EMBED_SECRET: program.secret, TZ: program.zone });
  const file = new URL(`./${program.name}.mjs`, import.meta.url);
  writeFileSync(file, program.code);
  const module = await import(file);
  results[program.name] = await module[program.function](program.argument);
}
console.log(JSON.stringify(results));
""",
    ),
    # Each program gets a namespace of its own, since a function of PHP cannot be defined twice.
    "php": _Language(
        ["php", "-d", "error_reporting=-1", "-d", "display_errors=stderr"],
        ".php",
        r"""<?php
$results = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $program) {
    putenv("EMBED_SECRET=" . $program["secret"]);
    date_default_timezone_set($program["zone"]);
    eval("namespace " . $program["name"] . ";" . preg_replace('/^<\?php/', "", $program["code"]));
    $results[$program["name"]] = ("\\" . $program["name"] . "\\" . $program["function"])($program["argument"]);
}
echo json_encode($results);
""",
    ),
}


def run(language: str, programs: Sequence[Program], folder: Path) -> Mapping[str, Any]:
    """Return what each program's function answers, by the program's name; a warning fails like an error."""
    tool = _LANGUAGES[language]
    if shutil.which(tool.command[0]) is None:
        pytest.fail(f"{tool.command[0]} is missing. Install it (apt install ruby php-cli), or run ./dev test as root.")
    driver = folder / f"driver{tool.suffix}"
    driver.write_text(tool.driver, encoding="utf-8")
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    asked = json.dumps([asdict(program) for program in programs])
    done = subprocess.run(
        [*tool.command, str(driver)], env=_ENV, input=asked, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers
