"""``manage.py set_walls one|two``: the operator says whether customers share a source's login or have their own."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datasources.walls import set_login_per_customer
from embedhost.management.sources import source_of, told_to_the_operator
from secrets_admin.access import SYSTEM


class Command(BaseCommand):
    help = "two: each customer's queries run under its own login, and one without sees nothing. one: all share a login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("walls", choices=["one", "two"])
        parser.add_argument("--organization", required=True, help="slug of the organization")
        parser.add_argument("--source", required=True, help="name of the data source")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_to_the_operator():
            source = source_of(options["organization"], options["source"])
            set_login_per_customer(source, options["walls"] == "two", actor=SYSTEM)
        self.stdout.write(f"{source.name} has {options['walls']} wall{'s' if options['walls'] == 'two' else ''}.")
