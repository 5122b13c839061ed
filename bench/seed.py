"""What the measurements open: one organization, a thousand customers, six panels. Prints its facts as JSON."""

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
from datasources.services import create_source, set_rule  # noqa: E402
from secrets_admin.access import SYSTEM  # noqa: E402
from secrets_admin.models import Organization  # noqa: E402
from secrets_admin.services import create_secret  # noqa: E402


def main(data_dsn: str) -> None:
    organization = Organization.objects.create(name="Bench", slug="bench", embedding_enabled=True)
    workspace = organization.workspaces.create(origins=["https://app.bench.test"])
    secret = create_secret(workspace, name="Bench", format="explo_jwe", actor=SYSTEM)
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
    Customer.objects.bulk_create(_customer(workspace.id, number) for number in range(1, CUSTOMERS + 1))
    document = (Path(__file__).parent / "dashboard.yml").read_text(encoding="utf-8")
    dashboard = import_document(organization, document)
    facts = {"embed_id": str(dashboard.embed_id), "key_id": secret.key_id, "key_value": secret.value().decode()}
    print(json.dumps(facts))


def _customer(workspace_id: str, number: int) -> Customer:
    customer = Customer(workspace_id=workspace_id, external_id=f"customer_{number}", name=f"Customer {number}")
    customer.new_token()
    return customer


if __name__ == "__main__":
    main(sys.argv[1])
