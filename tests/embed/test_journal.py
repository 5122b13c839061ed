"""The journal: what was written takes effect exactly once, whoever is killed when."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from embed.models import JournalPosition
from embedhost.lib import journal, journal_files
from tests.embed.churned import take, taken
from tests.servers import ROOT, url_of_the_test_database

pytestmark = pytest.mark.django_db
KILLS = 20


@pytest.fixture(autouse=True)
def _handled() -> Iterator[None]:
    journal.handle("churn")(take)
    yield
    del journal._handlers["churn"]


def write(*subjects: str) -> None:
    for subject in subjects:
        journal.write("churn", subject=subject)


def files() -> list[str]:
    return sorted(path.suffix for path in Path(settings.JOURNAL_DIR).iterdir())


def test_what_is_written_is_taken_once_and_in_order() -> None:
    write("a", "b")
    assert journal.drain() == 2
    write("c")
    assert (journal.drain(), journal.drain()) == (1, 0)
    assert taken() == ["a", "b", "c"]


def test_a_batch_that_failed_is_taken_again_and_once() -> None:
    broken = True

    def flaky(facts: list[dict[str, Any]]) -> None:
        take(facts)
        if broken:
            raise OperationalError("the database went away")

    journal.handle("churn")(flaky)
    write("a", "b")
    with pytest.raises(OperationalError):
        journal.drain()
    assert taken() == []
    broken = False
    assert journal.drain() == 2
    assert taken() == ["a", "b"]


def test_a_line_that_no_handler_can_take_holds_nothing_back(caplog: pytest.LogCaptureFixture) -> None:
    write("a")
    journal.write("churn", other="b")
    write("c")
    assert journal.drain() == 3
    assert taken() == ["a", "c"]
    assert "was refused" in caplog.text


def test_a_kind_that_only_a_newer_version_knows_waits_for_it() -> None:
    write("a")
    journal.write("of tomorrow", subject="b")
    write("c")
    journal.forget()
    assert (journal.drain(), journal.drain()) == (1, 0)
    assert files() == [".journal"]
    journal.handle("of tomorrow")(take)
    try:
        assert journal.drain() == 2
    finally:
        del journal._handlers["of tomorrow"]
    assert taken() == ["a", "b", "c"]
    assert files() == []


def test_odd_texts_arrive_or_arrive_repaired() -> None:
    write("Zoë 🚀 \u2028 \r\n \x00".replace("\x00", "\\"), "half \ud83d of 🚀")
    assert journal.drain() == 2
    assert taken() == ["Zoë 🚀 \u2028 \r\n \\", "half ? of 🚀"]


def test_a_dead_process_s_file_is_taken_and_removed_with_its_position() -> None:
    write("a")
    journal.drain()
    assert JournalPosition.objects.count() == 1
    write("b")
    journal.forget()
    assert journal.drain() == 1
    assert taken() == ["a", "b"]
    assert files() == []
    assert not JournalPosition.objects.exists()


def test_half_a_line_of_a_dead_process_is_left_out() -> None:
    write("a")
    path = next(Path(settings.JOURNAL_DIR).iterdir())
    with path.open("ab") as file:
        file.write(b'{"kind":"churn","subject":"b')
    journal.forget()
    assert journal.drain() == 1
    assert taken() == ["a"]
    assert files() == []


def test_a_removal_that_was_cut_short_is_finished() -> None:
    write("a")
    journal.forget()
    path = next(Path(settings.JOURNAL_DIR).iterdir())
    journal._positions[0].lock(path.name)
    path.rename(path.with_suffix(".done"))
    assert journal.drain() == 0
    assert files() == []
    assert not JournalPosition.objects.exists()


def test_a_full_file_is_followed_by_another_and_none_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_files, "MAX_BYTES", 1000)
    subjects = [f"{number:04}" for number in range(200)]
    write(*subjects)
    assert len(files()) > 5
    assert journal.drain() == 200
    assert taken() == subjects
    assert files() == [".journal"]


def test_many_batches_are_taken_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_BATCH_BYTES", 200)
    subjects = [f"{number:04}" for number in range(100)]
    write(*subjects)
    assert journal.drain() == 100
    assert taken() == subjects


def test_lines_that_come_while_others_are_taken_wait_for_the_next_time() -> None:
    def answering(facts: list[dict[str, Any]]) -> None:
        take(facts)
        write(*(f"after {fact['subject']}" for fact in facts))

    write("a", "b")
    journal.handle("churn")(answering)
    assert journal.drain() == 2
    journal.handle("churn")(take)
    assert journal.drain() == 2
    assert taken() == ["a", "b", "after a", "after b"]


def test_a_full_disk_is_said_and_costs_no_other_line() -> None:
    write("a")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of files behaves as a full disk does: one short write, then errors.
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
    try:
        with pytest.raises(OSError, match="cut"):
            write("b" * 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    write("c")
    assert journal.drain() == 2
    assert sorted(taken()) == ["a", "c"]


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(OSError, match="too long"):
        write("a" * journal.MAX_LINE)


def _written_until_full(room: journal_files.Room) -> int:
    for number in range(1000):
        try:
            journal.write_in(room, "churn", subject=f"{number:04}")
        except OSError:
            return number
    raise AssertionError("the room was never full")


def test_a_room_takes_so_many_bytes_and_the_rest_of_the_journal_goes_on() -> None:
    room = journal_files.Room("small", 2000, 500)
    kept = _written_until_full(room)
    sizes = [path.stat().st_size for path in Path(settings.JOURNAL_DIR).iterdir()]
    assert len(sizes) > 1
    assert sum(sizes) < 2000 + 500
    write("a")
    assert journal.drain() == kept + 1
    journal_files.writer_of(room)._full_until = 0.0
    journal.write_in(room, "churn", subject="b")
    assert journal.drain() == 1
    assert sorted(taken()) == [*(f"{number:04}" for number in range(kept)), "a", "b"]


def test_a_write_takes_microseconds() -> None:
    write("a")
    facts = {"at": 1.5, "dashboard": 7, "customer": 8, "tables": ["main.orders"], "viewer": "v" * 30}
    started = time.perf_counter()
    for _ in range(1000):
        journal.write("churn", subject="b", **facts)
    assert time.perf_counter() - started < 0.2


Churn = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def churning(django_db_setup: None) -> Iterator["subprocess.Popen[str]"]:
    """The process whose children write and take the journal: starting it costs as much as all that they do."""
    env = {**os.environ, "DATABASE_URL": url_of_the_test_database(), "DJANGO_SETTINGS_MODULE": "embedhost.settings"}
    command = [sys.executable, "-m", "tests.embed.churn"]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        yield running


@pytest.fixture
def nursery(churning: "subprocess.Popen[str]", tmp_path: Path) -> Iterator["Nursery"]:
    running = Nursery(churning, tmp_path / "acknowledged")
    yield running
    running.end()


class Nursery:
    """Starts processes that write and take the journal, kills them, and knows what they had written by then."""

    def __init__(self, parent: "subprocess.Popen[str]", log: Path) -> None:
        self.parent, self.log = parent, log
        self._living: list[int] = []

    def _say(self, *words: object) -> str:
        assert self.parent.stdin
        assert self.parent.stdout
        print(*words, sep="\t", file=self.parent.stdin, flush=True)
        return str(self.parent.stdout.readline()).strip()

    def start(self, name: str) -> int:
        self._living.append(int(self._say("start", name, settings.JOURNAL_DIR, self.log)))
        return self._living[-1]

    def kill(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)
        assert self._say("wait", child) == "over"
        self._living.remove(child)

    def acknowledged(self) -> Counter[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter(line.split(" ")[0] for line in lines)

    def wait_for_a_line_of(self, name: str) -> None:
        wait_for(lambda: self.acknowledged()[name])

    def end(self) -> None:
        for child in [*self._living]:
            self.kill(child)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "nothing happened within 30 seconds"
        time.sleep(0.002)


def assert_each_once(nursery: Nursery) -> None:
    """Every acknowledged line once; the one that was being written at the kill once or not at all."""
    subjects = Counter(taken())
    assert set(subjects.values()) == {1}
    written = nursery.acknowledged()
    found = Counter(subject.split("-")[0] for subject in subjects)
    for name, number in written.items():
        assert found[name] in (number, number + 1)
        assert all(f"{name}-{place}" in subjects for place in range(1, number + 1))
    assert sum(found.values()) <= sum(written.values()) + KILLS


@pytest.mark.django_db(transaction=True)
def test_twenty_kills_at_random_moments_lose_and_double_nothing(nursery: Nursery) -> None:
    moments = random.Random(7)
    for number in range(KILLS):
        name = f"child{number}"
        child = nursery.start(name)
        nursery.wait_for_a_line_of(name)
        time.sleep(moments.uniform(0, 0.1))
        nursery.kill(child)
    journal.drain()
    assert sum(nursery.acknowledged().values()) > KILLS * 5
    assert_each_once(nursery)
    assert files() == []
    assert not JournalPosition.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_living_process_s_file_is_its_own_until_it_dies(nursery: Nursery) -> None:
    child = nursery.start("alive")
    nursery.wait_for_a_line_of("alive")
    os.kill(child, signal.SIGSTOP)
    before = taken()
    assert journal.drain() == 0
    assert taken() == before
    os.kill(child, signal.SIGCONT)
    nursery.kill(child)
    assert journal.drain() > 0
    assert_each_once(nursery)


def test_a_forked_process_writes_a_file_of_its_own() -> None:
    write("a")
    child = os.fork()
    if child == 0:
        try:
            write("b")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    write("c")
    assert len(files()) == 2
    assert journal.drain() == 3
    assert sorted(taken()) == ["a", "b", "c"]


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_take_dead_files_at_once_take_each_line_once(nursery: Nursery) -> None:
    subjects = [f"dead-{number}" for number in range(3000)]
    for start in range(0, 3000, 100):
        write(*subjects[start : start + 100])
        journal.forget()
    children = [nursery.start(name) for name in ("first", "second")]
    # The children take what is dead beside their own, and so do we.
    while [path for path in Path(settings.JOURNAL_DIR).iterdir() if f"-{os.getpid()}-" in path.name]:
        try:
            journal.drain()
        except OperationalError:
            continue
    for child in children:
        nursery.kill(child)
    wait_for(lambda: journal.drain() == 0 and not files())
    counted = Counter(subject for subject in taken() if subject.startswith("dead-"))
    assert counted == Counter(subjects)
