"""var/demo.json: what scripts, tests and the pretend product know. docs/demo.md describes every field."""

import json
import os
from pathlib import Path
from typing import TypedDict, cast


class Login(TypedDict):
    """A person of the demo organization; the password is random and stays the same between runs."""

    email: str
    password: str


class Logins(TypedDict):
    """One person for each role."""

    owner: Login
    editor: Login
    viewer: Login


class EmbedSecretFacts(TypedDict):
    """An active embed secret with its value in clear."""

    format: str
    kind: str
    key_id: str
    key_value: str


class OrganizationFacts(TypedDict):
    """The demo organization, its first workspace and one embed secret of each format."""

    id: int
    slug: str
    workspace_id: str
    embed_secrets: list[EmbedSecretFacts]


class ApiKeyFacts(TypedDict):
    """An API key with all scopes."""

    id: str
    key: str


class CustomerFacts(TypedDict):
    """A customer and its opaque token."""

    external_id: str
    name: str
    token: str


class DashboardFacts(TypedDict):
    """How tokens and addresses name a dashboard."""

    id: int
    embed_id: str
    slug: str
    title: str


class DemoFacts(TypedDict):
    """The whole file."""

    base_url: str
    console_url: str
    host_page: str
    logins: Logins
    organization: OrganizationFacts
    api_key: ApiKeyFacts
    customers: list[CustomerFacts]
    dashboards: list[DashboardFacts]


def read_facts(path: Path) -> DemoFacts | None:
    """Return what an earlier run wrote, or None when there is nothing that can be read."""
    try:
        return cast("DemoFacts", json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def write_facts(path: Path, facts: DemoFacts) -> None:
    """Write the file at once, readable by its owner alone: it holds keys in clear."""
    unfinished = path.with_suffix(".json.new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(facts, file, indent=2, ensure_ascii=False)
        file.write("\n")
    unfinished.replace(path)
