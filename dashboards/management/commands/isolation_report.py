"""``manage.py isolation_report``: runs every query for two customers and says whether one saw the other's rows."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboards.access import list_dashboards
from dashboards.isolation import NotEnoughCustomers, Report, report_on
from dashboards.isolation_words import FORMATS
from dashboards.models import Dashboard
from secrets_admin.access import main_workspace
from secrets_admin.models import Organization


class Command(BaseCommand):
    help = "Runs every panel and every query of choices for two customers; ends with status 1 when one saw the other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", help="slug of the organization; all of them when left out")
        parser.add_argument("--dashboard", action="append", default=[], help="slug of a dashboard; may be repeated")
        parser.add_argument("--customer", action="append", default=[], help="external id; name two, or none")
        parser.add_argument("--format", choices=sorted(FORMATS), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = list(_reports(options))
        if not reports:
            raise CommandError("There is no such dashboard, or no organization with two customers.")
        for report in reports:
            self.stdout.write(FORMATS[options["format"]](report), ending="")
        if any(report.leaks for report in reports):
            sys.exit(1)


def _reports(options: dict[str, Any]) -> Iterator[Report]:
    wanted = options["organization"]
    for organization in Organization.objects.filter(**({"slug": wanted} if wanted else {})).order_by("id"):
        rows = [row for row in list_dashboards(organization.id) if _is_wanted(row, options["dashboard"])]
        try:
            if rows:
                yield report_on(rows, main_workspace(organization).id, options["customer"])
        except NotEnoughCustomers as error:
            if wanted:
                raise CommandError(error.message) from None


def _is_wanted(row: Dashboard, names: list[str]) -> bool:
    return not names or bool({row.slug, str(row.embed_id), str(row.id)} & set(names))
