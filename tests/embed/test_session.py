"""What an open page learns of a fresh token before it goes on with it."""

import time

import pytest
from django.test import Client

from customers.services import create_customer, delete_customer
from secrets_admin.access import SYSTEM
from tests.embed.surfaces import assert_clean, code_of
from tests.world import Tenant, World


def ask(client: Client, token: str, **query: str) -> dict[str, object]:
    answer = client.get("/data/explo_jwe/session", query, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content
    facts: dict[str, object] = answer.json()
    return facts


def subject(client: Client, tenant: Tenant, customer: str = "acme", dashboard: str = "sales") -> object:
    return ask(client, tenant.token(customer, dashboard))["subject"]


def test_two_tokens_of_one_customer_and_dashboard_stand_for_the_same_page(embed_client: Client, world: World) -> None:
    one = subject(embed_client, world.a, "acme", "sales")

    other = world.a.token("acme", "sales", exp=int(time.time()) + 60, var={"region": "West"})
    assert one == ask(embed_client, other)["subject"]


def test_every_other_customer_dashboard_and_organization_is_another_page(embed_client: Client, world: World) -> None:
    subjects = [
        subject(embed_client, world.a, "acme", "sales"),
        subject(embed_client, world.a, "globex", "sales"),
        subject(embed_client, world.a, "acme", "ops"),
        subject(embed_client, world.b, "acme", "sales"),
    ]

    assert len(set(subjects)) == 4


def test_a_customer_that_was_made_again_is_another_page(embed_client: Client, world: World) -> None:
    before = subject(embed_client, world.a, "acme")
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    create_customer(world.a.workspace, "acme", name="Acme", actor=SYSTEM)

    assert before != subject(embed_client, world.a, "acme")


def test_it_tells_how_long_the_token_lives_by_the_databases_time(embed_client: Client, world: World) -> None:
    facts = ask(embed_client, world.a.token(exp=int(time.time()) + 100))

    assert facts["seconds_left"] == pytest.approx(100, abs=3)


def test_it_tells_shown_variables_with_what_reset_goes_back_to_and_no_hidden_one(
    embed_client: Client, world: World
) -> None:
    facts = ask(embed_client, world.a.token(var={"floor": 7, "secret_floor": 8, "region": "West"}))

    variables = {variable["name"]: variable for variable in facts["variables"]}  # type: ignore[attr-defined]  # a JSON list
    assert variables["floor"]["value"] == variables["floor"]["initial"] == 7
    assert variables["region"]["initial"] == "West"
    assert "secret_floor" not in variables


def test_p_dv_10_it_names_nothing_that_opens_anything(embed_client: Client, world: World) -> None:
    token = world.a.token()
    answer = embed_client.get("/data/explo_jwe/session", headers={"Authorization": f"Bearer {token}"})

    body = assert_clean(answer, world, "tradewind", "acme")
    assert set(answer.json()) == {"subject", "seconds_left", "variables"}
    for fact in (
        str(world.a.dashboards["sales"].embed_id),
        world.a.workspace.id,
        world.a.secret.key_id,
        "acme",
        "warehouse",
    ):
        assert fact not in body


def test_a_refused_token_gets_the_calls_own_refusal(embed_client: Client, world: World) -> None:
    expired = world.a.token(exp=int(time.time()) - 120, iat=int(time.time()) - 300)
    for token, code in ((expired, "token_expired"), ("x.y", "token_invalid"), ("", "token_invalid")):
        answer = embed_client.get("/data/explo_jwe/session", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert code_of(answer) == code
