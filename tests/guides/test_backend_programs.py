"""Programs restated from Explo's and Papermap's guides call a running server, and what they get opens the page.

Explo: create, get again, refresh, generate, load, delete. Papermap: a backend that verifies its tenant, and the page's
token manager with its refresh. Those that docs/migrate-from-*.md prints are taken from there.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from customers.models import Customer
from dashboards.lists import set_customer_dashboards
from embed.models import Embed
from embed.usage_models import MintRecord
from embedhost.lib import journal
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import create_api_key
from tests.guides.ids import EMBED_ID, KEY_IDS, WORKSPACE_ID
from tests.guides.printed import program
from tests.guides.world import Documented, canary
from tests.languages import Program, run

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "https://embed.example.com"
#: A test hands a program its API key as every other one its secret.
_KEY_PYTHON = 'import os\nos.environ["API_KEY"] = os.environ["EMBED_SECRET"]\n'

_EXPLO_STORY = f"""

def load(path):
    answer = requests.get(f"{{API}}/iframe/{{path}}", timeout=30)
    return [answer.status_code, answer.text]


def story(customer):
    jwt = generate_jwt(customer, "{EMBED_ID}")
    other = create_customer("hooli", "Hooli Inc.")
    stored = create_customer(customer, "another name")
    first = load(f"{EMBED_ID}/{{stored['token']}}")
    renewed = refresh_token(stored["token"])
    asked_again = create_customer(customer, "")
    named = {{"provided_id": customer, "embed_id": "{EMBED_ID}", "key_id": "{KEY_IDS["explo_jwe"]}"}}
    own = call("POST", "/api/generate_jwt/", {{**named, "expiration": "PT2H", "embed_origin": None}})["jwt"]
    listed = requests.get(f"{{API}}/api/customers/", headers=HEADERS, timeout=10).json()["customers"]
    pages = [first, load(jwt), load(own), load(f"{EMBED_ID}/{{renewed}}"), load(f"{EMBED_ID}/{{stored['token']}}")]
    deleted = [delete_customer(renewed), delete_customer(other["token"])]
    return {{
        "jwt": jwt,
        "name": stored["name"],
        "same": asked_again["token"] == renewed,
        "tokens": [stored["token"], renewed],
        "listed": [each["provided_id"] for each in listed],
        "pages": pages,
        "deleted": deleted,
        "after": [load(jwt)[0], load(own)[0], load(f"{EMBED_ID}/{{renewed}}")[0]],
    }}
"""

_PAPERMAP_STORY = f"""

def story(tenant):
    made = iframe_token({{"organization_id": tenant}}, tenant)
    try:
        iframe_token({{"organization_id": "globex"}}, tenant)
        refused = False
    except PermissionError:
        refused = True
    body = {{"tenant_id": "globex", "workspace_id": "{WORKSPACE_ID}"}}
    foreign = requests.post(URL, json=body, headers=HEADERS, timeout=10)
    page = requests.get(
        "{HOST}/embedded/dashboard", params={{"embedded-token": made["token"]}}, timeout=30
    )
    return {{**made, "refused": refused, "foreign": foreign.status_code, "page": [page.status_code, page.text]}}
"""

_PAPERMAP_MANAGER = f"""

export async function managed(tenant) {{
  let short = true;
  const asked = [];
  const real = globalThis.fetch;
  // A page's own origin, which Node has not; the key is added where the page's backend would add it.
  globalThis.fetch = (path, options) => {{
    const body = JSON.parse(options.body);
    if (short) body.validUntil = Math.floor(Date.now() / 1000) + 200;
    asked.push(path);
    const headers = {{ ...options.headers, Authorization: `Bearer ${{process.env.EMBED_SECRET}}` }};
    return real("{HOST}" + path, {{ ...options, headers, body: JSON.stringify(body) }});
  }};
  const manager = new DashboardTokenManager();
  const get = () => manager.getToken(tenant, "{WORKSPACE_ID}", "{EMBED_ID}");
  const tokens = [await get()];
  short = false;
  tokens.push(await get(), await get());
  globalThis.fetch = real;
  const pages = [];
  for (const token of tokens) {{
    const page = await fetch(`{HOST}/embedded/dashboard?embedded-token=${{token}}`);
    pages.push([page.status, await page.text()]);
  }}
  return {{ tokens, asked, pages }};
}}
"""


@pytest.fixture
def served(live_server: LiveServer, settings: Settings, documented: Documented) -> str:
    """The URL of a running server that the documents' world is behind."""
    settings.EMBED_HOST = urlsplit(live_server.url).netloc.replace("localhost", "127.0.0.1")
    settings.EMBED_ORIGIN = f"http://{settings.EMBED_HOST}"
    return str(settings.EMBED_ORIGIN)


def _run(world: Documented, served: str, folder: Path, language: str, code: str, *scopes: str, **of: Any) -> Any:
    """Run a program with a new API key, changing nothing of it but the base URL."""
    _, value = create_api_key(world.workspace, name="Backend", scopes=scopes, actor=SYSTEM, **of)
    function = "managed" if language == "javascript" else "story"
    done = run(language, [Program("told", code.replace(HOST, served), function, "acme", value)], folder)
    return done["told"]


def _shows(page: tuple[int, str], customer: str) -> None:
    status, text = page
    assert status == 200, text[:500]
    assert set(re.findall(r"CANARY-\d", text)) == {canary(customer)}


def test_explos_program_creates_refreshes_generates_loads_and_deletes(
    documented: Documented, served: str, tmp_path: Path
) -> None:
    code = _KEY_PYTHON + program("explo", "python", 1) + _EXPLO_STORY
    told: Mapping[str, Any] = _run(
        documented, served, tmp_path, "python", code, "read", "write", "mint", "customer_tokens"
    )
    before, by_jwt, by_own_key, renewed, old = told["pages"]
    for page in (before, by_jwt, by_own_key, renewed):
        _shows(page, "acme")
    assert old[0] == 401
    assert (told["name"], told["same"], told["deleted"]) == ("acme", True, [True, True])
    assert all(re.fullmatch("[0-9a-f]{64}", token) for token in told["tokens"])
    assert {"acme", "globex", "hooli"} <= set(told["listed"])
    assert told["after"] == [404, 404, 401]
    assert not Customer.objects.filter(external_id__in=["acme", "hooli"], deleted_at=None).exists()
    journal.drain()
    assert {(row.external_id, row.lifetime) for row in MintRecord.objects.all()} == {("acme", 3600), ("acme", 7200)}
    # Two pages by customer token and one by each JWT.
    assert Embed.objects.count() == 4


def test_papermaps_backend_gets_a_token_for_its_own_tenant(documented: Documented, served: str, tmp_path: Path) -> None:
    for customer in documented.customers.values():
        set_customer_dashboards(customer, [documented.dashboard], default=documented.dashboard, actor=SYSTEM)
    code = _KEY_PYTHON + program("papermap", "python", 2) + _PAPERMAP_STORY
    told = _run(documented, served, tmp_path, "python", code, "mint", customers=["acme"])
    _shows(told["page"], "acme")
    assert (told["dashboard_id"], told["refused"], told["foreign"]) == (str(EMBED_ID), True, 403)


def test_papermaps_token_manager_asks_here_and_renews_in_time(
    documented: Documented, served: str, tmp_path: Path
) -> None:
    set_customer_dashboards(
        documented.customers["acme"], [documented.dashboard], default=documented.dashboard, actor=SYSTEM
    )
    code = program("papermap", "js") + _PAPERMAP_MANAGER
    told = _run(documented, served, tmp_path, "javascript", code, "mint")
    short, long, again = told["tokens"]
    assert short != long == again
    assert told["asked"] == ["/api/dashboards/iframe-token"] * 2
    for page in told["pages"]:
        _shows(page, "acme")
