"""Tradewind, the demo's organization: made once, then kept as it is and completed where something is missing."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db.models import QuerySet

from customers.models import Customer
from customers.services import get_or_create_customer
from dashboards.as_code import import_document, load
from dashboards.lists import set_customer_dashboards, set_tag_dashboards
from dashboards.models import Dashboard
from datasources.models import DataSource, TableRule
from datasources.services import create_source, set_rule
from embedhost.demo.data import ensure_warehouse, read_customers
from embedhost.demo.facts import ApiKeyFacts, DemoFacts, EmbedSecretFacts, Login, Logins, read_facts, write_facts
from secrets_admin.access import SYSTEM, main_workspace
from secrets_admin.api_key_services import SCOPES, create_api_key, hash_api_key
from secrets_admin.models import ApiKey, EmbedSecret, Member, Organization, Role, User, Workspace
from secrets_admin.services import create_secret
from secrets_admin.workspaces import add_origin
from tokens.formats import MINTED

SLUG = "tradewind"
DOCUMENTS = (
    Path(__file__).parent / "dashboards" / "sales-overview.yml",
    Path(__file__).parent / "dashboards" / "orders-and-returns.yml",
)
PEOPLE = {
    Role.OWNER: "alice@tradewind.example",
    Role.EDITOR: "editor@tradewind.example",
    Role.VIEWER: "bob@tradewind.example",
}
#: Each table's rule. product_costs is left out on purpose: a table without a rule is hidden.
RULES = {
    "main.orders": (TableRule.Kind.SCOPED, "customer_id"),
    "main.products": (TableRule.Kind.SHARED, ""),
    "main.calendar": (TableRule.Kind.SHARED, ""),
    "main.benchmarks": (TableRule.Kind.SHARED, ""),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo runs: ports on this machine, and the folder of its files."""

    port: int
    host_port: int
    folder: Path

    @property
    def host_origins(self) -> tuple[str, str]:
        """The origins that the pretend product can be opened on."""
        return f"http://localhost:{self.host_port}", f"http://127.0.0.1:{self.host_port}"


def seed(place: Place) -> DemoFacts:
    """Make or complete the demo, write var/demo.json and return what is in it. A second run changes nothing."""
    path = place.folder / "demo.json"
    before = read_facts(path)
    warehouse = place.folder / "demo" / "tradewind.duckdb"
    ensure_warehouse(warehouse, datetime.now(UTC).date())
    workspace = _workspace(place)
    _source(workspace, warehouse)
    logins = _logins(workspace.organization, before)
    boards = _dashboards(workspace.organization)
    customers = _customers(workspace)
    _lists(workspace, customers, boards)
    facts: DemoFacts = {
        "base_url": f"http://127.0.0.1:{place.port}",
        "console_url": f"http://localhost:{place.port}",
        "host_page": f"{place.host_origins[0]}/",
        "logins": logins,
        "organization": {
            "id": workspace.organization.id,
            "slug": workspace.organization.slug,
            "workspace_id": workspace.id,
            "embed_secrets": [_embed_secret(workspace, name) for name in MINTED],
        },
        "api_key": _api_key(workspace, before),
        "customers": [
            {"external_id": customer.external_id, "name": customer.name, "token": customer.token()}
            for customer in customers
        ],
        "dashboards": [
            {"id": board.id, "embed_id": str(board.embed_id), "slug": board.slug, "title": board.title}
            for board in boards
        ],
    }
    write_facts(path, facts)
    return facts


def _workspace(place: Place) -> Workspace:
    organization, made = Organization.objects.get_or_create(
        slug=SLUG, defaults={"name": "Tradewind", "embedding_enabled": True}
    )
    if made:
        Workspace.objects.create(organization=organization)
    workspace = main_workspace(organization)
    for origin in place.host_origins:
        if origin not in workspace.origins:
            add_origin(workspace, origin, actor=SYSTEM)
    return workspace


def _logins(organization: Organization, before: DemoFacts | None) -> Logins:
    known: Mapping[str, Login] = {login["email"]: login for login in _values(before)}
    owner, editor, viewer = (_login(organization, role, known.get(email)) for role, email in PEOPLE.items())
    return {"owner": owner, "editor": editor, "viewer": viewer}


def _values(before: DemoFacts | None) -> list[Login]:
    return [] if before is None else [before["logins"]["owner"], before["logins"]["editor"], before["logins"]["viewer"]]


def _login(organization: Organization, role: Role, known: Login | None) -> Login:
    """Return a person's login; the password is the one of the earlier run, else a new one."""
    email = PEOPLE[role]
    user = User.objects.filter(email=email).first()
    if user is not None and known is not None:
        return known
    password = known["password"] if known is not None else secrets.token_urlsafe(12)
    if user is None:
        user = User.objects.create_user(email, password)
    else:
        user.set_password(password)
        user.save(update_fields=["password"])
    Member.objects.get_or_create(organization=organization, user=user, defaults={"role": role})
    return {"email": email, "password": password}


def _embed_secret(workspace: Workspace, format: str) -> EmbedSecretFacts:
    living = workspace.embed_secrets.filter(
        format=format, state=EmbedSecret.State.ACTIVE, purpose=EmbedSecret.Purpose.EMBED
    )
    secret = living.order_by("id").first() or create_secret(
        workspace, name=f"Demo for {MINTED[format].label.partition(' format')[0]}", format=format, actor=SYSTEM
    )
    return {
        "format": format,
        "kind": MINTED[format].kind,
        "key_id": secret.key_id,
        "key_value": secret.value().decode(),
    }


def _api_key(workspace: Workspace, before: DemoFacts | None) -> ApiKeyFacts:
    """Return the key of the earlier run while it lives; only its hash is stored, so a lost one is made anew."""
    if before is not None:
        known = before["api_key"]
        alive = ApiKey.objects.filter(
            workspace=workspace, key_id=known["id"], key_hash=hash_api_key(known["key"]), revoked_at=None
        )
        if alive.exists():
            return known
    key, value = create_api_key(workspace, name="Demo", scopes=SCOPES, actor=SYSTEM)
    return {"id": key.key_id, "key": value}


def _customers(workspace: Workspace) -> list[Customer]:
    """Return the demo's customers in the order of its list; one that was deleted stays deleted."""
    wanted = read_customers()
    there = {customer.external_id: customer for customer in workspace.customers.all()}
    for external_id, name in wanted:
        if external_id not in there:
            there[external_id], _ = get_or_create_customer(workspace, external_id, name=name, actor=SYSTEM)
    found = [there[external_id] for external_id, _ in wanted]
    return [customer for customer in found if customer.deleted_at is None]


def _lists(workspace: Workspace, customers: list[Customer], boards: list[Dashboard]) -> None:
    """Put both dashboards on the tag list and give every customer the first one, where nobody has chosen yet."""
    first = boards[0]
    if not workspace.tag_dashboards.exists():
        set_tag_dashboards(workspace, boards, default=first, actor=SYSTEM)
    for customer in customers:
        if not customer.customer_dashboards.exists():
            set_customer_dashboards(customer, [first], default=first, actor=SYSTEM)


def _source(workspace: Workspace, warehouse: Path) -> DataSource:
    source = workspace.data_sources.filter(name="warehouse").first()
    if source is None:
        source = create_source(
            workspace, name="warehouse", engine="duckdb", connection={"path": str(warehouse)}, actor=SYSTEM
        )
        for table, (kind, column) in RULES.items():
            set_rule(source, table, kind=kind, column=column, actor=SYSTEM)
    return source


def _dashboards(organization: Organization) -> list[Dashboard]:
    return [_dashboard(organization, path.read_text(encoding="utf-8")) for path in DOCUMENTS]


def _dashboard(organization: Organization, text: str) -> Dashboard:
    """Return the dashboard of a file, saved again only when the file has changed: later edits are left alone."""
    document = load(text)
    document.pop("settings", None)
    board = _living(organization).filter(slug=document["slug"]).first()
    if board is not None and document in list(board.versions.values_list("document", flat=True)):
        return board
    return import_document(organization, text)


def _living(organization: Organization) -> QuerySet[Dashboard]:
    return Dashboard.objects.filter(organization=organization, archived_at=None)
