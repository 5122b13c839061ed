"""The cases of threats.md that a viewer with a good token can try, over every surface of every format."""

import io
import json

import pytest
from django.test import Client

from dashboards.models import Dashboard
from tests.embed.every_format import BY_MESSAGE, SESSION, WAYS, Way, open_to_vendors
from tests.embed.surfaces import assert_clean, text_of
from tests.embed.test_variables import NASTY
from tests.tokens.makers import MAKERS
from tests.world import World, canary
from tokens.formats import FORMATS

each_format = pytest.mark.parametrize("format", FORMATS)
#: Names under which somebody could ask for another customer's rows.
NAMES = ("cst", "customer_id", "tenant_id", "org", "CUSTOMER")
OURS, THEIRS = canary("tradewind", "acme", 0), "globex"
#: The key of a query string that holds values as JSON, where it is not `variables`.
_VALUES = {"api": "parameters"}


@pytest.fixture(autouse=True)
def _open_to_vendors(world: World) -> None:
    open_to_vendors(world.a)


def ways_of(format: str, *, pages: bool = True) -> list[Way]:
    """Every surface of a format: its page, and what the page calls (Metabase's own data route too)."""
    return [way for way in WAYS if way.format == format and (pages or way.surface != "page")]


def body_of(way: Way, client: Client, world: World, token: str, **query: str) -> tuple[int, str]:
    """Ask once; return the status and the body, in which nothing is of anybody but acme."""
    answer = way.open(client, world.a, token, **query)
    return answer.status_code, assert_clean(answer, world, "tradewind", "acme").replace("\\u002D", "-")


@each_format
def test_p_dv_01_other_panels_are_not_found(format: str, world: World, embed_client: Client) -> None:
    token = world.a.token_of(format)
    for way in ways_of(format, pages=False):
        for panel in ("nowhere", "1 OR 1=1", "-1", "100000000000000000000", "ROWS", "rows'"):
            assert body_of(way, embed_client, world, token, panel=panel)[0] == 404, (way, panel)


@each_format
def test_p_dv_02_another_customer_cannot_be_named(format: str, world: World, embed_client: Client) -> None:
    Dashboard.objects.update(viewers_may_apply_variables=True)
    token = world.a.token_of(format)
    for way in ways_of(format):
        # An address may hold anything, and a call nothing that it does not know.
        loads = way.surface == "page" and format not in BY_MESSAGE
        for name in NAMES:
            status, body = body_of(way, embed_client, world, token, **{name: THEIRS})
            assert (status, OURS in body) == ((200, True) if loads else (400, False)), (way, name)


@each_format
def test_p_dv_02_another_customer_is_no_value(format: str, world: World, embed_client: Client) -> None:
    Dashboard.objects.update(viewers_may_apply_variables=True)
    token = world.a.token_of(format)
    for way in ways_of(format):
        for name in NAMES:
            sent = {_VALUES.get(way.surface, "variables"): json.dumps({name: THEIRS})}
            status, body = body_of(way, embed_client, world, token, **sent)
            assert status in ((200,) if way.surface == "page" else (400, 403)), (way, name)
            assert (OURS in body) is (status == 200), (way, name)


@each_format
def test_p_dv_03_nothing_can_be_changed_while_the_switch_is_off(
    format: str, world: World, embed_client: Client
) -> None:
    Dashboard.objects.update(viewers_may_apply_variables=False)
    token = world.a.token_of(format)
    for way in ways_of(format, pages=False):
        for name in ("search", "region", "secret_floor"):
            sent = {_VALUES.get(way.surface, "variables"): json.dumps({name: "North"})}
            assert body_of(way, embed_client, world, token, **sent)[0] in (400, 403), (way, name)
        assert OURS in body_of(way, embed_client, world, token)[1]


@pytest.mark.parametrize("format", sorted(FORMATS.keys() - {"explo_jwe"}))  # whose calls test_variables.py has
def test_p_dv_05_sql_in_values_is_text_or_refused(format: str, world: World, embed_client: Client) -> None:
    Dashboard.objects.update(viewers_may_apply_variables=True)
    token = world.a.token_of(format)
    for way in (way for way in ways_of(format) if way.surface in ("data", "api")):
        named = _VALUES.get(way.surface, "variables")
        for text in NASTY[::3]:
            status, body = body_of(way, embed_client, world, token, **{named: json.dumps({"search": text})})
            assert (status, "CANARY" in body) == (200, False), (way, text)
            for name in ("least", "region", "period"):
                sent = {named: json.dumps({name: text})}
                assert body_of(way, embed_client, world, token, **sent)[0] == 400, (way, name, text)


@each_format
def test_p_dv_10_nothing_tells_sql_source_or_hidden_values(format: str, world: World, embed_client: Client) -> None:
    token = world.a.token_of(format)
    ways = [*ways_of(format), Way(format, SESSION)]
    answers = {way.surface: body_of(way, embed_client, world, token)[1] for way in ways}
    if format == "metabase_jwt":
        answers["about the dashboard"] = text_of(embed_client.get(f"/api/embed/dashboard/{token}"))
    for asked, body in answers.items():
        for word in ("SELECT", "warehouse", "duckdb", "secret_floor", "Secret floor", world.a.workspace.id, token):
            assert word not in body, (asked, word)


@each_format
def test_p_dv_11_a_table_without_a_rule_gives_no_rows(format: str, world: World, embed_client: Client) -> None:
    source, token = world.a.source, world.a.token_of(format)
    source.table_rules.filter(table="tradewind.orders").delete()
    type(source).objects.filter(id=source.id).update(version=source.version + 1)
    for way in ways_of(format):
        status, body = body_of(way, embed_client, world, token)
        assert "CANARY" not in body
        assert status == (200 if way.surface in ("page", "card") else 422), way


@each_format
def test_p_ca_01_and_02_each_customer_of_each_organization_sees_its_own_rows_alone(
    format: str, world: World, embed_client: Client
) -> None:
    open_to_vendors(world.b)
    seen = [(world.a, "acme"), (world.a, "globex"), (world.b, "acme")]
    for way in ways_of(format):
        for tenant, customer in (*seen, *reversed(seen)):
            slug = tenant.organization.slug
            answer = way.open(embed_client, tenant, tenant.token_of(format, customer))
            assert canary(slug, customer, 0) in assert_clean(answer, world, slug, customer).replace("\u002d", "-")


@pytest.mark.parametrize("format", MAKERS)
def test_p_sr_03_no_token_or_value_is_logged(
    format: str, world: World, embed_client: Client, written: io.StringIO
) -> None:
    good = world.a.token_of(format)
    bad = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
    for token in (good, bad, world.a.token_of(format, "nobody")):
        for way in ways_of(format):
            way.open(embed_client, world.a, token, search="a-bound-value")
            way.open(embed_client, world.a, token, variables='{"search": "a-bound-value"}')
    text = written.getvalue()
    assert "token refused" in text
    pieces = [piece for token in (good, bad) for piece in token.split(".")[1:] if len(piece) > 8]
    for word in (*pieces, "a-bound-value", "CANARY", world.a.key_of(format).value.decode()):
        assert word not in text, word
