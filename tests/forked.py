"""embedhost's programs in processes of their own, forked from one that has read the libraries: they start at once.

Each is a new process in all else: it gets its own environment and reads embedhost anew.
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence

_USUAL = multiprocessing.get_all_start_methods()[0]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.libraries"])


class Program:
    """A Python module that runs as a program, in a process group of its own."""

    def __init__(self, module: str, words: Sequence[str], env: Mapping[str, str]) -> None:
        """Start ``python -m module words``; what it prints goes where this process prints."""
        self._process = _context.Process(target=_run, args=(module, tuple(words), dict(env)))
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of the process and of its group."""
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        """Return the status with which it ended; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Return the status with which it ends; TimeoutError when it does not within so many seconds."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise TimeoutError(f"Process {self.pid} runs on after {seconds} seconds.")
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end in order."""
        self._process.terminate()


def _run(module: str, words: Sequence[str], env: Mapping[str, str]) -> None:
    os.setsid()
    # What is known of how this process came to be is undone: granian forks its workers where that is the usual way.
    multiprocessing.set_start_method(_USUAL, force=True)
    sys.modules.pop(module, None)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
