"""The drawing child: bounded in time and memory, restarted when it dies, ignorant of everything secret."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dashboards.charts.drawer import DATA_MB, DEADLINE_SECONDS, Drawer, DrawingFailed, drawer
from tests.charts.specs import by_month, column, spec_of


@pytest.fixture
def own() -> Iterator[Drawer]:
    """A drawer of this test's own; its deadline leaves room for a machine that does other things beside."""
    made = Drawer(deadline=20)
    yield made
    made.close()


def bundle_of(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "charts.js"
    path.write_text("globalThis.draw = () => {" + body + "}")
    return path


def pid_of(made: Drawer) -> int:
    assert made.pid is not None
    return made.pid


def points(count: int) -> dict[str, Any]:
    values = [index % 10 for index in range(count)]
    return spec_of("line", {"x": "x", "y": "y"}, column("x", "number", values), column("y", "number", values))


def test_a_chart_of_two_million_points_fails_and_leaves_this_process_alive() -> None:
    made = Drawer()
    huge = points(2_000_000)
    made.warm()
    began = time.monotonic()
    with pytest.raises(DrawingFailed):
        made.draw(huge, 358, 256)
    assert time.monotonic() - began < 2 * DEADLINE_SECONDS
    made.warm()
    made.close()


def test_ten_thousand_points_are_drawn(own: Drawer) -> None:
    assert len(own.draw(points(10_000), 358, 256)) < 60_000


def test_a_frame_over_the_limit_is_refused_before_it_is_sent(own: Drawer) -> None:
    spec = spec_of("line", {"x": "x", "y": "y"}, column("x", "text", ["x" * 17_000_000]), column("y", "number", [1]))
    with pytest.raises(DrawingFailed, match="over the limit"):
        own.draw(spec, 358, 256)
    assert own.pid is None


def test_a_killed_child_is_replaced_by_the_next_drawing(own: Drawer) -> None:
    own.draw(by_month(), 358, 256)
    first = pid_of(own)
    os.kill(first, signal.SIGKILL)
    for _ in range(2):
        try:
            svg = own.draw(by_month(), 358, 256)
            break
        except DrawingFailed:
            continue
    assert svg.startswith("<svg")
    assert pid_of(own) != first


def test_a_drawing_past_its_deadline_is_given_up_and_its_child_killed(tmp_path: Path) -> None:
    body = 'const {spec} = JSON.parse(job.json); while (spec.hang) {} return \'{"svgs":["<svg/>"],"legend":[]}\''
    slow = bundle_of(tmp_path, body)
    made = Drawer(bundle=slow, deadline=0.3)
    made.draw({}, 1, 1)
    child = pid_of(made)
    began = time.monotonic()
    with pytest.raises(DrawingFailed):
        made.draw({"hang": True}, 1, 1)
    assert time.monotonic() - began < 2
    assert made.draw({}, 1, 1) == "<svg/>"
    assert pid_of(made) != child
    assert not _alive(child)
    made.close()


def test_memory_without_end_ends_the_child_only(tmp_path: Path) -> None:
    greedy = bundle_of(tmp_path, "const all = []; for (;;) all.push(new Array(1e5).fill(Math.random()))")
    made = Drawer(bundle=greedy)
    with pytest.raises(DrawingFailed):
        made.draw({}, 1, 1)
    made.close()


def test_memory_outside_the_heap_is_bounded_too(tmp_path: Path) -> None:
    greedy = bundle_of(tmp_path, "const all = []; for (;;) all.push(new Uint8Array(16e6).fill(1))")
    made = Drawer(bundle=greedy)
    with pytest.raises(DrawingFailed):
        made.draw({}, 1, 1)
    made.close()


def test_an_exception_in_a_drawing_is_an_answer_and_keeps_the_child(own: Drawer) -> None:
    own.draw(by_month(), 358, 256)
    child = own.pid
    with pytest.raises(DrawingFailed, match="no column"):
        own.draw(by_month({"x": "gone", "y": "revenue"}), 358, 256)
    assert own.pid == child


def test_a_process_with_many_open_files_draws_too(own: Drawer) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    held = [os.dup(0) for _ in range(1100)]
    try:
        assert own.draw(by_month(), 358, 256).startswith("<svg")
    finally:
        for number in held:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_four_threads_draw_at_once(own: Drawer) -> None:
    wanted = own.draw(by_month(), 358, 256)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: own.draw(by_month(), 358, 256), range(24)))
    assert set(drawn) == {wanted}


def test_a_child_is_replaced_after_its_share_of_drawings() -> None:
    made = Drawer(renders=2, deadline=20)
    made.draw(by_month(), 358, 256)
    first = made.pid
    made.draw(by_month(), 358, 256)
    assert made.pid is None
    made.draw(by_month(), 358, 256)
    assert pid_of(made) != first
    made.close()


def test_the_child_sees_no_variable_of_this_process(own: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_SECRET", "canary-4f1d")
    own.draw(by_month(), 358, 256)
    environment = Path(f"/proc/{pid_of(own)}/environ").read_bytes()
    assert b"canary-4f1d" not in environment
    assert {part.split(b"=")[0] for part in environment.split(b"\0") if part} == {b"LC_ALL", b"MALLOC_ARENA_MAX"}


def test_the_child_holds_no_file_of_this_process(own: Drawer, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        os.set_inheritable(secret.fileno(), True)
        own.draw(by_month(), 358, 256)
        held = [str(link.readlink()) for link in Path(f"/proc/{pid_of(own)}/fd").iterdir()]
    assert not any("secret" in name for name in held)


def test_the_childs_memory_limit_is_set(own: Drawer) -> None:
    own.draw(by_month(), 358, 256)
    limits = Path(f"/proc/{pid_of(own)}/limits").read_text()
    assert f"Max data size             {DATA_MB * 1024 * 1024}" in limits


def test_the_child_ends_with_its_parent() -> None:
    code = (
        "import os, sys\n"
        "from dashboards.charts.drawer import drawer\n"
        "from tests.charts.specs import by_month\n"
        "drawer().draw(by_month(), 358, 256)\n"
        "print(drawer().pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    child = int(ran.stdout)
    until = time.monotonic() + 5
    while Path(f"/proc/{child}/stat").exists() and _alive(child) and time.monotonic() < until:
        os.sched_yield()
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_forked_process_starts_a_child_of_its_own() -> None:
    drawer().draw(by_month(), 358, 256)
    parents = drawer().pid
    read, write = os.pipe()
    forked = os.fork()
    if forked == 0:
        try:
            drawer().draw(by_month(), 358, 256)
            os.write(write, str(drawer().pid).encode())
            drawer().close()
        finally:
            os._exit(0)
    os.waitpid(forked, 0)
    assert int(os.read(read, 20)) != parents
    assert drawer().draw(by_month(), 358, 256).startswith("<svg")
    assert drawer().pid == parents


def test_warming_up_draws_every_type(own: Drawer) -> None:
    own.warm()
    assert own.pid is not None


def test_data_that_looks_like_script_stays_data(own: Drawer) -> None:
    evil = '"}); globalThis.draw = () => "gone"; ({"a":"\u2028\u2029'
    spec = spec_of("bar", {"x": "c", "y": "n"}, column("c", "text", [evil]), column("n", "number", [1]))
    own.draw(spec, 358, 256)
    assert own.draw(by_month(), 358, 256).startswith("<svg")


def test_a_bundle_that_is_not_built_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DrawingFailed, match=r"node frontend/build\.mjs"):
        Drawer(bundle=tmp_path / "charts.js").draw(by_month(), 1, 1)
