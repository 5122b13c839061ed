"""P-CU-05: many backends ask for one new customer at once, on two servers: one customer, one token."""

import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from customers.models import Customer
from secrets_admin.models import AuditRecord
from tests.embed.explo import CREATE, new_key
from tests.servers import Server
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
CALLS = 50


def _create(server: Server, key: str) -> tuple[int, dict[str, Any]]:
    headers = {
        "Host": os.environ["EMBED_HOST"],
        "Content-Type": "application/json",
        "Explo-Authorization": f"Token {key}",
    }
    body = json.dumps({"provided_id": "hooli"}).encode()
    request = urllib.request.Request(f"{server.url}{CREATE}", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, json.load(answer)


def test_p_cu_05_fifty_at_once_on_two_servers_get_one_customer(world: World, servers: list[Server]) -> None:
    key = new_key(world.a)
    with ThreadPoolExecutor(CALLS) as pool:
        answers = list(pool.map(lambda number: _create(servers[number % 2], key), range(CALLS)))
    assert {status for status, _ in answers} == {200}
    assert sum(said["new_customer"] for _, said in answers) == 1
    assert len({said["customer"]["token"] for _, said in answers}) == 1
    row = Customer.objects.get(workspace=world.a.workspace, external_id="hooli")
    assert row.token() == answers[0][1]["customer"]["token"]
    assert AuditRecord.objects.filter(action="customer.created", subject="hooli").count() == 1
