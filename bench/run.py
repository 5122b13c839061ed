"""Measure embedhost beside a bare view in one run, on real PostgreSQL and Redis: ``python -m bench.run``.

The servers are granian with two workers; the load is wrk on the same cores, so only ratios mean something. Everything
is started here, bounded, and stopped at the end.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from jose import jwe

from bench import load, orders
from bench.processes import cpu_seconds, pss
from tests.services import Services, running

ROOT = Path(__file__).resolve().parent.parent
GRANIAN = Path(sys.executable).with_name("granian")
#: PostgreSQL's sessions publish their statistics at the latest so long after they fell idle.
SETTLE_SECONDS = 11
ROUNDS = 3
PANELS = ("revenue-by-month", "total", "by-category", "by-region", "status-by-month", "top-products")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=orders.ROWS)
    parser.add_argument("--seconds", type=int, default=6, help="of load per measurement")
    parser.add_argument("--threads", type=int, default=4, help="blocking threads of each web process")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running() as services:
        Bench(arguments, Path(folder), services).run()


class Bench:
    """One run: databases, data, servers, measurements."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, services: Services) -> None:
        self.arguments, self.folder = arguments, folder
        self.app_dsn, self.data_dsn = (
            self._database(services.database_url, name) for name in ("bench_app", "bench_data")
        )
        self.redis = redis.Redis.from_url(services.redis_url)
        self.port, self.bare_port = free_port(), free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "DEVELOPMENT": "1",
            "DATABASE_URL": self.app_dsn,
            "REDIS_URL": services.redis_url,
            "EMBED_HOST": self.host,
            "CONSOLE_HOST": f"localhost:{self.port}",
            "WEB_PROCESSES": "2",
            "WEB_THREADS": str(arguments.threads),
            "LOG_LEVEL": "ERROR",
            # Counted, and never reached: the load has few tokens.
            **{f"LIMIT_{name}_REQUESTS": "1000000000" for name in ("TOKEN", "CUSTOMER", "ORGANIZATION")},
            "MALLOC_ARENA_MAX": "2",
        }

    def _database(self, url: str, name: str) -> str:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        parts = urlsplit(url)
        return urlunsplit(parts._replace(path=f"/{name}"))

    def run(self) -> None:
        say(f"python {sys.version.split()[0]}, {os.cpu_count()} cores, {self.arguments.rows:,} orders")
        began = time.monotonic()
        orders.load(self.data_dsn, self.arguments.rows)
        self.facts = self._seed()
        say(f"data and seed in {time.monotonic() - began:.0f} s")
        with self._served("embedhost.wsgi:application", self.port) as pid:
            self.measure_embedhost(pid)
            with self._served("bench.bare:application", self.bare_port) as bare_pid:
                self.compare(pid, bare_pid)

    def _seed(self) -> Mapping[str, Any]:
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "-v0"], env=self.env, check=True, cwd=ROOT)
        seed = [sys.executable, "-m", "bench.seed", self.data_dsn]
        out = subprocess.run(seed, env=self.env, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
        facts: Mapping[str, Any] = json.loads(out)
        return facts

    @contextmanager
    def _served(self, application: str, port: int) -> Iterator[int]:
        threads = str(self.arguments.threads)
        command = [
            str(GRANIAN),
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--workers",
            "2",
        ]
        command += [
            "--blocking-threads",
            threads,
            "--backpressure",
            "512",
            "--no-access-log",
            "--log-level",
            "error",
            application,
        ]
        server = subprocess.Popen(command, env=self.env, cwd=ROOT)
        try:
            wait_for(port)
            yield server.pid
        finally:
            server.terminate()
            server.wait(20)

    def token(self, customer: str, **more: object) -> str:
        now = int(time.time())
        claims = {"cst": customer, "dsh": self.facts["embed_id"], "iat": now, "exp": now + 7200, **more}
        return jwe.encrypt(
            json.dumps(claims), self.facts["key_value"], algorithm="dir", encryption="A256GCM", kid=self.facts["key_id"]
        ).decode()

    def measure_embedhost(self, pid: int) -> None:
        self.redis.flushdb()
        self.cold()
        self.stampede()
        customers = [f"customer_{number}" for number in range(1, 101)]
        tokens = [self.token(customer) for customer in customers]
        for token in tokens:
            self.get(f"/iframe/{token}")
            for panel in PANELS:
                self.get(f"/data/explo_jwe/panels/{panel}", token)
        self.size_of_answers(tokens[0])
        data = self.data = [f"/data/explo_jwe/panels/{panel} {token}" for token in tokens for panel in PANELS]
        self.load("panel data, warm, 100 customers x 6 panels, c=16", data, 16)
        self.load("panel data, warm, one connection", data, 1)
        pages = [f"/iframe/{token}" for token in tokens]
        self.load("page of six drawn panels, tokens seen before, c=1", pages, 1)
        self.load("page of six drawn panels, tokens seen before, c=16", pages, 16)
        self.round_trips("warm page, token seen before", pages[:1] * 200)
        new = [f"/iframe/{self.token(customers[number % 100])}" for number in range(4000)]
        self.load("page, every token new, c=16", new[:3500], 16, seconds=2)
        self.round_trips("warm page, new token", new[3500:3700])
        self.round_trips("warm panel data", data[:200])
        refused = [f"/iframe/{token[:-4]}AAAA" for token in tokens]
        self.load("refused token, c=16", refused, 16, expected_failures=True)
        say(f"memory under load (PSS of the server, two workers and their drawing children): {pss(pid):.0f} MB")

    def compare(self, pid: int, bare_pid: int) -> None:
        """Load both servers in turns, since the machine's other work changes from minute to minute."""
        self.redis.set("bench:bare", b"x" * self.data_bytes)
        say(f"in turns: warm panel data, and a bare Django view with one Redis GET of {self.data_bytes:,} bytes, c=16")
        rounds = []
        for _ in range(ROUNDS):
            ours = self._round("  embedhost", pid, self.port, self.data)
            rounds.append((ours, self._round("  bare view", bare_pid, self.bare_port, ["/one-get"])))
        rates = median([ours[0] / bare[0] for ours, bare in rounds])
        spent = median([bare[1] / ours[1] for ours, bare in rounds])
        say(f"warm panel data is {rates:.0%} of the bare view by requests a second (budget: at least 50 %)")
        say(f"  and {spent:.0%} of it by requests per CPU second of the two servers' workers")

    def _round(self, name: str, pid: int, port: int, lines: Sequence[str]) -> tuple[float, float]:
        """Return requests a second, and microseconds of CPU per request."""
        before = cpu_seconds(pid)
        base, seconds = f"http://127.0.0.1:{port}", self.arguments.seconds
        measured = load.run(base, self.host, lines, self.folder, connections=16, seconds=seconds)
        requests = measured.per_second * seconds
        spent = (cpu_seconds(pid) - before) / requests * 1_000_000
        say(f"{name}: {measured}, {spent:.0f} us of CPU a request")
        return measured.per_second, spent

    def load(
        self, name: str, lines: Sequence[str], connections: int, *, seconds: int = 0, expected_failures: bool = False
    ) -> load.Measured:
        seconds = seconds or self.arguments.seconds
        measured = load.run(
            f"http://{self.host}", self.host, lines, self.folder, connections=connections, seconds=seconds
        )
        say(f"{name}: {measured if not expected_failures else f'{measured.per_second:,.0f}/s'}")
        return measured

    def get(self, path: str, token: str = "") -> tuple[bytes, float]:
        headers = {
            "Accept-Encoding": "gzip, deflate, br, zstd",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        began = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(f"http://{self.host}{path}", headers=headers)) as answer:
            return answer.read(), (time.perf_counter() - began) * 1000

    def ask(self, line: http.client.HTTPConnection, path: str, token: str) -> float:
        """Return the milliseconds of one call over a connection that stays open, as a browser's does."""
        began = time.perf_counter()
        line.request("GET", path, headers={"Accept-Encoding": "gzip", "Authorization": f"Bearer {token}"})
        answer = line.getresponse()
        answer.read()
        spent = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            sys.exit(f"A cold panel answered {answer.status}.")
        return spent

    def size_of_answers(self, token: str) -> None:
        sizes = [len(self.get(f"/data/explo_jwe/panels/{panel}", token)[0]) for panel in PANELS]
        self.data_bytes = sum(sizes) // len(sizes)
        page = len(self.get(f"/iframe/{token}")[0])
        say(f"bytes as sent: page {page:,}; panel data {self.data_bytes:,} on average")

    def cold(self) -> None:
        """Panels that nobody asked for yet, beside the same query through plain psycopg, one after the other."""
        sql = "SELECT category, sum(amount) FROM orders WHERE customer_id = %s GROUP BY category ORDER BY 2 DESC"
        ours, plain = [], []
        line = http.client.HTTPConnection("127.0.0.1", self.port)
        self.ask(line, "/data/explo_jwe/panels/by-category", self.token("customer_900"))
        with psycopg.connect(self.data_dsn, autocommit=True) as connection:
            for number in range(500, 600):
                token = self.token(f"customer_{number}")
                ours.append(self.ask(line, "/data/explo_jwe/panels/by-category", token))
                began = time.perf_counter()
                connection.execute(sql, [f"customer_{number + 200}"]).fetchall()
                plain.append((time.perf_counter() - began) * 1000)
        say(f"cold panel, p50: {median(ours):.2f} ms; its query by plain psycopg: {median(plain):.2f} ms")

    def stampede(self) -> None:
        """A hundred viewers of one customer open one cold panel at once."""
        token = self.token("customer_950")
        before = self.queries()
        listed = [f"/data/explo_jwe/panels/top-products {token}"]
        load.run(f"http://{self.host}", self.host, listed, self.folder, connections=100, seconds=1)
        say(f"100 viewers at once on one cold panel: {self.queries() - before} queries at the source")

    def queries(self) -> int:
        """Read-only transactions at the source so far; each query is one, and is rolled back."""
        time.sleep(SETTLE_SECONDS)
        with psycopg.connect(self.data_dsn, autocommit=True) as connection:
            row = connection.execute("SELECT xact_rollback FROM pg_stat_database WHERE datname = 'bench_data'")
            return int((row.fetchone() or (0,))[0])

    def round_trips(self, name: str, lines: Sequence[str]) -> None:
        before = self.trips()
        for line in lines:
            path, _, token = line.partition(" ")
            self.get(path, token)
        database, commands = (now - then for now, then in zip(self.trips(), before, strict=True))
        say(f"round trips, {name}: {database / len(lines):.2f} database, {commands / len(lines):.2f} Redis a request")

    def trips(self) -> tuple[int, int]:
        """Transactions of the app database (each statement is one) and Redis commands, less what this asks itself."""
        time.sleep(SETTLE_SECONDS)
        with psycopg.connect(self.app_dsn, autocommit=True) as connection:
            row = connection.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = 'bench_app'").fetchone()
        return int((row or (0,))[0]), int(self.redis.info("stats")["total_commands_processed"])


def median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("The server did not start within 30 seconds.")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
