"""P-EP-01, the console's half: nobody frames it, nothing runs in it that is not its own, nothing of it is stored."""

import re

import pytest
from django.conf import settings

from customers.models import Customer
from dashboards.models import Dashboard
from secrets_admin.models import EmbedSecret, User
from tests.console.cast import EMBEDDING, visit

pytestmark = pytest.mark.django_db
PAGES = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/signup/",
    "/nothing/",
    "/o/tradewind/dashboards/",
    "/o/tradewind/dashboards/{dashboard}/",
    "/o/tradewind/dashboards/{dashboard}/embed/",
    "/o/tradewind/customers/",
    "/o/tradewind/customers/new/",
    "/o/tradewind/customers/{uid}/",
    "/o/tradewind/customers/{uid}/delete/ask/",
    EMBEDDING,
    f"{EMBEDDING}revoke/token/ask/",
    f"{EMBEDDING}revoke/viewer/ask/",
    "/o/tradewind/customers/{uid}/revoke/ask/",
    "/o/tradewind/dashboards/{dashboard}/revoke/ask/",
    f"{EMBEDDING}secrets/new/ask/",
    f"{EMBEDDING}secrets/{{key_id}}/reset/ask/",
    f"{EMBEDDING}secrets/{{key_id}}/value/",
    "/o/northwind/dashboards/",
]


@pytest.fixture
def names(secret: EmbedSecret, dashboard: Dashboard, acme: Customer) -> dict[str, str]:
    return {"key_id": secret.key_id, "dashboard": str(dashboard.id), "uid": str(acme.uid)}


@pytest.mark.parametrize("who", ["alice", "nobody"])
@pytest.mark.parametrize("page", PAGES)
def test_p_ep_01_no_page_of_the_console_is_framed_or_sends_its_address(
    page: str, who: str, alice: User, names: dict[str, str]
) -> None:
    answer = visit(alice if who == "alice" else None).get(page.format(**names))
    assert answer.headers["X-Frame-Options"] == "DENY"
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert f"frame-src {settings.EMBED_ORIGIN}" in policy
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_no_inline_script_or_style(page: str, alice: User, names: dict[str, str]) -> None:
    text = visit(alice).get(page.format(**names)).content.decode()
    # Inside of tags: the snippets show code that has such attributes, as text.
    assert not re.search(r"<style|<[^>]*\s(style|on[a-z]+)=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("/o/")])
def test_no_room_is_stored_by_a_browser(page: str, alice: User, names: dict[str, str]) -> None:
    answer = visit(alice).get(page.format(**names))
    if answer.status_code != 405:
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_console_is_not_on_the_embed_host(alice: User) -> None:
    client = visit(alice)
    assert client.get("/o/tradewind/dashboards/", headers={"Host": settings.EMBED_HOST}).status_code == 404
    assert client.get("/accounts/login/", headers={"Host": settings.EMBED_HOST}).status_code == 404
