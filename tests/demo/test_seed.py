"""seed_demo: a whole organization from one command, the same one however often it runs."""

import json
import re
import stat
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from pytest_django.fixtures import Settings

from customers.models import Customer
from dashboards.models import Dashboard
from embedhost.demo.data import read_customers
from secrets_admin.api_key_services import hash_api_key
from secrets_admin.models import EmbedSecret, Member, Organization, User, Workspace
from tokens.formats import MINTED

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "demo.md"


def seed(folder: Path, port: int = 8000) -> dict[str, Any]:
    call_command("seed_demo", f"--port={port}", verbosity=0, stdout=StringIO())
    facts: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return facts


def paths(value: object, name: str = "") -> Iterator[str]:
    """Name every field of a JSON value as docs/demo.md does."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{name}[]")
    else:
        yield name


def test_the_file_has_exactly_the_fields_that_the_docs_describe(seeded: dict[str, Any]) -> None:
    told = DOCS.read_text().split("<!-- facts: begin -->")[1].split("<!-- facts: end -->")[0]
    assert set(paths(seeded)) == set(re.findall(r"^\| `([^`]+)` \|", told, re.MULTILINE))


@pytest.mark.django_db
def test_only_its_owner_may_read_the_file(folder: Path) -> None:
    seed(folder)
    assert stat.S_IMODE((folder / "demo.json").stat().st_mode) == 0o600


@pytest.mark.django_db
def test_the_addresses_follow_the_ports(folder: Path) -> None:
    facts = seed(folder, port=9100)
    assert facts["base_url"] == "http://127.0.0.1:9100"
    assert facts["console_url"] == "http://localhost:9100"
    assert facts["host_page"] == "http://localhost:9101/"
    assert Workspace.objects.get().origins == ["http://localhost:9101", "http://127.0.0.1:9101"]


def test_the_people_log_in_with_the_passwords_in_the_file(seeded: dict[str, Any]) -> None:
    for role, login in seeded["logins"].items():
        user = User.objects.get(email=login["email"])
        assert user.check_password(login["password"])
        assert Member.objects.get(user=user).role == role
    assert seeded["logins"]["owner"]["email"] == "alice@tradewind.example"
    assert seeded["logins"]["viewer"]["email"] == "bob@tradewind.example"


def test_there_is_one_secret_of_each_format(seeded: dict[str, Any]) -> None:
    secrets = seeded["organization"]["embed_secrets"]
    assert [secret["format"] for secret in secrets] == list(MINTED)
    for secret in secrets:
        row = EmbedSecret.objects.get(key_id=secret["key_id"])
        assert row.value().decode() == secret["key_value"]
        assert secret["kind"] == MINTED[row.format].kind


def test_the_api_key_has_all_scopes(seeded: dict[str, Any]) -> None:
    key = Workspace.objects.get().api_keys.get(key_hash=hash_api_key(seeded["api_key"]["key"]))
    assert key.key_id == seeded["api_key"]["id"]
    assert set(key.scopes) == {"read", "write", "mint", "customer_tokens"}


def test_the_customers_of_the_data_are_customers_of_the_workspace(seeded: dict[str, Any]) -> None:
    customers = seeded["customers"]
    assert [(customer["external_id"], customer["name"]) for customer in customers] == read_customers()
    assert len(customers) == 50
    assert all(re.fullmatch("[0-9a-f]{64}", customer["token"]) for customer in customers)


def test_a_second_run_changes_nothing_and_is_fast(folder: Path, seeded: dict[str, Any]) -> None:
    versions = list(Dashboard.objects.values_list("slug", "versions__number"))
    began = time.process_time()
    second = seed(folder)
    assert time.process_time() - began < 1
    assert second == seeded
    assert list(Dashboard.objects.values_list("slug", "versions__number")) == versions
    assert Organization.objects.count() == 1
    assert Customer.objects.count() == 50


def test_a_lost_file_is_written_again_with_passwords_and_keys_that_work(folder: Path, seeded: dict[str, Any]) -> None:
    (folder / "demo.json").unlink()
    second = seed(folder)
    owner = second["logins"]["owner"]
    assert User.objects.get(email=owner["email"]).check_password(owner["password"])
    assert Workspace.objects.get().api_keys.filter(key_hash=hash_api_key(second["api_key"]["key"])).exists()
    assert second["organization"] == seeded["organization"]
    assert second["customers"] == seeded["customers"]


@pytest.mark.django_db
def test_a_lost_database_is_made_again_with_the_old_passwords(folder: Path) -> None:
    before = transaction.savepoint()
    first = seed(folder)
    transaction.savepoint_rollback(before)
    assert not Organization.objects.exists()
    second = seed(folder)
    assert second["logins"] == first["logins"]
    owner = second["logins"]["owner"]
    assert User.objects.get(email=owner["email"]).check_password(owner["password"])


def test_a_deleted_customer_does_not_come_back(folder: Path, seeded: dict[str, Any]) -> None:
    Customer.objects.filter(external_id="camino-cie").update(deleted_at="2026-11-20T12:00:00Z")
    assert "camino-cie" not in {customer["external_id"] for customer in seed(folder)["customers"]}


@pytest.mark.django_db
def test_it_refuses_to_run_outside_development(folder: Path, settings: Settings) -> None:
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="DEVELOPMENT=1"):
        seed(folder)
    assert not Organization.objects.exists()
    assert not (folder / "demo.json").exists()
