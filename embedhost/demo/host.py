"""Tradewind, a pretend product that shows its customers an embedhost dashboard: what your own backend would do.

Run ``python -m embedhost.demo.host --port 8001``. It shares nothing with embedhost but the file var/demo.json, from
which it knows the address, the embed secret and the dashboards; a real backend keeps these in its settings.
"""

import argparse
import json
import mimetypes
import os
import sys
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from jose import jwe

FILES = Path(__file__).parent / "host_files"
TOKEN_LIFETIME = timedelta(hours=1)


def make_token(secret: dict[str, str], dashboard: str, customer: str) -> str:
    """Return an embed token: the claims, encrypted with the secret's value under its id.

    ``customer`` is the external id of the customer whose rows the page may show. Take it from your own session, never
    from the browser: whoever holds the token sees that customer's numbers until it expires.
    """
    now = datetime.now(UTC)
    claims = {
        "cst": customer,
        "dsh": dashboard,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFETIME).timestamp()),
    }
    token: bytes = jwe.encrypt(
        json.dumps(claims), secret["key_value"], algorithm="dir", encryption="A256GCM", kid=secret["key_id"]
    )
    return token.decode()


class Tradewind:
    """What the product knows: its customers, its dashboards and how to let a customer see one."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.embed_origin: str = facts["base_url"]
        self.customers: dict[str, str] = {customer["external_id"]: customer["name"] for customer in facts["customers"]}
        self.dashboards = {dashboard["slug"]: dashboard for dashboard in facts["dashboards"]}
        secrets = facts["organization"]["embed_secrets"]
        self.secret = next(secret for secret in secrets if secret["format"] == "explo_jwe")

    def signed_in(self, asked: str | None) -> str:
        """Return the customer to show. A real product reads it from the session; the demo lets you choose."""
        return asked if asked is not None and asked in self.customers else next(iter(self.customers))

    def token(self, slug: str, customer: str) -> str:
        """Return a fresh token for one dashboard and one customer."""
        return make_token(self.secret, self.dashboards[slug]["embed_id"], customer)

    def page(self, slug: str, customer: str) -> str:
        """Return the page with the dashboard in it."""
        template = Template((FILES / "page.html").read_text())
        return template.substitute(
            customer=escape(customer),
            title=escape(self.dashboards[slug]["title"]),
            options="".join(_option(key, name, key == customer) for key, name in self.customers.items()),
            tabs="".join(self._tab(key, customer, key == slug) for key in self.dashboards),
            frame=escape(f"{self.embed_origin}/iframe/{self.token(slug, customer)}"),
            embed_origin=escape(self.embed_origin),
            token_address=escape(f"/insights/{quote(slug)}/token?{urlencode({'customer': customer})}"),
        )

    def _tab(self, slug: str, customer: str, current: bool) -> str:
        address = f"/insights/{quote(slug)}?{urlencode({'customer': customer})}"
        mark = ' aria-current="page"' if current else ""
        return f'<a href="{escape(address)}"{mark}>{escape(self.dashboards[slug]["title"])}</a>'

    def policy(self) -> str:
        """Return the page's Content-Security-Policy: its own files, and frames of embedhost alone."""
        return (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
            f"frame-src {self.embed_origin}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )


def _option(value: str, name: str, chosen: bool) -> str:
    mark = " selected" if chosen else ""
    return f'<option value="{escape(value)}"{mark}>{escape(name)}</option>'


class Handler(BaseHTTPRequestHandler):
    """Answer the product's four addresses: /, /insights/<dashboard>, its token, and the page's own files."""

    facts_file: Path
    server_version = "Tradewind"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer a GET request."""
        if not self._addressed_to_us():
            self._answer(421, "text/plain", "This server answers on localhost only.")
            return
        try:
            product = Tradewind(json.loads(self.facts_file.read_text()))
        except FileNotFoundError:
            self._answer(503, "text/plain", f"There is no {self.facts_file.name} yet. Run ./dev demo first.")
            return
        self._route(product)

    do_HEAD = do_GET

    def _route(self, product: Tradewind) -> None:
        address = urlsplit(self.path)
        customer = product.signed_in(parse_qs(address.query).get("customer", [None])[0])
        match address.path.strip("/").split("/"):
            case [""]:
                first = f"/insights/{quote(next(iter(product.dashboards)))}?{urlencode({'customer': customer})}"
                self._answer(302, "text/plain", "", Location=first)
            case ["insights", slug] if slug in product.dashboards:
                page = product.page(slug, customer)
                self._answer(200, "text/html", page, Content_Security_Policy=product.policy())
            case ["insights", slug, "token"] if slug in product.dashboards:
                self._answer(200, "application/json", json.dumps({"token": product.token(slug, customer)}))
            case ["files", name] if name in ("host.css", "host.js"):
                self._answer(200, mimetypes.guess_type(name)[0] or "text/plain", (FILES / name).read_text())
            case _:
                self._answer(404, "text/plain", "Tradewind has no such page. Start at /.")

    def _addressed_to_us(self) -> bool:
        # A name that somebody else points at 127.0.0.1 must not read tokens from here.
        return urlsplit(f"//{self.headers.get('Host', '')}").hostname in ("localhost", "127.0.0.1")

    def _answer(self, status: int, kind: str, text: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        # The page holds a token: it is not to be kept, nor its address to be told to others.
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the addresses of this demo are nobody's concern."""


def make_server(port: int, facts_file: Path) -> ThreadingHTTPServer:
    """Return a server on 127.0.0.1 that reads ``facts_file`` anew for every page. Raises OSError for a taken port."""
    handler = type("DemoHandler", (Handler,), {"facts_file": facts_file})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve Tradewind, the demo's pretend product.")
    parser.add_argument("--port", type=int, default=8001, help="port on 127.0.0.1 (default: 8001)")
    facts = Path(os.environ.get("VAR_DIR", "var")) / "demo.json"
    parser.add_argument("--facts", type=Path, default=facts, help="the file that seed_demo wrote")
    options = parser.parse_args()
    try:
        server = make_server(options.port, options.facts)
    except OSError as error:
        sys.exit(f"Port {options.port} on 127.0.0.1 cannot be used: {error.strerror}. Choose another with --port.")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
