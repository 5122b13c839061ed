"""``manage.py set_rule table scoped|shared|hidden``: the operator says who may read a table of a data source."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasources.rules import EXTERNAL_ID, FAMILY, Kind
from datasources.services import set_rule
from embedhost.management.sources import source_of, told_to_the_operator
from secrets_admin.access import SYSTEM


class Command(BaseCommand):
    help = "Says who may read a table: each customer its own rows (scoped), everybody (shared), nobody (hidden)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", help="schema.name of the catalog")
        parser.add_argument("kind", choices=[kind.value for kind in Kind])
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--source", required=True, help="name of the data source")
        parser.add_argument("--column", default="", help="the column that says whose a row is, when scoped")
        parser.add_argument(
            "--property",
            default=EXTERNAL_ID,
            help=f"the customer's property that the column equals; {FAMILY}: the customer or any below it",
        )
        parser.add_argument(
            "--also", action="append", default=[], metavar="COLUMN=PROPERTY", help="a further column that must fit too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = {name: options[name] for name in ("kind", "column", "property")}
        chosen["also"] = [
            (column, property) for column, _, property in (each.partition("=") for each in options["also"])
        ]
        with told_to_the_operator():
            source = source_of(options["organization"], options["source"])
            rule = set_rule(source, options["table"], **chosen, actor=SYSTEM)
        self.stdout.write(f"{rule.table} of {source.name} is {rule.kind} now.")
