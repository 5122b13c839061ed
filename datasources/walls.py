"""What sets a customer apart at the database itself: a login of its own (the second wall), a source of its own."""

import logging
from collections.abc import Callable, Collection, Mapping

from django.conf import settings
from django.db import IntegrityError, transaction

from datasources.access import customer_subject, feed_subject
from datasources.engines import ENGINES
from datasources.errors import BadConnection, DataSourceError, NoLogins, WallsTaken
from datasources.models import CustomerLogin, DataSource, SourceRoute
from datasources.snapshot import destination_of
from datasources.tries import a_try
from embedhost.lib.errors import NotFound
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.feed import Kind as FeedKind
from secrets_admin.feed import announce
from secrets_admin.models import Workspace

logger = logging.getLogger(__name__)

#: May refuse what is there now, before it changes.
Check = Callable[[], None]
SourceCheck = Callable[[DataSource], None]


def may_have_logins(source: DataSource) -> bool:
    """Tell whether the source's database has logins, so that each customer can have one."""
    return any(field.name == "user" for field in ENGINES.chosen(source.engine).fields)


def set_login_per_customer(source: DataSource, wanted: bool, *, actor: Actor, check: SourceCheck | None = None) -> None:
    """Let each customer's queries run under its own login, and refuse customers without one; or let all share one.

    ``check`` may refuse the source as it is now, while nobody else can change it. Raises NoLogins, NotFound when
    somebody deleted it meanwhile, and what ``check`` raises.
    """
    if wanted and not may_have_logins(source):
        raise NoLogins
    with transaction.atomic():
        now = DataSource.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
        if now is None:
            raise NotFound
        if check is not None:
            check(now)
        DataSource.objects.filter(pk=source.pk).update(login_per_customer=wanted)
        audit.record(source.workspace, actor, "source.walls_changed", source.name, two_walls=wanted)
        announce(FeedKind.SOURCE, feed_subject(source.workspace_id, source.name))
    source.login_per_customer = wanted


def set_customer_login(
    source: DataSource, external_id: str, *, user: str, password: str, actor: Actor
) -> tuple[str, ...]:
    """Give a customer its login at a source, or take it away with an empty ``user``; return what it may do too much.

    The login is tried. Raises BadConnection when another customer or the source itself has it, or when it may do more
    than read and DATA_SOURCE_STRICT_LOGINS is set, SourceUnavailable, and TooManyTries.
    """
    warnings = _check_login(source, external_id, user, password, actor) if user else ()
    try:
        with transaction.atomic():
            _replace_login(source, external_id, user, password)
            audit.record(source.workspace, actor, "source.login_changed", source.name, customer=external_id, user=user)
            announce(FeedKind.SOURCE, customer_subject(source.workspace_id, external_id))
    except IntegrityError:  # Somebody gave it to another customer while it was tried.
        raise BadConnection(_TAKEN) from None
    return warnings


_TAKEN = "Another customer, or the source itself, has this login. Make one for this customer alone."


def _replace_login(source: DataSource, external_id: str, user: str, password: str) -> None:
    CustomerLogin.objects.filter(source=source, external_id=external_id).delete()
    if user:
        row = CustomerLogin(source=source, external_id=external_id, user=user)
        row.seal(password, destination_of(source.engine, source.connection))
        row.save()


def _check_login(source: DataSource, external_id: str, user: str, password: str, actor: Actor) -> tuple[str, ...]:
    if not may_have_logins(source):
        raise NoLogins
    taken = CustomerLogin.objects.filter(source=source, user=user).exclude(external_id=external_id).exists()
    if taken or user == source.connection.get("user"):
        raise BadConnection(_TAKEN)
    engine = ENGINES.chosen(source.engine)
    wanted = {**source.connection, "user": user, "password": password}
    with a_try(source.workspace, actor):
        try:
            warnings = engine.check_role(engine.check(wanted)).warnings
        except DataSourceError as error:
            logger.warning("a customer's login failed", extra={"source": source.name, "detail": error.detail[:500]})
            raise
    if warnings and settings.DATA_SOURCE_STRICT_LOGINS:
        raise BadConnection(f"{warnings[0]} This server takes no login that may do more than read.")
    return warnings


def set_route(
    workspace: Workspace, external_id: str, source: DataSource | None, *, actor: Actor, check: Check | None = None
) -> None:
    """Let a customer's every panel ask ``source``, whatever the panel names; None lets it ask what panels name.

    ``check`` may refuse while nobody else can change it. Raises NotFound when somebody deleted the source meanwhile,
    and what ``check`` raises.
    """
    with transaction.atomic():
        # One at a time: of two at once, the second would meet the row that the first one makes.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if check is not None:
            check()
        SourceRoute.objects.filter(workspace=workspace, external_id=external_id).delete()
        if source is not None:
            if DataSource.objects.select_for_update(no_key=True).filter(pk=source.pk).first() is None:
                raise NotFound("The workspace has no data source with this name.")
            SourceRoute.objects.create(workspace=workspace, external_id=external_id, source=source)
        name = source.name if source is not None else ""
        audit.record(workspace, actor, "source.routed", name, customer=external_id)
        _announce(workspace, external_id)


def routes_of(workspace: Workspace, external_ids: Collection[str]) -> Mapping[str, str]:
    """Return the name of the data source that each of these customers has of its own; the others are left out."""
    rows = SourceRoute.objects.filter(workspace=workspace, external_id__in=external_ids).select_related("source")
    return {row.external_id: row.source.name for row in rows}


def rename_customer(workspace: Workspace, old: str, new: str) -> None:
    """Let a customer keep its source and logins under another external id; call it inside the renaming's transaction.

    Raises WallsTaken when a source or login waits for the new id already.
    """
    for rows in (
        SourceRoute.objects.filter(workspace=workspace),
        CustomerLogin.objects.filter(source__workspace=workspace),
    ):
        if rows.filter(external_id=new).exists():
            raise WallsTaken
        rows.filter(external_id=old).update(external_id=new)
    for external_id in (old, new):
        _announce(workspace, external_id)


def _announce(workspace: Workspace, external_id: str) -> None:
    announce(FeedKind.SOURCE, customer_subject(workspace.pk, external_id))
    # Whether anybody is routed is a fact of each source.
    for row in workspace.data_sources.all():
        announce(FeedKind.SOURCE, feed_subject(workspace.pk, row.name))
