"""The REST API on two real server processes over one database."""

import http.client
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from customers.models import Customer
from customers.services import delete_customer
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import revoke_api_key
from tests.api.caller import CUSTOMERS, Backend
from tests.embed.conftest import servers
from tests.servers import Server

__all__ = ["servers"]
pytestmark = pytest.mark.django_db(transaction=True)


def call(server: Server, method: str, path: str, body: object, *authorization: str) -> tuple[int, Mapping[str, Any]]:
    """Call a server as its clients do, with as many Authorization headers as are given."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.putrequest(method, path, skip_host=True)
    data = b"" if body is None else json.dumps(body).encode()
    line.putheader("Host", os.environ["EMBED_HOST"])
    for value in authorization:
        line.putheader("Authorization", value)
    line.putheader("Content-Type", "application/json")
    line.putheader("Content-Length", str(len(data)))
    line.endheaders(data)
    answer = line.getresponse()
    read = json.loads(answer.read())
    line.close()
    return answer.status, read


def test_p_cu_05_fifty_calls_at_once_on_two_servers_make_one_customer_with_one_token(
    ours: Backend, servers: list[Server]
) -> None:
    def get_or_create(number: int) -> tuple[int, Mapping[str, Any]]:
        body = {"external_id": "new", "name": f"Name {number}"}
        return call(servers[number % 2], "POST", CUSTOMERS, body, f"Bearer {ours.value}")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(get_or_create, range(50)))
    assert sorted(status for status, _ in answers) == [*[200] * 49, 201]
    assert len({json.dumps(said, sort_keys=True) for _, said in answers}) == 1
    row = Customer.objects.get(external_id="new")
    assert answers[0][1]["token"] == row.token()


def test_p_cu_05_customers_that_come_back_at_once_one_by_one_and_in_bulk_wait_in_no_circle(
    ours: Backend, servers: list[Server]
) -> None:
    names = [f"back-{number}" for number in range(8)]
    bulk = {"customers": [{"external_id": name} for name in names]}
    authorization = f"Bearer {ours.value}"

    def bring_back(number: int) -> int:
        one = {"external_id": names[number % 8], "parent": "acme"}
        path, body = (CUSTOMERS, one) if number % 4 else (f"{CUSTOMERS}bulk", bulk)
        return call(servers[number % 2], "POST", path, body, authorization)[0]

    call(servers[0], "POST", f"{CUSTOMERS}bulk", bulk, authorization)
    for _ in range(3):
        for customer in Customer.objects.filter(external_id__in=names):
            delete_customer(customer, actor=SYSTEM)
        with ThreadPoolExecutor(24) as pool:
            assert set(pool.map(bring_back, range(24))) <= {200, 201}


def test_of_calls_at_once_one_deletes_and_to_the_others_nothing_is_there(ours: Backend, servers: list[Server]) -> None:
    def delete(number: int) -> int:
        line = http.client.HTTPConnection("127.0.0.1", servers[number % 2].port, timeout=30)
        headers = {"Host": os.environ["EMBED_HOST"], "Authorization": f"Bearer {ours.value}"}
        line.request("DELETE", f"{CUSTOMERS}globex", headers=headers)
        status = line.getresponse().status
        line.close()
        return status

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(delete, range(16))) == [204, *[404] * 15]


def test_p_cu_01_two_headers_log_nobody_in_and_a_revoked_key_is_over_on_every_server(
    ours: Backend, theirs: Backend, servers: list[Server]
) -> None:
    good, other, wrong = f"Bearer {ours.value}", f"Bearer {theirs.value}", "Bearer ehk_wrong"
    assert [call(one, "GET", CUSTOMERS, None, good)[0] for one in servers] == [200, 200]
    for pair in ((good, good), (good, other), (good, wrong), (wrong, good), (good, ""), ("Basic eA==", good)):
        status, said = call(servers[0], "GET", CUSTOMERS, None, *pair)
        assert (status, said["code"]) == (401, "not_authenticated"), pair
    revoke_api_key(ours.key, actor=SYSTEM)
    assert [call(one, "GET", CUSTOMERS, None, good)[0] for one in servers] == [401, 401]
