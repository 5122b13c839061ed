"""``manage.py set_embedding <slug> on|off``: the operator lets an organization embed, or stops it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from secrets_admin.access import SYSTEM
from secrets_admin.models import Organization
from secrets_admin.organizations import set_embedding


class Command(BaseCommand):
    help = "Lets an organization embed, or stops all its embeds within a second."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("state", choices=("on", "off"))

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["slug"]).first()
        if organization is None:
            raise CommandError(f"There is no organization with the slug {options['slug']}.")
        set_embedding(organization, enabled=options["state"] == "on", actor=SYSTEM)
        self.stdout.write(f"Embedding is {options['state']} for {organization.name}.")
