"""Measure embedhost beside a bare view in one run, on real PostgreSQL and Redis: ``python -m bench.run [part ...]``.

The servers are granian with two workers; the load is wrk on the same cores, so only ratios mean something. Everything
is started here, bounded, and stopped at the end. What a token costs without a server, ``python -m bench.tokens`` says.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import redis
from jose import jwe

from bench import api, load, orders
from bench.processes import pss
from bench.servers import Line, database, free_port, median, run_python, say, served
from tests.services import Services, running

#: PostgreSQL's sessions publish their statistics at the latest so long after they fell idle.
SETTLE_SECONDS = 11
ROUNDS = 5
#: The one that fills databases with a million rows comes last: the server tidies up after it for minutes.
PARTS = ("embed", "api", "customers")
PANELS = ("revenue-by-month", "total", "by-category", "by-region", "status-by-month", "top-products")
SIZES = (100, 5000, 100_000)
#: Formats whose calls say which dashboard they mean.
CHOSEN_BY_ADDRESS = ("viasocket_jwt", "superset_guest")
FEW = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all of them without one")
    parser.add_argument("--rows", type=int, default=orders.ROWS)
    parser.add_argument("--seconds", type=int, default=6, help="of load per measurement")
    parser.add_argument("--threads", type=int, default=4, help="blocking threads of each web process")
    parser.add_argument("--customers", type=int, default=1_000_000, help="compared with 10")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: choose of {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as folder, running() as services:
        Bench(arguments, Path(folder), services).run()


class Bench:
    """One run: databases, data, servers, measurements."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, services: Services) -> None:
        self.seconds, self.threads = arguments.seconds, arguments.threads
        self.parts = arguments.parts or PARTS
        # The API reads no orders.
        self.rows = FEW if list(self.parts) == ["api"] else arguments.rows
        self.folder, self.services, self.many_customers = folder, services, arguments.customers
        self.app_dsn, self.data_dsn = (database(services.database_url, name) for name in ("bench_app", "bench_data"))
        self.redis = redis.Redis.from_url(services.redis_url)
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"

    def env(self, dsn: str, port: int) -> dict[str, str]:
        """Return the settings of one server."""
        return {
            **os.environ,
            "DEVELOPMENT": "1",
            "DATABASE_URL": dsn,
            "REDIS_URL": self.services.redis_url,
            "EMBED_HOST": f"127.0.0.1:{port}",
            "CONSOLE_HOST": f"localhost:{port}",
            "WEB_PROCESSES": "2",
            "WEB_THREADS": str(self.threads),
            "VAR_DIR": str(self.folder / f"var-{port}"),
            "DATA_SOURCE_NETWORKS": "127.0.0.1/32",
            "MAX_ROWS": str(max(SIZES)),
            "LOG_LEVEL": "ERROR",
            # Counted, and never reached: the load has few tokens and one API key.
            **{f"LIMIT_{name}_REQUESTS": "1000000000" for name in ("TOKEN", "CUSTOMER", "ORGANIZATION", "KEY")},
            "MALLOC_ARENA_MAX": "2",
        }

    def run(self) -> None:
        load_before = " ".join(f"{load:.1f}" for load in os.getloadavg())
        say(
            f"python {sys.version.split()[0]}, {os.cpu_count()} cores, {self.rows:,} orders, load average {load_before}"
        )
        began = time.monotonic()
        orders.load(self.data_dsn, self.rows)
        env = self.env(self.app_dsn, self.port)
        run_python(["manage.py", "migrate", "-v0"], env)
        self.facts: Mapping[str, Any] = json.loads(run_python(["-m", "bench.seed", self.data_dsn], env))
        if "customers" in self.parts:
            self.few, self.many = self.copies()
        say(f"data and seed in {time.monotonic() - began:.0f} s")
        self.redis.flushdb()
        for part in self.parts:
            {"embed": self.embed, "customers": self.customers, "api": self.api}[part](env)

    def embed(self, env: Mapping[str, str]) -> None:
        """Panels and pages as a customer's browser asks for them."""
        with served("embedhost.wsgi:application", env, self.port, self.threads) as pid:
            self.line = Line(self.port)
            self.cold()
            self.stampede()
            self.warm(pid)
            self.compare(pid)
            self.formats(pid)
            self.results()
            say("in one process, microseconds of CPU:")
            say(run_python(["-m", "bench.engine", self.token("customer_1")], env).rstrip())

    def api(self, env: Mapping[str, str]) -> None:
        """The REST API as a company's backend uses it."""
        port = free_port()
        with (
            served("embedhost.wsgi:application", env, self.port, self.threads) as ours,
            served("bench.bare:application", self.env(self.app_dsn, port), port, self.threads) as bare,
        ):
            sides = [load.Target(pid, at, self.folder, self.seconds) for pid, at in ((ours, self.port), (bare, port))]
            api.measure(*sides, key=self.facts["api_key"], dashboard=self.facts["embed_id"])

    def token(self, customer: str, **more: object) -> str:
        now = int(time.time())
        claims = {"cst": customer, "dsh": self.facts["embed_id"], "iat": now, "exp": now + 7200, **more}
        return jwe.encrypt(
            json.dumps(claims), self.facts["key_value"], algorithm="dir", encryption="A256GCM", kid=self.facts["key_id"]
        ).decode()

    def cold(self) -> None:
        """Panels that nobody asked for yet, beside the same query through plain psycopg, one after the other."""
        sql = "SELECT category, sum(amount) FROM orders WHERE customer_id = %s GROUP BY category ORDER BY 2 DESC"
        ours, plain = [], []
        path = "/data/explo_jwe/panels/by-category"
        self.line.ready(path, self.token("customer_900"))
        with psycopg.connect(self.data_dsn, autocommit=True) as connection:
            # Neighbours have about as many orders, whoever is first; those of 200 further have a fifth less.
            for number in range(500, 700, 2):
                ours.append(self.line.ready(path, self.token(f"customer_{number}"))[1])
                began = time.perf_counter()
                connection.execute(sql, [f"customer_{number + 1}"]).fetchall()
                plain.append((time.perf_counter() - began) * 1000)
        asked, driver = median(ours), median(plain)
        say(f"cold panel, p50: {asked:.2f} ms; by plain psycopg: {driver:.2f} ms; {asked - driver:.2f} ms over it")

    def stampede(self) -> None:
        """A hundred viewers of one customer open one cold panel at once."""
        before = self.queries()
        listed = [f"/data/explo_jwe/panels/top-products {self.token('customer_950')}"]
        self._run(listed, connections=100, seconds=1)
        say(f"100 viewers at once on one cold panel: {self.queries() - before} queries at the source")

    def queries(self) -> int:
        """Read-only transactions at the source so far; each query is one, and is rolled back."""
        time.sleep(SETTLE_SECONDS)
        with psycopg.connect(self.data_dsn, autocommit=True) as connection:
            row = connection.execute("SELECT xact_rollback FROM pg_stat_database WHERE datname = 'bench_data'")
            return int((row.fetchone() or (0,))[0])

    def warm(self, pid: int) -> None:
        """Pages and panel data of a hundred customers, whose results are cached."""
        customers = [f"customer_{number}" for number in range(1, 101)]
        tokens = [self.token(customer) for customer in customers]
        for token in tokens:
            self.line.ready(f"/iframe/{token}")
            for panel in PANELS:
                self.line.ready(f"/data/explo_jwe/panels/{panel}", token)
        sizes = [len(self.line.ready(f"/data/explo_jwe/panels/{panel}", tokens[0])[0]) for panel in PANELS]
        self.data_bytes = sum(sizes) // len(sizes)
        page = len(self.line.ready(f"/iframe/{tokens[0]}")[0])
        say(f"bytes as sent: page {page:,}; panel data {self.data_bytes:,} on average")
        data = self.data = [f"/data/explo_jwe/panels/{panel} {token}" for token in tokens for panel in PANELS]
        pages = [f"/iframe/{token}" for token in tokens]
        for name, lines in (("panel data, warm, 100 customers x 6 panels", data), ("page of six drawn panels", pages)):
            self._run(lines, connections=16, seconds=2)
            say(f"{name}, tokens seen before, c=1: {self._run(lines, connections=1)}")
            say(f"{name}, tokens seen before, c=16: {self._run(lines, connections=16)}")
        new = [f"/iframe/{self.token(customers[number % 100])}" for number in range(5000)]
        say(f"page, every token new, c=16: {self._run(new[:4500], connections=16, seconds=2)}")
        refused = [f"/iframe/{token[:-4]}AAAA" for token in tokens]
        say(f"page, refused token, c=16: {self._run(refused, connections=16).per_second:,.0f}/s")
        say(f"memory under load (PSS of the server, two workers and their drawing children): {pss(pid):.0f} MB")
        self.round_trips("warm page, token seen before", pages[:1] * 200)
        self.round_trips("warm page, new token", new[4500:4700])
        self.round_trips("warm panel data", data[:200])

    def round_trips(self, name: str, lines: Sequence[str]) -> None:
        before = self.trips()
        for line in lines:
            self.line.ready(*line.split(" "))
        database, commands = (now - then for now, then in zip(self.trips(), before, strict=True))
        say(f"round trips, {name}: {database / len(lines):.2f} database, {commands / len(lines):.2f} Redis a request")

    def trips(self) -> tuple[int, int]:
        """Transactions of the app database (each statement is one) and Redis commands, less what this asks itself."""
        time.sleep(SETTLE_SECONDS)
        with psycopg.connect(self.app_dsn, autocommit=True) as connection:
            row = connection.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = 'bench_app'").fetchone()
        return int((row or (0,))[0]), int(self.redis.info("stats")["total_commands_processed"])

    def compare(self, pid: int) -> None:
        """Load both servers in turns, since the machine's other work changes from minute to minute."""
        port = free_port()
        self.redis.set("bench:bare", b"x" * self.data_bytes)
        say(f"in turns: warm panel data, and a bare Django view with one Redis GET of {self.data_bytes:,} bytes, c=16")
        with served("bench.bare:application", self.env(self.app_dsn, port), port, self.threads) as bare:
            rounds = [
                (self._round(pid, self.port, self.data), self._round(bare, port, ["/one-get"])) for _ in range(ROUNDS)
            ]
        rates = median([ours[0] / bare[0] for ours, bare in rounds])
        spent = median([bare[1] / ours[1] for ours, bare in rounds])
        say(f"warm panel data is {rates:.0%} of the bare view by requests per second (budget: at least 50 %)")
        say(f"  and {spent:.0%} of it by requests per CPU second of the two servers' workers")

    def formats(self, pid: int) -> None:
        """A panel's data under an accepted token of each format and under a nearly right one, in turns.

        The accepted JWE is remembered after its first call, so that its refusal, which decrypts, may cost more;
        bench.tokens compares it with one that is seen first.
        """
        say("panel data by format, CPU of the server per request: accepted, refused")
        for name, token in self.facts["tokens"].items():
            query = f"?dashboard={self.facts['embed_id']}" if name in CHOSEN_BY_ADDRESS else ""
            path = f"/data/{name}/panels/by-category{query}"
            self.line.ready(path, token)
            wrong = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
            if name == "customer_token":
                wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
            status = self.line.ask(path, wrong)[0]
            pairs = [[self._round(pid, self.port, [f"{path} {one}"], 1)[1] for one in (token, wrong)] for _ in range(3)]
            good, bad = (median([pair[side] for pair in pairs]) for side in (0, 1))
            ratio = median([pair[1] / pair[0] for pair in pairs])
            say(f"  {name:16} {good:6.0f} us {bad:6.0f} us (answered {status}), refused / accepted {ratio:.2f}")

    def results(self) -> None:
        """Results of three sizes through one panel, asked first and asked again."""
        for rows in SIZES:
            path, token = (
                f"/data/explo_jwe/panels/rows-{rows}",
                self.token("customer_2", dsh=self.facts["rows_embed_id"]),
            )
            body, cold = self.line.ready(path, token)
            warm = median([self.line.ready(path, token)[1] for _ in range(15)])
            say(f"a result of {rows:,} rows: {len(body):,} bytes as sent, cold {cold:,.0f} ms, warm {warm:.1f} ms")

    def copies(self) -> tuple[str, str]:
        """Return copies of the app database with few and with many customers."""
        url = self.services.database_url
        few, many = (database(url, f"bench_{name}", "bench_app") for name in ("few", "many"))
        with psycopg.connect(few, autocommit=True) as connection:
            first = "SELECT id FROM customers_customer ORDER BY id LIMIT %s"
            connection.execute(f"DELETE FROM customers_customer WHERE id NOT IN ({first})", [FEW])
            connection.execute("VACUUM ANALYZE customers_customer")
        with psycopg.connect(many, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")
            connection.execute(_more_customers(connection), [self.many_customers - orders.CUSTOMERS])
            connection.execute("VACUUM ANALYZE customers_customer")
        return few, many

    def customers(self, env: Mapping[str, str]) -> None:
        """The same ten customers' data with few and with many others beside them, each token new and seen before."""
        ports = free_port(), free_port()
        envs = [self.env(dsn, port) for dsn, port in zip((self.few, self.many), ports, strict=True)]
        app = "embedhost.wsgi:application"
        with (
            served(app, envs[0], ports[0], self.threads) as few,
            served(app, envs[1], ports[1], self.threads) as many,
        ):
            lines = [
                f"/data/explo_jwe/panels/total {self.token(f'customer_{number % FEW + 1}')}" for number in range(2000)
            ]
            for name, used in (("seen before", lines[:60]), ("many tokens", lines)):
                for port in ports:
                    self._run(used, connections=16, seconds=2, port=port)
                ratio = median(
                    [self._many_by_few(((few, ports[0]), (many, ports[1])), used, turn) for turn in range(6)]
                )
                compared = f"with {self.many_customers:,} customers is {ratio:.2f} of that with {FEW}"
                say(f"panel data, {name}: CPU a request {compared}")

    def _many_by_few(self, sides: Sequence[tuple[int, int]], lines: Sequence[str], turn: int) -> float:
        """Return the second side's CPU a request by the first one's; every other turn the second goes first."""
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        spent = {side: self._round(*sides[side], lines)[1] for side in order}
        return spent[1] / spent[0]

    def _round(self, pid: int, port: int, lines: Sequence[str], seconds: int = 0) -> tuple[float, float]:
        """Return requests a second, and microseconds of CPU per request."""
        return load.Target(pid, port, self.folder, self.seconds).round(lines, seconds)

    def _run(self, lines: Sequence[str], *, connections: int, seconds: int = 0, port: int = 0) -> load.Measured:
        target = load.Target(0, port or self.port, self.folder, self.seconds)
        return target.run(lines, connections=connections, seconds=seconds)


def _more_customers(connection: "psycopg.Connection[Any]") -> str:
    """Return the statement that adds customers like the first one; each has a token of its own."""
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'customers_customer'"
    columns = [name for (name,) in connection.execute(query) if name != "id"]
    own = {
        "uid": "gen_random_uuid()",
        "external_id": "'more_' || n",
        "token_hash": "encode(sha256(('more_' || n)::bytea), 'hex')",
    }
    values = ", ".join(own.get(name, f"c.{name}") for name in columns)
    return f"""
        INSERT INTO customers_customer ({", ".join(columns)})
        SELECT {values} FROM (SELECT * FROM customers_customer ORDER BY id LIMIT 1) AS c, generate_series(1, %s) AS n
    """


if __name__ == "__main__":
    main()
