"""What the measurements open: an organization, a thousand customers, six panels, a token of every format, an API key.

Prints its facts as JSON.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedhost.settings")
django.setup()

from bench.orders import CUSTOMERS  # noqa: E402 -- after django.setup()
from customers.models import Customer  # noqa: E402
from dashboards.as_code import import_document  # noqa: E402
from dashboards.lists import set_tag_dashboards  # noqa: E402
from dashboards.models import Dashboard  # noqa: E402
from datasources.services import create_source, set_rule  # noqa: E402
from secrets_admin import facts  # noqa: E402
from secrets_admin.access import SYSTEM  # noqa: E402
from secrets_admin.api_key_services import SCOPES, create_api_key  # noqa: E402
from secrets_admin.feed import feed  # noqa: E402
from secrets_admin.models import EmbedSecret, Organization  # noqa: E402
from secrets_admin.services import create_secret  # noqa: E402
from tokens.formats import MINTED  # noqa: E402
from tokens.view import View  # noqa: E402

HERE = Path(__file__).parent
DOCUMENTS = ("dashboard.yml", "rows.yml")


def main(data_dsn: str) -> None:
    organization = Organization.objects.create(name="Bench", slug="bench", embedding_enabled=True)
    workspace = organization.workspaces.create(origins=["https://app.bench.test"])
    secrets = {name: create_secret(workspace, name=name, format=name, actor=SYSTEM) for name in MINTED}
    parts = urlsplit(data_dsn)
    connection = {
        "host": parts.hostname,
        "port": parts.port,
        "dbname": parts.path[1:],
        "user": parts.username,
        "password": parts.password or "",
        "sslmode": "disable",
    }
    source = create_source(workspace, name="warehouse", engine="postgresql", connection=connection, actor=SYSTEM)
    set_rule(source, "public.orders", kind="scoped", column="customer_id", actor=SYSTEM)
    set_rule(source, "public.numbers", kind="shared", actor=SYSTEM)
    Customer.objects.bulk_create(_customer(workspace.id, number) for number in range(1, CUSTOMERS + 1))
    boards = [import_document(organization, (HERE / name).read_text(encoding="utf-8")) for name in DOCUMENTS]
    set_tag_dashboards(workspace, boards, default=boards[0], actor=SYSTEM)
    feed.read()
    customer = Customer.objects.get(external_id="customer_1")
    tokens = {name: _token(name, secret, boards[0]) for name, secret in secrets.items()}
    told = {
        "embed_id": str(boards[0].embed_id),
        "rows_embed_id": str(boards[1].embed_id),
        "key_id": secrets["explo_jwe"].key_id,
        "key_value": secrets["explo_jwe"].value().decode(),
        "api_key": create_api_key(workspace, name="Bench", scopes=SCOPES, actor=SYSTEM)[1],
        "tokens": {**tokens, "customer_token": f"{boards[0].embed_id}:{customer.token()}"},
    }
    print(json.dumps(told))


def _token(format: str, secret: EmbedSecret, board: Dashboard) -> str:
    """Make a token of customer_1 as its vendor has it: the customer is a claim, a variable, or a rule's value."""
    key = facts.resolve_key(format, secret.key_id)
    if key is None:
        raise LookupError(format)
    by: dict[str, str | int] = {"embed_id": str(board.embed_id), "id": board.id, "tag": ""}
    named = {"customer_id" if format == "superset_guest" else "CUSTOMER": "customer_1"}
    variables = named if format == "superset_guest" or not MINTED[format].names_customer else None
    view = View(by[MINTED[format].dashboard_by], "customer_1", 7200, variables=variables)
    return MINTED[format].mint(key, view, feed.now())


def _customer(workspace_id: str, number: int) -> Customer:
    customer = Customer(workspace_id=workspace_id, external_id=f"customer_{number}", name=f"Customer {number}")
    customer.new_token()
    return customer


if __name__ == "__main__":
    main(sys.argv[1])
