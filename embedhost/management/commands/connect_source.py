"""``manage.py connect_source``: the operator connects a database to an organization."""

import getpass
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand

from datasources.catalog import Catalog
from datasources.engines import ENGINES
from datasources.models import DataSource
from datasources.services import check_role, create_source
from embedhost.management.sources import told_to_the_operator, workspace_of
from secrets_admin.access import SYSTEM


class Command(BaseCommand):
    help = "Connects a database and reads its catalog; every table starts hidden. A password is read from stdin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--name", required=True, help="how panels name the source")
        parser.add_argument("--engine", required=True, choices=list(ENGINES))
        parser.add_argument(
            "--set", type=_pair, action="append", default=[], metavar="KEY=VALUE", help="a field; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with told_to_the_operator():
            workspace = workspace_of(options["organization"])
            connection = _with_password(options["engine"], dict(options["set"]))
            source = create_source(
                workspace, name=options["name"], engine=options["engine"], connection=connection, actor=SYSTEM
            )
            self._tell(source)

    def _tell(self, source: DataSource) -> None:
        self.stdout.write(f"Connected {source.name}. All its tables are hidden until set_rule says otherwise:")
        for table in Catalog.from_json(source.catalog).tables:
            self.stdout.write(f"  {table.key} ({', '.join(column.name for column in table.columns)})")
        for warning in check_role(source).warnings:
            self.stdout.write(f"Warning: {warning}")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        # The text may be a password, so it is not repeated.
        raise ArgumentTypeError("write KEY=VALUE, such as host=db.example.com.")
    return key, value


def _with_password(engine: str, fields: dict[str, str]) -> dict[str, str]:
    """Ask for the engine's secret password unless it was given; spaces at its ends belong to it."""
    asks = any(field.secret and field.name == "password" for field in ENGINES.chosen(engine).fields)
    if not asks or "password" in fields:
        return fields
    password = getpass.getpass("Password of the login: ") if sys.stdin.isatty() else sys.stdin.readline()
    return {**fields, "password": password.rstrip("\r\n")}
