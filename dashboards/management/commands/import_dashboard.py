"""``manage.py import_dashboard file.yml --organization slug``: save a file as a dashboard's newest version."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboards.as_code import import_document
from dashboards.spec import SpecError
from embedhost.lib.errors import Refused
from secrets_admin.models import Organization


class Command(BaseCommand):
    help = "Saves a YAML file as the newest version of its dashboard."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organization", required=True, help="slug of the organization")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization with the slug {options['organization']}.")
        try:
            dashboard = import_document(organization, options["file"].read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except SpecError as error:
            problems = "\n".join(f"- {problem}" for problem in error.problems)
            raise CommandError(f"Nothing was saved.\n{problems}") from error
        except Refused as error:
            raise CommandError(f"Nothing was saved. {error.message}") from error
        self.stdout.write(f"Saved {dashboard.title} (embed id {dashboard.embed_id}).")
