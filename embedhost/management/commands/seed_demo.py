"""``manage.py seed_demo``: make the demo's organization, data and dashboards, and write var/demo.json."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from embedhost.demo.seeding import Place, seed


class Command(BaseCommand):
    help = "Makes the demo (Tradewind, 50 customers, two dashboards) and writes var/demo.json. Safe to run again."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where embedhost is served (default: 8000)")
        parser.add_argument("--host-port", type=int, help="where the pretend product is (default: the port after)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("The demo writes keys in clear into a file. Set DEVELOPMENT=1 on a machine of your own.")
        host_port = options["host_port"] or options["port"] + 1
        facts = seed(Place(port=options["port"], host_port=host_port, folder=settings.VAR_DIR))
        self.stdout.write(
            f"Tradewind: {len(facts['customers'])} customers, {len(facts['dashboards'])} dashboards. "
            f"{settings.VAR_DIR / 'demo.json'} has the log-ins and keys."
        )
