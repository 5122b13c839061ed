"""The pretend product: an example that a customer's developer would copy, so it must be a good one."""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jose import jwe

from embedhost.demo.host import make_server

SECRET = {"format": "explo_jwe", "kind": "jwe", "key_id": "es_demo", "key_value": "k" * 32}
FACTS = {
    "base_url": "http://127.0.0.1:8000",
    "organization": {"embed_secrets": [{**SECRET, "format": "other", "key_value": "x"}, SECRET]},
    "customers": [
        {"external_id": "alpenglow-outfitters", "name": "Alpenglow Outfitters"},
        {"external_id": "camino-cie", "name": "Camino & Cie"},
    ],
    "dashboards": [
        {"embed_id": "11111111-1111-4111-8111-111111111111", "slug": "sales-overview", "title": "Sales overview"},
        {"embed_id": "22222222-2222-4222-8222-222222222222", "slug": "orders-and-returns", "title": "Orders & returns"},
    ],
}


class Browser:
    """A browser that sends requests to the host page."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, host: str = "localhost", method: str = "GET") -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers={"Host": f"{host}:{self.port}"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode()


@pytest.fixture
def facts_file(tmp_path: Path) -> Path:
    path = tmp_path / "demo.json"
    path.write_text(json.dumps(FACTS))
    return path


@pytest.fixture
def browser(facts_file: Path) -> Iterator[Browser]:
    with make_server(0, facts_file) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Browser(server.server_address[1])
        server.shutdown()
        thread.join()


def claims_of(page: str) -> dict[str, object]:
    found = re.search(r'src="http://127\.0\.0\.1:8000/iframe/([^"]+)"', page)
    assert found is not None
    claims: dict[str, object] = json.loads(jwe.decrypt(found[1], SECRET["key_value"]) or b"")
    return claims


def test_the_frame_holds_a_token_for_the_customer_and_dashboard_that_were_asked_for(browser: Browser) -> None:
    _, _, page = browser.get("/insights/orders-and-returns?customer=camino-cie")
    claims = claims_of(page)
    assert claims["cst"] == "camino-cie"
    assert claims["dsh"] == "22222222-2222-4222-8222-222222222222"


def test_the_token_says_when_it_was_made_and_ends_within_the_hour(browser: Browser) -> None:
    claims = claims_of(browser.get("/insights/sales-overview")[2])
    now = time.time()
    assert isinstance(claims["iat"], int)
    assert isinstance(claims["exp"], int)
    assert now - 60 < claims["iat"] <= now
    assert claims["exp"] - claims["iat"] == 3600


def test_the_tokens_header_names_the_key_and_the_algorithms(browser: Browser) -> None:
    token = json.loads(browser.get("/insights/sales-overview/token")[2])["token"]
    assert jwe.get_unverified_header(token) == {"alg": "dir", "enc": "A256GCM", "kid": "es_demo"}


def test_an_unknown_customer_sees_the_first_one(browser: Browser) -> None:
    assert claims_of(browser.get("/insights/sales-overview?customer=nobody")[2])["cst"] == "alpenglow-outfitters"


def test_the_switcher_works_without_javascript(browser: Browser) -> None:
    _, _, page = browser.get("/insights/sales-overview?customer=camino-cie")
    assert '<form class="top" method="get">' in page
    assert '<option value="camino-cie" selected>Camino &amp; Cie</option>' in page
    assert '<noscript><button type="submit">Switch</button></noscript>' in page


def test_names_are_escaped(browser: Browser, facts_file: Path) -> None:
    odd = {**FACTS, "customers": [{"external_id": '"><script>x', "name": "<b>Evil</b>"}]}
    facts_file.write_text(json.dumps(odd))
    _, _, page = browser.get("/insights/sales-overview")
    assert "<b>Evil" not in page
    assert "<script>x" not in page


def test_the_policy_lets_embedhost_alone_into_a_frame(browser: Browser) -> None:
    _, headers, _ = browser.get("/insights/sales-overview")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-src http://127.0.0.1:8000;" in policy
    assert "unsafe" not in policy


def test_the_page_has_no_inline_script_or_style(browser: Browser) -> None:
    _, _, page = browser.get("/insights/sales-overview")
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert "style=" not in page
    assert " on" not in re.sub(r">[^<]*<", "><", page)


def test_the_frame_is_sandboxed_and_told_no_address(browser: Browser) -> None:
    _, _, page = browser.get("/insights/sales-overview")
    assert 'referrerpolicy="no-referrer"' in page
    assert 'sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-downloads"' in page


def test_a_page_with_a_token_is_not_kept(browser: Browser) -> None:
    for path in ("/insights/sales-overview", "/insights/sales-overview/token"):
        assert browser.get(path)[1]["cache-control"] == "no-store"


def test_the_start_leads_to_the_first_dashboard_and_keeps_the_customer(browser: Browser) -> None:
    status, headers, _ = browser.get("/?customer=camino-cie")
    assert (status, headers["location"]) == (302, "/insights/sales-overview?customer=camino-cie")


@pytest.mark.parametrize("path", ["/nope", "/insights", "/insights/nope", "/files/../host.py", "/files/page.html"])
def test_anything_else_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(path)[0] == 404


def test_a_name_that_somebody_points_here_reads_no_token(browser: Browser) -> None:
    status, _, text = browser.get("/insights/sales-overview/token", host="evil.example")
    assert status == 421
    assert "token" not in text


def test_head_answers_without_a_body(browser: Browser) -> None:
    status, headers, text = browser.get("/insights/sales-overview", method="HEAD")
    assert status == 200
    assert int(headers["content-length"]) > 1000
    assert text == ""


def test_without_facts_the_page_says_what_to_do(browser: Browser, facts_file: Path) -> None:
    facts_file.unlink()
    status, _, text = browser.get("/")
    assert status == 503
    assert "./dev demo" in text
