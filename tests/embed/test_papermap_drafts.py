"""Papermap's call that creates a dashboard: a draft that an iframe token opens at once."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from dashboards.as_code import export_document, import_document
from dashboards.lists import dashboards_of, default_dashboard
from dashboards.models import Dashboard
from secrets_admin.models import AuditRecord
from tests.embed.explo import new_key
from tests.embed.papermap import CREATE_DASHBOARD, IFRAME_TOKEN, post, told
from tests.embed.surfaces import assert_clean, code_of, masked
from tests.world import World


@pytest.fixture
def key(world: World) -> str:
    return new_key(world.a, "write", "mint")


def _ask(world: World, **more: object) -> dict[str, Any]:
    return {"workspace_id": world.a.workspace.id, "title": "Orders & Returns", "description": "Of a week", **more}


def test_a_draft_has_the_words_of_the_call_and_the_vendors_members(
    world: World, embed_client: Client, key: str
) -> None:
    said = told(post(embed_client, key, CREATE_DASHBOARD, _ask(world)))
    assert said.keys() == {"success", "message", "data"}
    data, board = said["data"], Dashboard.objects.latest("id")
    assert data["dashboard_id"] == str(board.embed_id)
    words = ("title", "description", "workspace_id", "dashboard_status", "is_public", "deleted_by")
    expected = ["Orders & Returns", "Of a week", world.a.workspace.id, "draft", False, None]
    assert [data[name] for name in words] == expected
    assert data["created_at"] == data["modified_at"] == board.created_at.isoformat()
    assert (board.organization, board.title, board.slug[:-8]) == (
        world.a.organization,
        data["title"],
        "orders-returns-",
    )
    record = AuditRecord.objects.get(action="dashboard.created")
    assert (record.subject, record.actor_email) == (data["dashboard_id"], f"API key {data['created_by']}")


def test_a_draft_of_a_tenant_opens_with_its_iframe_token_and_for_nobody_else(
    world: World, embed_client: Client, key: str
) -> None:
    made = told(post(embed_client, key, f"{CREATE_DASHBOARD}/", _ask(world, tenant_id="acme")))["data"]["dashboard_id"]
    asked = {"tenant_id": "acme", "dashboard_id": made}
    token = told(post(embed_client, key, IFRAME_TOKEN[0], asked))["token"]
    page = embed_client.get("/embedded/dashboard", {"embedded-token": token})
    assert page.status_code == 200
    assert "This dashboard has no panels yet." in assert_clean(page, world, "tradewind", "acme")
    assert post(embed_client, key, IFRAME_TOKEN[0], {**asked, "tenant_id": "globex"}).status_code == 404
    default = default_dashboard(world.a.customers["acme"])
    assert default is not None
    assert str(default.embed_id) == made


def test_a_draft_is_filled_under_its_slug_and_keeps_its_id(world: World, embed_client: Client, key: str) -> None:
    made = told(post(embed_client, key, CREATE_DASHBOARD, _ask(world)))["data"]["dashboard_id"]
    draft = Dashboard.objects.get(embed_id=made)
    filled = import_document(world.a.organization, export_document(draft).replace("no panels yet", "one by now"))
    assert (filled.id, filled.versions.count()) == (draft.id, 2)


def test_every_call_makes_another_draft_under_a_slug_of_its_own(world: World, embed_client: Client, key: str) -> None:
    titles = ["Sales", "Sales", "Ünïted", "2026 in short", "\N{CJK UNIFIED IDEOGRAPH-58F2}", "a" * 200, "_x_", "--"]
    made = [told(post(embed_client, key, CREATE_DASHBOARD, _ask(world, title=one)))["data"] for one in titles]
    boards = Dashboard.objects.filter(embed_id__in=[one["dashboard_id"] for one in made])
    assert sorted(board.title for board in boards) == sorted(titles)
    assert dashboards_of(world.a.customers["acme"]) == []


def test_what_cannot_be_a_draft_makes_nothing(world: World, embed_client: Client, key: str, settings: Settings) -> None:
    limited = new_key(world.a, "write", customers=["acme"])
    before = Dashboard.objects.count(), AuditRecord.objects.count()
    wrong: list[dict[str, object]] = [
        {"title": None},
        {"title": ""},
        {"title": " "},
        {"title": "a" * 201},
        {"title": "a\0b"},
        {"title": 1},
        {"description": 1},
        {"description": "a" * 2001},
        {"tenant_id": 1},
        {"workspaceId": "ws_other"},
    ]
    for one in wrong:
        answer = post(embed_client, key, CREATE_DASHBOARD, _ask(world, **one))
        assert (answer.status_code, code_of(answer)) == (400, "bad_request"), one
    for absent in ({"workspace_id": world.b.workspace.id}, {"tenant_id": "nobody"}, {"tenant_id": "initech"}):
        answer = post(embed_client, key, CREATE_DASHBOARD, _ask(world, **absent))
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), absent
    answers = [post(embed_client, limited, CREATE_DASHBOARD, _ask(world, tenant_id=one)) for one in ("acme", "nobody")]
    assert [each.status_code for each in answers] == [403, 403]
    assert masked(answers[0]) == masked(answers[1])
    settings.MAX_DASHBOARDS = 2
    full = post(embed_client, key, CREATE_DASHBOARD, _ask(world))
    assert (full.status_code, code_of(full)) == (409, "too_many_dashboards")
    assert (Dashboard.objects.count(), AuditRecord.objects.count()) == before
