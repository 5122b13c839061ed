"""Every URL of both hosts answers as its rule in the access table says: to members, to strangers, to nobody."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client

from datasources.models import CustomerLogin
from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import create_api_key
from secrets_admin.models import ApiKey, AuditRecord, Organization, Role, User
from tests.anew import rolled_back
from tests.conftest import make_member
from tests.house.access_table import CONSOLE, EMBED, Backend, Operator, Public, Room, Rule, SignedIn, Table, Token
from tests.house.routes import Route, routes
from tests.world import Tenant, World

_URLCONFS = {CONSOLE.host: settings.ROOT_URLCONF, EMBED.host: settings.EMBED_URLCONF}
_HOSTS = {CONSOLE.host: settings.CONSOLE_HOST, EMBED.host: settings.EMBED_HOST}
_ROLES = ("viewer", "editor", "owner")
#: What no stranger may read anywhere.
_OURS = ("Tradewind", "CANARY-tradewind", "Total of Sales", "alice@")


@dataclass(frozen=True)
class Answer:
    """What came back, and how many audit records and embeds were written meanwhile."""

    status: int
    location: str
    text: str
    written: int

    @property
    def asks_to_log_in(self) -> bool:
        return self.status == 302 and self.location.startswith("/accounts/login/")

    @property
    def tells(self) -> list[str]:
        """Words of alice's organization in the body or the headers."""
        return [word for word in _OURS if word in self.text]


def sample_values(tenant: Tenant, **changes: str) -> Mapping[str, str]:
    """Sample values for every argument of a route: all of them exist and belong to the tenant."""
    return {
        "organization": tenant.organization.slug,
        "dashboard_id": str(tenant.dashboards["sales"].id),
        "uid": str(tenant.customers["acme"].uid),
        "source_uid": str(tenant.source.uid),
        "name": tenant.source.name,
        "login_uid": str(CustomerLogin.objects.get_or_create(source=tenant.source, external_id="acme")[0].uid),
        "table": next(iter(tenant.source.catalog["tables"]))[0] + ".orders",
        "key_id": tenant.secret.key_id,
        "api_key_id": _api_key(tenant).key_id,
        "uidb36": "1",
        "key": "c0ffee-0123456789abcdef",
        "token": "0" * 64,
        "dashboard": "sales",
        "embed_id": str(tenant.dashboards["sales"].embed_id),
        "organization_id": str(tenant.organization.id),
        "workspace_id": tenant.workspace.id,
        "environment": "prod",
        "format": "explo_jwe",
        "panel_id": "total",
        "variable": "region",
        "app_label": "secrets_admin",
        "object_id": str(tenant.organization.id),
        "dashcard_id": "1",
        "card_id": "1",
        "file_type": "csv",
        "parameter_id": "region",
        "variable_name": "region",
        "prefix": "No",
        "external_id": "acme",
        "number": "1",
        "id_or_slug": "sales",
        "call": "api/create_customer",
        **changes,
    }


def _api_key(tenant: Tenant) -> ApiKey:
    """The tenant's one API key, made when a route first asks for it."""
    found = tenant.workspace.api_keys.first()
    return found or create_api_key(tenant.workspace, name="Backend", scopes=["read"], actor=SYSTEM)[0]


def _client(table: Table, user: User | None = None) -> Client:
    client = Client(HTTP_HOST=_HOSTS[table.host])
    if user is not None:
        client.force_login(user)
    return client


def _ask(client: Client, table: Table, route: Route, values: Mapping[str, str], method: str = "get") -> Answer:
    """Ask once, and undo whatever it did: a deed must not change what the next question finds."""
    address = route.address(_URLCONFS[table.host], values)
    with rolled_back():
        before = _records()
        response = getattr(client, method)(address)
        return Answer(response.status_code, response.headers.get("Location", ""), _text(response), _records() - before)


def _records() -> int:
    """Count what may not grow, before and after thousands of questions: in one statement without Django's queries."""
    counts = (f"(SELECT count(*) FROM {model._meta.db_table})" for model in (AuditRecord, Embed))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' + '.join(counts)}")
        return int(cursor.fetchone()[0])


def _text(response: HttpResponseBase) -> str:
    streamed = isinstance(response, StreamingHttpResponse)
    content = b"".join(response) if streamed else response.content  # type: ignore[attr-defined]  # one or the other
    return content.decode(errors="replace") + str(response.headers)


def _ruled(table: Table, kind: type[Rule]) -> Iterator[Route]:
    return (route for route in routes(_URLCONFS[table.host]) if isinstance(table.rules.get(route.text), kind))


def _wrong(table: Table, kind: type[Rule], is_right: Callable[[Route, str], object]) -> dict[str, object]:
    """Ask every URL of a kind, both ways, and return what was not as it should be, by method and route."""
    verdicts = {
        f"{method.upper()} /{route.text}": is_right(route, method)
        for route in _ruled(table, kind)
        for method in ("get", "post")
    }
    assert verdicts, "there is no URL of this kind"
    return {name: verdict for name, verdict in verdicts.items() if verdict is not True}


@pytest.fixture
def roles(tradewind: Organization) -> dict[str, User]:
    return {role: make_member(tradewind, f"{role}@tradewind.example", Role(role)) for role in _ROLES}


@pytest.mark.parametrize("table", [CONSOLE, EMBED], ids=lambda table: table.host)
def test_every_url_has_a_rule_and_every_rule_a_url(table: Table) -> None:
    there = {route.text for route in routes(_URLCONFS[table.host])}
    assert there - table.rules.keys() == set(), "write rules for these URLs into tests/house/access_table.py"
    assert table.rules.keys() - there == set(), "these rules have no URL any more"


def test_a_room_sends_somebody_who_is_not_logged_in_to_the_log_in_page(world: World) -> None:
    client = _client(CONSOLE)

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        answer = _ask(client, CONSOLE, route, values, method)
        return (answer.asks_to_log_in and not answer.tells and not answer.written) or answer

    assert _wrong(CONSOLE, Room, is_right) == {}


def test_a_room_is_not_there_for_a_stranger(world: World, charlie: User) -> None:
    client = _client(CONSOLE, charlie)

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        answer = _ask(client, CONSOLE, route, values, method)
        return (answer.status == 404 and not answer.tells and not answer.written) or answer

    assert _wrong(CONSOLE, Room, is_right) == {}


def test_what_is_ours_is_not_there_under_a_strangers_own_organization(world: World, charlie: User) -> None:
    client = _client(CONSOLE, charlie)

    values = sample_values(world.a, organization=world.b.organization.slug)

    def is_right(route: Route, method: str) -> object:
        if route.arguments <= {"organization"}:
            return True
        rule = CONSOLE.rules[route.text]
        expected = 405 if getattr(rule, method) is None else 404
        answer = _ask(client, CONSOLE, route, values, method)
        return (answer.status == expected and not answer.tells and not answer.written) or answer

    assert _wrong(CONSOLE, Room, is_right) == {}


def test_a_stranger_cannot_tell_what_is_there_from_what_is_not(world: World, charlie: User) -> None:
    nothing = {
        "organization": "nobody-has-this",
        "uid": "00000000-0000-4000-8000-000000000000",
        "key_id": "nothing",
        "api_key_id": "nothing",
        "dashboard_id": "999999",
    }

    client = _client(CONSOLE, charlie)

    values, no_values = sample_values(world.a), sample_values(world.a, **nothing)

    def is_right(route: Route, method: str) -> object:
        there = _ask(client, CONSOLE, route, values, method)
        not_there = _ask(client, CONSOLE, route, no_values, method)
        same = there.status == not_there.status == 404 and _shape(there) == _shape(not_there)
        return same or (there, not_there)

    def _shape(answer: Answer) -> int:
        return len(answer.text.replace("nobody-has-this", "tradewind"))

    assert _wrong(CONSOLE, Room, is_right) == {}


@pytest.mark.parametrize("role", _ROLES)
def test_a_member_may_what_the_role_allows_and_no_more(world: World, roles: dict[str, User], role: str) -> None:
    client = _client(CONSOLE, roles[role])

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        rule = CONSOLE.rules[route.text]
        assert isinstance(rule, Room)
        answer = _ask(client, CONSOLE, route, values, method)
        return (answer.status in _expected(rule, role, method) and not answer.asks_to_log_in) or answer

    assert _wrong(CONSOLE, Room, is_right) == {}


def _expected(rule: Room, role: str, method: str) -> tuple[int, ...]:
    """What a member may get. An empty form is answered with its errors (400), a finished deed with a redirect."""
    least = rule.get if method == "get" else rule.post
    others = rule.post if method == "get" else rule.get
    reaches = {needed: _ROLES.index(role) >= _ROLES.index(needed) for needed in (least, others) if needed}
    if least is None:
        return (405,) if others is None or reaches[others] else (403,)
    return (200, 302, 303, 400) if reaches[least] else (403,)


def test_a_personal_page_sends_somebody_who_is_not_logged_in_to_the_log_in_page(world: World) -> None:
    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        answer = _ask(_client(CONSOLE), CONSOLE, route, values, method)
        return (answer.status == 302 and answer.location.startswith("/accounts/login/")) or answer

    assert _wrong(CONSOLE, SignedIn, is_right) == {}


def test_a_personal_page_shows_a_stranger_nothing_of_ours(world: World, charlie: User) -> None:
    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        answer = _ask(_client(CONSOLE, charlie), CONSOLE, route, values, method)
        return (answer.status in (200, 302, 405) and not answer.tells) or answer

    assert _wrong(CONSOLE, SignedIn, is_right) == {}


def test_the_operators_pages_are_there_for_staff_alone(world: World, roles: dict[str, User], charlie: User) -> None:
    staff = User.objects.create(email="operator@server.example", is_staff=True)
    nobody, owner, stranger, operator = (_client(CONSOLE, user) for user in (None, roles["owner"], charlie, staff))

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        answers = {
            name: _ask(client, CONSOLE, route, values, method)
            for name, client in (("owner", owner), ("stranger", stranger), ("nobody", nobody))
        }
        opened = _ask(operator, CONSOLE, route, values, method)
        shut = answers["owner"].status == answers["stranger"].status == 404 and answers["nobody"].asks_to_log_in
        silent = not any(answer.tells or answer.written for answer in answers.values())
        return (shut and silent and opened.status in (200, 302, 403, 405)) or (answers, opened)

    assert _wrong(CONSOLE, Operator, is_right) == {}


@pytest.mark.parametrize("table", [CONSOLE, EMBED], ids=lambda table: table.host)
def test_a_public_page_is_there_for_everybody_and_holds_nothing_of_ours(world: World, table: Table) -> None:
    client = _client(table)

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        rule = table.rules[route.text]
        assert isinstance(rule, Public)
        answer = _ask(client, table, route, values, method)
        expected = (rule.status,) if method == "get" else (200, 302, 400, 403, 405)
        return (answer.status in expected and not answer.tells and not answer.written) or answer

    assert _wrong(table, Public, is_right) == {}


def test_without_a_good_token_an_embed_url_is_refused_and_nothing_is_written(world: World) -> None:
    client = _client(EMBED)

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        rule = EMBED.rules[route.text]
        assert isinstance(rule, Token)
        answer = _ask(client, EMBED, route, values, method)
        named = not rule.as_json or method == "post" or f'"{rule.code}"' in answer.text
        return (answer.status in _refused(method) and named and not answer.tells and not answer.written) or answer

    assert _wrong(EMBED, Token, is_right) == {}


def _refused(method: str) -> tuple[int, ...]:
    return (401,) if method == "get" else (401, 405)


def test_without_an_api_key_a_backends_call_is_refused_and_nothing_is_written(
    world: World, roles: dict[str, User]
) -> None:
    clients = (_client(EMBED), _client(EMBED, roles["owner"]))

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        rule = EMBED.rules[route.text]
        assert isinstance(rule, Backend)
        code = rule.code if method in rule.methods else "method_not_allowed"
        answers = [_ask(client, EMBED, route, values, method) for client in clients]
        return all(f'"{code}"' in one.text and not one.tells and not one.written for one in answers) or answers

    assert _wrong(EMBED, Backend, is_right) == {}


def test_a_log_in_to_the_console_opens_nothing_on_the_embed_host(world: World, roles: dict[str, User]) -> None:
    client = _client(EMBED, roles["owner"])

    values = sample_values(world.a)

    def is_right(route: Route, method: str) -> object:
        answer = _ask(client, EMBED, route, values, method)
        return (answer.status in _refused(method) and not answer.tells) or answer

    assert _wrong(EMBED, Token, is_right) == {}


@pytest.mark.parametrize(("table", "other"), [(CONSOLE, EMBED), (EMBED, CONSOLE)], ids=["console", "embed"])
def test_no_url_of_one_host_is_there_on_the_other(
    world: World, roles: dict[str, User], table: Table, other: Table
) -> None:
    client = Client(HTTP_HOST=_HOSTS[other.host])
    client.force_login(roles["owner"])
    own = {route.text for route in routes(_URLCONFS[other.host])}
    elsewhere = [route for route in routes(_URLCONFS[table.host]) if route.text not in own]
    values = sample_values(world.a)
    found = {route.text: client.get(route.address(_URLCONFS[table.host], values)) for route in elsewhere}
    assert {text: answer.status_code for text, answer in found.items() if answer.status_code != 404} == {}


@pytest.mark.parametrize("host", ["elsewhere.test", "console.test.evil.test", "localhost"])
def test_no_page_is_there_for_an_unknown_host(world: World, host: str) -> None:
    client, values = Client(HTTP_HOST=host), sample_values(world.a)
    found = {
        f"{table.host} {route.text}": client.get(route.address(_URLCONFS[table.host], values)).status_code
        for table in (CONSOLE, EMBED)
        for route in routes(_URLCONFS[table.host])
    }
    assert {text: status for text, status in found.items() if status not in (400, 404)} == {}
