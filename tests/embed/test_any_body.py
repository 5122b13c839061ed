"""No body or query string makes a server error at a vendor's API, or shows anything foreign (threats.md 1.3)."""

from collections import Counter
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as drawing
from hypothesis import strategies as st
from pytest_django import Settings

from customers.models import Customer
from dashboards.lists import set_customer_dashboards
from secrets_admin.access import SYSTEM
from tests.embed.backends import Surface, surfaces
from tests.embed.explo import new_key
from tests.embed.mutations import ODD
from tests.embed.papermap import GENERATE, IFRAME_TOKEN
from tests.embed.surfaces import assert_headers, text_of
from tests.world import World

STATUSES = {200, 400, 401, 403, 404, 409, 422}
FEW, MANY = 100, 5_000
#: Every member that one of the calls knows, whichever it is.
_MEMBERS = (
    *("provided_id", "new_provided_id", "parent_provided_id", "customer_id", "name", "email", "emails", "properties"),
    *("attributes", "mapping", "group_tags", "is_demo_group", "hierarchy_level_name", "current_token", "embed_id"),
    *("dashboard_embed_id", "key_id", "expiration", "embed_origin", "chart_id", "rb_allowed_features", "tenant_id"),
    *("tenantId", "workspace_id", "workspaceId", "dashboard_id", "dashboardId", "valid_until", "validity_duration"),
    *("api_key_id", "secret_key", "disable_editable_section_editing"),
)
_QUERY = ("pageSize", "page", "per_page", "from_period", "to_period", "parent_provided_id", "hierarchy_level_name")


@pytest.fixture(autouse=True)
def _asked_twice_a_second(settings: Settings) -> None:
    """Let a process trust what it knows as long as in production: asking each time is much of the work."""
    settings.REVOCATION_POLL_SECONDS = 0.5


def _values(world: World) -> st.SearchStrategy[object]:
    """Values that are right somewhere, and odd ones, alone and inside of others."""
    known = [
        *(str(board.embed_id) for tenant in (world.a, world.b) for board in tenant.dashboards.values()),
        *(tenant.workspace.id for tenant in (world.a, world.b)),
        *(tenant.secret.key_id for tenant in (world.a, world.b)),
        *("acme", "globex", "initech", "new", "User", "Customer", "warehouse", "PT1H", "a@b.example", "0" * 64, 3600),
    ]
    leaf = st.one_of(st.sampled_from(known), st.sampled_from(ODD), st.text(max_size=10))
    several = st.one_of(st.lists(leaf, max_size=3), st.dictionaries(st.text(max_size=5), leaf, max_size=3))
    return st.one_of(leaf, leaf, several)


def run(world: World, client: Client, tries: int, begin: int) -> Counter[int]:
    """Send so many bodies or query strings, each to one call drawn, and count the statuses."""
    board = world.a.dashboards["sales"]
    set_customer_dashboards(world.a.customers["acme"], [board], default=board, actor=SYSTEM)
    key, seen = new_key(world.a), Counter[int]()
    calls = [*surfaces(world.a), Surface(GENERATE, "post", "mint", {})]
    foreign = [row.token() for row in world.b.customers.values()]
    own = [row.token() for row in world.a.customers.values()]

    @seed(begin)
    @drawing(max_examples=tries, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(calls),
        st.dictionaries(st.sampled_from(_MEMBERS), _values(world), max_size=5),
        st.dictionaries(st.sampled_from(_QUERY), st.one_of(st.text(max_size=8), st.sampled_from(["2026-11", "1"]))),
    )
    def nothing_breaks(call: Surface, body: dict[str, object], query: dict[str, str]) -> None:
        asked = {name: text.encode(errors="replace") for name, text in query.items()}
        answer = call.ask(client, call.headers(key), f"?{urlencode(asked)}", **body)
        seen[answer.status_code] += 1
        text = text_of(answer)
        assert answer.status_code in STATUSES, (call.path, body, query, text)
        assert_headers(answer)
        told = [key, "Traceback", *foreign, *(own if call.path in (*IFRAME_TOKEN, GENERATE) else [])]
        assert not any(secret in text for secret in told), (call.path, body, query)

    nothing_breaks()
    return seen


@pytest.mark.parametrize("tries", [FEW, pytest.param(MANY, marks=pytest.mark.deep)])
def test_no_body_breaks_a_call_or_reaches_another_organization(tries: int, world: World, embed_client: Client) -> None:
    before = list(Customer.objects.filter(workspace=world.b.workspace).order_by("id").values())
    seen = run(world, embed_client, tries, tries)
    assert set(seen) >= {200, 400, 404}
    assert list(Customer.objects.filter(workspace=world.b.workspace).order_by("id").values()) == before
