"""What the operator's commands about data sources share: how they find a source and how they tell a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from datasources.models import DataSource
from embedhost.lib.errors import Refused
from secrets_admin.access import main_workspace
from secrets_admin.models import Organization, Workspace


@contextmanager
def told_to_the_operator() -> Iterator[None]:
    """Turn a planned refusal into a CommandError with its message; a database's own words stay inside."""
    try:
        yield
    except Refused as error:
        raise CommandError(error.message) from error
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error


def workspace_of(slug: str) -> Workspace:
    """Return the main workspace of the organization with this slug. Raises CommandError, and NotFound."""
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organization with the slug {slug}.")
    return main_workspace(organization)


def source_of(slug: str, name: str) -> DataSource:
    """Return a data source of the organization's main workspace. Raises CommandError, and NotFound."""
    source = DataSource.objects.filter(workspace=workspace_of(slug), name=name).first()
    if source is None:
        raise CommandError(f"{slug} has no data source {name}. Make it with connect_source.")
    return source
