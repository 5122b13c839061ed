"""``manage.py export_dashboard slug --organization slug``: print a dashboard's latest version as YAML."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboards.as_code import export_document
from dashboards.models import Dashboard


class Command(BaseCommand):
    help = "Prints a dashboard's latest version as YAML that import_dashboard reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--organization", required=True, help="slug of the organization")

    def handle(self, *args: Any, **options: Any) -> None:
        living = Dashboard.objects.filter(archived_at=None, organization__slug=options["organization"])
        found = living.filter(slug=options["slug"]).first()
        if found is None:
            raise CommandError(f"{options['organization']} has no dashboard with the slug {options['slug']}.")
        self.stdout.write(export_document(found), ending="")
