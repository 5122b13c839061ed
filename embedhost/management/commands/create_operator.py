"""``manage.py create_operator``: make the log-in of somebody who runs this server."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from secrets_admin.organizations import create_operator


class Command(BaseCommand):
    help = "Lets a person into the operator's pages of the console. The password is read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="e-mail address; a person who has an account keeps it and its password")

    def handle(self, *args: Any, **options: Any) -> None:
        password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        try:
            operator = create_operator(options["email"], password)
        except ValidationError as error:
            raise CommandError("Nothing was made. " + " ".join(error.messages)) from error
        self.stdout.write(f"{operator.email} is an operator. The pages are at /operator/ of the console.")
