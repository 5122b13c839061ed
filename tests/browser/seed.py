"""Fills a fresh database for the browser tests and prints what they need to make tokens.

Run as ``python -m tests.browser.seed <folder> <origin>``, so that the tests' own process never touches the ORM while
Playwright's loop runs in it.
"""

import json
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedhost.settings")
django.setup()

import duckdb  # noqa: E402 -- Django is set up first

from customers.services import create_customer  # noqa: E402
from dashboards.as_code import import_document  # noqa: E402
from dashboards.models import TagDashboard  # noqa: E402
from datasources.services import create_source, set_rule  # noqa: E402
from secrets_admin.access import SYSTEM  # noqa: E402
from secrets_admin.models import Organization, Workspace  # noqa: E402
from secrets_admin.services import create_secret  # noqa: E402
from tokens.formats import MINTED  # noqa: E402

#: An amount of one order per customer; twelve orders each, in three regions.
AMOUNTS = {"acme": 100, "globex": 200}
REGIONS = ("North", "South", "West")
#: Enough rows that joining them with themselves takes longer than a page waits.
MANY = 10_000
NASTY = "<script>window.top.hacked=1</script><svg onload=alert(1)>{{constructor}}\u2028\u202eend"
#: What a customer's id may hold: no control or direction signs, but every letter that HTML knows.
NASTY_CUSTOMER = "</script><script>window.top.hacked=1</script>{{constructor}}"

SALES = """
title: Sales overview
slug: sales
settings: {viewers_may_apply_variables: true, viewers_may_export: true, cache_seconds: 900, serve_stale_seconds: 0}
variables:
  - {name: period, type: date_range, mode: open, label: Period, default: last_10_years}
  - {name: region, type: choice, mode: open, label: Region,
     choices: [North, South, West, East, Centre, Coast, Islands, Abroad]}
  - {name: size, type: choice, mode: open, label: Size, choices: [{value: s, label: Small}, {value: l, label: Large}]}
  - {name: least, type: number, mode: open, label: At least}
  - {name: search, type: text, mode: open, label: Note}
  - {name: plan, type: text, mode: locked, label: Plan, default: basic}
  - {name: floor, type: number, mode: hidden, label: Floor}
panels:
  - id: total
    type: number
    title: Revenue
    note: All time
    source: warehouse
    sql: SELECT sum(amount) AS total FROM main.orders
      WHERE day BETWEEN {{ period.start }} AND {{ period.end }} [[AND region = {{ region }}]]
      [[AND amount >= {{ least }}]] [[AND amount >= {{ floor }}]] [[AND note = {{ search }}]]
    encoding: {value: total, empty: No orders}
  - id: months
    type: line
    title: Revenue by month
    width: 8
    source: warehouse
    sql: SELECT day, sum(amount) AS total FROM main.orders WHERE 1 = 1 [[AND region = {{ region }}]]
      GROUP BY day ORDER BY day
    encoding: {x: day, y: [total]}
  - id: regions
    type: bar
    title: Revenue by region
    width: 6
    source: warehouse
    sql: SELECT region, sum(amount) AS total FROM main.orders WHERE 1 = 1 [[AND region = {{ region }}]]
      GROUP BY region ORDER BY total DESC
    encoding: {x: region, y: [total], orientation: horizontal}
  - id: share
    type: pie
    title: Share of regions
    width: 6
    source: warehouse
    sql: SELECT region, sum(amount) AS total FROM main.orders WHERE 1 = 1 [[AND region = {{ region }}]]
      GROUP BY region ORDER BY region
    encoding: {label: region, value: total}
  - id: rows
    type: table
    title: Orders
    width: 12
    source: warehouse
    sql: SELECT note, region, amount FROM main.orders WHERE 1 = 1 [[AND region = {{ region }}]] ORDER BY note
    encoding: {columns: [{name: note}, {name: region}, {name: amount}]}
  - id: about
    type: text
    title: About
    width: 12
    text: "See [the guide](COLLECTOR/guide) and ![a picture](COLLECTOR/picture.png)."
"""

#: Choices that queries offer, one of them long and one that depends on another.
FILTERS = """
title: With filters
slug: filters
settings: {viewers_may_apply_variables: true, cache_seconds: 900, serve_stale_seconds: 0}
variables:
  - name: regions
    type: multi_choice
    label: Regions
    choices_from: {source: warehouse, sql: SELECT DISTINCT region FROM main.orders ORDER BY region}
  - name: order
    type: choice
    label: Order
    choices_from:
      source: warehouse
      sql: SELECT note, region || ' ' || note FROM main.orders [[WHERE region IN ({{ regions }})]] ORDER BY note
  - name: pair
    type: choice
    label: Pair
    choices_from: {source: warehouse, sql: "SELECT n, 'Pair ' || n::text FROM main.many WHERE n < 1000 ORDER BY n"}
  - {name: large, type: boolean, label: Large}
  - {name: since, type: date, label: Since}
  - name: sort
    type: choice
    label: Sort by
    identifier: true
    default: first
    choices: [{value: first, label: First, sql: note}, {value: last, label: Last, sql: note DESC}]
panels:
  - id: rows
    type: table
    title: Orders
    width: 12
    source: warehouse
    sql: SELECT note, region FROM main.orders WHERE 1 = 1 [[AND region IN ({{ regions }})]] [[AND note = {{ order }}]]
      [[AND (amount > 150) = {{ large }}]] [[AND day >= {{ since }}]] ORDER BY {{ sort }}
    encoding: {columns: [{name: note}, {name: region}]}
"""

SLOW = """
title: Slow
slug: slow
settings: {cache_seconds: 900, serve_stale_seconds: 0}
variables:
  - {name: rest, type: number, mode: locked, default: 0}
panels:
  - id: slow
    type: number
    title: Pairs
    source: warehouse
    sql: SELECT count(*) AS pairs FROM main.many AS a JOIN main.many AS b ON (a.n * 7 + b.n) % 13 = {{ rest }}
    encoding: {value: pairs}
"""

BROKEN = """
title: Broken
slug: broken
settings: {cache_seconds: 0, serve_stale_seconds: 0}
panels:
  - id: lost
    type: number
    title: Lost
    source: lost
    sql: SELECT sum(amount) AS total FROM main.orders
    encoding: {value: total}
  - id: found
    type: number
    title: Found
    source: warehouse
    sql: SELECT sum(amount) AS total FROM main.orders
    encoding: {value: total}
"""


#: What the vendors' own tokens open: some of them name their customer through a variable.
VENDORS = """
title: {title}
slug: {slug}
customer_variable: CUSTOMER
settings:
  {{viewers_may_apply_variables: true, viewers_may_export: {export}, cache_seconds: 900, serve_stale_seconds: 0}}
variables:
  - {{name: CUSTOMER, type: text, mode: hidden, label: Customer}}
  - {{name: region, type: choice, mode: open, label: Region, choices: [North, South, West]}}
  - {{name: least, type: number, mode: open, label: At least}}
panels:
  - id: total
    type: number
    title: Revenue
    source: warehouse
    sql: SELECT sum(amount) AS total FROM main.orders WHERE 1 = 1 [[AND region = {{{{ region }}}}]]
      [[AND amount >= {{{{ least }}}}]]
    encoding: {{value: total, empty: No orders}}
  - id: months
    type: line
    title: Revenue by month
    width: 8
    source: warehouse
    sql: SELECT day, sum(amount) AS total FROM main.orders WHERE 1 = 1 [[AND region = {{{{ region }}}}]]
      GROUP BY day ORDER BY day
    encoding: {{x: day, y: [total]}}
  - id: rows
    type: table
    title: Orders
    width: 12
    source: warehouse
    sql: SELECT note, region, amount FROM main.orders WHERE 1 = 1 [[AND region = {{{{ region }}}}]] ORDER BY note
    encoding: {{columns: [{{name: note}}, {{name: region}}, {{name: amount}}]}}
"""


def vendors_document(slug: str, title: str, *, export: bool) -> str:
    return VENDORS.format(slug=slug, title=title, export=str(export).lower())


def write_orders(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE orders (cst VARCHAR, region VARCHAR, amount INTEGER, day DATE, note VARCHAR)")
        for customer, amount in {**AMOUNTS, NASTY_CUSTOMER: 1}.items():
            note = NASTY if customer == NASTY_CUSTOMER else f"CANARY-{customer}"
            rows = [[customer, REGIONS[n % 3], amount, f"2025-{n + 1:02}-01", f"{note}-{n:02}"] for n in range(12)]
            connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute(f"CREATE TABLE many AS SELECT range::INTEGER AS n FROM range({MANY})")


def nasty_document() -> str:
    """A dashboard whose every word is an attack; JSON is YAML too."""
    choice = {"value": "North", "label": NASTY}
    prose = f"{NASTY} [x](javascript:alert(1)) <b onclick=alert(1)>b</b>"
    column = '<img src=x onerror="alert(1)">'
    document = {
        "title": NASTY,
        "slug": "nasty",
        "settings": {"viewers_may_apply_variables": True},
        "variables": [
            {"name": "region", "type": "choice", "mode": "open", "label": NASTY, "choices": [choice]},
            {"name": "plan", "type": "text", "mode": "locked", "label": "Plan", "default": NASTY_CUSTOMER},
        ],
        "panels": [
            {
                "id": "rows", "type": "table", "title": NASTY, "note": NASTY, "width": 12, "source": "warehouse",
                "sql": "SELECT note, region AS \"" + column.replace('"', '""') + '" FROM main.orders ORDER BY note',
                "encoding": {"columns": [{"name": "note", "label": NASTY}, {"name": column}]},
            },
            {
                "id": "bars", "type": "bar", "title": "Bars", "width": 12, "source": "warehouse",
                "sql": "SELECT note, sum(amount) AS total FROM main.orders GROUP BY note ORDER BY note",
                "encoding": {"x": "note", "y": ["total"], "orientation": "horizontal"},
            },
            {"id": "about", "type": "text", "title": "About", "width": 12, "text": prose},
        ],
    }  # fmt: skip
    return json.dumps(document)


def _source(workspace: Workspace, name: str, path: Path) -> None:
    write_orders(path)
    source = create_source(workspace, name=name, engine="duckdb", connection={"path": str(path)}, actor=SYSTEM)
    set_rule(source, "main.orders", kind="scoped", column="cst", actor=SYSTEM)
    set_rule(source, "main.many", kind="shared", actor=SYSTEM)


def seed(folder: Path, origin: str, collector: str) -> dict[str, object]:
    """Make one organization with everything; return what a backend of it would know."""
    organization = Organization.objects.create(name="Tradewind", slug="tradewind", embedding_enabled=True)
    workspace = organization.workspaces.create(origins=[origin])
    secret = create_secret(workspace, name="Production", format="explo_jwe", actor=SYSTEM)
    _source(workspace, "warehouse", folder / "orders.duckdb")
    _source(workspace, "lost", folder / "lost.duckdb")
    for external_id, name in {"acme": "Acme", "globex": "Globex", NASTY_CUSTOMER: NASTY_CUSTOMER}.items():
        create_customer(workspace, external_id, name=name, actor=SYSTEM)
    documents = [SALES.replace("COLLECTOR", collector), FILTERS, SLOW, BROKEN, nasty_document()]
    documents.append(vendors_document("vendors", "Every vendor", export=False))
    documents.append(vendors_document("files", "With files", export=True))
    dashboards = {board.slug: board for board in (import_document(organization, text) for text in documents)}
    for slug in ("vendors", "files"):
        TagDashboard.objects.create(workspace=workspace, dashboard=dashboards[slug], is_default=slug == "vendors")
    return {
        "key_id": secret.key_id,
        "key_value": secret.value().decode(),
        "dashboards": {slug: str(board.embed_id) for slug, board in dashboards.items()},
        "dashboard_ids": {slug: board.id for slug, board in dashboards.items()},
        "organization": {"id": organization.id, "slug": organization.slug},
        "workspace": workspace.id,
        "secrets": _secrets(workspace),
        "customer_tokens": {customer.external_id: customer.token() for customer in workspace.customers.all()},
    }


def _secrets(workspace: Workspace) -> dict[str, dict[str, str]]:
    made = [create_secret(workspace, name=name, format=name, actor=SYSTEM) for name in MINTED if name != "explo_jwe"]
    return {secret.format: {"key_id": secret.key_id, "value": secret.value().decode()} for secret in made}


if __name__ == "__main__":
    print(json.dumps(seed(Path(sys.argv[1]), sys.argv[2], sys.argv[3])))
