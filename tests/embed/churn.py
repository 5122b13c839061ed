"""A process whose children write and take the journal as fast as they can, to be killed at any moment.

``python -m tests.embed.churn`` reads lines of words with tabs between them. ``start <name> <journal folder> <file>``
starts a child, whose id is the answer. After each line of the journal a child notes ``<name> <number>`` in the file.
``wait <id>`` waits for a child that was killed.
"""

import os
import sys
from itertools import count

import django
from django.conf import settings
from django.db import OperationalError

django.setup()

from embedhost.lib import journal  # noqa: E402 -- Django has to be ready
from tests.embed.churned import TAKEN_EVERY, take  # noqa: E402

journal.handle("churn")(take)


def main() -> None:
    # Forked once: importing everything anew for each child would take most of the test's time.
    for line in sys.stdin:
        match line.rstrip("\n").split("\t"):
            case ["start", name, folder, acknowledged]:
                print(start(name, folder, acknowledged), flush=True)
            case ["wait", child]:
                os.waitpid(int(child), 0)
                print("over", flush=True)


def start(name: str, folder: str, acknowledged: str) -> int:
    child = os.fork()
    if child == 0:
        settings.JOURNAL_DIR = folder
        churn(name, acknowledged)
    return child


def churn(name: str, acknowledged: str) -> None:
    log = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in count(1):
        journal.write("churn", subject=f"{name}-{number}")
        os.write(log, f"{name} {number}\n".encode())
        if number % TAKEN_EVERY == 0:
            try:
                journal.drain()
            except OperationalError:
                continue  # SQLite is busy with another one; the next turn takes it.


if __name__ == "__main__":
    main()
