"""``manage.py create_organization``: the operator makes an organization and its owner."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from secrets_admin.organizations import create_organization


class Command(BaseCommand):
    help = "Makes an organization, its first workspace and its owner. The password is read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--slug", required=True)
        parser.add_argument("--owner", required=True, help="e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        password = getpass.getpass("Password of the owner: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
        try:
            organization = create_organization(
                name=options["name"], slug=options["slug"], owner_email=options["owner"], password=password
            )
        except ValidationError as error:
            raise CommandError("Nothing was made. " + " ".join(error.messages)) from error
        workspace = organization.workspaces.get()
        self.stdout.write(f"Made {organization.name} (id {organization.id}, workspace {workspace.id}).")
