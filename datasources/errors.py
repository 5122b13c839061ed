"""What can go wrong between SQL and rows. ``message`` is for viewers, ``problem`` and ``detail`` never."""

from typing import Any, Self

from embedhost.lib.errors import Refused


class DataSourceError(Refused):
    """A planned failure. ``detail`` is for the owner's scrubbed log only: it may hold a database's own words.

    Whoever is refused for what it asked has nothing to wait for, so these set ``retry_after`` to None again.
    """

    status = 503
    retry_after: int | None = 30
    code = "data_source_unavailable"
    message = "The data source cannot be reached right now. Try again in a minute."

    def __init__(self, detail: str = "") -> None:
        super().__init__()
        self.detail = detail


class QueryRejected(DataSourceError):
    """The SQL gate refused a statement. ``problem`` is a sentence for its author.

    ``offset`` is the character of the SQL that it is about, ``line`` and ``column`` are the same counted from 1; each
    is None as long as nobody knows.
    """

    status = 422
    retry_after = None
    code = "query_rejected"
    message = "This panel's query is not allowed. Its author can see why in the editor."

    def __init__(self, problem: str, detail: str = "", *, offset: int | None = None) -> None:
        super().__init__(detail)
        self.problem = problem
        self.offset = offset
        self.line: int | None = None
        self.column: int | None = None

    def near(self, node: Any) -> Self:
        """Point at a node of the syntax tree, unless a place is known already."""
        if self.offset is None:
            self.offset = _place(node)
        return self


def _place(node: Any) -> int | None:
    """Return where a node begins: the first place that it or anything in it has."""
    places = (part.meta.get("start") for part in node.walk())
    return min((place for place in places if isinstance(place, int)), default=None)


class ScopeMissing(QueryRejected):
    """A statement needs the customer's scope and there is none, or it does not fit the rule's column."""

    message = "This panel cannot be limited to your data, so it is not shown."

    def __init__(self, detail: str = "") -> None:
        super().__init__("scope_missing", detail)


class QueryFailed(DataSourceError):
    """The database refused or broke off a statement that the gate had passed."""

    message = "The query of this panel failed. Its author can see why in the log."
    status = 422
    retry_after = None
    code = "query_rejected"


class QueryTimeout(DataSourceError):
    status = 504
    code = "query_timeout"
    message = "The query took too long and was stopped. Try a shorter period."


class SourceUnavailable(DataSourceError):
    """``problem`` is a sentence for whoever connects the source, where there is more to say than ``message``."""

    def __init__(self, detail: str = "", problem: str = "") -> None:
        super().__init__(detail)
        self.problem = problem


class ServerBusy(DataSourceError):
    """The server is well, but all connections that it gets from this process are in use: no breaker opens."""

    retry_after = 2


class ProcessLost(DataSourceError):
    """The process that read the file ended under a statement, which may not be what ended it."""

    retry_after = 5


class QueryCancelled(DataSourceError):
    """Nobody waits for the rows any more, so their statement was stopped at its source."""

    retry_after = 5


class ResultTooLarge(DataSourceError):
    status = 422
    retry_after = None
    code = "result_too_large"
    message = "The result is too large to show. Narrow the period or group the rows."


class BadValue(DataSourceError):
    """A variable's value does not fit its type. ``variable`` names it; the value is never repeated."""

    status = 400
    retry_after = None
    code = "variable_invalid"
    message = "A value does not fit its variable."

    def __init__(self, variable: str, detail: str = "") -> None:
        super().__init__(detail)
        self.variable = variable


class BadConnection(DataSourceError):
    """The fields of a connection are not acceptable. ``message`` names the field and what to do.

    ``field`` is the field's name, as engines call it, where it is the matter of one alone.
    """

    status = 400
    retry_after = None
    code = "connection_invalid"

    def __init__(self, message: str, detail: str = "", *, field: str = "") -> None:
        super().__init__(detail)
        self.message = message
        self.field = field


class AddressRefused(BadConnection):
    """A host lies where data sources may not be. One sentence for all of them, so that nothing inside can be mapped."""

    code = "host_not_allowed"

    def __init__(self) -> None:
        super().__init__(
            "This host is not allowed: it is in a private or reserved network. Use an address that is reachable "
            "publicly, or ask the operator to list its network in DATA_SOURCE_NETWORKS.",
            field="host",
        )


class ConnectionFailed(BadConnection):
    """A backend gave fields that no connection came about with. One sentence for whatever it was, as for people."""

    code = "connection_failed"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "No connection came about. Check host, port, database, user, password and TLS mode, and that the server "
            "lets embedhost in; then try again. Nothing was saved."
        )


class SourceExists(BadConnection):
    """The workspace has a data source of this name."""

    code = "source_exists"
    status = 409

    def __init__(self) -> None:
        super().__init__("The workspace has a data source of this name. Choose another one, or change that one.")


class WallsTaken(BadConnection):
    """A data source or login waits for a customer of this external id, who may be somebody else."""

    code = "walls_taken"
    status = 409

    def __init__(self) -> None:
        super().__init__("A data source or login is kept for a customer with this external ID. Take it away first.")


class SourceInUse(BadConnection):
    """A customer is routed to the source, and must not fall back to the one that all share."""

    code = "source_in_use"
    status = 409

    def __init__(self) -> None:
        super().__init__("Customers have this data source as their own. Give them another one first.")


class LoginsInUse(BadConnection):
    """Customers have logins at the server that a source would leave, and these are never sent to another."""

    code = "logins_in_use"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Customers have logins of their own for the host, port, database and TLS mode there are now, and these are "
            "never sent elsewhere. Remove the customers' logins in the same step, or keep the place as it is."
        )


class NoLogins(BadConnection):
    """A file has no logins, so that no customer can have one of its own there."""

    code = "no_logins"
    status = 409

    def __init__(self) -> None:
        super().__init__("This database has no logins, so it cannot have one per customer.")


class TooManyTries(DataSourceError):
    """An organization asked for more connections in a row than somebody who sets one up needs."""

    status = 429
    code = "rate_limited"
    message = "Too many connections were tried in a row. Wait a few seconds, then try again."
    retry_after = 5


class BadRule(DataSourceError):
    """A visibility rule does not fit its table. ``message`` says what to choose.

    ``place`` is what of the rule is wrong, as ``services.set_rule`` calls it: ``column``, ``also/0/property``.
    """

    status = 400
    retry_after = None
    code = "rule_invalid"

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__()
        self.message = message
        self.place = place
