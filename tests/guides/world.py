"""The world that the documents write about, with its very ids, so that their programs run as they are printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from customers.models import Customer
from customers.services import create_customer
from dashboards.as_code import load
from dashboards.models import Dashboard, DashboardVersion, TagDashboard
from datasources.services import create_source, set_rule
from secrets_admin.access import SYSTEM
from secrets_admin.models import EmbedSecret, Organization, Workspace
from tests.guides.ids import DASHBOARD_ID, EMBED_ID, KEY_IDS, WORKSPACE_ID
from tokens.formats import MINTED

#: The host's own site, and the customers: one of the guides' names, and one that every careless program breaks.
SITE = "https://app.tradewind.example"
ODD = "café \"quoted\" & 'co' $x #{y}"
CUSTOMERS = ("acme", ODD, "globex")

_DOCUMENT = """
title: Sales
slug: sales
customer_variable: CUSTOMER
variables:
  - {name: CUSTOMER, type: text, mode: hidden}
  - {name: region, type: choice, choices: [North, South]}
  - {name: search, type: text}
  - {name: words, type: text}
  - {name: MYVAR, type: number}
panels:
  - id: rows
    type: table
    title: Orders
    width: 12
    source: warehouse
    sql: SELECT region, amount, note FROM main.orders
      WHERE 1 = 1 [[AND amount >= {{ MYVAR }}]] [[AND region = {{ region }}]] ORDER BY note
    encoding: {columns: [{name: region}, {name: amount}, {name: note}]}
"""


def canary(customer: str) -> str:
    """Return the note that stands in this customer's rows and nowhere else."""
    return f"CANARY-{CUSTOMERS.index(customer)}"


def write_orders(path: Path) -> None:
    """Write two orders per customer, one of 40 and one of 50."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE orders (customer_id VARCHAR, region VARCHAR, amount INTEGER, note VARCHAR)")
        for customer in CUSTOMERS:
            for region, amount in (("North", 40), ("South", 50)):
                note = f"{canary(customer)}-{amount}"
                connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", [customer, region, amount, note])


@dataclass(frozen=True)
class Documented:
    """The organization of the documents, with one secret of each format."""

    organization: Organization
    workspace: Workspace
    dashboard: Dashboard
    secrets: Mapping[str, EmbedSecret]
    customers: Mapping[str, Customer]

    def secret(self, format: str) -> str:
        """Return the value of a format's secret; empty where the format has none."""
        return self.secrets[format].value().decode() if format in self.secrets else ""


def build(organization: Organization, orders: Path) -> Documented:
    workspace = Workspace.objects.create(id=WORKSPACE_ID, organization=organization, origins=[SITE])
    source = create_source(workspace, name="warehouse", engine="duckdb", connection={"path": str(orders)}, actor=SYSTEM)
    set_rule(source, "main.orders", kind="scoped", column="customer_id", actor=SYSTEM)
    dashboard = Dashboard.objects.create(
        id=DASHBOARD_ID, embed_id=EMBED_ID, organization=organization, slug="sales", title="Sales"
    )
    DashboardVersion.objects.create(dashboard=dashboard, number=1, document=_document())
    TagDashboard.objects.create(workspace=workspace, dashboard=dashboard, is_default=True)
    return Documented(
        organization,
        workspace,
        dashboard,
        {format: _secret(workspace, format, key_id) for format, key_id in KEY_IDS.items()},
        {name: create_customer(workspace, name, name=name, actor=SYSTEM) for name in CUSTOMERS},
    )


def _secret(workspace: Workspace, format: str, key_id: str) -> EmbedSecret:
    secret = EmbedSecret(workspace=workspace, name=f"Production {format}", key_id=key_id, format=format)
    secret.seal_value(MINTED[format].new_key_value())
    secret.save()
    return secret


@cache
def _document() -> dict[str, object]:
    return load(_DOCUMENT)
