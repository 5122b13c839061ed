"""A process whose children write and take the journal as fast as they can, to be killed at any moment.

``python -m tests.embed.churn <file>``: each line on stdin starts a child of that name, whose id is the answer. After
each line of the journal a child notes ``<name> <number>`` in the file; ``wait`` waits for the last child.
"""

import os
import sys
from itertools import count

import django
from django.db import OperationalError

django.setup()

from embedhost.lib import journal  # noqa: E402 -- Django has to be ready
from tests.embed.churned import TAKEN_EVERY, take  # noqa: E402

journal.handle("churn")(take)


def main(acknowledged: str) -> None:
    # Forked once: importing everything anew for each child would take most of the test's time.
    child = 0
    for line in sys.stdin:
        if line.strip() == "wait":
            os.waitpid(child, 0)
            print("over", flush=True)
            continue
        child = os.fork()
        if child == 0:
            churn(line.strip(), acknowledged)
        print(child, flush=True)


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
    main(sys.argv[1])
