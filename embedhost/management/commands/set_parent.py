"""``manage.py set_parent customer [parent]``: the operator puts a customer below another one, or below none."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.families import set_parent
from customers.models import Customer
from embedhost.management.sources import told_to_the_operator, workspace_of
from secrets_admin.access import SYSTEM
from secrets_admin.models import Workspace


class Command(BaseCommand):
    help = "Puts a customer below another one: tables whose rule names external_id+below show the parent its rows too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="external id of the customer")
        parser.add_argument("parent", nargs="?", help="external id of the customer above; none when left out")
        parser.add_argument("--organization", required=True, help="slug of the organization")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_to_the_operator():
            workspace = workspace_of(options["organization"])
            customer = _customer(workspace, options["customer"])
            parent = _customer(workspace, options["parent"]) if options["parent"] else None
            set_parent(customer, parent, actor=SYSTEM)
        above = f"below {parent.external_id}" if parent is not None else "below none"
        self.stdout.write(f"{customer.external_id} stands {above} now.")


def _customer(workspace: Workspace, external_id: str) -> Customer:
    customer = Customer.objects.filter(workspace=workspace, external_id=external_id, deleted_at=None).first()
    if customer is None:
        raise CommandError(f"There is no customer {external_id}.")
    return customer
