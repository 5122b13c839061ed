"""A dashboard with every type of variable, some of whose choices come from queries, for every customer of the world."""

import json
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from dashboards.as_code import import_document
from dashboards.models import Dashboard
from secrets_admin.feed import feed
from tests.embed.surfaces import data, text_of
from tests.world import Tenant

FILTERS = """
title: Filters
slug: filters
settings: {{viewers_may_apply_variables: true, viewers_may_export: true, cache_seconds: 900}}
variables:
  - name: regions
    type: multi_choice
    label: Regions
    choices_from: {{source: warehouse, sql: "SELECT DISTINCT region FROM {schema}.orders ORDER BY region"}}
  - name: order
    type: choice
    label: Order
    choices_from:
      source: warehouse
      sql: >
        SELECT note, 'Order of ' || region FROM {schema}.orders
        [[ WHERE region IN ({{{{ regions }}}}) ]] ORDER BY note
  - {{name: search, type: text, label: Search}}
  - {{name: least, type: number, label: At least}}
  - {{name: cheap, type: boolean, label: Cheap}}
  - {{name: since, type: date, label: Since}}
  - {{name: period, type: date_range, label: Period}}
  - {{name: region, type: choice, label: Region, choices: [North, South, West]}}
  - name: sort
    type: choice
    label: Sort by
    identifier: true
    default: note
    choices: [note, {{value: latest, label: Latest first, sql: day DESC}}, {{value: amount, sql: amount}}]
  - {{name: grain, type: choice, identifier: true, default: day, choices: [{{value: day, sql: "'day'"}},
      {{value: month, sql: "'month'"}}]}}
  - {{name: plan, type: choice, mode: locked,
      choices_from: {{source: warehouse, sql: "SELECT zone FROM {schema}.regions"}}}}
  - {{name: floor, type: number, mode: hidden}}
  - {{name: needed, type: text, label: Needed, required: true}}
panels:
  - id: rows
    type: table
    title: Rows
    source: warehouse
    sql: SELECT region, amount, note, date_trunc({{{{ grain }}}}, day) AS day FROM {schema}.orders WHERE 1 = 1
      [[AND region IN ({{{{ regions }}}})]] [[AND note = {{{{ order }}}}]]
      [[AND note LIKE '%' || {{{{ search }}}} || '%']]
      [[AND amount >= {{{{ least }}}}]] [[AND (amount < 150) = {{{{ cheap }}}}]] [[AND day >= {{{{ since }}}}]]
      [[AND day BETWEEN {{{{ period.start }}}} AND {{{{ period.end }}}}]] [[AND region = {{{{ region }}}}]]
      [[AND amount >= {{{{ floor }}}}]] ORDER BY {{{{ sort }}}}
    encoding: {{columns: [{{name: note}}]}}
  - id: waits
    type: number
    title: Waits
    source: warehouse
    sql: SELECT count(*) AS n FROM {schema}.orders WHERE note <> {{{{ needed }}}}
    encoding: {{value: n}}
"""


def make_filters(tenant: Tenant) -> Dashboard:
    """Save the dashboard in one organization."""
    board = import_document(tenant.organization, FILTERS.format(schema=tenant.organization.slug))
    feed.read()
    return board


def token(tenant: Tenant, board: Dashboard, customer: str = "acme", **claims: Any) -> str:
    return tenant.token(customer, dsh=str(board.embed_id), **claims)


def choices(client: Client, token: str, *, variable: str = "regions", **query: str) -> HttpResponseBase:
    headers = {"Authorization": f"Bearer {token}"}
    return client.get(f"/data/explo_jwe/choices/{variable}", query, headers=headers)


def offered(answer: HttpResponseBase) -> list[str]:
    assert answer.status_code == 200, text_of(answer)
    return [choice["value"] for choice in json.loads(text_of(answer))["choices"]]


def notes(client: Client, token: str, **values: object) -> list[Any]:
    """Return the notes that the table shows, in its order."""
    answer = data(client, token, variables=json.dumps(values))
    assert answer.status_code == 200, text_of(answer)
    columns = json.loads(text_of(answer))["data"]["columns"]
    return next(list(column["values"]) for column in columns if column["name"] == "note")
