"""``manage.py set_customer_source``: the operator gives a customer a data source of its own."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasources.walls import set_route
from embedhost.management.sources import source_of, told_to_the_operator, workspace_of
from secrets_admin.access import SYSTEM


class Command(BaseCommand):
    help = "Lets a customer's every panel ask one data source, whatever it names; without --source, what it names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--customer", required=True, help="external ID of the customer")
        parser.add_argument("--source", default="", help="name of the data source")

    def handle(self, *args: Any, **options: Any) -> None:
        slug, name = options["organization"], options["source"]
        with told_to_the_operator():
            source = source_of(slug, name) if name else None
            set_route(workspace_of(slug), options["customer"], source, actor=SYSTEM)
        self.stdout.write(f"{options['customer']} asks {name or 'the data sources that panels name'} from now on.")
