"""The world of threats.md 1.4: two organizations, the same names on purpose, and a canary in every row."""

import copy
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jose import jwe

from customers.models import Customer
from customers.services import create_customer
from dashboards.as_code import load
from dashboards.lists import set_tag_dashboards
from dashboards.models import Dashboard
from dashboards.services import save_version
from datasources.models import DataSource
from datasources.services import create_source, set_rule
from secrets_admin.access import SYSTEM
from secrets_admin.facts import resolve_key
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret, Organization, Workspace
from secrets_admin.services import create_secret
from tests.tokens.makers import MAKERS, Wanted
from tokens.keys import Key

HOST_ORIGIN = "https://app.a.test"
#: Rows of one customer in one organization; their amounts say whose they are: 100 a row for acme, 200 for globex ...
ROWS = 3
AMOUNTS = {"acme": 100, "globex": 200, "initech": 300}
REGIONS = ("North", "South", "West")


def canary(slug: str, customer: str, number: int) -> str:
    return f"CANARY-{slug}-{customer}-{number}"


def write_orders(path: Path) -> None:
    """Write one schema per organization, so that both can have equal SQL over different rows."""
    with duckdb.connect(str(path)) as connection:
        for slug in ("tradewind", "northwind"):
            connection.execute(f"CREATE SCHEMA {slug}")
            connection.execute(
                f"CREATE TABLE {slug}.orders "
                "(id INTEGER, cst VARCHAR, region VARCHAR, amount INTEGER, day DATE, note VARCHAR)"
            )
            connection.execute(f"CREATE TABLE {slug}.private_notes (id INTEGER, note VARCHAR)")
            connection.execute(f"CREATE TABLE {slug}.regions (region VARCHAR, zone VARCHAR)")
            for region in REGIONS:
                connection.execute(f"INSERT INTO {slug}.regions VALUES (?, 'zone of ' || ?)", [region, region])
            for customer, amount in AMOUNTS.items():
                rows = [
                    [
                        number,
                        customer,
                        REGIONS[number % 3],
                        amount,
                        f"2026-0{number + 1}-15",
                        canary(slug, customer, number),
                    ]
                    for number in range(ROWS)
                ]
                connection.executemany(f"INSERT INTO {slug}.orders VALUES (?, ?, ?, ?, ?, ?)", rows)


DOCUMENT = """
title: {title}
slug: {slug}
customer_variable: CUSTOMER
variables:
  - {{name: CUSTOMER, type: text, mode: hidden, label: Customer}}
  - {{name: region, type: choice, mode: open, label: Region, choices: [North, South, West]}}
  - {{name: search, type: text, mode: open, label: Search}}
  - {{name: least, type: number, mode: open, label: At least}}
  - {{name: period, type: date_range, mode: open, label: Period}}
  - {{name: floor, type: number, mode: locked, label: Floor}}
  - {{name: secret_floor, type: number, mode: hidden, label: Secret floor}}
panels:
  - id: total
    type: number
    title: Total of {title}
    width: 4
    source: warehouse
    sql: SELECT sum(amount) AS total FROM {schema}.orders WHERE 1 = 1
      [[AND region = {{{{ region }}}}]] [[AND amount >= {{{{ least }}}}]]
      [[AND amount >= {{{{ floor }}}}]] [[AND amount >= {{{{ secret_floor }}}}]]
    encoding: {{value: total}}
  - id: regions
    type: bar
    title: By region in {title}
    width: 8
    source: warehouse
    sql: SELECT r.zone AS zone, sum(o.amount) AS total
      FROM {schema}.orders AS o JOIN {schema}.regions AS r ON r.region = o.region
      GROUP BY r.zone ORDER BY r.zone
    encoding: {{x: zone, y: [total]}}
  - id: rows
    type: table
    title: Orders of {title}
    width: 12
    source: warehouse
    sql: SELECT region, amount, note FROM {schema}.orders WHERE 1 = 1 [[AND note = {{{{ search }}}}]]
      [[AND day BETWEEN {{{{ period.start }}}} AND {{{{ period.end }}}}]] ORDER BY note
    encoding: {{columns: [{{name: region}}, {{name: amount}}, {{name: note}}]}}
  - id: about
    type: text
    title: About {title}
    width: 12
    text: "Numbers of **{title}**, see [the guide](https://guide.a.test/)."
"""


@dataclass(frozen=True)
class Tenant:
    """One organization with everything that a token of it can name."""

    organization: Organization
    workspace: Workspace
    secret: EmbedSecret
    source: DataSource
    dashboards: Mapping[str, Dashboard]
    customers: Mapping[str, Customer]

    def claims(self, customer: str = "acme", dashboard: str = "sales", **changes: object) -> dict[str, object]:
        now = int(time.time())
        return {
            "cst": customer,
            "dsh": str(self.dashboards[dashboard].embed_id),
            "iat": now,
            "exp": now + 3600,
            **changes,
        }

    def token(self, customer: str = "acme", dashboard: str = "sales", **changes: object) -> str:
        """Make a token as a company's backend does."""
        return encrypt(self.claims(customer, dashboard, **changes), self.secret)

    def secret_of(self, format: str) -> EmbedSecret:
        """Return the workspace's secret of a format, made when it is first asked for."""
        found = self.workspace.embed_secrets.filter(format=format, state="active", purpose="embed").first()
        if found is None:
            found = create_secret(self.workspace, name=f"For {format}", format=format, actor=SYSTEM)
            feed.read()
        return found

    def key_of(self, format: str) -> Key:
        """Return that secret as the formats know it."""
        key = resolve_key(format, self.secret_of(format).key_id)
        assert key is not None
        return key

    def wanted(self, customer: str = "acme", dashboard: str = "sales") -> Wanted:
        """Return what a token of any format shall open."""
        board = self.dashboards[dashboard]
        return Wanted(str(board.embed_id), board.id, customer, locked={"floor": 0, "secret_floor": 0})

    def token_of(self, format: str, customer: str = "acme", dashboard: str = "sales", **changes: object) -> str:
        """Make a token of any format as a company's backend does; the tag may show every dashboard."""
        if format == "customer_token":
            return self.customers[customer].token()
        if format == "viasocket_jwt" and not self.workspace.tag_dashboards.exists():
            self.allow_tag("sales")
        return MAKERS[format].token(self.key_of(format), self.wanted(customer, dashboard), time.time(), **changes)

    def allow_tag(self, default: str) -> None:
        """Put every dashboard on the tag list."""
        boards = list(self.dashboards.values())
        set_tag_dashboards(self.workspace, boards, default=self.dashboards[default], actor=SYSTEM)
        feed.read()


def encrypt(claims: Mapping[str, object], secret: EmbedSecret) -> str:
    token: bytes = jwe.encrypt(
        json.dumps(claims), secret.value(), algorithm="dir", encryption="A256GCM", kid=secret.key_id
    )
    return token.decode()


@dataclass(frozen=True)
class World:
    """Tradewind is alice's, Northwind is charlie's."""

    a: Tenant
    b: Tenant
    orders_file: Path


def build_world(tradewind: Organization, northwind: Organization, orders_file: Path) -> World:
    a = _tenant(tradewind, orders_file, {"sales": "Sales", "ops": "Operations"}, ("acme", "globex"))
    b = _tenant(northwind, orders_file, {"sales": "Sales"}, ("acme", "initech"))
    return World(a, b, orders_file)


def _tenant(organization: Organization, orders_file: Path, titles: Mapping[str, str], names: tuple[str, ...]) -> Tenant:
    workspace = organization.workspaces.create(origins=[HOST_ORIGIN])
    secret = create_secret(workspace, name="Production", format="explo_jwe", actor=SYSTEM)
    source = make_source(workspace, orders_file, organization.slug)
    return Tenant(
        organization,
        workspace,
        secret,
        source,
        {slug: add_dashboard(organization, slug, title) for slug, title in titles.items()},
        {name: create_customer(workspace, name, name=name.title(), actor=SYSTEM) for name in names},
    )


def make_source(workspace: Workspace, orders_file: Path, schema: str) -> DataSource:
    source = create_source(
        workspace, name="warehouse", engine="duckdb", connection={"path": str(orders_file)}, actor=SYSTEM
    )
    set_rule(source, f"{schema}.orders", kind="scoped", column="cst", actor=SYSTEM)
    set_rule(source, f"{schema}.regions", kind="shared", actor=SYSTEM)
    source.refresh_from_db()
    return source


def add_dashboard(organization: Organization, slug: str, title: str) -> Dashboard:
    return save_version(organization, copy.deepcopy(_document(slug, title, organization.slug)))


@cache
def _document(slug: str, title: str, schema: str) -> dict[str, Any]:
    return load(DOCUMENT.format(slug=slug, title=title, schema=schema))
