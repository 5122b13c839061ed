"""Tokens of every vendor, as a company's backend makes them for the dashboards of tests/browser/seed.py."""

import time
from typing import Any

from tests.browser.app import App
from tests.tokens.makers import CUSTOMER, MAKERS, Wanted
from tokens.keys import Key


def vendor_token(
    app: App, format: str, customer: str = "acme", *, dashboard: str = "vendors", seconds: float = 3600, **changes: Any
) -> str:
    """Make a token that opens a dashboard for a customer for so many seconds."""
    maker, now = MAKERS[format], time.time()
    board = app.facts["dashboards"][dashboard], app.facts["dashboard_ids"][dashboard]
    key = _key(app, format)
    claims = maker.claims(key, Wanted(*board, customer), now, seconds)
    return maker.seal({**claims, **changes}, key)


def customer_token(app: App, customer: str = "acme", dashboard: str = "vendors") -> tuple[str, str]:
    """Return the embed id and the customer's own token."""
    return app.facts["dashboards"][dashboard], app.facts["customer_tokens"][customer]


def chosen(customer: str, **values: object) -> dict[str, object]:
    """Write the variables of a token that names its customer through one."""
    return {CUSTOMER: customer, **values}


def _key(app: App, format: str) -> Key:
    secret = app.facts["secrets"][format]
    return Key(
        secret_id=1,
        key_id=secret["key_id"],
        value=secret["value"].encode(),
        format=format,
        organization_id=app.facts["organization"]["id"],
        workspace_id=app.facts["workspace"],
        state="active",
        purpose="embed",
        max_lifetime=86_400,
    )
