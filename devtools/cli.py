"""The words of ./dev."""

from collections.abc import Callable, Sequence

from devtools.children import end_with_signals, start, stop, stop_all
from devtools.demo import demo
from devtools.frontend import build
from devtools.install import install
from devtools.parts import PARTS
from devtools.places import PYTHON, environment
from devtools.say import Problem, say
from devtools.testing import test

_HELP = """\
./dev demo [--port N]      show embedhost with its demo on 127.0.0.1:8000 (the host page is on the port after it)
./dev test [arguments]     everything that CI runs; with arguments, those tests (they are pytest's arguments)
{parts}
./dev bench [part]         measure its speed beside bare views; ./dev bench --help lists the parts. It needs wrk
./dev build                install what the product needs and build the front end
./dev help                 print this
"""


def main(words: Sequence[str]) -> int:
    """Do what the words say and return the exit code. Whatever happens, no child process stays behind."""
    end_with_signals()
    try:
        return _do(words)
    except Problem as problem:
        say(f"\n{problem}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130
    finally:
        stop_all()


def _do(words: Sequence[str]) -> int:
    word, *rest = words or ["help"]
    if word in PARTS:
        return test(words)
    if word in _WORDS:
        return _WORDS[word](rest)
    say(_help())
    raise Problem(f"./dev has no word {word!r}.")


def _build(rest: Sequence[str]) -> int:
    if rest:
        raise Problem("./dev build takes no arguments.")
    install("base")
    build()
    return 0


def _bench(rest: Sequence[str]) -> int:
    install("dev")
    build()
    measuring = start([PYTHON, "-m", "bench.run", *rest], env=environment({}))
    try:
        return measuring.wait()
    finally:
        stop(measuring)


def _print_help(_: Sequence[str]) -> int:
    say(_help())
    return 0


def _help() -> str:
    rows = [f"./dev test {part.word}".ljust(27) + part.help for part in PARTS.values()]
    return _HELP.format(parts="\n".join([*rows, " " * 27 + "(./dev lint, ./dev unit and so on do the same)"]))


_WORDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "test": test,
    "bench": _bench,
    "build": _build,
    "help": _print_help,
    "--help": _print_help,
    "-h": _print_help,
}
