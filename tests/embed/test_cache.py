"""Results are shared by those who may see the same rows, and by nobody else."""

import gzip
import os
import pickle
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.test import Client

from customers.services import create_customer, delete_customer
from dashboards.models import Dashboard, DashboardVersion
from dashboards.services import save_version
from datasources.services import set_rule
from embedhost.lib.store import MemoryStore
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from tests.embed.ageing import make_older
from tests.embed.surfaces import SURFACES, Surface, assert_clean, card, code_of, data, page, text_of
from tests.world import World

surfaces = pytest.mark.parametrize("surface", list(SURFACES.values()), ids=list(SURFACES))


class Watching(MemoryStore):
    """A store in memory that remembers what was put, to be tampered with."""

    def listed(self) -> Sequence[str]:
        return list(self._entries)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Watching:
    """Replace the store by one whose keys can be listed; Redis has the same contract (tests/dashboards)."""
    watching = Watching(10_000_000)
    for module in ("dashboards.queries", "dashboards.drawings", "dashboards.flights"):
        monkeypatch.setattr(f"{module}.store", lambda: watching)
    return watching


@pytest.fixture(autouse=True)
def _exports(world: World) -> None:
    Dashboard.objects.update(viewers_may_export=True)


@surfaces
def test_p_ca_01_two_customers_never_share_an_entry(surface: Surface, world: World, embed_client: Client) -> None:
    for customer in ("acme", "globex", "acme", "globex"):
        body = assert_clean(surface(embed_client, world.a.token(customer)), world, "tradewind", customer)
        assert f"CANARY-tradewind-{customer}-0" in body


@surfaces
def test_p_ca_02_two_organizations_never_share_an_entry(surface: Surface, world: World, embed_client: Client) -> None:
    for tenant, slug in ((world.a, "tradewind"), (world.b, "northwind"), (world.a, "tradewind")):
        body = assert_clean(surface(embed_client, tenant.token("acme")), world, slug, "acme")
        assert f"CANARY-{slug}-acme-0" in body


def test_the_second_viewer_of_a_customer_costs_no_query(world: World, embed_client: Client, kept: Watching) -> None:
    data(embed_client, world.a.token())
    entries = len(kept.listed())
    data(embed_client, world.a.token())
    assert len(kept.listed()) == entries == 1


def _put_rule(world: World) -> None:
    set_rule(world.a.source, "tradewind.private_notes", kind="shared", actor=SYSTEM)


def _new_version(world: World) -> None:
    document = DashboardVersion.objects.get(dashboard=world.a.dashboards["sales"]).document
    save_version(world.a.organization, {**document, "description": "Another version."})


def _new_generation(world: World) -> None:
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    create_customer(world.a.workspace, "acme", name="Acme", actor=SYSTEM)


@pytest.mark.parametrize("change", [_put_rule, _new_version, _new_generation])
def test_p_ca_03_a_change_of_what_shapes_a_result_is_a_miss(
    change: object, world: World, embed_client: Client, kept: Watching
) -> None:
    data(embed_client, world.a.token())
    change(world)  # type: ignore[operator]  # one of the functions above
    data(embed_client, world.a.token())
    assert len(kept.listed()) == 2


@pytest.mark.parametrize(
    "query", [{"time_zone": "Asia/Tokyo"}, {"variables": '{"search": "a"}'}, {"variables": '{"search": "b"}'}]
)
def test_p_ca_03_values_and_time_zone_are_in_the_key(
    query: dict[str, str], world: World, embed_client: Client, kept: Watching
) -> None:
    Dashboard.objects.update(viewers_may_apply_variables=True)
    data(embed_client, world.a.token())
    data(embed_client, world.a.token(), **query)
    assert len(kept.listed()) == 2


@pytest.mark.parametrize("query", [{"cache_key": "x"}, {"load_id": "x"}, {"refresh": "1"}])
def test_p_ca_04_a_viewer_cannot_choose_an_entry(query: dict[str, str], world: World, embed_client: Client) -> None:
    data(embed_client, world.a.token("globex"))
    assert data(embed_client, world.a.token("acme"), **query).status_code == 400
    headers = {
        "If-None-Match": "*",
        "Cache-Control": "only-if-cached",
        "Authorization": f"Bearer {world.a.token('acme')}",
    }
    answer = embed_client.get("/data/explo_jwe/panels/rows", headers=headers)
    assert "CANARY-tradewind-acme-0" in assert_clean(answer, world, "tradewind", "acme")


class Bomb:
    """A pickle that makes a folder when it is opened."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


@surfaces
def test_p_ca_06_a_poisoned_entry_is_a_miss(
    surface: Surface, world: World, embed_client: Client, kept: Watching, tmp_path: object
) -> None:
    marker = f"{tmp_path}/touched"
    surface(embed_client, world.a.token("globex"))
    of_globex = {key: kept.get_many([key])[0] or b"" for key in kept.listed()}
    surface(embed_client, world.a.token("acme"))
    of_acme = [key for key in kept.listed() if key not in of_globex]
    assert of_acme
    poisons = [pickle.dumps(Bomb(marker)), b"", b"eh1\0", b"{", gzip.compress(b"{}"), *of_globex.values()]
    for poison in poisons:
        kept.put_many([(key, poison, 60) for key in of_acme])
        body = assert_clean(surface(embed_client, world.a.token("acme")), world, "tradewind", "acme")
        assert "CANARY-tradewind-acme-0" in body
    cut = [(key, (kept.get_many([key])[0] or b"")[:-7], 60) for key in of_acme]
    kept.put_many(cut)
    assert "CANARY-tradewind-acme-0" in text_of(surface(embed_client, world.a.token("acme")))
    assert not Path(marker).exists()


def test_shared_tables_are_cached_once_for_all_customers(world: World, embed_client: Client, kept: Watching) -> None:
    version = DashboardVersion.objects.get(dashboard=world.a.dashboards["sales"])
    version.document["panels"][1]["sql"] = "SELECT zone, count(*) AS total FROM tradewind.regions GROUP BY zone"
    DashboardVersion.objects.filter(id=version.id).update(document=version.document)
    data(embed_client, world.a.token("acme"), panel="regions")
    data(embed_client, world.a.token("globex"), panel="regions")
    assert len(kept.listed()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_source_that_goes_away_leaves_the_last_good_result_with_its_time(
    world: World, embed_client: Client, tmp_path: Path
) -> None:
    lost = Path(shutil.copy(world.orders_file, tmp_path / "lost.duckdb"))
    world.a.source.connection = {"path": str(lost)}
    world.a.source.save()
    feed.reset()
    token = world.a.token()
    as_of = data(embed_client, token).headers["Embedhost-As-Of"]
    assert page(embed_client, token).status_code == 200
    make_older(world.a.dashboards["sales"].cache_seconds + 60)
    lost.unlink()
    for name, surface in SURFACES.items():
        answer = surface(embed_client, token)
        assert (answer.status_code, "stale" in answer.headers["Embedhost-Cache"]) == (200, True), name
        assert "CANARY-tradewind-acme-0" in assert_clean(answer, world, "tradewind", "acme"), name
        assert answer.headers["Embedhost-As-Of"] < as_of, name
    deadline = time.monotonic() + 30
    while "source not reachable since" not in text_of(card(embed_client, token)):
        assert time.monotonic() < deadline, "the card never says that its source is away"
    refused = data(embed_client, world.a.token("globex"))
    assert (refused.status_code, code_of(refused)) == (503, "data_source_unavailable")
    other = assert_clean(page(embed_client, world.a.token("globex")), world, "tradewind", "globex")
    assert other.count('data-state="failed"') == 3
    assert "About Sales" in other
