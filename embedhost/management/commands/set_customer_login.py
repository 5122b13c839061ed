"""``manage.py set_customer_login``: the operator gives a customer its own login at a data source."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasources.walls import set_customer_login
from embedhost.management.sources import source_of, told_to_the_operator
from secrets_admin.access import SYSTEM


class Command(BaseCommand):
    help = (
        "Gives a customer its login at a data source, or takes it away without --user. A password is read from stdin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--source", required=True, help="name of the data source")
        parser.add_argument("--customer", required=True, help="external ID of the customer")
        parser.add_argument("--user", default="", help="the login; it is tried before it is kept")

    def handle(self, *args: Any, **options: Any) -> None:
        user = options["user"]
        with told_to_the_operator():
            source = source_of(options["organization"], options["source"])
            password = _password() if user else ""
            set_customer_login(source, options["customer"], user=user, password=password, actor=SYSTEM)
        self.stdout.write(f"{options['customer']} has {user or 'no login of its own'} at {source.name}.")


def _password() -> str:
    typed = getpass.getpass("Password of the login: ") if sys.stdin.isatty() else sys.stdin.readline()
    return typed.rstrip("\r\n")
