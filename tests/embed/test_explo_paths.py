"""Explo's addresses end with a slash: without it a call is refused and never redirected."""

from django.test import Client

from tests.embed.explo import CALLS, CREATE, assert_refused, new_key
from tests.embed.surfaces import code_of
from tests.world import World


def test_without_its_slash_a_call_is_refused_and_not_redirected(world: World, embed_client: Client) -> None:
    headers = {"Explo-Authorization": f"Token {new_key(world.a)}"}
    for path, (method, _, body) in CALLS.items():
        more = {} if method == "get" else {"data": body, "content_type": "application/json"}
        answer = getattr(embed_client, method)(path.rstrip("/"), headers=headers, **more)
        assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed"), path
        assert_refused(answer)
        assert path in answer.getvalue().decode()


def test_the_key_is_in_the_vendors_header_alone(world: World, embed_client: Client) -> None:
    value = new_key(world.a)
    body = {"provided_id": "acme"}
    for name, word in (("Authorization", "Token"), ("Authorization", "Bearer"), ("Explo-Authorization", "Bearer")):
        headers = {name: f"{word} {value}"}
        answer = embed_client.post(CREATE, body, content_type="application/json", headers=headers)
        assert (answer.status_code, code_of(answer)) == (401, "not_authenticated")
    lower = {"Explo-Authorization": f"token {value}"}
    assert embed_client.post(CREATE, body, content_type="application/json", headers=lower).status_code == 200
