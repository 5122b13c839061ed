"""./dev test: every part, three at a time, then one table and one line that says how it went."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from devtools.children import ending, stop_all
from devtools.frontend import build
from devtools.install import install
from devtools.parts import PARTS, SELECTED, Outcome, Part
from devtools.say import Problem, say
from tests.services import ServiceMissing

#: What is long, or waits for long, starts first; types, which need no test read, while one process reads the tests.
ORDER = ("services", "types", "sqlite", "browser", "processes", "unit", "lint", "typescript")
#: Parts at a time: more than cores, since tests wait for servers too.
AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class _Result:
    part: Part
    outcome: Outcome
    seconds: float


def test(words: Sequence[str]) -> int:
    """Run what the words name: a part, some tests (pytest arguments), or everything; return the exit code."""
    started = time.monotonic()
    install("dev")
    build()
    return _summary(_run(words), time.monotonic() - started)


def _run(words: Sequence[str]) -> list[_Result]:
    if words and words[0] in PARTS:
        return [_run_part(PARTS[words[0]], words[1:])]
    if words:
        return [_run_part(SELECTED, words)]
    shared = any(f"TEST_{name}_URL" in os.environ for name in ("DATABASE", "REDIS", "MARIADB"))
    with ThreadPoolExecutor(1 if shared else AT_ONCE) as pool:
        running = [pool.submit(_run_unless_ending, PARTS[word]) for word in ORDER]
        try:
            return [result for part in running if (result := part.result())]
        except BaseException:
            # Ctrl-C reaches this thread only: the parts end because what they wait for does.
            stop_all()
            raise


def _run_unless_ending(part: Part) -> _Result | None:
    return None if ending.is_set() else _run_part(part, ())


def _run_part(part: Part, arguments: Sequence[str]) -> _Result:
    if arguments and not part.takes_arguments:
        raise Problem(f"./dev {part.word} takes no arguments.")
    started = time.monotonic()
    try:
        outcome = part.work(arguments)
    except (Problem, ServiceMissing) as error:
        outcome = Outcome(0, 1, str(error))
    result = _Result(part, outcome, time.monotonic() - started)
    say(f"\n=== {part.word}: {part.help}\n{outcome.printed.strip()}\n=== {_line(result)}")
    return result


def _line(result: _Result) -> str:
    verdict = "failed" if result.outcome.failed else "ok"
    return (
        f"{result.part.word:<11} {verdict:<7} {result.outcome.passed:>5} passed {result.outcome.failed:>4} failed"
        f" {result.seconds:>7.1f} s"
    )


def _summary(results: Sequence[_Result], seconds: float) -> int:
    passed = sum(result.outcome.passed for result in results)
    failed = sum(result.outcome.failed for result in results)
    say("\n" + "\n".join(_line(result) for result in results))
    say(f"{'in all':<11} {'':<7} {'':>5}        {'':>4}        {seconds:>7.1f} s\n")
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
