"""Data sources in the REST API: connected, read, changed, tried and deleted. No answer has a password.

What concerns the whole workspace is not for a key that is limited to some customers.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import orjson
from django.core.exceptions import ValidationError
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from datasources import api_fields, services
from datasources.access import list_sources, source_named
from datasources.api_fields import detail, shown
from datasources.errors import (
    BadConnection,
    ConnectionFailed,
    DataSourceError,
    NoLogins,
    ServerBusy,
    SourceExists,
    TooManyTries,
)
from datasources.models import DataSource
from datasources.walls import set_login_per_customer
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.etags import IF_MATCH, IF_NONE_MATCH, ChangedMeanwhile, answer_unless_known, check_match, etag_of
from embedhost.lib.api.problems import RefusedAt
from secrets_admin.api_view import KeyView
from secrets_admin.idempotency import ONCE, Made, once, remembered

#: What a source that is there can answer when it is asked.
_ASKED: Final = (404, 422, 504)


class SourcesView(KeyView):
    """The workspace's data sources."""

    @endpoint("data_sources_list", "List data sources", scope="read", answers={200: api_fields.Sources})
    def get(self, request: Request) -> Response:
        """With every table and its rule. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        return Response({"items": [shown(row) for row in list_sources(self.workspace)]})

    @endpoint(
        "data_sources_create",
        "Connect a data source",
        scope="write",
        body=api_fields.NewSource,
        headers=ONCE,
        answers={201: api_fields.SourceDetail},
        problems=(404, 409, 422),
    )
    def post(self, request: Request) -> Response:
        """It is connected to and its tables are read before anything is saved. Every table starts hidden.

        Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        asked = b"data-sources " + orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)
        call = self.key.key_id, request.headers.get("Idempotency-Key"), asked
        status, name = remembered(*call) or once(*call, self._connected())
        place = {"Location": f"/api/v1/data-sources/{name}"}
        return Response(detail(source_named(self.workspace, name)), status, headers=place)

    def _connected(self) -> Callable[[], Made]:
        """Connect now, outside of any transaction, and return what saves it."""
        try:
            with _pointing():
                source = services.connect_new(self.workspace, **self.body, actor=self.actor)
        except ValidationError:  # What else a name can be wrong in was looked at when the body was read.
            raise SourceExists from None
        return lambda: self._kept(source)

    def _kept(self, source: DataSource) -> Made:
        try:
            return 201, services.keep_new(source, actor=self.actor).name
        except ValidationError:
            raise SourceExists from None


class SourceView(KeyView):
    """One data source."""

    @endpoint(
        "data_sources_get",
        "Get a data source",
        scope="read",
        headers=IF_NONE_MATCH,
        answers={200: api_fields.SourceDetail, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, name: str) -> Response:
        """With its connection, but for the password. Not with a key that is limited to some customers."""
        return answer_unless_known(request, detail(source_of(self, name)))

    @endpoint(
        "data_sources_replace",
        "Set the connection of a data source",
        scope="write",
        body=api_fields.SourceState,
        headers=IF_MATCH,
        answers={200: api_fields.SourceChanged},
        problems=(404, 409, 412, 422),
    )
    def put(self, request: Request, name: str) -> Response:
        """It is connected to and its tables are read before anything is saved.

        A password that is missing or empty stays, for the same host, port, user and TLS mode; for others it has to be
        sent again.
        """
        return self._change(source_of(self, name), self.body["connection"])

    @endpoint(
        "data_sources_change",
        "Change the connection of a data source",
        scope="write",
        body=api_fields.SourceChange,
        headers=IF_MATCH,
        answers={200: api_fields.SourceChanged},
        problems=(404, 409, 412, 422),
    )
    def patch(self, request: Request, name: str) -> Response:
        """Fields that are missing stay. Another host, port, user or TLS mode needs the password again.

        It is connected to and its tables are read before anything is saved.
        """
        row = source_of(self, name)
        wanted = self.body.get("connection")
        if not wanted:
            return changed(row, [])
        known = {name: value for name, value in row.connection.items() if name not in ("password", "path")}
        return self._change(row, {**known, **wanted})

    @endpoint(
        "data_sources_delete",
        "Delete a data source",
        scope="write",
        headers=IF_MATCH,
        answers={204: None},
        problems=(404, 409, 412),
    )
    def delete(self, request: Request, name: str) -> Response:
        """Its connection and its rules are forgotten, and panels that name it show nothing.

        Refused while customers have it as their own.
        """
        row = source_of(self, name)
        check = self._unchanged(row) if "If-Match" in request.headers else None
        services.delete_source(row, actor=self.actor, check=check)
        return Response(status=204)

    def _change(self, row: DataSource, connection: Mapping[str, Any]) -> Response:
        check = self._unchanged(row)
        remove = self.body.get("remove_logins", False)
        with _pointing():
            hidden = services.change_connection(row, connection, actor=self.actor, remove_logins=remove, check=check)
        return changed(row, hidden)

    def _unchanged(self, row: DataSource) -> services.Check:
        """Check If-Match now, and return what refuses a row that somebody changed after that.

        A new connection is built on what was read, and trying it takes time: it is refused without the header, too.
        """
        check_match(self.request.headers.get("If-Match"), etag_of(detail(row)))
        return lambda now: _require_version(now, row.version)


class SourceTestView(KeyView):
    """Trying what is stored."""

    @endpoint(
        "data_sources_test",
        "Test a data source",
        scope="write",
        answers={200: api_fields.Tried},
        problems=_ASKED,
    )
    def post(self, request: Request, name: str) -> Response:
        """Connect with what is stored. 503 `data_source_unavailable` when that does not work."""
        return Response({"warnings": services.test_source(source_of(self, name), actor=self.actor)})


class SourceReadView(KeyView):
    """Reading the tables anew."""

    @endpoint(
        "data_sources_read",
        "Read the tables of a data source again",
        scope="write",
        answers={200: api_fields.SourceChanged},
        problems=(*_ASKED, 412),
    )
    def post(self, request: Request, name: str) -> Response:
        """New tables are hidden, and so is a table whose rule names a column that changed.

        412 when the connection was changed while they were read.
        """
        row = source_of(self, name)
        return changed(row, services.refresh_catalog(row, actor=self.actor))


class SourceWallsView(KeyView):
    """The second wall of a data source."""

    @endpoint(
        "data_sources_get_walls",
        "Get whether a data source has one wall or two",
        scope="read",
        headers=IF_NONE_MATCH,
        answers={200: api_fields.Walls, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, name: str) -> Response:
        """Not with a key that is limited to some customers."""
        return answer_unless_known(request, _walls(source_of(self, name)))

    @endpoint(
        "data_sources_set_walls",
        "Set one wall or two",
        scope="write",
        body=api_fields.Walls,
        headers=IF_MATCH,
        answers={200: api_fields.Walls},
        problems=(404, 409, 412),
    )
    def put(self, request: Request, name: str) -> Response:
        """With two, a customer without a login of its own sees nothing. Databases without logins have one."""
        row, wanted = source_of(self, name), self.body["login_per_customer"]
        try:
            set_login_per_customer(row, wanted, check=self._check, actor=self.actor)
        except NoLogins as refusal:
            raise RefusedAt(refusal, "login_per_customer") from None
        return Response(_walls(row), headers={"ETag": etag_of(_walls(row))})

    def _check(self, now: DataSource) -> None:
        check_match(self.request.headers.get("If-Match"), etag_of(_walls(now)))


def source_of(view: KeyView, name: str) -> DataSource:
    """Return the data source that a path names. Raises CustomerNotAllowed and NotFound."""
    view.key.require_all_customers()
    return source_named(view.workspace, name)


def changed(row: DataSource, hidden: list[str]) -> Response:
    """Answer what became of a data source, and which tables were hidden by that."""
    said = detail(row)
    return Response({**said, "hidden": hidden}, headers={"ETag": etag_of(said)})


def _walls(row: DataSource) -> dict[str, bool]:
    return {"login_per_customer": row.login_per_customer}


def _require_version(now: DataSource, version: int) -> None:
    if now.version != version:
        raise ChangedMeanwhile


@contextmanager
def _pointing() -> Iterator[None]:
    """Let what is wrong with a connection say where in the body, and all that fails behind it look the same."""
    try:
        yield
    except BadConnection as refusal:
        if not refusal.field:
            raise
        raise RefusedAt(refusal, f"connection/{refusal.field}") from None
    except (TooManyTries, ServerBusy):
        raise
    except DataSourceError:
        raise RefusedAt(ConnectionFailed(), "connection") from None


_SOURCE: Final = "api/v1/data-sources/<str:name>"
api_urlpatterns = [
    path("api/v1/data-sources/", SourcesView.as_view(), name="api_data_sources"),
    path(_SOURCE, SourceView.as_view(), name="api_data_source"),
    path(f"{_SOURCE}/test", SourceTestView.as_view(), name="api_data_source_test"),
    path(f"{_SOURCE}/read", SourceReadView.as_view(), name="api_data_source_read"),
    path(f"{_SOURCE}/walls", SourceWallsView.as_view(), name="api_data_source_walls"),
]
