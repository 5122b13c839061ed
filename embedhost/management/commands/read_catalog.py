"""``manage.py read_catalog``: the operator lets embedhost read a data source's tables again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasources.services import refresh_catalog
from embedhost.management.sources import source_of, told_to_the_operator
from secrets_admin.access import SYSTEM


class Command(BaseCommand):
    help = "Reads the tables of a data source again and hides those whose scope column is another one now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--source", required=True, help="name of the data source")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_to_the_operator():
            source = source_of(options["organization"], options["source"])
            hidden = refresh_catalog(source, actor=SYSTEM)
        self.stdout.write(f"Read the catalog of {source.name}.")
        for table in hidden:
            self.stdout.write(f"{table} is hidden now, since its scope column changed. Set its rule again.")
