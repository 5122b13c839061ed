"""The fixtures of the world that the documents write about."""

from pathlib import Path

import pytest

from secrets_admin.models import Organization, Role, User
from tests.conftest import make_member
from tests.guides.ids import ORGANIZATION_ID
from tests.guides.world import Documented, build, write_orders


@pytest.fixture(scope="session")
def documented_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documented") / "orders.duckdb"
    write_orders(path)
    return path


@pytest.fixture
def documented(db: None, documented_orders: Path) -> Documented:
    organization = Organization.objects.create(
        id=ORGANIZATION_ID, name="Tradewind", slug="tradewind", embedding_enabled=True
    )
    return build(organization, documented_orders)


@pytest.fixture
def owner(documented: Documented) -> User:
    """Alice, who owns the organization of the documents."""
    return make_member(documented.organization, "alice@tradewind.example", Role.OWNER)
