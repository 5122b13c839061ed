"""The fixtures of the world that the documents write about."""

import pickle
from pathlib import Path
from typing import cast

import pytest

from secrets_admin.models import Organization, Role, User
from tests.conftest import make_member
from tests.guides.ids import ORGANIZATION_ID
from tests.guides.world import Documented, build, write_orders
from tests.snapshot import Snapshot, take


@pytest.fixture(scope="session")
def documented_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documented") / "orders.duckdb"
    write_orders(path)
    return path


_made: list[Snapshot] = []


@pytest.fixture
def documented(db: None, documented_orders: Path) -> Documented:
    if not _made:
        _made.append(take(lambda: _document_world(documented_orders)))
        return cast("Documented", pickle.loads(_made[0].made))
    return cast("Documented", _made[0].restore())


def _document_world(orders: Path) -> Documented:
    organization = Organization.objects.create(
        id=ORGANIZATION_ID, name="Tradewind", slug="tradewind", embedding_enabled=True
    )
    return build(organization, orders)


@pytest.fixture
def owner(documented: Documented) -> User:
    """Alice, who owns the organization of the documents."""
    return make_member(documented.organization, "alice@tradewind.example", Role.OWNER)
