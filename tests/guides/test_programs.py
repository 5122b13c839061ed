"""The vendors' sample programs, restated with their own calls and options, make tokens that open the page here.

Those that docs/migrate-from-*.md prints are taken from there. All programs of a language run in one start of it.
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jwt
import pytest
from pytest_django import Settings

from embed.keyring import KEYS
from secrets_admin.feed import feed
from tests.guides.ids import DASHBOARD_ID, EMBED_ID, KEY_IDS, ORGANIZATION_ID, WORKSPACE_ID
from tests.guides.pages import browser, call, claims_in, path_of, shows
from tests.guides.printed import program
from tests.guides.world import Documented
from tests.languages import Program, run
from tokens.doors import open_token
from tokens.errors import Reason, TokenError

pytestmark = pytest.mark.django_db
HOST = "https://embed.example.com"

_EXPLO_NAIVE = f"""
import json, os
from datetime import datetime, timedelta
from jose import jwe

def address(customer):
    claims = {{"exp": (datetime.utcnow() + timedelta(hours=2)).timestamp(), "cst": customer, "dsh": "{EMBED_ID}"}}
    jwt = jwe.encrypt(
        json.dumps(claims), encryption="A256GCM", key=os.environ["EMBED_SECRET"], kid="{KEY_IDS["explo_jwe"]}"
    ).decode("utf-8")
    return "{HOST}/iframe/" + jwt
"""
_CHARTIO_SHAPES = """

def addresses(customer):
    made = token(customer)
    return [
        f"{BASE_URL}/{made}",
        f"{BASE_URL}/?embed_token={made}",
        f"{BASE_URL}?embed_token={made}",
        f"{BASE_URL}/?token={made}",
        f"https://embed.example.com/d/42/{made}",
    ]
"""
#: The guide's own words of time: naive UTC, which PyJWT takes for what it is.
_CHARTIO_NAIVE = f"""
import os
from datetime import datetime, timedelta
import jwt

def address(customer):
    payload = {{
        "dashboard": {DASHBOARD_ID},
        "organization": {ORGANIZATION_ID},
        "exp": datetime.utcnow() + timedelta(seconds=30),
        "env": {{"CUSTOMER": customer, "MYVAR": 42}},
    }}
    token = jwt.encode(payload, os.environ["EMBED_SECRET"])
    token = token.decode("utf-8") if isinstance(token, bytes) else token
    return "{HOST}/d/tradewind/sales/" + token
"""
_PAPERMAP_ADDRESS = f"""

def address(tenant):
    made = generate_iframe_token(tenant, "{WORKSPACE_ID}", "{EMBED_ID}")
    assert made["expires_at"] - time.time() > 3590
    return "{HOST}/embedded/dashboard?embedded-token=" + made["token"]
"""
_PAPERMAP_SAFE = f"""

def address(tenant):
    made = generate_iframe_token(tenant, "{WORKSPACE_ID}", "{EMBED_ID}")
    token_data = json.loads(base64.urlsafe_b64decode(made["token"]))
    short = token_data["signature"]
    sign_every_field(token_data, SECRET_KEY)
    assert short not in token_data.values()
    return "{HOST}/embedded/dashboard?embedded-token=" + base64.b64encode(json.dumps(token_data).encode()).decode()
"""
#: The claims of each HS256 format, for libraries that the snippets do not use.
_CLAIMS = {
    "chartio_jwt": '{"organization": 17, "dashboard": 42, "env": {"CUSTOMER": customer}}',
    "viasocket_jwt": '{"org_id": "17", "project_id": "ws_7f3k2m9q", "unique_identifier": customer}',
    "metabase_jwt": '{"resource": {"dashboard": 42}, "params": {"CUSTOMER": customer}}',
    "superset_guest": (
        f'{{"type": "guest", "user": {{"username": "v"}}, "resources": [{{"type": "dashboard", "id": "{EMBED_ID}"}}], '
        '"rls_rules": [{"clause": "customer_id = \'" + customer + "\'"}]}'
    ),
}
_PYTHON_JOSE = """
import os, time
from jose import jwt

def token(customer):
    claims = {{**{claims}, "iat": time.time(), "exp": time.time() + 86400}}
    return jwt.encode(claims, os.environ["EMBED_SECRET"], algorithm="HS256")
"""
_NPM_JOSE = """
import * as jose from "jose";

export const token = (customer) =>
  new jose.SignJWT({claims})
    .setProtectedHeader({{ alg: "HS256" }})
    .setIssuedAt()
    .setExpirationTime("24h")
    .sign(new TextEncoder().encode(process.env.EMBED_SECRET));
"""
_VIASOCKET_FETCH = """

const signedInCustomer = () => asked;
let asked;

export async function token(customer) {
  asked = customer;
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { token } = await (await fetch(`http://127.0.0.1:${server.address().port}/token`)).json();
  server.close();
  server.closeAllConnections();
  return token;
}
"""
_EXTERNAL_BACKEND = f"""
import {{ createHmac }} from "node:crypto";
import {{ createServer }} from "node:http";

const asked = [];

function generate({{ tenantId, workspaceId, dashboardId }}, seconds) {{
  const valid_until = Math.floor(Date.now() / 1000) + seconds;
  const signature = createHmac("sha256", process.env.EMBED_SECRET).update(workspaceId + valid_until).digest("hex");
  const fields = {{ api_key_id: "{KEY_IDS["papermap_hmac"]}", workspace_id: workspaceId, tenant_id: tenantId,
    dashboard_id: dashboardId, valid_until, signature }};
  return {{ token: btoa(JSON.stringify(fields)), dashboard_id: dashboardId, expires_at: valid_until }};
}}

export async function managed(tenant) {{
  let seconds = 200;
  const backend = createServer(async (request, response) => {{
    let body = "";
    for await (const part of request) body += part;
    asked.push(`${{request.method}} ${{request.url}} ${{request.headers["content-type"]}}`);
    response.end(JSON.stringify(generate(JSON.parse(body), seconds)));
  }});
  await new Promise((listening) => backend.listen(0, "127.0.0.1", listening));
  const [real, base] = [globalThis.fetch, `http://127.0.0.1:${{backend.address().port}}`];
  globalThis.fetch = (path, options) => real(base + path, options);  // A page's own origin, which Node has not.
  const manager = new DashboardTokenManager();
  const get = () => manager.getToken(tenant, "{WORKSPACE_ID}", "{EMBED_ID}");
  const short = await get();
  seconds = 3600;
  const long = await get();
  const again = await get();
  const other = await manager.getToken("globex", "{WORKSPACE_ID}", "{EMBED_ID}");
  globalThis.fetch = real;
  backend.close();
  backend.closeAllConnections();
  return {{ short, long, again, other, asked }};
}}
"""


@pytest.fixture(autouse=True)
def _as_documented(settings: Settings) -> None:
    """Give the embed host the name that the documents use."""
    settings.EMBED_ORIGIN, settings.EMBED_HOST = HOST, "embed.example.com"


def _of(world: Documented, format: str, code: str, function: str, name: str, **more: str) -> Program:
    return Program(name, code, function, "acme", world.secret(format), **more)


def _frame(html: str) -> str:
    """Return the address of a printed frame."""
    found = re.search(r'<iframe src="([^"]+)"', html)
    assert found is not None
    return found[1]


@pytest.fixture
def papermap_bound(documented: Documented) -> None:
    """Bind the Papermap secret, as an owner does who cannot change the generator yet."""
    bound = {"bound_customer": "acme", "bound_dashboards": [str(EMBED_ID)]}
    documented.workspace.embed_secrets.filter(format="papermap_hmac").update(**bound)


def _python(world: Documented) -> Sequence[Program]:
    of = partial(_of, world)
    papermap = program("papermap", "python")
    return [
        of("explo_jwe", program("explo", "python"), "frame", "explo_jwe__guide"),
        of("explo_jwe", _EXPLO_NAIVE, "address", "explo_jwe__naive_in_utc", zone="UTC"),
        of("explo_jwe", _EXPLO_NAIVE, "address", "explo_jwe__naive_elsewhere"),
        of("chartio_jwt", program("chartio", "python"), "frame", "chartio_jwt__guide"),
        of("chartio_jwt", program("chartio", "python") + _CHARTIO_SHAPES, "addresses", "chartio_jwt__shapes"),
        of("chartio_jwt", _CHARTIO_NAIVE, "address", "chartio_jwt__naive"),
        of("papermap_hmac", papermap + _PAPERMAP_ADDRESS, "address", "papermap_hmac__guide"),
        of(
            "papermap_hmac",
            papermap + program("papermap", "python", 1) + _PAPERMAP_SAFE,
            "address",
            "papermap_hmac__every_field",
        ),
        of("superset_guest", program("superset", "python"), "guest_token", "superset_guest__guide"),
        *(
            of(format, _PYTHON_JOSE.format(claims=claims), "token", f"{format}__python_jose")
            for format, claims in _CLAIMS.items()
        ),
    ]


def _javascript(world: Documented) -> Sequence[Program]:
    of = partial(_of, world)
    manager = program("papermap", "js") + _EXTERNAL_BACKEND
    return [
        of("explo_jwe", program("explo", "js"), "frame", "explo_jwe__guide"),
        of("viasocket_jwt", program("viasocket", "js") + _VIASOCKET_FETCH, "token", "viasocket_jwt__guide"),
        of("papermap_hmac", manager, "managed", "papermap_hmac__manager"),
        of("metabase_jwt", program("metabase", "js"), "iframeUrl", "metabase_jwt__guide"),
        *(
            of(format, _NPM_JOSE.format(claims=claims), "token", f"{format}__npm_jose")
            for format, claims in _CLAIMS.items()
        ),
    ]


def _opens(name: str, made: str) -> None:
    format = name.partition("__")[0]
    if made.startswith("<iframe"):
        made = _frame(made)
    if not made.startswith("http") and format == "chartio_jwt":
        made = f"{HOST}/d/tradewind/sales/?embed_token={made}"
    if not made.startswith("http") and format == "metabase_jwt":
        made = f"{HOST}/embed/dashboard/{made}"
    shows(format, made, "acme")


@pytest.fixture
def python(documented: Documented, tmp_path: Path) -> Mapping[str, Any]:
    return run("python", _python(documented), tmp_path)


@pytest.mark.usefixtures("papermap_bound")
def test_the_python_programs_open_the_page_of_their_customer(python: Mapping[str, Any], documented: Documented) -> None:
    made = dict(python)
    _explo_naive_is_hours_off(made.pop("explo_jwe__naive_elsewhere"))
    for address in made.pop("chartio_jwt__shapes"):
        shows("chartio_jwt", address, "acme")
    for name, answer in made.items():
        _opens(name, answer)
    # 42 of the guide's env is a number: the order of 40 stays out.
    assert "CANARY-0-40" not in browser().get(path_of(_frame(made["chartio_jwt__guide"]))).getvalue().decode()
    assert claims_in("superset_guest", made["superset_guest__guide"], documented).viewer == "viewer"


def _explo_naive_is_hours_off(address: str) -> None:
    """In Kathmandu the guide's naive time lies 5:45 hours back, so two hours ahead is over."""
    assert browser().get(path_of(address)).status_code == 401
    answer = call("explo_jwe", address.rpartition("/")[2])
    assert json.loads(answer.getvalue())["code"] == "token_expired"


@pytest.mark.usefixtures("papermap_bound")
def test_the_javascript_programs_open_the_page_of_their_customer(documented: Documented, tmp_path: Path) -> None:
    made = dict(run("javascript", _javascript(documented), tmp_path))
    _the_manager_asks_in_time(made.pop("papermap_hmac__manager"))
    for name, answer in made.items():
        _opens(name, answer)
    _the_tag_s_token_ends_a_day_after_it_was_made(made["viasocket_jwt__guide"], documented)


def _the_manager_asks_in_time(made: Mapping[str, Any]) -> None:
    """A token with less than five minutes left is renewed, a longer one kept, and each tenant has its own."""
    assert made["short"] != made["long"] == made["again"]
    assert made["asked"] == ["POST /api/dashboards/iframe-token application/json"] * 3
    for name in ("short", "long"):
        shows("papermap_hmac", f"{HOST}/embedded/dashboard?embedded-token={made[name]}", "acme")
    # This secret is bound to acme, so what it signs for globex opens nothing.
    assert browser().get(f"/embedded/dashboard?embedded-token={made['other']}").status_code == 401


def _the_tag_s_token_ends_a_day_after_it_was_made(token: str, world: Documented) -> None:
    claims = claims_in("viasocket_jwt", token, world)
    assert claims.issued_at is not None
    assert claims.expires_at == claims.issued_at + 86_400


def test_the_papermap_guide_s_tokens_need_a_bound_secret(python: Mapping[str, Any]) -> None:
    refused = browser().get(path_of(python["papermap_hmac__guide"]))
    assert refused.status_code == 401
    shows("papermap_hmac", python["papermap_hmac__every_field"], "acme")


def test_a_secret_verifies_no_token_of_another_format(python: Mapping[str, Any], documented: Documented) -> None:
    token = python["viasocket_jwt__python_jose"]
    documented.workspace.embed_secrets.filter(format="viasocket_jwt").update(format="metabase_jwt")
    feed.reset()
    with pytest.raises(TokenError) as refused:
        open_token("data/viasocket_jwt", token, KEYS, feed.now())
    assert refused.value.reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("env", [{}, {"env": {}}, {"env": {"MYVAR": 42}}])
def test_chartio_s_variables_are_optional_where_nothing_needs_one(
    env: Mapping[str, object], documented: Documented
) -> None:
    """The guide: with viewers allowed to apply variables, including them in the payload is optional."""
    document = documented.dashboard.versions.get().document
    text = {"id": "about", "type": "text", "title": "About", "width": 12, "text": "For everybody."}
    variables = [variable for variable in document["variables"] if variable["name"] != "CUSTOMER"]
    shared = {"title": "Sales", "slug": "sales", "variables": variables, "panels": [text]}
    documented.dashboard.versions.create(number=2, document=shared)
    claims = {"organization": ORGANIZATION_ID, "dashboard": DASHBOARD_ID, "exp": time.time() + 30, **env}
    token = jwt.encode(claims, documented.secret("chartio_jwt"))
    answer = browser().get(f"/d/tradewind/sales/?embed_token={token}")
    assert answer.status_code == 200
    assert "For everybody." in answer.getvalue().decode()
